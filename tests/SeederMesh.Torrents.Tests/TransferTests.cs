using System.Security.Cryptography;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Metainfos;
using SeederMesh.Torrents.Sessions;
using Xunit;

namespace SeederMesh.Torrents.Tests;

/// <summary>Whole transfers between sessions of ours over loopback, awaited by events.</summary>
public sealed class TransferTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Download_ThreeSeeders_SharesAddUpToEachPiece()
    {
        MetainfoBuildResult built = await PublishAsync(24 * 1024 * 1024 + 5, 12_345, 7);
        await using Node first = new();
        await using Node second = new();
        await using Node third = new();
        foreach (Node seeder in new[] { first, second, third })
        {
            seeder.Session.SetLimits(16 * 1024 * 1024, 0, 100);
            await seeder.SeedAsync(built.Torrent, folder.Path);
        }

        await using Node leecher = new();
        leecher.Get(
            TorrentSource.File(built.Torrent), folder.Create("down"), first.EndPoint, second.EndPoint, third.EndPoint);
        await leecher.WaitAsync<TorrentFinished>();

        List<PiecePassed> passed = leecher.All<PiecePassed>();
        Assert.Equal(built.Metainfo.PieceCount, passed.Select(piece => piece.Piece).Distinct().Count());
        Assert.All(passed, piece => Assert.Equal(built.Metainfo.GetPiece(piece.Piece).Length, piece.Length));
        Assert.All(passed, piece => Assert.Equal(piece.Length, piece.Shares.Sum(share => share.Bytes)));
        Assert.Equal(3, passed.SelectMany(piece => piece.Shares).Select(share => share.Peer).Distinct().Count());
        AssertSame();
    }

    [Fact]
    public async Task Download_V2Magnet_GetsMetadataAndPieceLayers()
    {
        MetainfoBuildResult built = await PublishAsync(5_000_000);
        await using Node seeder = new();
        await seeder.SeedAsync(built.Torrent, folder.Path);
        await using Node leecher = new();
        TorrentHandleId id = leecher.Get(
            TorrentSource.Magnet($"magnet:?xt=urn:btmh:1220{built.Metainfo.InfoHashes.V2}"), folder.Create("down"),
            seeder.EndPoint);

        await leecher.WaitAsync<MetadataReceived>();
        byte[] info = leecher.Session.GetInfoDictionary(id);
        Assert.Equal(built.Metainfo.InfoHashes.V2?.ToArray(), SHA256.HashData(info));
        Assert.True(Metainfo.TryParseInfo(info, out Metainfo? metainfo, out _));
        Assert.Equal(built.Metainfo.Files, metainfo.Files);
        await leecher.WaitAsync<TorrentFinished>();
        Assert.True(Metainfo.TryParse(leecher.Session.GetTorrentFile(id), out _, out _));
        AssertSame();
    }

    // A hybrid torrent's piece layers arrive while its first pieces do: whichever comes first, the hashes never contradict.
    [Fact]
    public async Task Download_HybridMagnetManyTimes_NeverStopsForInconsistentHashes()
    {
        MetainfoBuildResult built = await PublishAsync(700_000, 90_000, 40_000, 300_000, 17);
        await using Node seeder = new();
        await seeder.SeedAsync(built.Torrent, folder.Path);
        for (int round = 0; round < 12; round++)
        {
            await using Node leecher = new();
            leecher.Get(
                TorrentSource.Magnet(
                    $"magnet:?xt=urn:btmh:1220{built.Metainfo.InfoHashes.V2}&xt=urn:btih:{built.Metainfo.InfoHashes.V1}"),
                folder.Create($"down{round}"),
                seeder.EndPoint);
            await leecher.WaitAsync<TorrentFinished>();
            Assert.Empty(leecher.All<TorrentFailed>());
        }
    }

    [Fact]
    public async Task Download_SelectedFiles_ResumesAfterRestartWithoutThem()
    {
        MetainfoBuildResult built = await PublishAsync(3_000_000, 2_000_000, 1_000_000);
        await using Node seeder = new();
        await seeder.SeedAsync(built.Torrent, folder.Path);
        byte[] priorities = [.. built.Metainfo.Files.Select(file => (byte)(file.Path == "album/1" ? 4 : 0))];
        byte[] resume;
        int done;
        await using (Node leecher = new())
        {
            TorrentHandleId id = leecher.Session.Add(
                TorrentSource.File(built.Torrent),
                new AddTorrentOptions
                {
                    SavePath = folder.Create("down"),
                    Peers = [seeder.EndPoint],
                    FilePriorities = priorities,
                });
            await leecher.WaitAsync<TorrentFinished>();
            TorrentStatus status = leecher.Session.GetStatus(id)!;
            Assert.False(status.IsSeeding);
            Assert.True(status.IsFinished);
            done = status.PieceCountDone;
            leecher.Session.RequestResumeData(id);
            resume = (await leecher.WaitAsync<ResumeDataSaved>()).Data;
        }

        Assert.True(File.Exists(folder["down/album/1"]));
        Assert.False(File.Exists(folder["down/album/0"]));
        await using Node again = new();
        TorrentHandleId resumed = again.Session.Add(
            TorrentSource.ResumeData(resume), new AddTorrentOptions { ReceiptDictionary = Node.Dictionary });
        await again.WaitAsync<TorrentChecked>();
        Assert.Equal(done, again.Session.GetPieces(resumed).Count(piece => piece));
        Assert.DoesNotContain(again.All<TorrentStateChanged>(), e => e.State == TorrentState.CheckingFiles);
        again.Session.SetFilePriorities(resumed, [.. built.Metainfo.Files.Select(_ => (byte)4)]);
        again.Session.ConnectPeer(resumed, seeder.EndPoint);
        await again.WaitAsync<TorrentStateChanged>(e => e.State == TorrentState.Seeding);
        AssertSame();
    }

    [Fact]
    public async Task Download_Sequential_PassesPiecesInOrder()
    {
        MetainfoBuildResult built = await PublishAsync(8_000_000);
        await using Node seeder = new();
        seeder.Session.SetLimits(8_000_000, 0, 100);
        await seeder.SeedAsync(built.Torrent, folder.Path);
        await using Node leecher = new();
        leecher.Session.Add(
            TorrentSource.File(built.Torrent),
            new AddTorrentOptions { SavePath = folder.Create("down"), Peers = [seeder.EndPoint], Sequential = true });
        await leecher.WaitAsync<TorrentFinished>();

        int[] order = [.. leecher.All<PiecePassed>().Select(piece => piece.Piece)];
        Assert.Equal(built.Metainfo.PieceCount, order.Length);

        // Rarest first would be off by a third of the torrent on average.
        Assert.InRange(order.Index().Average(piece => Math.Abs(piece.Item - piece.Index)), 0, order.Length / 8);
    }

    [Fact]
    public async Task Download_OneSeederIsCorrupt_FailsItsPiecesAndFinishesFromTheOther()
    {
        MetainfoBuildResult built = await PublishAsync(4_000_000);
        string bad = folder.Create("bad");
        Directory.CreateDirectory(Path.Combine(bad, "album"));
        File.Copy(folder["album/0"], Path.Combine(bad, "album/0"));
        await using Node corrupt = new();
        await corrupt.SeedAsync(built.Torrent, bad);
        await using (FileStream file = File.OpenWrite(Path.Combine(bad, "album/0")))
        {
            await file.WriteAsync(new byte[4_000_000]);
        }

        await using Node leecher = new();
        TorrentHandleId id = leecher.Get(TorrentSource.File(built.Torrent), folder.Create("down"), corrupt.EndPoint);
        await leecher.WaitAsync<PieceFailed>();
        await using Node good = new();
        await good.SeedAsync(built.Torrent, folder.Path);
        leecher.Session.ConnectPeer(id, good.EndPoint);
        await leecher.WaitAsync<TorrentFinished>();

        Assert.All(
            leecher.All<PiecePassed>(), piece => Assert.Equal(piece.Length, piece.Shares.Sum(share => share.Bytes)));
        AssertSame();
    }

    [Fact]
    public async Task NullReference_AfterTransfers_IsStillAnException()
    {
        // A mapped file would have made libtorrent replace the runtime's SIGSEGV handler.
        MetainfoBuildResult built = await PublishAsync(4_000_000);
        await using Node seeder = new();
        await seeder.SeedAsync(built.Torrent, folder.Path);
        await using Node leecher = new();
        leecher.Get(TorrentSource.File(built.Torrent), folder.Create("down"), seeder.EndPoint);
        await leecher.WaitAsync<TorrentFinished>();

        string[] nothing = new string[1];
        Assert.Throws<NullReferenceException>(() => nothing[0].Length);
    }

    [Fact]
    public async Task Add_WhatCannotBe_IsRefusedByName()
    {
        MetainfoBuildResult built = await PublishAsync(1000);
        MetainfoBuildResult secret = await MetainfoBuilder.BuildAsync(
            folder["album"], new MetainfoBuildOptions { IsPrivate = true });
        await using Node node = new();
        TorrentHandleId id = await node.SeedAsync(built.Torrent, folder.Path);
        AddTorrentOptions options = new() { SavePath = folder.Path };
        Assert.Equal("duplicate_torrent", Refused(TorrentSource.File(built.Torrent), options));
        Assert.Equal("private_torrent", Refused(TorrentSource.File(secret.Torrent), options));
        Assert.Equal("expected_value", Refused(TorrentSource.File("nonsense"u8.ToArray()), options));
        Assert.NotEmpty(Refused(TorrentSource.ResumeData("de"u8.ToArray()), options));
        Assert.NotEmpty(Refused(TorrentSource.Magnet("magnet:?dn=x"), options));

        node.Session.Remove(id);
        await node.WaitAsync<TorrentRemoved>();
        Assert.Throws<TorrentException>(() => node.Session.Pause(id));
        Assert.Empty(node.Session.GetStatus());

        string Refused(TorrentSource source, AddTorrentOptions how) =>
            Assert.Throws<TorrentException>(() => node.Session.Add(source, how)).Error.Name;
    }

    private async Task<MetainfoBuildResult> PublishAsync(params int[] lengths)
    {
        for (int i = 0; i < lengths.Length; i++)
        {
            folder.WriteContent("album", i.ToString(), lengths[i], i);
        }

        return await MetainfoBuilder.BuildAsync(folder["album"], new MetainfoBuildOptions());
    }

    private void AssertSame()
    {
        foreach (string path in Directory.GetFiles(folder["album"]))
        {
            Assert.Equal(
                File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(folder["down/album"], Path.GetFileName(path))));
        }
    }
}
