using System.Text.Json.Nodes;
using SeederMesh.Client.Tests.Swarm;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Audit;
using SeederMesh.Lightning.Embedded;
using Xunit;

namespace SeederMesh.Client.Tests.Direct;

// Goal: when the downloader's own wallet pays, everybody holds exactly their share, the hub's node received its own share and nothing else.
// Method: the real hub, real seeders and a real transfer in one process; wallets and audits are asked afterwards and must agree.
public sealed class DirectSwarmTests
{
    private const long Bytes = 6_000_000;
    private const long Price = 50_000;

    [Fact]
    public async Task RunAsync_Direct_EveryPayeeHoldsItsShareAndTheHubHoldsNothing()
    {
        // A window of 1 MiB for a content of nearly 6: it has to be paid for while it comes.
        await using TestSwarm swarm = await TestSwarm.StartWithRealHubAsync(
            Bytes, Price, isDirect: true, change: options => options with { DirectWindowMiB = 1, DirectWindowMiBMax = 2 });
        for (int index = 0; index < 3; index++)
        {
            string address = await swarm.AddressAsync($"box-{index}");
            await swarm.AddSeederAsync(configuration => configuration with { Destination = address });
        }

        Msat before = (await swarm.Wallet.GetBalanceAsync()).Spendable;
        EventLog<GetEvent> events = new();
        GetResult result;
        using (DataFolder data = swarm.OpenDownloaderData())
        {
            result = await new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(
                swarm.Request() with { Direct = true }, (offer, _) => AcceptAsync(offer), events);
            Assert.Empty(Directory.GetDirectories(Path.Combine(data.Path, "downloads")));
        }

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        swarm.AssertContentArrived();
        GetStatement statement = result.Statement!;
        Assert.True(statement is { IsDirect: true, IsDuePending: false, DueRemark: null }, statement.DueRemark);
        Assert.Equal(Msat.Zero, statement.Funded);
        Assert.Equal(swarm.ContentBytes, statement.ReceiptedBytes);
        Assert.Equal(statement.Signed, statement.Settled);
        Assert.Equal(statement.Settled, statement.Paid);
        Msat after = (await swarm.Wallet.GetBalanceAsync()).Spendable;
        Assert.Equal(before.Value - after.Value, statement.Paid.Value + statement.RoutingFees.Value);
        Assert.InRange(statement.Paid.Value + statement.RoutingFees.Value, 1, statement.Budget.Value);
        await AssertSharesAsync(swarm, statement);

        await swarm.RealHub.StopAsync();
        AuditReport books = LedgerAudit.Run(swarm.LedgerPath);
        AuditReport receipts = ReceiptsAudit.Run(swarm.LedgerPath);
        Assert.True(books.IsPassed, string.Join('\n', books.Checks.Where(check => !check.IsPassed)));
        Assert.True(receipts.IsPassed, string.Join('\n', receipts.Checks.Where(check => !check.IsPassed)));
        Assert.Contains(
            books.Checks.SelectMany(check => check.Figures),
            figure => figure.Name == "proved paid" && figure.Value == statement.Paid.Value);
    }

    [Fact]
    public async Task RunAsync_DirectFromASeederThatRefuses_DownloadsUnpaidFromAnOrdinaryPeer()
    {
        await using TestSwarm swarm = await TestSwarm.StartWithRealHubAsync(Bytes, Price, isDirect: true);
        string address = await swarm.AddressAsync("box");
        await swarm.AddSeederAsync(configuration => configuration with { Destination = address, TakesDirect = false });
        EventLog<GetEvent> events = new();
        using DataFolder data = swarm.OpenDownloaderData();
        GetResult result = await new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(
            swarm.Request() with { Direct = true }, (offer, _) => AcceptAsync(offer), events);
        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        await events.FirstAsync(happened => happened is SeederNotDirect);
        Assert.Equal(Msat.Zero, result.Statement!.Paid);
    }

    [Fact]
    public async Task RunAsync_DirectWithAWalletThatRunsEmpty_StopsAtTheWindowAndGoesOnWhenItIsFilled()
    {
        const long windowBytes = 1 << 20;
        await using TestSwarm swarm = await TestSwarm.StartWithRealHubAsync(
            Bytes, Price, isDirect: true, change: options => options with { DirectWindowMiB = 1, DirectWindowMiBMax = 1 });
        string address = await swarm.AddressAsync("box");
        await swarm.AddSeederAsync(configuration => configuration with { Destination = address, UnpaidPercent = 0 });
        EmbeddedNode poor = await swarm.WalletAsync("poor", satoshi: 0);
        using DataFolder data = swarm.OpenDownloaderData();
        GetResult stopped = await new GetService(data, swarm.Configuration(), poor).RunAsync(
            swarm.Request() with { Direct = true }, (offer, _) => AcceptAsync(offer), new EventLog<GetEvent>());

        Assert.True(stopped.Outcome == GetOutcome.CannotPay, stopped.Reason);
        Assert.Contains("is due, and nobody uploads more before it is paid", stopped.Reason, StringComparison.Ordinal);
        Assert.Contains("Your wallet could not pay", stopped.Reason, StringComparison.Ordinal);
        GetStatement unpaid = stopped.Statement!;
        Assert.Equal(Msat.Zero, unpaid.Paid);
        Assert.InRange(unpaid.Signed.Value, 1, swarm.Price.Of(windowBytes).Value + 1);

        // What was trusted is all that it cost anybody; the same command pays it and goes on.
        GetResult result = await new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(
            swarm.Request() with { Direct = true }, (offer, _) => AcceptAsync(offer), new EventLog<GetEvent>());
        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        swarm.AssertContentArrived();
        Assert.True(result.Statement is { IsDuePending: false, DueRemark: null }, result.Statement!.DueRemark);
        Assert.Equal(result.Statement.Settled, result.Statement.Paid);
        Assert.Equal(unpaid.Signed.Value + result.Statement.Signed.Value, result.Statement.Settled.Value);
        Assert.InRange(
            await HeldAsync(swarm, "creator"),
            result.Statement.Settled.Value * 70 / 100,
            (result.Statement.Settled.Value * 70 / 100) + 1);
    }

