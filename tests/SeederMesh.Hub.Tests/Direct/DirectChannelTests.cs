using System.Text.Json;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests.Direct;

// Goal: on a direct channel everybody gets the same msat as on a prepaid one, from the downloader's wallet, and the hub holds none of it.
// Method: a real hub over HTTP, play-money wallets, and the books audited when each test ends.
public sealed class DirectChannelTests
{
    [Fact]
    public async Task Channel_OpenedDrawnOnPaidAndClosed_PaysEverybodyToTheMsat()
    {
        await using HubFixture hub = await DirectScene.StartHubAsync();
        DirectScene scene = await DirectScene.OpenAsync(hub);
        HubReply open = await scene.Scene.ChannelAsync();
        Assert.Equal(
            ("open", "direct", 50_000, 50_000),
            (open.Text("state"), open.Text("mode"), open.Msat("fundedMsat"), open.Msat("availableMsat")));
        Assert.Empty(open.Json.GetProperty("invoices").EnumerateArray());

        // 32 pieces of a quarter MiB at 1,000 msat a MiB: the window of 8 MiB, to the piece.
        TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));
        await scene.PayAllAsync();
        await scene.CloseAsync(chain);
        await scene.PayAllAsync();

        HubReply dues = await scene.DuesAsync();
        Assert.True(dues.Json.GetProperty("ended").GetBoolean());
        Assert.Equal((5_600, 2_000), (await scene.ReceivedAsync(scene.Scene.Creator), await scene.ReceivedAsync(scene.Box)));
        Assert.Equal((160, 240), (DirectScene.Due(dues, "registry", "provedMsat"), DirectScene.Due(dues, "hub", "provedMsat")));
        await HoldsAsync(hub, lightningIn: 400, revenue: 240, registry: 160);
        HubReply closed = await scene.Scene.ChannelAsync();
        Assert.Equal(
            ("closed", 8_000, 42_000), (closed.Text("state"), closed.Msat("settledMsat"), closed.Msat("refundedMsat")));
        Assert.Equal("8000", closed.Json.GetProperty("direct").GetProperty("provedMsat").GetString());

        // No payout of the hub's own was made, and the history names every payment.
        Assert.Empty(await hub.Ledger.Reader.ListNewestPayoutsAsync(10));
        JsonElement[] history = [.. (await scene.Seeder.GetAsync("/v1/payouts")).Required().Json.GetProperty("payouts").EnumerateArray()];
        Assert.Equal(8_000, history.Sum(payout => long.Parse(payout.GetProperty("amountMsat").GetString()!)));
        Assert.All(history, payout => Assert.True(payout.GetProperty("direct").GetBoolean()));
    }

    [Fact]
    public async Task Statements_OfADirectChannel_NameWhatIsDueAndPaidBesideTheHubsOwnBalance()
    {
        await using HubFixture hub = await DirectScene.StartHubAsync();
        DirectScene scene = await DirectScene.OpenAsync(hub);
        TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));

        HubReply seeder = (await scene.Seeder.GetAsync($"/v1/seeders/{scene.Seeder.Key.PublicKey}")).Required();
        Assert.Equal((0, 0), (seeder.Msat("earnedMsat"), seeder.Msat("owedMsat")));
        Assert.Equal(("2000", "0", "2000"), Direct(seeder));
        Assert.True(seeder.Json.GetProperty("openGrants")[0].GetProperty("direct").GetBoolean());
        await scene.PayAllAsync();
        Assert.Equal(
            ("2000", "2000", "0"), Direct((await scene.Seeder.GetAsync($"/v1/seeders/{scene.Seeder.Key.PublicKey}")).Required()));
        HubReply status = (await scene.Seeder.GetAsync("/v1/status")).Required();

        // All but what registry and hub have, which is not worth a payment yet.
        Assert.Equal("7600", status.Json.GetProperty("direct").GetProperty("provedMsat").GetString());

        static (string?, string?, string?) Direct(HubReply reply)
        {
            JsonElement direct = reply.Json.GetProperty("direct");
            return (
                direct.GetProperty("earnedMsat").GetString(),
                direct.GetProperty("paidMsat").GetString(),
                direct.GetProperty("dueMsat").GetString());
        }
    }

    [Fact]
    public async Task Grant_BeyondTheWindow_IsRefusedUntilSomethingIsProved()
    {
        await using HubFixture hub = await DirectScene.StartHubAsync();
        DirectScene scene = await DirectScene.OpenAsync(hub);
        TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_001);
        Assert.Equal("too-much-unpaid", (await AskAsync(limit: 1, generation: 1)).Problem);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));

        // Settled and unpaid counts as much as granted: closing the grant frees the one msat that was not drawn.
        (await scene.Seeder.PostAsync($"/v1/channels/{scene.Scene.ChannelId}/grants/{chain.Grant.GrantId}/close", null)).Required();
        Assert.Equal("too-much-unpaid", (await AskAsync(limit: 2, generation: 1)).Problem);
        await scene.PayAllAsync();

        // 7,600 proved: the window has nearly doubled, and 400, too little for payments of their own, are still due.
        Assert.Equal("too-much-unpaid", (await AskAsync(limit: 15_202, generation: 1)).Problem);
        Assert.Equal("15201", (await AskAsync(limit: 15_202, generation: 1)).Text("availableMsat"));
        (await AskAsync(limit: 15_201, generation: 2)).Required();

        Task<HubReply> AskAsync(long limit, int generation) => scene.Scene.Downloader.PostAsync(
            $"/v1/channels/{scene.Scene.ChannelId}/grants",
            new { seederKey = scene.Seeder.Key.PublicKey.ToString(), limitMsat = limit.ToString(), generation });
    }

    [Fact]
    public async Task Channel_WhoseDownloaderNeverPays_CostsAtMostTheWindowAndIsWrittenOffAfterTheGrace()
    {
        await using HubFixture hub = await DirectScene.StartHubAsync(options => options with { DirectGraceMs = 0 });
        DirectScene scene = await DirectScene.OpenAsync(hub, budget: 1_000_000);
        int piece = 0;
        long settled = 0;
        for (int generation = 0; generation < 40; generation++)
        {
            HubReply reply = await scene.Scene.Downloader.PostAsync(
                $"/v1/channels/{scene.Scene.ChannelId}/grants",
                new { seederKey = scene.Seeder.Key.PublicKey.ToString(), limitMsat = "500", generation });
            if (reply.Problem.Length > 0)
            {
                Assert.Equal("too-much-unpaid", reply.Problem);
                break;
            }

            TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 500, generation);
            Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next(piece++, piece++)));
            settled += 500;
            (await scene.Seeder.PostAsync($"/v1/channels/{scene.Scene.ChannelId}/grants/{chain.Grant.GrantId}/close", null)).Required();
        }

        Assert.Equal(8_000, settled);

        // It has invoices, and vanishes with them.
        Assert.NotEmpty(await scene.InvoicesAsync());
        (await scene.Scene.Downloader.PostAsync($"/v1/channels/{scene.Scene.ChannelId}/close", new { })).Required();
        await HubFixture.UntilAsync(
            async () => (await scene.DuesAsync()).Json.GetProperty("ended").GetBoolean(), "what is unpaid to be written off");
        HubReply dues = await scene.DuesAsync();
        Assert.Equal(
            (5_600, 2_000, 160, 240),
            (DirectScene.Due(dues, "creator", "writtenOffMsat"), DirectScene.Due(dues, "seeder", "writtenOffMsat"),
                DirectScene.Due(dues, "registry", "writtenOffMsat"), DirectScene.Due(dues, "hub", "writtenOffMsat")));
        Assert.Empty(dues.Json.GetProperty("payments").EnumerateArray());
        HubReply seeder = (await scene.Seeder.GetAsync($"/v1/seeders/{scene.Seeder.Key.PublicKey}")).Required();
        Assert.Equal("2000", seeder.Json.GetProperty("direct").GetProperty("unpaidMsat").GetString());
        await HoldsAsync(hub, lightningIn: 0, revenue: 0, registry: 0);
    }

    [Fact]
    public async Task Open_ForAPayeeWhoTakesKeysendOnly_IsRefusedBecauseNothingCouldBeProved()
    {
        await using HubFixture hub = await HubFixture.StartAsync();
        Scene scene = await Scene.OpenAsync(hub);
        Dictionary<string, object> terms = await scene.TermsAsync(50_000);
        terms["mode"] = "direct";
        HubReply refused = await scene.Downloader.PostAsync("/v1/channels", terms);
        Assert.Equal("direct-not-offered", refused.Problem);
        Assert.Contains("Anna", refused.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_AtAHubThatTakesNone_IsRefused()
    {
        await using HubFixture hub = await DirectScene.StartHubAsync(options => options with { DirectChannels = false });
        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => DirectScene.OpenAsync(hub));
        Assert.Contains("direct-not-offered", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grant_ForASeederThatRefusesOrCannotProve_IsRefused()
    {
        await using HubFixture hub = await DirectScene.StartHubAsync();
        DirectScene scene = await DirectScene.OpenAsync(hub);
        await Task.Delay(1_100, TestContext.Current.CancellationToken);
        await scene.RegisterAsync(DirectScene.AddressOf(hub, scene.Box), takesDirect: false);
        Assert.Equal("seeder-not-direct", (await GrantAsync()).Problem);
        await Task.Delay(1_100, TestContext.Current.CancellationToken);
        await scene.RegisterAsync(await HubFixture.KeysendToAsync(scene.Box));
        Assert.Equal("seeder-not-direct", (await GrantAsync()).Problem);
        await Task.Delay(1_100, TestContext.Current.CancellationToken);
        await scene.RegisterAsync(DirectScene.AddressOf(hub, scene.Box));
        (await GrantAsync()).Required();

        Task<HubReply> GrantAsync() => scene.Scene.Downloader.PostAsync(
            $"/v1/channels/{scene.Scene.ChannelId}/grants",
            new { seederKey = scene.Seeder.Key.PublicKey.ToString(), limitMsat = "100", generation = 0 });
    }

    [Fact]
    public async Task TopUp_OfADirectChannel_IsRefused()
    {
        await using HubFixture hub = await DirectScene.StartHubAsync();
        DirectScene scene = await DirectScene.OpenAsync(hub);
        HubReply refused = await scene.Scene.Downloader.PostAsync(
            $"/v1/channels/{scene.Scene.ChannelId}/top-ups", new { amountMsat = "1000", topUpId = new string('1', 32) });
        Assert.Equal("paid-by-downloader", refused.Problem);
        Assert.Equal("not-direct", (await PrepaidDuesAsync(hub)).Problem);
    }

    private static async Task<HubReply> PrepaidDuesAsync(HubFixture hub)
    {
        Scene scene = await Scene.OpenAsync(hub, name: "-prepaid");
        await scene.FundAsync(20_000);
        return await scene.Downloader.GetAsync($"/v1/channels/{scene.ChannelId}/dues", isSigned: true);
    }

    private static async Task HoldsAsync(HubFixture hub, long lightningIn, long revenue, long registry)
    {
        LedgerAccount lightning = (await hub.Ledger.Reader.FindAccountAsync(AccountOpening.Lightning.Id))!;
        Assert.Equal(
            (lightningIn, 0, revenue, registry),
            (lightning.DebitsPosted.Value, lightning.CreditsPosted.Value,
                await BalanceAsync(AccountOpening.HubRevenue), await BalanceAsync(AccountOpening.Registry)));

        async Task<long> BalanceAsync(AccountOpening account) =>
            (await hub.Ledger.Reader.FindAccountAsync(account.Id))!.CreditBalanceMsat;
    }
}
