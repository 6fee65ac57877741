using SeederMesh.Core.Manifests;
using SeederMesh.Torrents;
using SeederMesh.Torrents.Metainfos;

namespace SeederMesh.Client;

/// <summary>Reading torrents and their manifests from disk, and holding the two against each other.</summary>
internal static class TorrentFiles
{
    private const int TorrentSizeMax = 64 << 20;

    /// <summary>Reads a .torrent file.</summary>
    /// <exception cref="ClientException">It cannot be read or is none.</exception>
    public static (byte[] Bytes, Metainfo Metainfo) ReadTorrent(string path)
    {
        byte[] bytes = ReadAll(path, TorrentSizeMax);
        return Metainfo.TryParse(bytes, out Metainfo? metainfo, out TorrentError error)
            ? (bytes, metainfo)
            : throw new ClientException($"{path} is not a torrent: {error}");
    }

    /// <summary>Reads and verifies a manifest file.</summary>
    /// <exception cref="ClientException">The file cannot be read; what is wrong inside is in the result.</exception>
    public static ManifestVerification ReadManifest(string path) => SignedManifest.Verify(ReadAll(path, Manifest.SizeMax));

    /// <summary>The manifest that lies beside a torrent file, or null.</summary>
    public static string? FindManifest(string torrentPath, Metainfo metainfo)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(torrentPath))!;
        string[] candidates =
        [
            Path.Combine(folder, $"{metainfo.InfoHashes.V2}.prov"),
            Path.ChangeExtension(Path.GetFullPath(torrentPath), ".prov"),
        ];
        return metainfo.InfoHashes.V2 is null ? null : Array.Find(candidates, File.Exists);
    }

    /// <summary>The torrent's content as a manifest describes it; null for a v1 torrent, which no manifest can
    /// describe.</summary>
    public static TorrentContent? ContentOf(Metainfo metainfo)
    {
        if (metainfo.InfoHashes.V2 is not { } infohash)
        {
            return null;
        }

        return new TorrentContent(
            infohash,
            metainfo.InfoHashes.V1 is { } v1 ? new InfohashV1(v1.ToArray()) : null,
            metainfo.Name,
            metainfo.PieceLength,
            [
                .. metainfo.Files
                    .Where(file => !file.IsPadding)
                    .Select(file => new TorrentFile(PathOf(file, metainfo), file.Length, file.PiecesRoot)),
            ]);
    }

    /// <summary>A file's path as manifests name it: without the torrent's name in front.</summary>
    public static string PathOf(MetainfoFile file, Metainfo metainfo)
    {
        string root = metainfo.Name + "/";
        return file.Path.StartsWith(root, StringComparison.Ordinal) ? file.Path[root.Length..] : file.Path;
    }

    /// <summary>How a manifest differs from the torrent's metadata; null when it describes exactly that.</summary>
    public static string? DifferenceOf(SignedManifest manifest, Metainfo metainfo) =>
        ContentOf(metainfo) is { } content
            ? ManifestDifference.FindFirst(manifest.Manifest.Torrent, content)?.ToString()
            : "the torrent has no v2 metadata";

    private static byte[] ReadAll(string path, int sizeMax)
    {
        try
        {
            long length = new FileInfo(path).Length;
            return length <= sizeMax
                ? File.ReadAllBytes(path)
                : throw new ClientException($"{path} has {length} bytes; at most {sizeMax} are read.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException($"{path} cannot be read: {exception.Message}", exception);
        }
    }
}
