using System.Globalization;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Demo;
using SeederMesh.Cli.Wallets;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.EndToEnd;

// Goal: "mesh get --direct" pays everybody exactly once out of the downloader's own wallet, whoever is killed in the middle.
// Method: real processes. Afterwards three that know nothing of each other must agree: the hub's books, the network's wallets, the audit.
[Collection("machine")]
public sealed class DirectTests
{
    private const long Bytes = 16_000_000;

    // LUD-06 lets an address name the least it takes; those of the play-money network take 1 msat.
    private const long SmallestPaymentMsat = 1;

    // Slow enough that a process is killed in the middle, whatever the machine does meanwhile.
    private static readonly string[] Slowly = ["--download-limit", "6MB"];

    [Fact]
    public async Task GetDirect_TwoSeedboxes_EverybodyHoldsTheirShareAndTheHubOnlyItsOwn()
    {
        await using DirectScene scene = await DirectScene.StartAsync(Bytes, seedboxes: 2);
        MeshProcess get = scene.Get();
        JsonObject result = await CompleteAsync(scene, get);
        Assert.True((bool)(await get.EventAsync("offer"))["direct"]!);
        Assert.Equal((long)result["bytes"]!, (long)result["receiptedBytes"]!);
        Assert.Equal(Amount(result, "signedMsat"), Amount(result, "settledMsat"));
        await AssertPaidAsync(scene, result);
    }

    [Fact]
    public async Task GetDirect_DownloaderKilledAfterItsFirstPayment_GoesOnAndPaysNothingTwice()
    {
        await using DirectScene scene = await DirectScene.StartAsync(Bytes, seedboxes: 1);
        MeshProcess killed = scene.Get(Slowly);
        await killed.EventAsync("snapshot", snapshot => Amount(snapshot, "paidMsat") > 0);
        await killed.KillAsync();
        Assert.Null(killed.FindEvent("result"));
        JsonObject last = killed.FindEvent("snapshot")!;
        Assert.True((long)last["doneBytes"]! < (long)last["wantedBytes"]!, last.ToJsonString());

        JsonObject result = await CompleteAsync(scene, scene.Get());

        // What the first run had and signed for is neither fetched nor paid for again.
        long settledBefore = (long)(await scene.ReadAsync("status"))["settledBytes"]! - (long)result["receiptedBytes"]!;
        Assert.True(settledBefore > 0);
        Assert.InRange((long)result["bytes"]!, 1, (long)last["wantedBytes"]! - settledBefore);
        Assert.True(Amount(result, "paidMsat") >= Amount(last, "paidMsat"));
        await AssertPaidAsync(scene, result);
    }

    [Fact]
    public async Task GetDirect_HubKilledAfterTheFirstPayment_CompletesAndTheBooksBalance()
    {
        await using DirectScene scene = await DirectScene.StartAsync(Bytes, seedboxes: 1);
        MeshProcess get = scene.Get(Slowly);
        await get.EventAsync("snapshot", snapshot => Amount(snapshot, "paidMsat") > 0);
        await scene.KillHubAsync();
        Assert.Null(get.FindEvent("result"));
        await AssertPaidAsync(scene, await CompleteAsync(scene, get));
    }

    private static async Task<JsonObject> CompleteAsync(DirectScene scene, MeshProcess get)
    {
        JsonObject result = await get.EventAsync("result");
        Assert.True(await get.EndAsync() == 0, $"{get.Text}\n{get.Errors}");
        Assert.Equal("completed", (string?)result["outcome"]);
        Assert.True((bool)result["direct"]!);
        Assert.False((bool)result["duePending"]!, (string?)result["dueRemark"]);
        Assert.Equal(0, Amount(result, "fundedMsat"));
        Assert.Null(TreeComparison.FindDifference(scene.Source, (string)result["path"]!, scene.Paths, CancellationToken.None));
        return result;
    }

