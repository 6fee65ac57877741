using System.Diagnostics;
using System.Security.Cryptography;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Metainfos;
using SeederMesh.Torrents.Sessions;
using Xunit;

namespace SeederMesh.Torrents.Tests;

/// <summary>
/// Making torrents. Two oracles check the hashes: the merkle root computed here from BEP 52, and libtorrent itself,
/// which hashes the files again when the torrent is added and seeds only what matches in v1 and v2.
/// </summary>
public sealed class MetainfoBuilderTests
{
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 65536)]
    [InlineData(true, 32768)]
    public async Task Build_RandomTree_MatchesBep52AndLibtorrent(bool v2Only, int pieceLength)
    {
        using TemporaryFolder folder = new();
        Random random = new(pieceLength + (v2Only ? 1 : 0));
        int[] sizes = [0, 1, 16383, 16384, 16385, 32768, 65536, 65537, 262144, 262145, random.Next(3_000_000)];
        for (int i = 0; i < sizes.Length; i++)
        {
            folder.WriteContent("tree", $"d{i % 3}/file {i} é.bin", sizes[i], i);
        }

        MetainfoBuildResult built = await MetainfoBuilder.BuildAsync(
            folder["tree"], new MetainfoBuildOptions { V2Only = v2Only, PieceLength = pieceLength });

        Assert.Empty(built.Skipped);
        Assert.Equal(sizes.Length, built.Metainfo.Files.Count(file => !file.IsPadding));
        Assert.Equal(!v2Only, built.Metainfo.InfoHashes.IsHybrid);
        foreach (MetainfoFile file in built.Metainfo.Files.Where(file => !file.IsPadding && file.Length > 0))
        {
            Assert.Equal(PiecesRoot(await File.ReadAllBytesAsync(folder[file.Path])), file.PiecesRoot?.ToString());
        }

        Assert.Equal(
            sizes.Sum(), Enumerable.Range(0, built.Metainfo.PieceCount).Sum(i => built.Metainfo.GetPiece(i).Length));
        await using Node node = new();
        TorrentHandleId id = await node.SeedAsync(built.Torrent, folder.Path);
        Assert.True(node.Session.GetStatus(id)!.IsSeeding);
    }

    [Fact]
    public async Task Build_OddEntries_AreFollowedInsideAndReportedOutside()
    {
        using TemporaryFolder folder = new();
        string root = folder.WriteContent("tree", "plain", 100, 1);
        folder.WriteContent("outside", "secret", 100, 2);
        folder.WriteContent("tree", "sub/deep", 50, 3);
        File.CreateSymbolicLink(Path.Combine(root, "inside"), "sub/deep");
        File.CreateSymbolicLink(Path.Combine(root, "leaves"), "../outside/secret");
        File.CreateSymbolicLink(Path.Combine(root, "dangling"), "nothing");
        Directory.CreateSymbolicLink(Path.Combine(root, "sub/loop"), "..");
        await File.WriteAllTextAsync(Path.Combine(root, "back\\slash"), "x");
        await File.WriteAllTextAsync(Path.Combine(root, "README"), "upper");
        await File.WriteAllTextAsync(Path.Combine(root, "readme"), "lower");
        await Process.Start(
            "sh", ["-c", $"cd '{root}' && mkfifo fifo && touch \"$(printf 'bad\\377')\""]).WaitForExitAsync();

        MetainfoBuildResult built = await MetainfoBuilder.BuildAsync(root, new MetainfoBuildOptions());

        Assert.Equal(
            ["tree/README", "tree/inside", "tree/plain", "tree/readme", "tree/sub/deep"],
            built.Metainfo.Files.Where(file => !file.IsPadding).Select(file => file.Path).Order(StringComparer.Ordinal),
            StringComparer.Ordinal);
        Assert.Equal(
            [
                ("back\\x5cslash", SkipReason.NameNotPortable), ("bad\\xff", SkipReason.NameNotUtf8),
                ("dangling", SkipReason.SymlinkDangling), ("fifo", SkipReason.NotARegularFile),
                ("leaves", SkipReason.SymlinkLeavesTree), ("sub/loop", SkipReason.SymlinkLoop),
            ],
            built.Skipped.Select(skipped => (skipped.Path, skipped.Reason)));
        await using Node node = new();
        TorrentHandleId id = await node.SeedAsync(built.Torrent, folder.Path);
        Assert.True(node.Session.GetStatus(id)!.IsSeeding);

        // .NET cannot name the file that is not UTF-8, so it cannot delete it either.
        await Process.Start("sh", ["-c", $"rm '{root}'/bad*"]).WaitForExitAsync();
    }

    [Theory]
    [InlineData("missing", "cannot_read_file")]
    [InlineData("empty", "nothing_to_publish")]
    public async Task Build_NothingToRead_SaysSo(string name, string error)
    {
        using TemporaryFolder folder = new();
        folder.WriteContent("empty", "nothing", 0, 1);
        TorrentException thrown = await Assert.ThrowsAsync<TorrentException>(
            () => MetainfoBuilder.BuildAsync(folder[name], new MetainfoBuildOptions()));
        Assert.Equal(error, thrown.Error.Name);
    }

    [Theory]
    [InlineData(8192)]
    [InlineData(16385)]
    [InlineData(256 * 1024 * 1024)]
    public async Task Build_PieceLengthOutOfRange_IsRefused(int pieceLength)
    {
        using TemporaryFolder folder = new();
        string path = folder.WriteContent("a", "b", 10, 1);
        TorrentException thrown = await Assert.ThrowsAsync<TorrentException>(
            () => MetainfoBuilder.BuildAsync(path, new MetainfoBuildOptions { PieceLength = pieceLength }));
        Assert.Equal("invalid_piece_size", thrown.Error.Name);
    }

    [Fact]
    public async Task Build_SameFilesTwice_GivesTheSameBytes()
    {
        using TemporaryFolder folder = new();
        string path = folder.WriteContent("a", "b", 100_000, 1);
        MetainfoBuildResult first = await MetainfoBuilder.BuildAsync(path, new MetainfoBuildOptions { Threads = 1 });
        MetainfoBuildResult second = await MetainfoBuilder.BuildAsync(path, new MetainfoBuildOptions { Threads = 4 });
        Assert.Equal(first.Torrent, second.Torrent);
    }

    [Fact]
    public async Task Build_Canceled_Stops()
    {
        using TemporaryFolder folder = new();
        string path = folder.WriteContent("a", "b", 1000, 1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => MetainfoBuilder.BuildAsync(path, new MetainfoBuildOptions(), null, new CancellationToken(true)));
    }

    [Fact]
    public void TryParse_MutatedTorrents_GiveAnErrorOrAValue()
    {
        byte[] good =
            "d4:infod6:lengthi16384e4:name1:a12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee"u8.ToArray();
        Assert.True(Metainfo.TryParse(good, out _, out _));
        Random random = new(7);
        for (int round = 0; round < 5000; round++)
        {
            byte[] mutated = good[..random.Next(1, good.Length + 1)];
            mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            if (!Metainfo.TryParse(mutated, out _, out TorrentError error))
            {
                Assert.NotEmpty(error.Name);
            }
        }
    }

    /// <summary>BEP 52: SHA-256 over 16 KiB blocks, zero leaves up to a power of two.</summary>
    private static string PiecesRoot(byte[] content)
    {
        List<byte[]> layer = [.. content.Chunk(16384).Select(SHA256.HashData)];
        while (!int.IsPow2(layer.Count))
        {
            layer.Add(new byte[32]);
        }

        while (layer.Count > 1)
        {
            layer = [.. layer.Chunk(2).Select(pair => SHA256.HashData([.. pair[0], .. pair[1]]))];
        }

        return Convert.ToHexStringLower(layer[0]);
    }
}
