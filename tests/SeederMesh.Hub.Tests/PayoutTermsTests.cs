using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
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

    // who comes first: the one who would keep the money back, or the work that earns it -> the same
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Terms_OfAPayeeThatAnotherCreatorNamesToo_KeepNothingBack(bool attackerIsFirst)
    {
        EmbeddedNode band = await hub.WalletAsync("band");
        string endpoint = await HubFixture.KeysendToAsync(band);
        HubCaller attacker = hub.Caller();
        string terms = $"/v1/payees/{Scene.Sign(attacker.Key, endpoint, "bait").Manifest.Payment!.Payees[0].Id}/terms";
        if (attackerIsFirst)
        {
            await RegisterAsync(attacker, endpoint, "bait");
            (await attacker.PutAsync(terms, new { schedule = "on-demand", thresholdMsat = "1000000000", feeBearer = "payee" })).Required();
        }

        Scene work = await Scene.OpenAsync(hub, endpoint, "-band");
        await work.FundAsync(50_000);
        if (!attackerIsFirst)
        {
            await RegisterAsync(attacker, endpoint, "bait");
            Assert.Equal("wrong-key", (await attacker.PutAsync(terms, new { schedule = "on-demand" })).Problem);
        }

        TestChain earned = await work.GrantAsync(seeder, 40_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, earned.Next([.. Enumerable.Range(0, 40)])));

        await HubFixture.UntilAsync(async () => (await band.GetBalanceAsync()).Spendable.Value == 7_000, "the band's money");
        Assert.Equal("wrong-key", (await attacker.PutAsync(terms, new { schedule = "stream" })).Problem);
        Assert.Equal("wrong-key", (await attacker.PostAsync(terms.Replace("/terms", "/pay", StringComparison.Ordinal), null)).Problem);
        JsonElement shown = (await seeder.GetAsync(terms[..^"/terms".Length])).Required().Json.GetProperty("terms");
        Assert.Equal(("stream", false), (shown.GetProperty("schedule").GetString(), shown.GetProperty("chosen").GetBoolean()));
    }

    /// <summary>Whose money waits for a schedule of another's is looked at as soon as that ends.</summary>
    [Fact]
    public async Task Terms_ThatEndWhileMoneyWaits_AreFollowedByItsPayment()
    {
        EmbeddedNode band = await hub.WalletAsync("band");
        string endpoint = await HubFixture.KeysendToAsync(band);
        HubCaller first = hub.Caller();
        SignedManifest named = await RegisterAsync(first, endpoint, "first");
        string terms = $"/v1/payees/{named.Manifest.Payment!.Payees[0].Id}/terms";
        (await first.PutAsync(terms, new { schedule = "weekly@mon-00:00" })).Required();
        Scene work = await Scene.OpenAsync(hub, endpoint, "-band", author: first);
        await work.FundAsync(50_000);
        TestChain earned = await work.GrantAsync(seeder, 40_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, earned.Next([.. Enumerable.Range(0, 40)])));
        HubReply waits = (await seeder.GetAsync(terms[..^"/terms".Length])).Required();
        Assert.Equal((7_000, 0), (waits.Msat("owedMsat"), waits.Msat("paidMsat")));

        Scene second = await Scene.OpenAsync(hub, endpoint, "-second");
        await second.FundAsync(50_000);

        await HubFixture.UntilAsync(async () => (await band.GetBalanceAsync()).Spendable.Value == 7_000, "the band's money");
    }

    /// <summary>Whoever has a key at the payee speaks for it, whoever names it.</summary>
    [Fact]
    public async Task Terms_OfAPayeeThatNamesAKey_AreThatKeysOnly()
    {
        HubCaller anna = hub.Caller();
        HubCaller author = hub.Caller();
        string endpoint = $"withdraw:{new DidKey(anna.Key.PublicKey)}";
        SignedManifest named = await RegisterAsync(author, endpoint, "first");
        await RegisterAsync(hub.Caller(), endpoint, "second");
        Scene work = await Scene.OpenAsync(hub, endpoint, "-anna");
        await work.FundAsync(50_000);
        string terms = $"/v1/payees/{named.Manifest.Payment!.Payees[0].Id}/terms";

        Assert.Equal("wrong-key", (await author.PutAsync(terms, new { schedule = "on-demand" })).Problem);
        HubReply chosen = (await anna.PutAsync(terms, new { schedule = "on-demand" })).Required();
        Assert.Equal("on-demand", chosen.Json.GetProperty("terms").GetProperty("schedule").GetString());
        Assert.True(chosen.Json.GetProperty("terms").GetProperty("chosen").GetBoolean());
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

    private static async Task<SignedManifest> RegisterAsync(HubCaller author, string endpoint, string name)
    {
        SignedManifest manifest = Scene.Sign(author.Key, endpoint, name);
        (await author.PostBytesAsync("/v1/registry/manifests", manifest.Bytes.ToArray(), "application/json")).Required();
        return manifest;
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
