using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Lightning.Embedded;
using SeederMesh.Lightning.Embedded.Http;

namespace SeederMesh.Lightning.Tests.Destinations;

/// <summary>Goal: a payment pointer is paid where its wallet offers Lightning, and else says what the payee can do.
/// Method: a wallet host on loopback, which is an Open Payments server and a Lightning address server at once.</summary>
public sealed class WalletAddressTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly List<string> asked = [];
    private EmbeddedNetwork network = null!;
    private WebApplication app = null!;
    private string host = "";
    private Func<HttpContext, string> wallet = null!;

    public async ValueTask InitializeAsync()
    {
        network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(folder.File("l.db")));
        await network.OpenWalletAsync("erin", new string('e', 32), Msat.Zero);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Use((http, next) =>
        {
            asked.Add(http.Request.Path);
            return next(http);
        });
        app.MapEmbeddedLightning(network);
        app.MapGet("{**path}", (HttpContext http) => http.Response.WriteAsync(wallet(http)));
        await app.StartAsync();
        host = new Uri(app.Urls.Single()).Authority;
        wallet = http => Wallet(http, "");
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await network.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task ResolveAsync_WalletWhoseNameIsALightningAddressOfTheSameHost_IsPaid()
    {
        ResolvedDestination resolved = await ResolveAsync("/erin");

        Assert.True(resolved.Status == ResolveStatus.Resolved, resolved.Reason);
        Payment payment = await network.Hub.PayAsync(new PayRequest(resolved.Invoice!.Text, Msat.From(10)));
        Assert.Equal((PaymentStatus.Succeeded, Msat.From(2_000)), (payment.Status, resolved.Invoice.Amount));
        Assert.Equal(["/erin", "/.well-known/lnurlp/erin"], asked.Take(2));
    }

    [Fact]
    public async Task ResolveAsync_WalletThatNamesALightningAddress_IsPaidThere()
    {
        wallet = http => Wallet(http, $$""","lightning":"erin@{{host}}" """);

        ResolvedDestination resolved = await ResolveAsync("");

        Assert.True(resolved.Status == ResolveStatus.Resolved, resolved.Reason);
        Assert.Equal(Msat.From(2_000), resolved.Invoice!.Amount);
        Assert.Equal("/.well-known/pay", asked[0]);
    }

    // The wallet's path and a further member of its document -> what is asked; the payee reads what to do.
    [Theory]
    [InlineData("/nobody", "")]
    [InlineData("", "")]
    [InlineData("/people/erin", "")]
    [InlineData("/Erin", "")]
    [InlineData("/erin", ""","lightning":"by post" """)]
    [InlineData("/erin", ""","lightning":"lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese" """)]
    public async Task ResolveAsync_WalletWithoutLightning_SaysWhatThePayeeCanDo(string path, string member)
    {
        wallet = http => Wallet(http, member);

        ResolvedDestination resolved = await ResolveAsync(path);

        Assert.Equal(ResolveStatus.NoLightning, resolved.Status);
        Assert.Contains("LNURL-withdraw", resolved.Reason, StringComparison.Ordinal);
        Assert.Contains(host, resolved.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(asked, path => path.EndsWith("/callback", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ResolveAsync_AddressThatCallsItselfOtherwise_IsNotPaid()
    {
        // The address answers for any name, as a catch-all does, but says whose it is.
        await using WebApplication other = await StartAsync(http => http.Request.Path.StartsWithSegments("/.well-known", StringComparison.Ordinal)
            ? """{"tag":"payRequest","callback":"http://127.0.0.1/","minSendable":1,"maxSendable":9000,"metadata":"[[\"text/plain\",\"a\"],[\"text/identifier\",\"mallory@127.0.0.1\"]]"}"""
            : Wallet(http, ""));

        ResolvedDestination resolved = await ResolveAsync("/erin", new Uri(other.Urls.Single()).Authority);

        Assert.Equal(ResolveStatus.NoLightning, resolved.Status);
    }

    /// <summary>A wallet whose Lightning server is down for a while does offer Lightning.</summary>
    [Theory]
    [InlineData(503, ResolveStatus.Unreachable)]
    [InlineData(404, ResolveStatus.NoLightning)]
    public async Task ResolveAsync_WalletWhoseAddressAnswersAnError_IsWithoutLightningOnlyWhereTheHostIsUp(int code, ResolveStatus expected)
    {
        await using WebApplication other = await StartAsync(http =>
        {
            bool isWallet = !http.Request.Path.StartsWithSegments("/.well-known", StringComparison.Ordinal);
            http.Response.StatusCode = isWallet ? 200 : code;
            return isWallet ? Wallet(http, "") : """{"status":"ERROR","reason":"later"}""";
        });

        Assert.Equal(expected, (await ResolveAsync("/erin", new Uri(other.Urls.Single()).Authority)).Status);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"id":"https://x.example/erin","assetCode":"EUR"}""")]
    [InlineData("""{"id":"erin","assetCode":"EUR","assetScale":2}""")]
    [InlineData("""{"id":"https://x.example/erin","assetCode":"E<b>","assetScale":2}""")]
    [InlineData("<html>")]
    public async Task ResolveAsync_WhatIsNoWallet_IsMalformed(string document)
    {
        wallet = _ => document;

        Assert.Equal(ResolveStatus.MalformedAnswer, (await ResolveAsync("/erin")).Status);
    }

    [Fact]
    public async Task ResolveAsync_OnThisMachineByTheDefaultPolicy_IsRefused()
    {
        ResolvedDestination resolved = await ResolveAsync("/erin", host, new OutgoingPolicy());

        Assert.Equal(ResolveStatus.AddressRefused, resolved.Status);
        Assert.Empty(asked);
    }

    [Theory]
    [InlineData("$wallet.example/alice", "paymentpointer:$wallet.example/alice")]
    [InlineData("paymentpointer:$wallet.example", "paymentpointer:$wallet.example")]
    [InlineData("https://wallet.example/alice", "paymentpointer:$wallet.example/alice")]
    public void TryParse_EveryForm_IsWrittenInOneWay(string text, string canonical)
    {
        Assert.True(PayoutDestination.TryParse(text, out PayoutDestination? destination, out string error), error);
        Assert.Equal((DestinationKind.PaymentPointer, canonical), (destination.Kind, destination.ToString()));
    }

    private static string Wallet(HttpContext http, string member) =>
        $$"""{"id":"http://{{http.Request.Host.Value}}{{http.Request.Path}}","assetCode":"EUR","assetScale":2,"authServer":"https://a.example","resourceServer":"https://r.example"{{member}}}""";

    private static async Task<WebApplication> StartAsync(Func<HttpContext, string> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication started = builder.Build();
        started.Run(http => http.Response.WriteAsync(answer(http)));
        await started.StartAsync();
        return started;
    }

    private async Task<ResolvedDestination> ResolveAsync(string path, string? at = null, OutgoingPolicy? policy = null)
    {
        Assert.True(PayoutDestination.TryParse($"paymentpointer:${at ?? host}{path}", out PayoutDestination? destination, out string error), error);
        using DestinationResolver resolver = new(policy ?? new OutgoingPolicy { AllowLoopback = true });
        return await resolver.ResolveAsync(destination, Msat.From(2_000), "");
    }
}