    /// <summary>Asks the hub, ends everything, asks the wallets on the network, and audits.</summary>
    private static async Task AssertPaidAsync(DirectScene scene, JsonObject result)
    {
        JsonObject status = await scene.ReadAsync("status");
        var direct = (JsonObject)status["direct"]!;
        List<long> shares = [];
        foreach ((string key, _) in scene.Seedboxes)
        {
            shares.Add(Paid((JsonObject)(await scene.ReadAsync($"seeders/{key}"))["direct"]!));
        }

        await scene.StopAsync();
        long proved = Paid(direct);
        long own = Amount(status, "hubRevenueMsat") + Amount(status, "registryMsat");
        Assert.Equal(1, Channels(status));
        Assert.Equal(Amount(status, "settledMsat"), Amount(direct, "earnedMsat"));
        Assert.Equal(proved, Amount(result, "paidMsat"));

        await using (EmbeddedNetwork network = await EmbeddedNetwork.OpenAsync(
            new EmbeddedNetworkOptions(Path.Combine(Path.GetDirectoryName(scene.Database)!, "lightning.db"))))
        {
            EmbeddedNode downloader = await network.NodeAsync(await DirectScene.WalletAsync(scene.DownloaderHome));
            await AssertPaidOnceAsync(downloader, proved, Amount(result, "routingFeesMsat"));
            foreach (((_, string home), long share) in scene.Seedboxes.Zip(shares))
            {
                Assert.True(share > 0);
                Assert.Equal(share, await EarnedAsync(network, home));
            }

            // 70 % of each receipt, rounded by less than 1 msat in all; what no other payee holds.
            long creator = await EarnedAsync(network, scene.CreatorHome);
            Assert.Equal(proved - own - shares.Sum(), creator);
            long share70 = Amount(status, "settledMsat") * 70 / 100;
            Assert.InRange(creator, share70 - Amount(direct, "dueMsat"), share70 + 1);

            // The hub's node received its own share and nothing else, and paid nobody.
            Assert.Equal(own, await ReceivedAsync(network.Hub));
            Assert.Empty(await network.Hub.ListPaymentsAsync(1_000));
        }

        Assert.True(own > 0);
        Assert.Equal((own, 0, 0), (Amount(status, "fundedMsat"), Amount(status, "owedMsat"), Amount(status, "paidMsat")));
        await using MeshProcess audit = await MeshProcess.RunAsync(0, "audit", scene.Database, "--json");
        Assert.True((bool)audit.Document()["held"]!, audit.Text);
    }

    private static async Task AssertPaidOnceAsync(EmbeddedNode downloader, long proved, long fees)
    {
        IReadOnlyList<Payment> sent = await downloader.ListPaymentsAsync(1_000);
        Payment[] paid = [.. sent.Where(payment => payment.Status == PaymentStatus.Succeeded)];
        Assert.All(sent, payment => Assert.True(payment.Status is PaymentStatus.Succeeded or PaymentStatus.Failed, payment.ToString()));
        Assert.Distinct(sent.Select(payment => payment.PaymentHash));
        Assert.True(paid.Length > 4, $"{paid.Length} payments: the window did not make it pay while it downloaded");
        Assert.Equal(proved, paid.Sum(payment => payment.Amount.Value));
        Assert.Equal(fees, paid.Sum(payment => payment.Fee.Value));
        Msat left = (await downloader.GetBalanceAsync()).Spendable;
        Assert.Equal(PlayWallet.Faucet.Value - proved - fees, left.Value);
    }

    /// <summary>What a wallet received, which is all that it has gained.</summary>
    private static async Task<long> EarnedAsync(EmbeddedNetwork network, string home)
    {
        EmbeddedNode wallet = await network.NodeAsync(await DirectScene.WalletAsync(home));
        long received = await ReceivedAsync(wallet);
        Assert.Equal(PlayWallet.Faucet.Value + received, (await wallet.GetBalanceAsync()).Spendable.Value);
        return received;
    }

    private static async Task<long> ReceivedAsync(EmbeddedNode node) => (await node.ListInvoicesAsync(1_000))
        .Where(invoice => invoice.Status == InvoiceStatus.Settled).Sum(invoice => invoice.Received.Value);

    /// <summary>What was paid: all that was earned but for what is due and below the smallest payment.</summary>
    private static long Paid(JsonObject direct)
    {
        long paid = Amount(direct, direct.ContainsKey("provedMsat") ? "provedMsat" : "paidMsat");
        long due = Amount(direct, "dueMsat");
        Assert.InRange(due, 0, SmallestPaymentMsat - 1);
        Assert.Equal(Amount(direct, "earnedMsat"), paid + due);
        return paid;
    }

    private static long Channels(JsonObject status) =>
        ((JsonObject)status["channels"]!).Sum(state => (long)state.Value!);

    private static long Amount(JsonObject fields, string name) =>
        long.Parse((string)fields[name]!, NumberStyles.None, CultureInfo.InvariantCulture);
}
