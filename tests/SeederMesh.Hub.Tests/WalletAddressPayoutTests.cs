using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests;

/// <summary>Payees who name a payment pointer, at a hub with a wallet host beside it.</summary>
public sealed class WalletAddressPayoutTests : IAsyncLifetime
{
    private readonly WebApplication host;
    private HubFixture hub = null!;
    private string lightning = "";

    public WalletAddressPayoutTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        host = builder.Build();
        host.MapGet("/.well-known/lnurlp/box", () => Results.Text("""{"tag":"withdrawRequest"}""", "application/json"));
        host.MapGet("/anna", () => Results.Text(
            $$"""{"id":"https://wallet.example/anna","assetCode":"EUR","assetScale":2{{lightning}}}""", "application/json"));
    }

    private string Pointer => $"paymentpointer:${new Uri(host.Urls.Single()).Authority}/anna";

    public async ValueTask InitializeAsync()
    {
        await host.StartAsync();
        hub = await HubFixture.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await hub.DisposeAsync();
    }

    [Fact]
    public async Task Payout_ToAWalletThatOffersLightning_IsPaidThroughItsInvoice()
    {
        EmbeddedNode wallet = await hub.WalletAsync("anna");
        lightning = $$""","lightning":"anna@{{hub.Hub.Address.Authority}}" """;
        await EarnAsync(await Scene.OpenAsync(hub, Pointer));

        await HubFixture.UntilAsync(async () => (await wallet.GetBalanceAsync()).Spendable.Value == 7_000, "the wallet's money");

        // The wallet has the money a moment before the hub has booked it.
        await HubFixture.UntilAsync(
            async () => (await hub.Ledger.Reader.ListNewestPayoutsAsync(10)).All(payout => payout.Status == PayoutStatus.Succeeded),
            "the booking");
        Assert.Equal(Pointer, Assert.Single(await hub.Ledger.Reader.ListNewestPayoutsAsync(10)).Destination);
    }

    [Fact]
    public async Task Payout_ToAWalletWithoutLightning_GoesToThePayeesNextDestination()
    {
        Scene scene = await Scene.OpenAsync(hub, Pointer, next: "keysend");
        await EarnAsync(scene);

        await HubFixture.UntilAsync(async () => (await scene.Creator.GetBalanceAsync()).Spendable.Value == 7_000, "the next destination");
    }

    // What the wallet's document has beside -> what the operator reads, at once and not after eight attempts.
    [Theory]
    [InlineData("", "offers no Lightning")]
    [InlineData("withdraw", "an LNURL withdrawRequest")]
    public async Task Payout_ToWhereNobodyCanBePaid_IsParkedAtOnceWithWhatHelps(string member, string told)
    {
        lightning = member.Length == 0 ? "" : $$""","lightning":"box@{{new Uri(host.Urls.Single()).Authority}}" """;
        await EarnAsync(await Scene.OpenAsync(hub, Pointer));

        HubCaller reader = hub.Caller();
        JsonElement parked = default;
        await HubFixture.UntilAsync(
            async () =>
            {
                parked = (await reader.GetAsync("/v1/payouts/parked")).Required().Json.GetProperty("payouts");
                return parked.GetArrayLength() == 1;
            },
            "the parked money");
        string reason = parked[0].GetProperty("reason").GetString()!;
        Assert.Contains(told, reason, StringComparison.Ordinal);
        Assert.Contains("mesh payouts retry", reason, StringComparison.Ordinal);
        Assert.Single(await hub.Ledger.Reader.ListNewestPayoutsAsync(10));
    }

    private async Task EarnAsync(Scene scene)
    {
        await scene.FundAsync(50_000);
        HubCaller seeder = hub.Caller();
        TestChain chain = await scene.GrantAsync(seeder, 40_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 40)])));
    }
}
