using System.Text.Json.Nodes;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Audit;
using SeederMesh.Lightning.Embedded;
using Xunit;

namespace SeederMesh.Client.Tests.Swarm;

// Goal: with the real hub, its ledger and its play money, everybody ends with the msat that the manifest says, and the database alone proves it.
// Method: one download from three seeders; wallets, hub and audits are asked afterwards and must agree.
public sealed class RealHubTests
{
    private const long Bytes = 6_000_000;
    private const long Price = 50_000;

    [Fact]
    public async Task RunAsync_ThreeSeeders_EverybodyIsPaidAndTheAuditsHold()
    {
        await using TestSwarm swarm = await TestSwarm.StartWithRealHubAsync(Bytes, Price);
        for (int index = 0; index < 3; index++)
        {
            string destination = await swarm.DestinationAsync($"box-{index}");
            await swarm.AddSeederAsync(configuration => configuration with { Destination = destination });
        }

        Msat before = (await swarm.Wallet.GetBalanceAsync()).Spendable;
        GetResult result;
        using (DataFolder data = swarm.OpenDownloaderData())
        {
            result = await new GetService(data, swarm.Configuration(), swarm.Wallet).RunAsync(
                swarm.Request(), (_, _) => Task.FromResult(GetDecision.Accept()), new EventLog<GetEvent>());
        }

        Assert.True(result.Outcome == GetOutcome.Completed, result.Reason);
        swarm.AssertContentArrived();
        GetStatement statement = result.Statement!;
        Msat after = (await swarm.Wallet.GetBalanceAsync()).Spendable;
        AssertDownloader(swarm, statement, before, after);
        await AssertEverybodyPaidAsync(swarm, statement);

        await swarm.RealHub.StopAsync();
        AuditReport books = LedgerAudit.Run(swarm.LedgerPath);
        AuditReport receipts = ReceiptsAudit.Run(swarm.LedgerPath);
        Assert.True(books.IsPassed, string.Join('\n', books.Checks.Where(check => !check.IsPassed)));
        Assert.True(receipts.IsPassed, string.Join('\n', receipts.Checks.Where(check => !check.IsPassed)));
        Assert.Contains(
            receipts.Checks.SelectMany(check => check.Figures),
            figure => figure.Name == "receipts" && figure.Value == statement.Suppliers.Sum(supplier => supplier.Receipts));
    }

    private static void AssertDownloader(TestSwarm swarm, GetStatement statement, Msat before, Msat after)
    {
        Assert.False(statement.IsRefundPending, statement.RefundRemark);
        Assert.Equal(swarm.ContentBytes, statement.ReceiptedBytes);
        Assert.Equal(statement.Signed, statement.Settled);

        // Each grant's price is rounded down by itself: less than one msat for each.
        long exact = swarm.Price.Of(swarm.ContentBytes).Value;
        Assert.InRange(statement.Settled.Value, exact - 100, exact);

        // Routing the refund costs the hub's revenue, and what that does not cover the refund.
        long refund = statement.Funded.Value - statement.Settled.Value;
        Assert.InRange(statement.Refunded.Value, refund - 1_000, refund);
        Assert.Equal(before.Value - statement.Funded.Value - statement.RoutingFees.Value + statement.Refunded.Value, after.Value);
    }

    private static async Task AssertEverybodyPaidAsync(TestSwarm swarm, GetStatement statement)
    {
        using var client = new HubClient(swarm.RealHub.Address, caller: null);
        JsonNode creator = await UntilPaidAsync(client, $"v1/creators/{swarm.Manifest.Manifest.Creator}");
        long settled = statement.Settled.Value;
        long earned = Amount(creator, "earnedMsat");
        Assert.InRange(earned, settled * 70 / 100, (settled * 70 / 100) + 1);
        await AssertReceivedAsync(swarm, "creator", creator);

        long bytes = 0;
        foreach ((int index, TestSeeder seeder) in swarm.Seeders.Index())
        {
            JsonNode standing = await UntilPaidAsync(client, $"v1/seeders/{seeder.Key}");
            SupplierStatement supplied = statement.Suppliers.Single(supplier => supplier.Seeder == seeder.Key);
            bytes += standing["uploadedBytes"]!.GetValue<long>();
            earned += Amount(standing, "earnedMsat");
            Assert.Equal(supplied.Bytes, standing["uploadedBytes"]!.GetValue<long>());
            Assert.Equal(supplied.Signed.Value, Amount(standing, "settledMsat"));
            Assert.InRange(Amount(standing, "earnedMsat"), supplied.Signed.Value / 4, (supplied.Signed.Value / 4) + 1);
            await AssertReceivedAsync(swarm, $"box-{index}", standing);
        }

        Assert.Equal(swarm.ContentBytes, bytes);
        JsonNode status = await client.ReadAsync("v1/status");
        Assert.Equal(settled, Amount(status, "settledMsat"));
        Assert.Equal(swarm.ContentBytes, status["settledBytes"]!.GetValue<long>());
        Assert.InRange(settled - earned, settled * 5 / 100, (settled * 5 / 100) + 1);
    }

    /// <summary>A wallet holds what the hub says that it paid: routing is on the hub.</summary>
    private static async Task AssertReceivedAsync(TestSwarm swarm, string wallet, JsonNode standing)
    {
        EmbeddedNode node = await swarm.Network.NodeAsync(wallet);
        Assert.Equal(Amount(standing, "paidMsat"), (await node.GetBalanceAsync()).Spendable.Value);
        Assert.Equal(Amount(standing, "earnedMsat"), Amount(standing, "paidMsat") + Amount(standing, "owedMsat"));
    }

    /// <summary>Asks until less than the hub's threshold of one sat is owed and nothing is under way.</summary>
    private static async Task<JsonNode> UntilPaidAsync(HubClient client, string path)
    {
        using var limit = new CancellationTokenSource(Limits.Patience);
        while (true)
        {
            JsonNode standing = await client.ReadAsync(path, limit.Token);
            if (Amount(standing, "owedMsat") < 1_000 && Amount(standing, "pendingMsat") == 0)
            {
                return standing;
            }
        }
    }

    private static long Amount(JsonNode node, string name) => long.Parse(node[name]!.GetValue<string>());
}
