using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests;

/// <summary>Per-payee terms over HTTP: who may choose, within which bounds, what they do; and the operator's retry.</summary>
public sealed class PayoutTermsTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private Scene scene = null!;
    private HubCaller seeder = null!;
    private EmbeddedNode wallet = null!;
    private TestChain chain = null!;

    private string Payee => PayeeRecord.IdOfSeeder(seeder.Key.PublicKey).ToString();

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync();
        scene = await Scene.OpenAsync(hub);
        seeder = hub.Caller();
        wallet = await hub.WalletAsync("seeder");
        await scene.FundAsync(50_000);
        chain = await scene.GrantAsync(seeder, 40_000);
        (await seeder.PutAsync(
            $"/v1/seeders/{seeder.Key.PublicKey}",
            new { destination = await HubFixture.KeysendToAsync(wallet), name = "box" })).Required();
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Terms_OnDemand_ArePaidWhenAskedFor()
    {
        (await seeder.PutAsync($"/v1/payees/{Payee}/terms", new { schedule = "on-demand" })).Required();
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 40)])));
        await HubFixture.UntilAsync(async () => (await scene.Creator.GetBalanceAsync()).Spendable.Value == 7_000, "the creator");
        Assert.Equal(0, (await wallet.GetBalanceAsync()).Spendable.Value);

        HubReply stranger = await hub.Caller(7).PostAsync($"/v1/payees/{Payee}/pay", null);
        Assert.Equal("wrong-key", stranger.Problem);
        Assert.Equal(0, (await seeder.PostAsync($"/v1/payees/{Payee}/pay", null)).Required().Msat("owedMsat"));
        Assert.Equal(2_500, (await wallet.GetBalanceAsync()).Spendable.Value);
        HubReply shown = (await seeder.GetAsync($"/v1/seeders/{seeder.Key.PublicKey}")).Required();
        Assert.Equal("on-demand", shown.Json.GetProperty("payoutTerms").GetProperty("schedule").GetString());
    }

    [Fact]
    public async Task Terms_AHigherThreshold_WaitsForItAndSurvivesARestart()
    {
        (await seeder.PutAsync($"/v1/payees/{Payee}/terms", new { thresholdMsat = "2500" })).Required();
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 39)])));
        await HubFixture.UntilAsync(async () => (await scene.Creator.GetBalanceAsync()).Spendable.Value >= 6_800, "the creator");
        await hub.RestartAsync();
        seeder = hub.CallerOf(seeder.Key);
        wallet = await hub.Hub.Network.NodeAsync(wallet.Name);
        HubReply terms = (await seeder.GetAsync($"/v1/payees/{Payee}")).Required();
        Assert.Equal("2500", terms.Json.GetProperty("terms").GetProperty("thresholdMsat").GetString());
        Assert.Equal(0, (await wallet.GetBalanceAsync()).Spendable.Value);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([39])));
        await HubFixture.UntilAsync(async () => (await wallet.GetBalanceAsync()).Spendable.Value == 2_500, "the seeder");
    }

    [Fact]
    public async Task Terms_OfAManifestsPayee_AreTheCreators()
    {
        HubCaller author = hub.Caller(9);
        byte[] manifest = Scene.Sign(author.Key, "lnaddress:choir@example.org", "terms").Bytes.ToArray();
        (await author.PostBytesAsync("/v1/registry/manifests", manifest, "application/json")).Required();
        string creator = $"/v1/creators/{new DidKey(author.Key.PublicKey)}";
        JsonElement payee = (await author.GetAsync(creator)).Required().Json.GetProperty("payees")[0];
        Assert.False(payee.GetProperty("terms").GetProperty("chosen").GetBoolean());
        string terms = $"/v1/payees/{payee.GetProperty("payeeId").GetString()}/terms";

        Assert.Equal("unknown-payee", (await seeder.PutAsync(terms, new { schedule = "hourly" })).Problem);
        (await author.PutAsync(terms, new { schedule = "weekly@fri-18:00", thresholdMsat = "5000" })).Required();
        Assert.Equal("wrong-key", (await seeder.PutAsync(terms, new { schedule = "hourly" })).Problem);
        JsonElement chosen = (await author.GetAsync(creator)).Required().Json.GetProperty("payees")[0].GetProperty("terms");
        Assert.Equal(
            ("weekly@fri-18:00", "5000", true),
            (
                chosen.GetProperty("schedule").GetString(),
                chosen.GetProperty("thresholdMsat").GetString(),
                chosen.GetProperty("chosen").GetBoolean()));
    }

    [Fact]
    public async Task Terms_OfAnother_AreRefused()
    {
        HubReply refused = await hub.Caller(7).PutAsync($"/v1/payees/{Payee}/terms", new { schedule = "on-demand" });
        Assert.Equal("wrong-key", refused.Problem);
        Assert.Null(await hub.Ledger.Reader.FindPayoutTermsAsync(PayeeRecord.IdOfSeeder(seeder.Key.PublicKey)));
    }

    // threshold, schedule, bearer (the hub's own threshold is 1 sat)
    [Theory]
    [InlineData("999", null, null)]
    [InlineData("1000000001", null, null)]
    [InlineData(null, "daily@25:00", null)]
    [InlineData(null, null, "nobody")]
    public async Task Terms_OutOfTheBounds_AreRefusedWithWhatIsAllowed(string? threshold, string? schedule, string? bearer)
    {
        HubReply refused = await seeder.PutAsync(
            $"/v1/payees/{Payee}/terms", new { thresholdMsat = threshold, schedule, feeBearer = bearer });
        Assert.Equal("invalid-terms", refused.Problem);
        Assert.NotEmpty(refused.Text("detail"));
    }

    [Fact]
    public async Task Terms_ThePayeeBearsRouting_TakesItOffWhatArrives()
    {
        (await seeder.PutAsync($"/v1/payees/{Payee}/terms", new { feeBearer = "payee" })).Required();
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 40)])));
        await HubFixture.UntilAsync(async () => (await wallet.GetBalanceAsync()).Spendable.Value > 0, "the seeder");
        PayoutRecord paid = Assert.Single(await hub.Ledger.Reader.ListNewestPayoutsAsync(PayeeRecord.IdOfSeeder(seeder.Key.PublicKey), 10));
        Assert.Equal((2_475, 25), (paid.Amount.Value, paid.FeeLimit.Value));
    }

    [Fact]
    public async Task Retry_OfParkedMoney_IsTheOperators()
    {
        await hub.Hub.Network.RefuseNextAsync(wallet.Name, 8);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 40)])));

        // Each request tries at once, so that no back-off is waited for; a ninth failure in a row parks.
        Id128 payee = PayeeRecord.IdOfSeeder(seeder.Key.PublicKey);
        await HubFixture.UntilAsync(async () => (await hub.Ledger.Reader.ListNewestPayoutsAsync(payee, 10)).Count > 0, "the first attempt");
        PayoutRecord failed = (await hub.Ledger.Reader.ListNewestPayoutsAsync(payee, 1))[0];
        Assert.Equal("wrong-key", (await hub.Caller(7).PostAsync($"/v1/payouts/{failed.Id}/retry", null)).Problem);
        using SigningKey key = SigningKey.FromSeed(Convert.FromHexString(await File.ReadAllTextAsync(Path.Combine(hub.Folder, "hub.key"))));
        HubCaller operatorCaller = hub.CallerOf(key);
        for (int attempt = 0; attempt < 8; attempt++)
        {
            await operatorCaller.PostAsync($"/v1/payouts/{failed.Id}/retry", null);
        }

        await HubFixture.UntilAsync(async () => (await wallet.GetBalanceAsync()).Spendable.Value == 2_500, "the seeder");
        Assert.Empty((await seeder.GetAsync("/v1/payouts/parked")).Required().Json.GetProperty("payouts").EnumerateArray());
    }
}
