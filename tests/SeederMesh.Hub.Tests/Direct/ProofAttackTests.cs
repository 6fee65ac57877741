using System.Text.Json;
using SeederMesh.Core.Money;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Lightning;

namespace SeederMesh.Hub.Tests.Direct;

// Goal: a proof counts for the one payment that it proves, and for nothing else, whoever has the preimage and however it came by it.
// Method: a downloader that pays, and reports everything that it should not; after each test the books are audited.
public sealed class ProofAttackTests : IAsyncLifetime
{
    private readonly AheadTime clock = new();
    private HubFixture hub = null!;
    private DirectScene scene = null!;
    private TestChain chain = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await DirectScene.StartHubAsync(options => options with { DirectGraceMs = 60_000, Clock = clock });
        scene = await DirectScene.OpenAsync(hub);
        chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));
    }

    /// <summary>Audits books and network.</summary>
    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Prove_ByThePreimageOfAnotherDueOfAnotherAmount_IsRefused()
    {
        (JsonElement creators, JsonElement seeders) = await InvoicesAsync();
        string preimage = await PayAsync(seeders);

        // The seeder's share is less than half of the creator's: one preimage would do for both.
        Assert.Equal("wrong-preimage", (await scene.ProveAsync(creators, preimage)).Problem);
        (await scene.ProveAsync(seeders, preimage)).Required();
        Assert.Equal("wrong-preimage", (await scene.ProveAsync(creators, preimage)).Problem);
        await AssertProvedAsync(creator: 0, seeder: 2_000);
    }

    [Fact]
    public async Task Prove_ByThePreimageOfAnInvoiceThatTheHubDidNotName_IsRefused()
    {
        // The creator was paid, by somebody, for something, the same amount.
        (JsonElement creators, _) = await InvoicesAsync();
        Invoice other = (await scene.Scene.Creator.CreateInvoiceAsync(
            new InvoiceRequest("other", Msat.From(5_600), "other"))).Required();
        Payment payment = await scene.Scene.Purse.PayAsync(new PayRequest(other.Bolt11, Msat.FromSatoshi(10)));
        Assert.Equal("wrong-preimage", (await scene.ProveAsync(creators, payment.Preimage!.Value.ToString())).Problem);
        await AssertProvedAsync(creator: 0, seeder: 0);
    }

    [Fact]
    public async Task Prove_AfterTheInvoiceExpired_CountsBecauseItWasPaidBefore()
    {
        (JsonElement creators, _) = await InvoicesAsync();
        string preimage = await PayAsync(creators);
        clock.Ahead = scene.Scene.Downloader.Ahead = TimeSpan.FromHours(2);
        (await scene.ProveAsync(creators, preimage)).Required();
        await AssertProvedAsync(creator: 5_600, seeder: 0);
    }

    [Fact]
    public async Task Prove_PaidInTimeButReportedAfterItWasWrittenOff_IsRefusedAndChangesNothing()
    {
        (JsonElement creators, _) = await InvoicesAsync();
        string preimage = await PayAsync(creators);
        await scene.CloseAsync(chain);
        clock.Ahead = scene.Scene.Downloader.Ahead = TimeSpan.FromMinutes(2);
        await HubFixture.UntilAsync(
            async () => (await scene.DuesAsync()).Json.GetProperty("ended").GetBoolean(), "what is unpaid to be written off");
        HubReply late = await scene.ProveAsync(creators, preimage);
        Assert.Equal("given-up", late.Problem);

        // The payee has the money. Only the books say otherwise, and they say what they were told in time.
        Assert.Equal(5_600, await scene.ReceivedAsync(scene.Scene.Creator));
        HubReply dues = await scene.DuesAsync();
        Assert.Equal((0, 5_600), (DirectScene.Due(dues, "creator", "provedMsat"), DirectScene.Due(dues, "creator", "writtenOffMsat")));
    }

    [Fact]
    public async Task Pay_APayeeThatNeverSettles_BlocksNobodyElse()
    {
        // The creator's node takes the payment and keeps it.
        (JsonElement creators, JsonElement seeders) = await InvoicesAsync();
        await hub.Hub.Network.HoldNextAsync(scene.Scene.Creator.Name, 1);
        Payment held = await scene.Scene.Purse.PayAsync(
            new PayRequest(creators.GetProperty("invoice").GetString()!, Msat.FromSatoshi(10)) { TimeLimit = TimeSpan.FromSeconds(1) });
        Assert.Equal(PaymentStatus.Pending, held.Status);
        (await scene.ProveAsync(seeders, await PayAsync(seeders))).Required();
        await AssertProvedAsync(creator: 0, seeder: 2_000);

        // One invoice for the due, as long as it may be paid: nobody is asked to pay it twice.
        Assert.Equal(
            creators.GetRawText(),
            Assert.Single(await scene.InvoicesAsync()).GetRawText());
        Assert.True(await hub.Hub.Network.SettleHeldAsync(held.PaymentHash));
        Payment settled = await scene.Scene.Purse.LookUpPaymentAsync(held.PaymentHash, TestContext.Current.CancellationToken);
        (await scene.ProveAsync(creators, settled.Preimage!.Value.ToString())).Required();
        await AssertProvedAsync(creator: 5_600, seeder: 2_000);
    }

    private async Task<(JsonElement Creators, JsonElement Seeders)> InvoicesAsync()
    {
        JsonElement[] invoices = await scene.InvoicesAsync();
        return (Of("5600"), Of("2000"));

        JsonElement Of(string msat) => invoices.Single(invoice => invoice.GetProperty("amountMsat").GetString() == msat);
    }

    private async Task<string> PayAsync(JsonElement invoice) => (await scene.PayAsync(invoice)).Preimage!.Value.ToString();

    private async Task AssertProvedAsync(long creator, long seeder)
    {
        HubReply dues = await scene.DuesAsync();
        Assert.Equal((creator, seeder), (DirectScene.Due(dues, "creator", "provedMsat"), DirectScene.Due(dues, "seeder", "provedMsat")));
    }

    private sealed class AheadTime : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
