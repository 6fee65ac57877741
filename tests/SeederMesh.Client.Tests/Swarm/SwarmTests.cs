using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using Xunit;

namespace SeederMesh.Client.Tests.Swarm;

// Goal: seeding and downloading together, with the real BitTorrent engine on the loopback: all bytes arrive, all are receipted, none is paid
// twice, and no more than the budget leaves the wallet.
// Method: a hub made of the domain's own channels judges every receipt; nothing waits for a clock, only for events.
public sealed class SwarmTests
{
    [Fact]
    public async Task RunAsync_ThreeSeeders_EveryByteIsReceiptedOnce()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        for (int index = 0; index < 3; index++)
        {
            await swarm.AddSeederAsync();
        }

        Msat before = (await swarm.Wallet.GetBalanceAsync()).Spendable;
        using DataFolder data = swarm.OpenDownloaderData();
        var events = new EventLog<GetEvent>();
        GetResult result = await new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(swarm.Request(), AcceptAsync, events);

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        swarm.AssertContentArrived();
        GetStatement statement = result.Statement!;
        Assert.Equal(swarm.ContentBytes, statement.Bytes);
        Assert.Equal(swarm.ContentBytes, statement.ReceiptedBytes);
        Assert.False(statement.IsRefundPending, statement.RefundRemark);
        Assert.Equal(statement.Signed, statement.Settled);
        Assert.Equal(statement.Funded, statement.Settled + statement.Refunded);
        Assert.Equal(swarm.ContentBytes, swarm.Hub.Verdicts.Where(verdict => verdict.Verdict == ReceiptVerdict.Accepted).Sum(verdict => verdict.Bytes));
        Assert.All(swarm.Hub.Verdicts, verdict => Assert.Equal(ReceiptVerdict.Accepted, verdict.Verdict));
        Msat after = (await swarm.Wallet.GetBalanceAsync()).Spendable;
        Assert.Equal(before, after + statement.Settled + statement.RoutingFees);
        Assert.False(Directory.Exists(Path.Combine(data.Path, "downloads", swarm.Manifest.Manifest.Torrent.InfohashV2.ToString())));
        Assert.Empty(Directory.GetDirectories(swarm.Output, ".seedermesh-*"));
    }

    [Fact]
    public async Task RunAsync_NoPay_ReportsNothingAnywhere()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 1_000_000);
        TestSeeder seeder = await swarm.AddSeederAsync();
        using DataFolder data = swarm.OpenDownloaderData();

        GetResult result = await new GetService(data, swarm.Configuration(), wallet: null).RunAsync(
            swarm.Request() with { NoPay = true }, AcceptAsync, new EventLog<GetEvent>());

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        swarm.AssertContentArrived();
        Assert.Equal(0, result.Statement!.ReceiptedBytes);
        Assert.DoesNotContain(swarm.Hub.Calls, call => call.Contains("channels", StringComparison.Ordinal) || call.Contains("receipts", StringComparison.Ordinal));
        Assert.DoesNotContain(seeder.Events.Seen, happened => happened is GrantTaken);
    }

    [Fact]
    public async Task RunAsync_SeederRestarts_LosesNoReceiptAndIsPaidNoneTwice()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 12_000_000);
        TestSeeder steady = await swarm.AddSeederAsync(configuration => configuration with { UploadLimit = 3_000_000 });
        TestSeeder restarted = await swarm.AddSeederAsync(configuration => configuration with { UploadLimit = 3_000_000 });
        swarm.Hub.IsAway = false;
        using DataFolder data = swarm.OpenDownloaderData();
        var events = new EventLog<GetEvent>();
        Task<GetResult> running = new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(swarm.Request(), AcceptAsync, events);

        await restarted.Events.FirstAsync(happened => happened is ReceiptsStored);
        PublicKey key = restarted.Key;
        EventLog<SeedEvent> firstLife = restarted.Events;
        await restarted.StopAsync();
        restarted.Start();
        GetResult result = await running.WaitAsync(Limits.Patience);

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        swarm.AssertContentArrived();
        Assert.Equal(key, restarted.Key);
        Assert.Contains(swarm.Hub.Verdicts, verdict => verdict.Seeder == key && verdict.Verdict == ReceiptVerdict.Accepted);
        Assert.All(swarm.Hub.Verdicts, verdict => Assert.Contains(verdict.Verdict, new[] { ReceiptVerdict.Accepted, ReceiptVerdict.Duplicate }));

        // What was stored was settled; what was on its way to the seeder when it stopped is signed, and nobody's.
        long stored = new[] { firstLife, restarted.Events, steady.Events }
            .SelectMany(events => events.Seen.OfType<ReceiptsStored>())
            .Sum(receipts => receipts.Bytes);
        long settled = swarm.Hub.Verdicts.Where(verdict => verdict.Verdict == ReceiptVerdict.Accepted).Sum(verdict => verdict.Bytes);
        Assert.InRange(settled, stored, result.Statement!.ReceiptedBytes);
        Assert.True(result.Statement.Settled <= result.Statement.Signed);
        Assert.True(result.Statement.ReceiptedBytes <= swarm.ContentBytes);
    }

    [Fact]
    public async Task RunAsync_HubLosesAnswersAndGoesAway_EverythingIsSettledOnceInTheEnd()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        TestSeeder seeder = await swarm.AddSeederAsync();
        using DataFolder data = swarm.OpenDownloaderData();
        var events = new EventLog<GetEvent>();
        swarm.Hub.LosesAnswers = true;
        Task<GetResult> running = new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(swarm.Request(), AcceptAsync, events);

        await seeder.Events.FirstAsync(happened => happened is HubAway);
        swarm.Hub.LosesAnswers = false;
        GetResult result = await running.WaitAsync(Limits.Patience);

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        Assert.False(result.Statement!.IsRefundPending, result.Statement.RefundRemark);
        Assert.Equal(swarm.Price.Of(0) + result.Statement.Signed, result.Statement.Settled);
        Assert.Contains(swarm.Hub.Verdicts, verdict => verdict.Verdict == ReceiptVerdict.Duplicate);
        Assert.Equal(swarm.ContentBytes, result.Statement.ReceiptedBytes);
    }

    [Fact]
    public async Task RunAsync_SmallBudget_IsNeverExceededAndTheRestComesUnpaid()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        await swarm.AddSeederAsync();
        using DataFolder data = swarm.OpenDownloaderData();
        var events = new EventLog<GetEvent>();
        Msat budget = Msat.FromSatoshi(12);
        Msat before = (await swarm.Wallet.GetBalanceAsync()).Spendable;

        GetResult result = await new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(
            swarm.Request() with { Budget = budget }, AcceptAsync, events);

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        swarm.AssertContentArrived();
        Assert.True(result.Statement!.IsBudgetUsedUp);
        Assert.InRange(result.Statement.ReceiptedBytes, 1, swarm.ContentBytes - 1);
        Assert.Contains(events.Seen, happened => happened is BudgetUsedUp);
        Assert.True((await swarm.Wallet.GetBalanceAsync()).Spendable + budget >= before);
    }

    [Fact]
    public async Task RunAsync_CancelledAndRunAgain_GoesOnWithTheSameChannel()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 12_000_000);
        TestSeeder seeder = await swarm.AddSeederAsync(configuration => configuration with { UploadLimit = 4_000_000 });
        using var cancellation = new CancellationTokenSource();
        var events = new EventLog<GetEvent>();
        long firstBytes;
        using (DataFolder data = swarm.OpenDownloaderData())
        {
            Task<GetResult> first = new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(
                swarm.Request(), AcceptAsync, events, cancellation.Token);
            await seeder.Events.FirstAsync(happened => happened is ReceiptsStored);
            await cancellation.CancelAsync();
            Assert.Equal(GetOutcome.Cancelled, (await first).Outcome);
            firstBytes = events.Seen.OfType<ReceiptsSigned>().Sum(signed => signed.Bytes);
        }

        using DataFolder again = swarm.OpenDownloaderData();
        GetResult result = await new GetService(again, swarm.Configuration(), swarm.Wallet).RunAsync(
            swarm.Request(), AcceptAsync, new EventLog<GetEvent>());

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        swarm.AssertContentArrived();
        Assert.Single(await swarm.Network.Hub.ListInvoicesAsync(10));
        Assert.Equal(1, swarm.Hub.Look(channels => channels.Count));
        Assert.True(firstBytes > 0);
        Assert.InRange(result.Statement!.Bytes, 1, swarm.ContentBytes - firstBytes);
        Assert.All(swarm.Hub.Verdicts, verdict => Assert.Contains(verdict.Verdict, new[] { ReceiptVerdict.Accepted, ReceiptVerdict.Duplicate }));
        Assert.True(result.Statement.Settled <= swarm.Price.Of(swarm.ContentBytes));
    }

    [Fact]
    public async Task RunAsync_SelectedFiles_OnlyTheyArriveAndArePaid()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 2_000_000);
        await swarm.AddSeederAsync();
        using DataFolder data = swarm.OpenDownloaderData();
        GetOffer? offered = null;

        GetResult result = await new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(
            swarm.Request() with { Files = ["extra/*"] },
            (offer, _) =>
            {
                offered = offer;
                return Task.FromResult(GetDecision.Accept());
            },
            new EventLog<GetEvent>());

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        Assert.Equal(1 + (2_000_000 / 7), offered!.SelectedBytes);
        Assert.Equal(offered.SelectedBytes, result.Statement!.ReceiptedBytes);
        Assert.True(File.Exists(Path.Combine(result.Path!, "extra", "notes.txt")));
        Assert.False(File.Exists(Path.Combine(result.Path!, "01.flac")));
    }

    [Fact]
    public async Task RunAsync_NoManifest_IsRefusedUnlessUnverified()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 500_000);
        File.Delete(Path.Combine(Path.GetDirectoryName(swarm.TorrentPath)!, swarm.Manifest.FileName));
        await swarm.AddSeederAsync();
        ClientConfiguration configuration = swarm.Configuration() with { Hub = null };
        using DataFolder data = swarm.OpenDownloaderData();
        var service = new GetService(data, configuration, swarm.Wallet);

        GetRequest request = swarm.Request() with { ManifestTimeLimit = TimeSpan.FromMilliseconds(500) };
        GetResult refused = await service.RunAsync(request, AcceptAsync, new EventLog<GetEvent>());
        GetResult unverified = await service.RunAsync(request with { Unverified = true }, AcceptAsync, new EventLog<GetEvent>());

        Assert.Equal(GetOutcome.ManifestMissing, refused.Outcome);
        Assert.True(unverified.Outcome == GetOutcome.Completed, unverified.Reason);
        swarm.AssertContentArrived();
    }

    private static Task<GetDecision> AcceptAsync(GetOffer offer, CancellationToken cancellation) => Task.FromResult(GetDecision.Accept());
}
