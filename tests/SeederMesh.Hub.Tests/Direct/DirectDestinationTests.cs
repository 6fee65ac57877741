using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests.Direct;

// Goal: what can be paid directly is said, and refused where it cannot, before anything is owed. Method: a hub, and a wallet host beside it
// that offers Lightning or not.
public sealed class DirectDestinationTests : IAsyncLifetime
{
    private readonly WebApplication host;
    private HubFixture hub = null!;
    private string lightning = "";

    public DirectDestinationTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        host = builder.Build();
        host.MapGet("/anna", () => Results.Text(
            $$"""{"id":"https://wallet.example/anna","assetCode":"EUR","assetScale":2{{lightning}}}""", "application/json"));
    }

    private string Pointer => $"paymentpointer:${new Uri(host.Urls.Single()).Authority}/anna";

    public async ValueTask InitializeAsync()
    {
        await host.StartAsync();
        hub = await DirectScene.StartHubAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await hub.DisposeAsync();
    }

    [Fact]
    public async Task Pay_AWalletThatOffersLightning_ThroughItsInvoice()
    {
        EmbeddedNode wallet = await hub.WalletAsync("anna");
        lightning = $$""","lightning":"anna@{{hub.Hub.Address.Authority}}" """;
        Scene scene = await Scene.OpenAsync(hub, Pointer);
        HubCaller seeder = hub.Caller();
        (await seeder.PutAsync($"/v1/seeders/{seeder.Key.PublicKey}", new { destination = Pointer, name = "box" })).Required();
        Assert.True((await OfferAsync(scene)).GetProperty("offered").GetBoolean());
        (await OpenChannelAsync(scene)).Required();
        TestChain chain = await scene.GrantAsync(seeder, limit: 8_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 32)])));
        HubReply dues = (await scene.Downloader.GetAsync($"/v1/channels/{scene.ChannelId}/dues", isSigned: true)).Required();
        foreach (JsonElement invoice in dues.Json.GetProperty("payments").EnumerateArray())
        {
            Payment payment = await scene.Purse.PayAsync(
                new PayRequest(invoice.GetProperty("invoice").GetString()!, Core.Money.Msat.FromSatoshi(10)));
            (await scene.Downloader.PostAsync(
                $"/v1/channels/{scene.ChannelId}/dues/{invoice.GetProperty("payoutId").GetString()}/proof",
                new { preimage = payment.Preimage!.Value.ToString() })).Required();
        }

        // Creator and seeder have the same wallet.
        Assert.Equal(7_600, (await wallet.GetBalanceAsync()).Spendable.Value);
    }

    [Fact]
    public async Task Open_ForAWalletWithoutLightning_IsRefusedAndSaysSoBefore()
    {
        Scene scene = await Scene.OpenAsync(hub, Pointer);
        JsonElement offer = await OfferAsync(scene);
        Assert.False(offer.GetProperty("offered").GetBoolean());
        JsonElement destination = offer.GetProperty("payees")[0].GetProperty("destinations")[0];
        Assert.Equal(Pointer, destination.GetProperty("destination").GetString());
        Assert.False(destination.GetProperty("direct").GetBoolean());
        Assert.Contains("offers no Lightning", destination.GetProperty("remark").GetString(), StringComparison.Ordinal);
        HubReply refused = await OpenChannelAsync(scene);
        Assert.Equal("direct-not-offered", refused.Problem);
        Assert.Contains("offers no Lightning", refused.Text("detail"), StringComparison.Ordinal);
        Assert.Contains("Anna", refused.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grant_ForASeederWhoseWalletOffersNoLightning_IsRefused()
    {
        DirectScene scene = await DirectScene.OpenAsync(hub);
        HubCaller seeder = hub.Caller();
        (await seeder.PutAsync($"/v1/seeders/{seeder.Key.PublicKey}", new { destination = Pointer, name = "box" })).Required();
        HubReply refused = await scene.Scene.Downloader.PostAsync(
            $"/v1/channels/{scene.Scene.ChannelId}/grants",
            new { seederKey = seeder.Key.PublicKey.ToString(), limitMsat = "100", generation = 0 });
        Assert.Equal("seeder-not-direct", refused.Problem);
    }

    [Fact]
    public async Task Offer_OfSeveralDestinations_NamesWhichAreOfUse()
    {
        EmbeddedNode creator = await hub.WalletAsync("creator");
        Scene scene = await Scene.OpenAsync(hub, Pointer, next: DirectScene.AddressOf(hub, creator));
        JsonElement payee = (await OfferAsync(scene)).GetProperty("payees")[0];
        Assert.True(payee.GetProperty("direct").GetBoolean());
        Assert.Equal(
            [false, true],
            payee.GetProperty("destinations").EnumerateArray().Select(item => item.GetProperty("direct").GetBoolean()));

        Scene keysend = await Scene.OpenAsync(hub, name: "-keysend");
        JsonElement offer = await OfferAsync(keysend);
        Assert.False(offer.GetProperty("offered").GetBoolean());
        Assert.Contains(
            "proves no payment",
            offer.GetProperty("payees")[0].GetProperty("destinations")[0].GetProperty("remark").GetString(),
            StringComparison.Ordinal);
        Assert.Equal("unknown-manifest", (await scene.Downloader.GetAsync($"/v1/direct/{new string('7', 64)}")).Problem);
        Assert.Equal("malformed-request", (await scene.Downloader.GetAsync("/v1/direct/7")).Problem);
    }

    private static async Task<JsonElement> OfferAsync(Scene scene) =>
        (await scene.Downloader.GetAsync($"/v1/direct/{scene.Manifest.Digest}")).Required().Json;

    private static async Task<HubReply> OpenChannelAsync(Scene scene)
    {
        Dictionary<string, object> terms = await scene.TermsAsync(50_000);
        terms["mode"] = "direct";
        terms.Remove("refund");
        Assert.True(PublicKey.TryParseHex((await scene.Downloader.GetAsync("/v1/hub")).Text("publicKey"), out PublicKey key));
        scene.UseChannel(ChannelTerms.IdFor(key, scene.Downloader.Key.PublicKey).ToString());
        return await scene.Downloader.PostAsync("/v1/channels", terms);
    }
}
