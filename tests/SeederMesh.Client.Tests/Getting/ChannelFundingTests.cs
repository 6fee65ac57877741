using SeederMesh.Client.Tests.Swarm;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;
using Xunit;

namespace SeederMesh.Client.Tests.Getting;

// Goal: a channel is funded once, by the wallet or by a person's hand, also when its first invoice expired while nobody was there.
// Method: the real hub and its play-money network on a clock that the test sets forward.
public sealed class ChannelFundingTests
{
    private static readonly Msat Asked = Msat.From(50_000);

    [Fact]
    public async Task FundAsync_InvoiceExpiredUnpaidWhileAway_PaysItsReplacementOnce()
    {
        var clock = new LateClock();
        await using TestSwarm swarm = await TestSwarm.StartWithRealHubAsync(100_000, 5_000, clock);
        using var place = new TemporaryFolder();
        DownloadFolder folder = await AgreeAsync(swarm, place, clock);
        string first = await ShowAsync(swarm, folder, clock);

        clock.Late = TimeSpan.FromHours(2);
        ChannelInfo channel;
        using (var desk = new ChannelDesk(folder, swarm.Wallet, clock))
        {
            channel = await desk.FundAsync(
                swarm.Manifest.Manifest.Torrent.InfohashV2, swarm.Price, Msat.From(10_000), new EventLog<GetEvent>(), CancellationToken.None);
        }

        Assert.Equal(Asked, channel.FundedMsat);
        Assert.Equal(1, folder.State!.Replacements);
        Payment late = await swarm.Wallet.PayAsync(new PayRequest(first, Msat.From(1_000)));
        Assert.Equal((PaymentStatus.Failed, PaymentFailure.Expired), (late.Status, late.Failure));
        using var again = new ChannelDesk(DownloadFolder.Open(place["downloads"], "album"), swarm.Wallet, clock);
        channel = await again.FundAsync(
            swarm.Manifest.Manifest.Torrent.InfohashV2, swarm.Price, Msat.From(10_000), new EventLog<GetEvent>(), CancellationToken.None);
        Assert.Equal(Asked, channel.FundedMsat);
    }

    [Fact]
    public async Task FundAsync_WithoutAWallet_ShowsTheInvoiceAndGoesOnWhenSomebodyPaidIt()
    {
        await using TestSwarm swarm = await TestSwarm.StartWithRealHubAsync(100_000, 5_000);
        using var place = new TemporaryFolder();
        DownloadFolder folder = await AgreeAsync(swarm, place, TimeProvider.System);
        string shown = await ShowAsync(swarm, folder, TimeProvider.System);
        using var desk = new ChannelDesk(folder, wallet: null, TimeProvider.System);
        Task<ChannelInfo> funding = desk.FundAsync(
            swarm.Manifest.Manifest.Torrent.InfohashV2, swarm.Price, Msat.From(10_000), new EventLog<GetEvent>(), CancellationToken.None);
        Payment payment = await swarm.Wallet.PayAsync(new PayRequest(shown, Msat.From(10_000)));
        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        Assert.Equal(Asked, (await funding).FundedMsat);
    }

    [Fact]
    public async Task RunAsync_WithoutWalletAndRefund_IsRefusedBeforeAnythingIsAsked()
    {
        await using TestSwarm swarm = await TestSwarm.StartWithRealHubAsync(100_000, 5_000);
        using DataFolder data = swarm.OpenDownloaderData();
        ClientException refused = await Assert.ThrowsAsync<ClientException>(() => new GetService(data, swarm.Configuration(), wallet: null)
            .RunAsync(swarm.Request(), (_, _) => throw new InvalidOperationException("asked"), new EventLog<GetEvent>()));
        Assert.Contains("refund-to", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_WalletOfAnotherNetwork_IsRefusedBeforeAnythingIsPaid()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        swarm.Hub.Network = "bitcoin";
        using DataFolder data = swarm.OpenDownloaderData();
        ClientException refused = await Assert.ThrowsAsync<ClientException>(() => new GetService(data, swarm.Configuration(), swarm.Wallet)
            .RunAsync(swarm.Request(), (_, _) => throw new InvalidOperationException("asked"), new EventLog<GetEvent>()));
        Assert.Contains("real money", refused.Message, StringComparison.Ordinal);
        Assert.Contains("play money", refused.Message, StringComparison.Ordinal);
    }

    // Opens the channel and stops when its invoice is shown, as a program that is killed then.
    private static async Task<string> ShowAsync(TestSwarm swarm, DownloadFolder folder, TimeProvider clock)
    {
        using var stop = new CancellationTokenSource();
        var shown = new TaskCompletionSource<string>();
        using var desk = new ChannelDesk(folder, wallet: null, clock);
        Task funding = desk.FundAsync(
            swarm.Manifest.Manifest.Torrent.InfohashV2, swarm.Price, Msat.From(10_000), new FirstInvoice(shown), stop.Token);
        string invoice = await shown.Task;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => funding);
        return invoice;
    }

    private static async Task<DownloadFolder> AgreeAsync(TestSwarm swarm, TemporaryFolder place, TimeProvider clock)
    {
        DownloadFolder folder = DownloadFolder.Open(place["downloads"], "album");
        using var client = new HubClient(swarm.RealHub.Address, caller: null, clock: clock);
        folder.Save(new DownloadState
        {
            Hub = swarm.HubUrl,
            HubKey = (await client.GetHubAsync()).PublicKey,
            ManifestDigest = swarm.Manifest.Digest,
            Budget = Msat.From(60_000),
            Invoiced = Asked,
            ExpiresUnixMs = clock.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds(),
            Refund = await swarm.DestinationAsync("rest"),
        });
        return folder;
    }

    private sealed class FirstInvoice(TaskCompletionSource<string> shown) : IProgress<GetEvent>
    {
        public void Report(GetEvent value) => shown.TrySetResult(((InvoiceShown)value).Bolt11);
    }

    /// <summary>The system's clock, set forward.</summary>
    private sealed class LateClock : TimeProvider
    {
        public TimeSpan Late { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Late;
    }
}
