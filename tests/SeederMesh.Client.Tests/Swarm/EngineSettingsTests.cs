using SeederMesh.Core.Money;
using SeederMesh.Torrents;
using SeederMesh.Torrents.Metainfos;
using Xunit;

namespace SeederMesh.Client.Tests.Swarm;

// Goal: what a person sets reaches the engine and holds: a magnet alone is enough, only selected files come, private torrents stay away
// unless they are wanted, pieces come in order, rates are kept. Method: one small swarm a test, with the real engine on the loopback.
public sealed class EngineSettingsTests
{
    [Fact]
    public async Task RunAsync_MagnetWithoutRegistry_PeersHaveTheManifest()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 500_000);
        await swarm.AddSeederAsync();
        GetOffer? offered = null;
        swarm.Hub.Calls.Clear();

        GetResult result = await RunAsync(
            swarm,
            swarm.Request() with { Source = swarm.Magnet, Hub = swarm.Hub.Url },
            configuration => configuration with { Hub = null },
            offer => offered = offer);

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        Assert.Equal(ManifestStatus.Verified, offered!.Status);
        Assert.Equal(swarm.Manifest.Digest, offered.Manifest!.Digest);
        Assert.DoesNotContain(swarm.Hub.Calls, call => call.Contains("registry", StringComparison.Ordinal));
        Assert.Equal(swarm.ContentBytes, result.Statement!.ReceiptedBytes);
        swarm.AssertContentArrived();
    }

    [Fact]
    public async Task RunAsync_MagnetWithSelectOnly_OnlyThoseFilesAreOfferedPaidAndThere()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 700_000);
        await swarm.AddSeederAsync();
        Assert.True(Metainfo.TryParse(await File.ReadAllBytesAsync(swarm.TorrentPath), out Metainfo? metainfo, out TorrentError error), error.ToString());
        MetainfoFile wanted = metainfo.Files.Single(file => TorrentFiles.PathOf(file, metainfo) == "extra/rest.bin");
        GetOffer? offered = null;

        GetResult result = await RunAsync(
            swarm, swarm.Request() with { Source = $"{swarm.Magnet}&so={wanted.Index}" }, decide: offer => offered = offer);

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        Assert.Equal(["extra/rest.bin"], offered!.Files.Where(file => file.IsSelected).Select(file => file.Path));
        Assert.Equal(wanted.Length, offered.SelectedBytes);
        Assert.Equal(wanted.Length, result.Statement!.ReceiptedBytes);
        Assert.True(File.Exists(Path.Combine(result.Path!, "extra", "rest.bin")));
        Assert.False(File.Exists(Path.Combine(result.Path!, "01.flac")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task IndexesOf_AnyTorrent_AreThoseOfItsMetadata(bool isV2Only)
    {
        using var folder = new TemporaryFolder();
        foreach ((string name, int length) in new[] { ("a", 1), ("b", 0), ("c", 32_768), ("d", 16_385), ("e/f", 5), ("g", 16_384) })
        {
            string path = Path.Combine(folder["work"], name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, new byte[length]);
        }

        MetainfoBuildResult built = await MetainfoBuilder.BuildAsync(
            folder["work"], new MetainfoBuildOptions { PieceLength = 16_384, V2Only = isV2Only });

        Assert.Equal(
            built.Metainfo.Files.Where(file => !file.IsPadding).Select(file => file.Index),
            FileSelection.IndexesOf(TorrentFiles.ContentOf(built.Metainfo)!.ToManifest()));
    }

    [Fact]
    public async Task RunAsync_PrivateTorrent_ComesOnlyWhenItIsWanted()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 300_000, isPrivate: true);
        await swarm.AddSeederAsync(configuration => configuration with { PrivateTorrents = true });
        ClientException refused = await Assert.ThrowsAsync<ClientException>(() => RunAsync(swarm, swarm.Request() with { NoPay = true }));
        GetResult result = await RunAsync(swarm, swarm.Request(), configuration => configuration with { PrivateTorrents = true });

        Assert.Contains("private torrent", refused.Message, StringComparison.Ordinal);
        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        swarm.AssertContentArrived();
    }

    [Fact]
    public async Task RunAsync_Sequential_PiecesComeInOrder()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        await swarm.AddSeederAsync();

        GetResult result = await RunAsync(swarm, swarm.Request() with { Sequential = true });

        // Pieces that arrive at about the same time may be hashed in any order: they are near their places. In no order, they would be off
        // by a third of all pieces on average.
        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        int[] pieces = [.. swarm.Hub.Pieces];
        Assert.InRange(pieces.Length, 80, 110);
        Assert.InRange(pieces.Index().Average(piece => Math.Abs(piece.Item - piece.Index)), 0, pieces.Length / 8);
    }

    [Theory]
    [InlineData(400_000, 0)]
    [InlineData(0, 400_000)]
    public async Task RunAsync_RateLimit_IsKept(long upload, long download)
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 800_000);
        await swarm.AddSeederAsync(configuration => configuration with { UploadLimit = upload });

        GetResult result = await RunAsync(swarm, swarm.Request(), configuration => configuration with { DownloadLimit = download });

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        Assert.True(result.Statement!.Duration >= TimeSpan.FromSeconds(1.2), $"{swarm.ContentBytes} bytes in {result.Statement.Duration}");
    }

    private static async Task<GetResult> RunAsync(
        TestSwarm swarm,
        GetRequest request,
        Func<ClientConfiguration, ClientConfiguration>? configure = null,
        Action<GetOffer>? decide = null)
    {
        using DataFolder data = swarm.OpenDownloaderData();
        ClientConfiguration configuration = configure?.Invoke(swarm.Configuration()) ?? swarm.Configuration();
        return await new GetService(data, configuration, swarm.Wallet).RunAsync(
            request,
            (offer, _) =>
            {
                decide?.Invoke(offer);
                return Task.FromResult(GetDecision.Accept());
            },
            new EventLog<GetEvent>());
    }
}