    [Fact]
    public async Task RunAsync_DirectStoppedHalfway_GoesOnAndPaysEverythingOnce()
    {
        await using TestSwarm swarm = await TestSwarm.StartWithRealHubAsync(
            Bytes, Price, isDirect: true, change: options => options with { DirectWindowMiB = 1, DirectWindowMiBMax = 1 });
        string address = await swarm.AddressAsync("box");
        await swarm.AddSeederAsync(configuration => configuration with { Destination = address, UnpaidPercent = 0 });
        Msat before = (await swarm.Wallet.GetBalanceAsync()).Spendable;
        using DataFolder data = swarm.OpenDownloaderData();
        using (var stop = new CancellationTokenSource())
        {
            // The wallet was told to pay, and nobody hears what became of it.
            var wallet = new MortalWallet(swarm.Wallet) { Paid = stop.Cancel };
            GetResult cancelled = await new GetService(data, swarm.Configuration(), wallet).RunAsync(
                swarm.Request() with { Direct = true }, (offer, _) => AcceptAsync(offer), new EventLog<GetEvent>(), stop.Token);
            Assert.Equal(GetOutcome.Cancelled, cancelled.Outcome);
        }

        GetResult result = await new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(
            swarm.Request(), (offer, _) => AcceptAsync(offer), new EventLog<GetEvent>());
        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        GetStatement statement = result.Statement!;
        Assert.True(statement is { IsDuePending: false, DueRemark: null }, statement.DueRemark);
        Assert.Equal(statement.Settled, statement.Paid);
        Msat after = (await swarm.Wallet.GetBalanceAsync()).Spendable;
        Assert.Equal(before.Value - after.Value, statement.Paid.Value + statement.RoutingFees.Value);
    }

    private static Task<GetDecision> AcceptAsync(GetOffer offer)
    {
        Assert.True(offer.IsDirect);
        return Task.FromResult(GetDecision.Accept());
    }

    private static async Task AssertSharesAsync(TestSwarm swarm, GetStatement statement)
    {
        using var client = new HubClient(swarm.RealHub.Address, caller: null);
        long settled = statement.Settled.Value;
        long creator = await HeldAsync(swarm, "creator");
        Assert.InRange(creator, settled * 70 / 100, (settled * 70 / 100) + 1);
        long others = 0;
        foreach ((int index, TestSeeder seeder) in swarm.Seeders.Index())
        {
            SupplierStatement supplied = statement.Suppliers.Single(supplier => supplier.Seeder == seeder.Key);
            long held = await HeldAsync(swarm, $"box-{index}");
            others += held;
            Assert.InRange(held, supplied.Signed.Value / 4, (supplied.Signed.Value / 4) + 1);
            JsonNode direct = (await client.ReadAsync($"v1/seeders/{seeder.Key}"))["direct"]!;
            Assert.Equal((held, held, 0, 0), (Amount(direct, "earnedMsat"), Amount(direct, "paidMsat"), Amount(direct, "dueMsat"), Amount(direct, "unpaidMsat")));
        }

        JsonNode status = await client.ReadAsync("v1/status");
        long own = Amount(status, "hubRevenueMsat") + Amount(status, "registryMsat");
        Assert.Equal(settled, creator + others + own);
        Assert.InRange(own, settled * 5 / 100, (settled * 5 / 100) + 2);

        // All that ever came in is the hub's own; it owes nobody and paid nobody.
        Assert.Equal((own, 0, 0), (Amount(status, "fundedMsat"), Amount(status, "owedMsat"), Amount(status, "paidMsat")));
        Assert.Equal(settled, Amount(status["direct"]!, "provedMsat"));
    }

    private static async Task<long> HeldAsync(TestSwarm swarm, string wallet)
    {
        EmbeddedNode node = await swarm.Network.NodeAsync(wallet);
        return (await node.GetBalanceAsync()).Spendable.Value;
    }

    private static long Amount(JsonNode node, string name) => long.Parse(node[name]!.GetValue<string>());
}
