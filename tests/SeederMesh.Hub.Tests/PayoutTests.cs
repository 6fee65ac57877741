using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests;

/// <summary>Payouts when the network fails: lost answers, payments held in flight, refusals, restarts. Nobody is paid twice.</summary>
public sealed class PayoutTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private Scene scene = null!;
    private HubCaller seeder = null!;
    private EmbeddedNode wallet = null!;
    private TestChain chain = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync();
        scene = await Scene.OpenAsync(hub);
        seeder = hub.Caller();
        wallet = await hub.WalletAsync("seeder");
        await scene.FundAsync(50_000);
        chain = await scene.GrantAsync(seeder, 40_000);
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Payout_WhoseAnswersAreLost_IsMadeOnce()
    {
        await hub.Hub.Network.LoseNextAnswersAsync(EmbeddedNetwork.HubName, 3);
        await EarnAsync(seederPieces: 40);
        await AllPaidAsync(creator: 7_000, seederShare: 2_500);
    }

    [Fact]
    public async Task Payout_HeldInFlightOverARestart_IsNotMadeAgain()
    {
        await hub.Hub.Network.HoldNextAsync(wallet.Name, 1);
        await EarnAsync(seederPieces: 40);
        PayoutRecord held = await HeldAsync();
        await hub.RestartAsync();
        await scene.ReconnectAsync();
        await ReconnectAsync();
        await Task.Delay(200);
        Assert.Single(await hub.Ledger.Reader.ListNewestPayoutsAsync(PayeeOfSeeder, 10));
        Assert.True(await hub.Hub.Network.SettleHeldAsync(held.PaymentHash!.Value));
        await AllPaidAsync(creator: 7_000, seederShare: 2_500);
    }

    [Fact]
    public async Task Payout_HeldInFlightThatFails_IsPaidUnderANewHash()
    {
        await hub.Hub.Network.HoldNextAsync(wallet.Name, 1);
        await EarnAsync(seederPieces: 40);
        PayoutRecord held = await HeldAsync();
        Assert.True(await hub.Hub.Network.FailHeldAsync(held.PaymentHash!.Value));
        await AllPaidAsync(creator: 7_000, seederShare: 2_500);
        IReadOnlyList<PayoutRecord> payouts = await hub.Ledger.Reader.ListNewestPayoutsAsync(PayeeOfSeeder, 10);
        Assert.Equal([PayoutStatus.Succeeded, PayoutStatus.Failed], payouts.Select(payout => payout.Status));
    }

    [Fact]
    public async Task Payout_RefusedSometimes_IsTriedAgain()
    {
        await hub.Hub.Network.RefuseNextAsync(wallet.Name, 2);
        await EarnAsync(seederPieces: 40);
        await AllPaidAsync(creator: 7_000, seederShare: 2_500);
    }

    [Fact]
    public async Task Payout_OfASeederThatRegistersLater_WaitsForItsDestination()
    {
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 40)])));
        HubReply waiting = (await seeder.GetAsync($"/v1/seeders/{seeder.Key.PublicKey}")).Required();
        Assert.Equal((2_500, 0), (waiting.Msat("owedMsat"), waiting.Msat("paidMsat")));
        await RegisterAsync();
        await AllPaidAsync(creator: 7_000, seederShare: 2_500);
    }

    [Fact]
    public async Task Payout_BelowTheThreshold_WaitsForMore()
    {
        await RegisterAsync();
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 12)])));
        await HubFixture.UntilAsync(async () => (await scene.Creator.GetBalanceAsync()).Spendable.Value == 2_100, "the creator");
        Assert.Equal(0, (await wallet.GetBalanceAsync()).Spendable.Value);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(12, 12)])));
        await AllPaidAsync(creator: 4_200, seederShare: 1_500);
    }

    [Fact]
    public async Task Payout_ToALightningAddress_IsPaidThroughItsInvoice()
    {
        HubReply reply = await seeder.PutAsync(
            $"/v1/seeders/{seeder.Key.PublicKey}",
            new { destination = $"lnaddress:{wallet.Name}@127.0.0.1:{hub.Hub.Address.Port}", name = "box" });
        reply.Required();
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 40)])));
        await AllPaidAsync(creator: 7_000, seederShare: 2_500);
        PayoutRecord paid = Assert.Single(await hub.Ledger.Reader.ListNewestPayoutsAsync(PayeeOfSeeder, 10));
        Assert.StartsWith("lnbcrt", paid.Invoice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Payout_ThatSucceeded_NamesTheSettlementsThatItPays()
    {
        await RegisterAsync();
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 10)])));
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(10, 30)])));
        await AllPaidAsync(creator: 7_000, seederShare: 2_500);
        PayoutRecord[] payouts = [.. await hub.Ledger.Reader.ListNewestPayoutsAsync(PayeeOfSeeder, 10)];
        var lines = new List<JsonElement>();
        foreach (PayoutRecord payout in payouts)
        {
            lines.AddRange((await seeder.GetAsync($"/v1/payouts/{payout.Id}")).Required().Json.GetProperty("lines").EnumerateArray());
        }

        Assert.Equal(2_500, lines.Sum(line => long.Parse(line.GetProperty("amountMsat").GetString()!)));
        Assert.All(lines, line => Assert.Equal(scene.Manifest.Digest.ToString(), line.GetProperty("manifestDigest").GetString()));
        Assert.Equal(2, lines.Select(line => line.GetProperty("settlementId").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task Refund_ToAnInvoiceThatWasRefusedOnce_PaysTheSameInvoiceLater()
    {
        InvoiceResult open = await scene.Purse.CreateInvoiceAsync(new InvoiceRequest("refund", Amount: null, "rest"));
        long before = (await scene.Purse.GetBalanceAsync()).Spendable.Value;
        await hub.Hub.Network.RefuseNextAsync(scene.Purse.Name, 1);
        (await seeder.PostAsync($"/v1/channels/{scene.ChannelId}/grants/{chain.Grant.GrantId}/close", null)).Required();
        (await scene.Downloader.PostAsync(
            $"/v1/channels/{scene.ChannelId}/close", new { refund = "bolt11:" + open.Invoice!.Bolt11 })).Required();
        IReadOnlyList<PayoutRecord> refunds = [];
        await HubFixture.UntilAsync(
            async () =>
            {
                refunds = await hub.Ledger.Reader.ListNewestRefundsAsync(chain.Grant.ChannelId, 10);
                return refunds.Any(refund => refund.Status == PayoutStatus.Succeeded);
            },
            "the refund");
        Assert.InRange((await scene.Purse.GetBalanceAsync()).Spendable.Value - before, 49_500, 50_000);
        Assert.Contains(refunds, refund => refund.Status == PayoutStatus.Failed);
        Assert.Single(refunds.Select(refund => refund.PaymentHash).OfType<Digest>().Distinct());
    }

    [Fact]
    public async Task Register_AnOfferWhereTheNodePaysNone_IsRefusedWithTheReason()
    {
        HubReply refused = await seeder.PutAsync(
            $"/v1/seeders/{seeder.Key.PublicKey}", new { destination = "bolt12:lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese", name = "box" });
        Assert.Equal("invalid-destination", refused.Problem);
        Assert.Contains("offers", refused.Text("detail"), StringComparison.Ordinal);
    }

    private Id128 PayeeOfSeeder => Id128.Derive("seeder-payee", seeder.Key.PublicKey.Span);

    private async Task RegisterAsync() => (await seeder.PutAsync(
        $"/v1/seeders/{seeder.Key.PublicKey}",
        new { destination = await HubFixture.KeysendToAsync(wallet), name = "box" })).Required();

    private async Task EarnAsync(int seederPieces)
    {
        await RegisterAsync();
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, seederPieces)])));
    }

    private async Task<PayoutRecord> HeldAsync()
    {
        PayoutRecord? held = null;
        await HubFixture.UntilAsync(
            async () =>
            {
                IReadOnlyList<PayoutRecord> newest = await hub.Ledger.Reader.ListNewestPayoutsAsync(PayeeOfSeeder, 1);
                held = newest.Count > 0 ? newest[0] : null;
                return held is { Status: PayoutStatus.Sent };
            },
            "a payment in flight");
        return held!;
    }

    private async Task ReconnectAsync()
    {
        seeder = hub.CallerOf(seeder.Key);
        wallet = await hub.Hub.Network.NodeAsync(wallet.Name);
    }

    /// <summary>Waits for the money, then a moment longer: what is paid twice would show.</summary>
    private async Task AllPaidAsync(long creator, long seederShare)
    {
        await HubFixture.UntilAsync(
            async () => (await scene.Creator.GetBalanceAsync()).Spendable.Value >= creator
                && (await wallet.GetBalanceAsync()).Spendable.Value >= seederShare,
            "everybody's money");
        await Task.Delay(100);
        Assert.Equal(
            (creator, seederShare),
            ((await scene.Creator.GetBalanceAsync()).Spendable.Value, (await wallet.GetBalanceAsync()).Spendable.Value));
    }
}
