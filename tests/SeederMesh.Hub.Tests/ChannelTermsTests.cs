using System.Net;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Hub.Tests.Support;

namespace SeederMesh.Hub.Tests;

/// <summary>What a hub says to requests for channels, grants and closes: each refusal by name, each command the same twice.</summary>
public sealed class ChannelTermsTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private Scene scene = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync(options => options with { HubBpsMin = 200, ReportGraceMs = 300 });
        scene = await Scene.OpenAsync(hub);
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Open_SameTermsAgain_GivesTheSameChannelAndInvoice()
    {
        Dictionary<string, object> terms = await scene.TermsAsync(5_000);
        HubReply first = (await scene.Downloader.PostAsync("/v1/channels", terms)).Required();
        HubReply second = (await scene.Downloader.PostAsync("/v1/channels", terms)).Required();
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.Status, second.Status));
        Assert.Equal(first.Text("invoice"), second.Text("invoice"));
        Assert.StartsWith("lnbcrt", first.Text("invoice"), StringComparison.Ordinal);
    }

    // field, value -> status, problem
    [Theory]
    [InlineData("budgetMsat", "6000", 409, "conflict")]
    [InlineData("downloaderKey", "0000000000000000000000000000000000000000000000000000000000000000", 403, "wrong-key")]
    public async Task Open_OtherTermsAgain_IsRefused(string field, string value, int status, string problem)
    {
        Dictionary<string, object> terms = await scene.TermsAsync(5_000);
        (await scene.Downloader.PostAsync("/v1/channels", terms)).Required();
        terms[field] = value;
        HubReply reply = await scene.Downloader.PostAsync("/v1/channels", terms);
        Assert.Equal((status, problem), ((int)reply.Status, reply.Problem));
    }

    [Theory]
    [InlineData("manifestDigest", "1111111111111111111111111111111111111111111111111111111111111111", 404, "unknown-manifest")]
    [InlineData("infohash", "1111111111111111111111111111111111111111111111111111111111111111", 404, "unknown-manifest")]
    [InlineData("maxPricePerMiBMsat", "999", 422, "price-too-high")]
    [InlineData("budgetMsat", "0", 422, "budget-out-of-range")]
    [InlineData("budgetMsat", "1000000001", 422, "budget-out-of-range")]
    [InlineData("refund", "paypal:me", 422, "invalid-destination")]
    [InlineData("refund", "bolt11:lnbcrt1nonsense", 422, "invalid-destination")]
    [InlineData("budgetMsat", "-1", 400, "malformed-request")]
    [InlineData("budgetMsat", "1.5", 400, "malformed-request")]
    [InlineData("budgetMsat", "99999999999999999999", 400, "malformed-request")]
    [InlineData("infohash", "zz", 400, "malformed-request")]
    [InlineData("unheardOf", "1", 400, "malformed-request")]
    public async Task Open_WithOneFieldWrong_SaysWhich(string field, string value, int status, string problem)
    {
        Dictionary<string, object> terms = await scene.TermsAsync(5_000);
        terms[field] = value;
        HubReply reply = await scene.Downloader.PostAsync("/v1/channels", terms);
        Assert.Equal((status, problem), ((int)reply.Status, reply.Problem));
        Assert.NotEmpty(reply.Text("detail"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(40L * 24 * 3_600_000)]
    public async Task Open_WithAnExpiryOutOfRange_IsRefused(long msAhead)
    {
        Dictionary<string, object> terms = await scene.TermsAsync(5_000);
        terms["expiresUnixMs"] = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + msAhead;
        HubReply reply = await scene.Downloader.PostAsync("/v1/channels", terms);
        Assert.Equal((422, "expiry-out-of-range"), ((int)reply.Status, reply.Problem));
    }

    // price, hub's share -> problem
    [Theory]
    [InlineData(0, 300, "manifest-asks-nothing")]
    [InlineData(1_000, 199, "shares-too-low")]
    public async Task Open_ForAManifestThatTheHubDoesNotSettle_IsRefused(long price, int hubBps, string problem)
    {
        HubCaller author = hub.Caller();
        SignedManifest manifest = Scene.Sign(
            author.Key, await HubFixture.KeysendToAsync(scene.Creator), $"other{price}{hubBps}", price, hubBps);
        (await author.PostBytesAsync("/v1/registry/manifests", manifest.Bytes.ToArray(), "application/json")).Required();
        Dictionary<string, object> terms = await scene.TermsAsync(5_000);
        terms["infohash"] = manifest.Manifest.Torrent.InfohashV2.ToString();
        terms["manifestDigest"] = manifest.Digest.ToString();
        terms["maxPricePerMiBMsat"] = "2000000000";
        HubReply reply = await scene.Downloader.PostAsync("/v1/channels", terms);
        Assert.Equal((422, problem), ((int)reply.Status, reply.Problem));
    }

    [Fact]
    public async Task Grant_SameAgain_IsTheSameGrantAndReservesOnce()
    {
        await scene.FundAsync(5_000);
        HubCaller seeder = hub.Caller();
        TestChain first = await scene.GrantAsync(seeder, 3_000);
        TestChain second = await scene.GrantAsync(seeder, 3_000);
        Assert.Equal(first.Grant, second.Grant);
        Assert.Equal(3_000, (await scene.ChannelAsync()).Msat("reservedMsat"));
    }

    // limit, generation -> status, problem; a grant of 3,000 of 5,000 msat was given as generation 0
    [Theory]
    [InlineData("2999", 0, 409, "conflict")]
    [InlineData("0", 1, 422, "limit-is-zero")]
    [InlineData("2001", 1, 402, "insufficient-funds")]
    [InlineData("1", -1, 400, "malformed-request")]
    public async Task Grant_ThatCannotBeGiven_SaysWhy(string limit, int generation, int status, string problem)
    {
        await scene.FundAsync(5_000);
        HubCaller seeder = hub.Caller();
        await scene.GrantAsync(seeder, 3_000);
        HubReply reply = await scene.Downloader.PostAsync(
            $"/v1/channels/{scene.ChannelId}/grants",
            new { seederKey = seeder.Key.PublicKey.ToString(), limitMsat = limit, generation });
        Assert.Equal((status, problem), ((int)reply.Status, reply.Problem));
    }

    [Fact]
    public async Task Grant_ToTheDownloaderItself_IsRefused()
    {
        await scene.FundAsync(5_000);
        HubReply reply = await scene.Downloader.PostAsync(
            $"/v1/channels/{scene.ChannelId}/grants",
            new { seederKey = scene.Downloader.Key.PublicKey.ToString(), limitMsat = "1", generation = 0 });
        Assert.Equal((422, "seeder-is-downloader"), ((int)reply.Status, reply.Problem));
    }

    [Fact]
    public async Task Calls_ByAnotherKey_AreRefused()
    {
        await scene.FundAsync(5_000);
        TestChain chain = await scene.GrantAsync(hub.Caller(), 1_000);
        HubCaller stranger = hub.Caller();
        string path = $"/v1/channels/{scene.ChannelId}";
        object grant = new { seederKey = stranger.Key.PublicKey.ToString(), limitMsat = "1", generation = 0 };
        Assert.Equal("wrong-key", (await stranger.PostAsync(path + "/grants", grant)).Problem);
        Assert.Equal("wrong-key", (await stranger.PostAsync(path + "/close", new { })).Problem);
        Assert.Equal("wrong-key", (await stranger.PostAsync($"{path}/grants/{chain.Grant.GrantId}/close", null)).Problem);
        Assert.Equal("wrong-key", (await stranger.PostAsync(path + "/top-ups", new { amountMsat = "1", topUpId = new string('1', 32) })).Problem);
        Assert.Equal("wrong-key", (await stranger.PutAsync($"/v1/seeders/{scene.Downloader.Key.PublicKey}", new { destination = "x", name = "" })).Problem);
    }

    [Fact]
    public async Task Close_ByTheDownloader_WaitsForTheGraceThenGivesEverythingBack()
    {
        await scene.FundAsync(5_000);
        HubCaller seeder = hub.Caller();
        TestChain chain = await scene.GrantAsync(seeder, 3_000);
        HubReply closing = (await scene.Downloader.PostAsync($"/v1/channels/{scene.ChannelId}/close", new { })).Required();
        Assert.Equal("closing", closing.Text("state"));

        // What the seeder still holds counts until the grace is over.
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next(0)));
        await HubFixture.UntilAsync(async () => (await scene.ChannelAsync()).Text("state") == "closed", "the grace to end");
        Assert.Equal(4_750, (await scene.ChannelAsync()).Msat("refundedMsat"));
        Assert.Equal("grantClosed", await Scene.VerdictsAsync(seeder, chain.Next(1)));
        HubReply again = (await scene.Downloader.PostAsync($"/v1/channels/{scene.ChannelId}/close", new { })).Required();
        Assert.Equal("closed", again.Text("state"));
    }

    [Fact]
    public async Task Close_OverARestart_KeepsItsDeadline()
    {
        await scene.FundAsync(5_000);
        TestChain chain = await scene.GrantAsync(hub.Caller(), 3_000);
        (await scene.Downloader.PostAsync($"/v1/channels/{scene.ChannelId}/grants/{chain.Grant.GrantId}/close", null)).Required();
        await hub.RestartAsync();
        await scene.ReconnectAsync();
        await HubFixture.UntilAsync(
            async () => (await scene.ChannelAsync()).Json.GetProperty("grants")[0].GetProperty("closed").GetBoolean(), "the grant to close");
        Assert.Equal(5_000, (await scene.ChannelAsync()).Msat("availableMsat"));
    }

    [Fact]
    public async Task Channel_PastItsExpiry_ClosesByItself()
    {
        Dictionary<string, object> terms = await scene.TermsAsync(5_000);
        terms["expiresUnixMs"] = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 400;
        HubReply opened = (await scene.Downloader.PostAsync("/v1/channels", terms)).Required();
        await scene.PayAsync(opened.Text("invoice"));
        string path = "/v1/channels/" + opened.Text("channelId");
        await HubFixture.UntilAsync(
            async () => (await scene.Downloader.GetAsync(path)).Json.GetProperty("refunds") is { } refunds
                && refunds.GetArrayLength() > 0 && refunds[0].GetProperty("state").GetString() == "succeeded",
            "the refund of an expired channel");
    }

    [Theory]
    [InlineData("/v1/channels/00000000000000000000000000000001", "unknown-channel")]
    [InlineData("/v1/channels/xyz", "malformed-request")]
    [InlineData("/v1/seeders/0000000000000000000000000000000000000000000000000000000000000001", "unknown-seeder")]
    [InlineData("/v1/torrents/0000000000000000000000000000000000000000000000000000000000000001", "unknown-manifest")]
    [InlineData("/v1/creators/did:key:z6Mk", "unknown-creator")]
    [InlineData("/v1/payouts/00000000000000000000000000000001", "unknown-payout")]
    [InlineData("/v1/registry/manifests/0000000000000000000000000000000000000001", "unknown-manifest")]
    public async Task Get_OfWhatIsNotThere_SaysSo(string path, string problem) =>
        Assert.Equal(problem, (await scene.Downloader.GetAsync(path)).Problem);

    [Fact]
    public async Task Statements_AfterASettlement_AgreeWithEachOther()
    {
        await scene.FundAsync(5_000);
        HubCaller seeder = hub.Caller();
        TestChain chain = await scene.GrantAsync(seeder, 3_000);
        (await Scene.ReportAsync(seeder, chain.Next(0, 1, 2, 3))).Required();
        string did = scene.Manifest.Manifest.Creator.ToString();
        HubReply creator = (await seeder.GetAsync("/v1/creators/" + did)).Required();
        HubReply torrent = (await seeder.GetAsync("/v1/torrents/" + scene.Manifest.Manifest.Torrent.InfohashV2)).Required();
        HubReply status = (await seeder.GetAsync("/v1/status")).Required();
        Assert.Equal((700, 1_000, 4L), (creator.Msat("earnedMsat"), torrent.Msat("settledMsat"), torrent.Json.GetProperty("receipts").GetInt64()));
        Assert.Equal("1000", status.Text("settledMsat"));
        Assert.Equal("play money", status.Text("network"));
        Assert.Equal(HttpStatusCode.OK, (await seeder.GetAsync("/openapi/v1.json")).Status);
        Assert.Equal("play money", (await seeder.GetAsync("/v1/hub")).Required().Text("network"));
    }
}
