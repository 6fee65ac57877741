using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Torrents.Metainfos;
using MagnetLink = SeederMesh.Core.Manifests.MagnetLink;

namespace SeederMesh.Client;

/// <summary>What is to be downloaded: a magnet link or a .torrent file.</summary>
/// <param name="Magnet">The link, or null.</param>
/// <param name="Torrent">The file's bytes, or null.</param>
/// <param name="Metainfo">What they say, or null.</param>
/// <param name="TorrentPath">Where the file is, or null.</param>
internal sealed record DownloadSource(MagnetLink? Magnet, byte[]? Torrent, Metainfo? Metainfo, string? TorrentPath)
{
    /// <summary>The full v2 infohash; null for a v1 torrent.</summary>
    public Digest? InfohashV2 => Magnet is not null ? Magnet.InfohashV2 : Metainfo!.InfoHashes.V2;

    /// <summary>The v2 infohash, or the v1 infohash; hexadecimal.</summary>
    public string Id => InfohashV2?.ToString()
        ?? (Magnet is not null ? Magnet.InfohashV1!.Value.ToString() : Metainfo!.InfoHashes.V1!.Value.ToString());

    public string Name => Magnet is not null ? Magnet.DisplayName ?? Id : Metainfo!.Name;

    /// <summary>Reads a magnet link or a .torrent file.</summary>
    /// <exception cref="ClientException">It is neither.</exception>
    public static DownloadSource Read(string source)
    {
        if (source.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase))
        {
            MagnetReading reading = MagnetText.Read(source);
            return reading.Link is { } link
                ? new DownloadSource(link, null, null, null)
                : throw new ClientException($"The magnet link cannot be used: {reading.Message}");
        }

        (byte[] torrent, Metainfo metainfo) = TorrentFiles.ReadTorrent(source);
        return new DownloadSource(null, torrent, metainfo, source);
    }
}
