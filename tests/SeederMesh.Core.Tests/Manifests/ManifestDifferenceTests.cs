using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using Xunit;

namespace SeederMesh.Core.Tests.Manifests;

// Goal: a torrent is compared with its manifest in every field; the first difference is named.
public class ManifestDifferenceTests
{
    private static ManifestTorrent Manifest => Samples.Album().Torrent;

    private static TorrentContent Same => new(
        Manifest.InfohashV2,
        Manifest.InfohashV1,
        Manifest.Name,
        Manifest.PieceLength,
        [.. Manifest.Files.Select(file => new TorrentFile(file.Path, file.Length, file.PiecesRoot))]);

    [Fact]
    public void FindFirst_SameContent_FindsNothing()
    {
        Assert.Null(ManifestDifference.FindFirst(Manifest, Same));
        Assert.Null(ManifestDifference.FindFirst(Same.ToManifest(), Same));
    }

    [Fact]
    public void FindFirst_EachFieldChanged_IsNamed()
    {
        TorrentFile[] files = [.. Same.Files];
        (string Path, TorrentContent Changed)[] rows =
        [
            ("$.torrent.infohashV2", Same with { InfohashV2 = default }),
            ("$.torrent.infohashV1", Same with { InfohashV1 = default(InfohashV1) }),
            ("$.torrent.name", Same with { Name = "Other" }),
            ("$.torrent.pieceLength", Same with { PieceLength = 32_768 }),
            ("$.torrent.files", Same with { Files = files[..^1] }),
            ("$.torrent.files[3].path", Same with { Files = [.. files[..3], files[3] with { Path = "x" }] }),
            ("$.torrent.files[3].length", Same with { Files = [.. files[..3], files[3] with { Length = 2 }] }),
            ("$.torrent.files[3].piecesRoot", Same with { Files = [.. files[..3], files[3] with { PiecesRoot = Digest.Of("x"u8) }] }),
            ("$.torrent.files[1].piecesRoot", Same with { Files = [files[0], files[1] with { PiecesRoot = Digest.Of("x"u8) }, .. files[2..]] }),
        ];
        Assert.All(rows, row => Assert.Equal(row.Path, ManifestDifference.FindFirst(Manifest, row.Changed)?.Path));
    }
}
