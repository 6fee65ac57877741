using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Manifests;

/// <summary>A file as a torrent's metadata describes it.</summary>
/// <param name="Path">Its path by the rules of <see cref="ManifestFile.Path"/>.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="PiecesRoot">Its pieces root, or null when it is empty.</param>
public readonly record struct TorrentFile(string Path, long Length, Digest? PiecesRoot);

/// <summary>What a torrent's own metadata says, as the engine has verified it against the infohash.</summary>
/// <param name="InfohashV2">The full v2 infohash.</param>
/// <param name="InfohashV1">The v1 infohash of a hybrid, or null.</param>
/// <param name="Name">The torrent's name.</param>
/// <param name="PieceLength">Bytes of a piece.</param>
/// <param name="Files">The files in order, without pad files.</param>
public sealed record TorrentContent(
    Digest InfohashV2, InfohashV1? InfohashV1, string Name, int PieceLength, IReadOnlyList<TorrentFile> Files)
{
    /// <summary>The torrent part of a manifest for this content, without optional file digests.</summary>
    public ManifestTorrent ToManifest() => new()
    {
        InfohashV2 = InfohashV2,
        InfohashV1 = InfohashV1,
        Name = Name,
        PieceLength = PieceLength,
        Files = [.. Files.Select(file => new ManifestFile { Path = file.Path, Length = file.Length, PiecesRoot = file.PiecesRoot })],
    };
}

/// <summary>The first place where a manifest and a torrent disagree.</summary>
/// <param name="Path">Where in the manifest, such as <c>$.torrent.files[3].length</c>.</param>
/// <param name="InManifest">What the manifest says.</param>
/// <param name="InTorrent">What the torrent says.</param>
public sealed record ManifestDifference(string Path, string InManifest, string InTorrent)
{
    /// <summary>
    /// Compares what a manifest says with <paramref name="torrent"/>; null when they agree in everything.
    /// </summary>
    public static ManifestDifference? FindFirst(ManifestTorrent manifest, TorrentContent torrent)
    {
        ManifestDifference? head =
            Compare("$.torrent.infohashV2", manifest.InfohashV2, torrent.InfohashV2)
            ?? Compare("$.torrent.infohashV1", manifest.InfohashV1, torrent.InfohashV1)
            ?? Compare("$.torrent.name", manifest.Name, torrent.Name)
            ?? Compare("$.torrent.pieceLength", manifest.PieceLength, torrent.PieceLength)
            ?? Compare("$.torrent.files", manifest.Files.Count, torrent.Files.Count);
        for (int i = 0; head is null && i < manifest.Files.Count; i++)
        {
            ManifestFile expected = manifest.Files[i];
            TorrentFile actual = torrent.Files[i];

            // Compared first and put into words only when something differs: there may be many thousands.
            if (string.Equals(expected.Path, actual.Path, StringComparison.Ordinal)
                && expected.Length == actual.Length
                && expected.PiecesRoot == actual.PiecesRoot)
            {
                continue;
            }

            string path = $"$.torrent.files[{i}]";
            head = Compare(path + ".path", expected.Path, actual.Path)
                ?? Compare(path + ".length", expected.Length, actual.Length)
                ?? Compare(path + ".piecesRoot", expected.PiecesRoot, actual.PiecesRoot);
        }

        return head;
    }

    /// <summary>The difference as a sentence.</summary>
    public override string ToString() => $"{Path}: the manifest says {InManifest}, the torrent {InTorrent}.";

    private static ManifestDifference? Compare<T>(string path, T inManifest, T inTorrent) =>
        EqualityComparer<T>.Default.Equals(inManifest, inTorrent)
            ? null
            : new ManifestDifference(path, inManifest?.ToString() ?? "nothing", inTorrent?.ToString() ?? "nothing");
}
