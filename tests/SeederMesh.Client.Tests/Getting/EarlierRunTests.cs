using SeederMesh.Client.Tests.Swarm;
using SeederMesh.Core.Money;
using Xunit;

namespace SeederMesh.Client.Tests.Getting;

// Goal: a mistake in one run (a budget that cannot pay, a refund that the hub refuses) does not bind the next; what was paid does, and is
// said; a download that is over, whose refund has not arrived, does not lend its closed channel to the next one.
// Method: the real hub and its play money; the same request is run again with other terms.
public sealed class EarlierRunTests
{
    private static readonly Msat Enough = Msat.FromSatoshi(50);

    [Fact]
    public async Task RunAsync_EarlierRunCouldNotPay_TakesTheNewBudget()
    {
        await using TestSwarm swarm = await StartAsync();
        using DataFolder data = swarm.OpenDownloaderData();
        ClientException unpaid = await Assert.ThrowsAsync<ClientException>(
            () => RunAsync(swarm, data, swarm.Request() with { Budget = Msat.From(1) }));
        Assert.Contains("could not pay", unpaid.Message, StringComparison.Ordinal);
        await AssertCompletesAsync(swarm, data, swarm.Request() with { Budget = Enough });
        Assert.Equal([Msat.Zero], await new GetService(data, swarm.Configuration(), swarm.Wallet).SettleLeftoversAsync());
        Assert.Empty(Directory.GetDirectories(data.DownloadsPath));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(50_000, "nowhere")]
    public async Task RunAsync_EarlierRunWasRefusedByTheHub_BeginsAnew(long budget, string? refund)
    {
        await using TestSwarm swarm = await StartAsync();
        using DataFolder data = swarm.OpenDownloaderData();
        HubException refused = await Assert.ThrowsAsync<HubException>(
            () => RunAsync(swarm, data, swarm.Request() with { Budget = Msat.From(budget), RefundTo = refund }));
        Assert.Equal(422, refused.StatusCode);
        await AssertCompletesAsync(swarm, data, swarm.Request() with { Budget = Enough });
        Assert.Empty(await new GetService(data, swarm.Configuration(), swarm.Wallet).SettleLeftoversAsync());
        Assert.Empty(Directory.GetDirectories(data.DownloadsPath));
    }

    [Fact]
    public async Task RunAsync_EarlierRunPaid_KeepsItsBudgetAndSaysSo()
    {
        await using TestSwarm swarm = await StartAsync();
        using DataFolder data = swarm.OpenDownloaderData();
        using (var stop = new CancellationTokenSource())
        {
            // Without peers nothing comes.
            var first = new EventLog<GetEvent>();
            Task<GetResult> running = new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(
                swarm.Request() with { Peers = [], Budget = Enough }, AcceptAsync, first, stop.Token);
            await first.FirstAsync(seen => seen is ChannelFunded);
            await stop.CancelAsync();
            Assert.Equal(GetOutcome.Cancelled, (await running).Outcome);
        }

        var events = new EventLog<GetEvent>();
        GetResult result = await new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(
            swarm.Request() with { Budget = Msat.FromSatoshi(60) }, AcceptAsync, events);
        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        Assert.Equal(Enough, result.Statement!.Budget);
        Assert.Contains(events.Seen.OfType<GetWarning>(), warning => warning.Message.Contains("50 sat", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunAsync_RefundOfAnEarlierDownloadIsStuck_OpensAChannelOfItsOwn()
    {
        await using TestSwarm swarm = await StartAsync();
        using DataFolder data = swarm.OpenDownloaderData();
        GetRequest request = swarm.Request() with { Budget = Enough, RefundTimeLimit = TimeSpan.Zero };
        GetResult first = await RunAsync(swarm, data, request with { RefundTo = $"lnaddress:gone@127.0.0.1:{swarm.RealHub.Address.Port}" });
        Assert.True(first.Statement!.IsRefundPending);
        Directory.Delete(swarm.Output, recursive: true);

        string redirected = await swarm.DestinationAsync("rest");
        GetResult second = await RunAsync(swarm, data, request with { RefundTo = redirected });
        Assert.NotEqual(first.Statement.ChannelId, second.Statement!.ChannelId);
        Assert.Equal(swarm.ContentBytes, second.Statement.ReceiptedBytes);
        using var hub = new HubClient(swarm.RealHub.Address, caller: null);
        while (!ChannelDesk.IsSettled(await hub.GetChannelAsync(first.Statement.ChannelId!.Value)))
        {
            await Task.Yield();
        }
    }

    private static async Task<TestSwarm> StartAsync()
    {
        TestSwarm swarm = await TestSwarm.StartWithRealHubAsync(1_000_000, 5_000);
        string destination = await swarm.DestinationAsync("box");
        await swarm.AddSeederAsync(configuration => configuration with { Destination = destination });
        return swarm;
    }

    private static Task<GetResult> RunAsync(TestSwarm swarm, DataFolder data, GetRequest request) =>
        new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(request, AcceptAsync, new EventLog<GetEvent>());

    private static async Task AssertCompletesAsync(TestSwarm swarm, DataFolder data, GetRequest request)
    {
        GetResult result = await RunAsync(swarm, data, request);
        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        Assert.Equal(request.Budget, result.Statement!.Budget);
        Assert.Equal(swarm.ContentBytes, result.Statement.ReceiptedBytes);
    }

    private static Task<GetDecision> AcceptAsync(GetOffer offer, CancellationToken cancellation) => Task.FromResult(GetDecision.Accept());
}
