using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Lightning.Embedded;
using SeederMesh.Lightning.Embedded.Http;

namespace SeederMesh.Lightning.Tests.Destinations;

/// <summary>Goal: only what was asked for is paid, and no host is asked that must not be. Method: a server on loopback that misbehaves in one way a test.</summary>
public sealed class DestinationResolverTests : IAsyncLifetime
{
    private const string Metadata = """[["text/plain","a payee"],["text/long-desc","more about the payee"],["image/png;base64","AAA=="]]""";

    private static readonly byte[] key = Digest.Of("payee"u8).ToArray();

    private readonly List<string> asked = [];
    private WebApplication app = null!;
    private string root = "";
    private Func<HttpContext, Task> offer = null!;
    private Func<HttpContext, Task> callback = null!;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(http =>
        {
            asked.Add(http.Request.Path + http.Request.QueryString.Value);
            return http.Request.Path.StartsWithSegments("/callback", StringComparison.Ordinal) ? callback(http) : offer(http);
        });
        await app.StartAsync();
        root = app.Urls.Single();
        offer = http => http.Response.WriteAsync(OfferJson(http));
        callback = http => http.Response.WriteAsync($$"""{"pr":"{{Invoice(http)}}","verify":"{{root}}/verify/1","successAction":{"tag":"message","message":"thanks"} }""");
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public async Task ResolveAsync_GoodPayee_GivesItsInvoice()
    {
        ResolvedDestination resolved = await ResolveAsync(5_000);

        Assert.True(resolved.Status == ResolveStatus.Resolved, resolved.Reason);
        Assert.Equal(Msat.From(5_000), resolved.Invoice!.Amount);
        Assert.Equal(("thanks", $"{root}/verify/1"), (resolved.SuccessAction!.Text, resolved.VerifyAddress));
        Assert.Equal(["/.well-known/lnurlp/bob", "/callback?id=7&amount=5000&comment=cho"], asked); // LUD-12: three characters are taken
    }

    [Fact]
    public async Task ResolveAsync_WalletOfTheEmbeddedNetwork_IsPaid()
    {
        using TemporaryFolder folder = new();
        await using EmbeddedNetwork network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(folder.File("l.db")));
        await network.OpenWalletAsync("erin", new string('e', 32), Msat.Zero);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication hub = builder.Build();
        hub.MapEmbeddedLightning(network);
        await hub.StartAsync();

        ResolvedDestination resolved = await ResolveAsync(777, "lnaddress:erin@" + new Uri(hub.Urls.Single()).Authority);
        Assert.True(resolved.Status == ResolveStatus.Resolved, resolved.Reason);
        using DestinationResolver resolver = new(new OutgoingPolicy { AllowLoopback = true });
        Assert.False(await resolver.VerifyAsync(resolved.VerifyAddress!));
        Payment payment = await network.Hub.PayAsync(new PayRequest(resolved.Invoice!.Text, Msat.From(10)));
        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        Assert.True(await resolver.VerifyAsync(resolved.VerifyAddress!));
    }

    [Theory]
    [InlineData(999)]
    [InlineData(10_001)]
    public async Task ResolveAsync_AmountOutsideTheOffer_SaysTheLimits(long msat)
    {
        ResolvedDestination resolved = await ResolveAsync(msat);

        Assert.Equal(ResolveStatus.AmountOutOfRange, resolved.Status);
        Assert.Equal((Msat.From(1_000), Msat.From(10_000)), resolved.Limits);
        Assert.Single(asked);
    }

    // What the first answer is -> outcome.
    [Theory]
    [InlineData("""{"status":"ERROR","reason":"no such user"}""", ResolveStatus.RefusedByPayee)]
    [InlineData("""{"tag":"withdrawRequest"}""", ResolveStatus.NoLightning)]
    [InlineData("""{"tag":"login"}""", ResolveStatus.NoLightning)]
    [InlineData("""{"tag":""}""", ResolveStatus.MalformedAnswer)]
    [InlineData("""{"tag":"<b>"}""", ResolveStatus.MalformedAnswer)]
    [InlineData("[]", ResolveStatus.MalformedAnswer)]
    [InlineData("<html>", ResolveStatus.MalformedAnswer)]
    [InlineData("""{"tag":"payRequest","callback":"x","minSendable":1,"maxSendable":2,"metadata":"[]"}""", ResolveStatus.MalformedAnswer)]
    [InlineData("""{"tag":"payRequest","callback":"http://127.0.0.1/","minSendable":1,"maxSendable":2,"metadata":"[[\"text/plain\",\"a\"],[\"text/plain\",\"b\"]]"}""", ResolveStatus.MalformedAnswer)]
    [InlineData("""{"tag":"payRequest","callback":"http://127.0.0.1/","minSendable":5,"maxSendable":2,"metadata":"[[\"text/plain\",\"a\"]]"}""", ResolveStatus.MalformedAnswer)]
    [InlineData("""{"tag":"payRequest","callback":"http://127.0.0.1/","minSendable":1,"maxSendable":9000,"metadata":"[[\"text/plain\",\"a\"]]","payerData":{"email":{"mandatory":true}}}""", ResolveStatus.PayerDataRequired)]
    [InlineData("""{"tag":"payRequest","callback":"http://10.0.0.1/","minSendable":1,"maxSendable":9000,"metadata":"[[\"text/plain\",\"a\"]]"}""", ResolveStatus.AddressRefused)]
    [InlineData("""{"tag":"payRequest","callback":"https://10.0.0.1/","minSendable":1,"maxSendable":9000,"metadata":"[[\"text/plain\",\"a\"]]"}""", ResolveStatus.AddressRefused)]
    [InlineData("""{"tag":"payRequest","callback":"file:///etc/passwd","minSendable":1,"maxSendable":9000,"metadata":"[[\"text/plain\",\"a\"]]"}""", ResolveStatus.AddressRefused)]
    public async Task ResolveAsync_BadOffer_HasItsStatusAndReason(string answer, ResolveStatus expected)
    {
        offer = http => http.Response.WriteAsync(answer);

        ResolvedDestination resolved = await ResolveAsync(5_000);

        Assert.Equal(expected, resolved.Status);
        Assert.NotEmpty(resolved.Reason);
        Assert.Null(resolved.Invoice);
    }

    // What the host answers -> outcome, and whether asking again is in vain.
    [Theory]
    [InlineData(500, """{"status":"ERROR","reason":"database is down"}""", ResolveStatus.Unreachable, false)]
    [InlineData(502, "<html>", ResolveStatus.Unreachable, false)]
    [InlineData(503, """{"tag":"withdrawRequest"}""", ResolveStatus.Unreachable, false)]
    [InlineData(429, "", ResolveStatus.Unreachable, false)]
    [InlineData(404, "", ResolveStatus.RefusedByPayee, false)]
    [InlineData(404, """{"status":"ERROR","reason":"no such user"}""", ResolveStatus.RefusedByPayee, false)]
    [InlineData(200, "<html>", ResolveStatus.MalformedAnswer, false)]
    [InlineData(200, """{"tag":"channelRequest"}""", ResolveStatus.NoLightning, true)]
    public async Task ResolveAsync_HostThatFails_TellsWhetherItMayWorkLater(int code, string answer, ResolveStatus expected, bool isUnpayable)
    {
        offer = http =>
        {
            http.Response.StatusCode = code;
            return http.Response.WriteAsync(answer);
        };

        ResolvedDestination resolved = await ResolveAsync(5_000);

        Assert.Equal((expected, isUnpayable), (resolved.Status, resolved.IsUnpayable));
    }

    [Fact]
    public async Task ResolveAsync_InvoiceOverAnotherAmount_IsAMismatch()
    {
        callback = http => http.Response.WriteAsync($$"""{"pr":"{{Sign(Msat.From(5_001), Metadata)}}"}""");

        Assert.Equal(ResolveStatus.InvoiceMismatch, (await ResolveAsync(5_000)).Status);
    }

    [Fact]
    public async Task ResolveAsync_InvoiceOverAnyAmount_IsAMismatch()
    {
        callback = http => http.Response.WriteAsync($$"""{"pr":"{{Sign(null, Metadata)}}"}""");

        Assert.Equal(ResolveStatus.InvoiceMismatch, (await ResolveAsync(5_000)).Status);
    }

    [Fact]
    public async Task ResolveAsync_InvoiceOfOtherMetadata_IsAMismatch()
    {
        callback = http => http.Response.WriteAsync($$"""{"pr":"{{Sign(Msat.From(5_000), "[]")}}"}""");

        Assert.Equal(ResolveStatus.InvoiceMismatch, (await ResolveAsync(5_000)).Status);
    }

    [Fact]
    public async Task ResolveAsync_VerifyOnAnotherHost_IsLeftOut()
    {
        callback = http => http.Response.WriteAsync($$"""{"pr":"{{Invoice(http)}}","verify":"https://elsewhere.example/1"}""");

        ResolvedDestination resolved = await ResolveAsync(5_000);

        Assert.Equal((ResolveStatus.Resolved, null), (resolved.Status, resolved.VerifyAddress));
    }

    [Fact]
    public async Task ResolveAsync_RedirectOnTheSameHost_IsFollowed()
    {
        offer = http =>
        {
            if (http.Request.Path.Value != "/moved")
            {
                http.Response.Redirect("/moved");
                return Task.CompletedTask;
            }

            return http.Response.WriteAsync(OfferJson(http));
        };

        Assert.Equal(ResolveStatus.Resolved, (await ResolveAsync(5_000)).Status);
    }

    [Theory]
    [InlineData("http://localhost:1/")] // the same machine, but another authority
    [InlineData("/again")] // for ever
    public async Task ResolveAsync_RedirectElsewhereOrForEver_IsRefused(string location)
    {
        offer = http =>
        {
            http.Response.Redirect(location);
            return Task.CompletedTask;
        };

        Assert.Equal(ResolveStatus.AddressRefused, (await ResolveAsync(5_000)).Status);
        Assert.InRange(asked.Count, 1, OutgoingPolicy.RedirectsMax + 1);
    }

    [Fact]
    public async Task ResolveAsync_AnswerTooLarge_IsUnreachable()
    {
        offer = http => http.Response.WriteAsync(new string(' ', OutgoingPolicy.AnswerSizeMax + 1));

        Assert.Equal(ResolveStatus.Unreachable, (await ResolveAsync(5_000)).Status);
    }

    [Fact]
    public async Task ResolveAsync_NoAnswerInTime_IsUnreachable()
    {
        offer = http => Task.Delay(Timeout.Infinite, http.RequestAborted);
        using DestinationResolver resolver = new(new OutgoingPolicy { AllowLoopback = true, TimeLimit = TimeSpan.FromMilliseconds(200) });

        ResolvedDestination resolved = await resolver.ResolveAsync(Bob(), Msat.From(5_000), "");

        Assert.Equal(ResolveStatus.Unreachable, resolved.Status);
    }

    /// <summary>Of a thousand payees at a host that hangs one waits for it; when it is back, all are served.</summary>
    [Fact]
    public async Task ResolveAsync_HostThatDoesNotAnswer_IsWaitedForByOneAtATime()
    {
        var clock = new ManualClock();
        bool hangs = true;
        offer = http => hangs ? Task.Delay(Timeout.Infinite, http.RequestAborted) : http.Response.WriteAsync(OfferJson(http));
        using DestinationResolver resolver = new(
            new OutgoingPolicy { AllowLoopback = true, TimeLimit = TimeSpan.FromSeconds(1) }, clock);
        Assert.Contains("no answer in", (await AskAsync()).Reason, StringComparison.Ordinal);
        for (int payee = 0; payee < 1_000; payee++)
        {
            ResolvedDestination soon = await AskAsync();
            Assert.Equal((ResolveStatus.Unreachable, false), (soon.Status, soon.IsUnpayable));
            Assert.Contains("a moment ago", soon.Reason, StringComparison.Ordinal);
        }

        Assert.Single(asked);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("no answer in", (await AskAsync()).Reason, StringComparison.Ordinal);
        Assert.Contains("a moment ago", (await AskAsync()).Reason, StringComparison.Ordinal);
        Assert.Equal(2, asked.Count);

        hangs = false;
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ResolveStatus.Resolved, (await AskAsync()).Status);
        Assert.Equal(ResolveStatus.Resolved, (await AskAsync()).Status);

        Task<ResolvedDestination> AskAsync() => resolver.ResolveAsync(Bob(), Msat.From(5_000), "");
    }

    /// <summary>One address that hangs at a host that answers others keeps nobody there waiting.</summary>
    [Fact]
    public async Task ResolveAsync_OneAddressThatHangs_LeavesTheOthersOfItsHost()
    {
        var hanging = new TaskCompletionSource();
        offer = http =>
        {
            if (!http.Request.Path.Value!.EndsWith("/mallory", StringComparison.Ordinal))
            {
                return http.Response.WriteAsync(OfferJson(http));
            }

            hanging.TrySetResult();
            return Task.Delay(Timeout.Infinite, http.RequestAborted);
        };
        using DestinationResolver resolver = new(
            new OutgoingPolicy { AllowLoopback = true, TimeLimit = TimeSpan.FromSeconds(4) });
        Assert.True(PayoutDestination.TryParse($"lnaddress:mallory@{new Uri(root).Authority}", out PayoutDestination? mallory, out _));
        Task<ResolvedDestination> hangs = resolver.ResolveAsync(mallory, Msat.From(5_000), "");
        await hanging.Task;
        Assert.Equal(ResolveStatus.Resolved, (await resolver.ResolveAsync(Bob(), Msat.From(5_000), "")).Status);
        Assert.Equal(ResolveStatus.Unreachable, (await hangs).Status);
        Assert.Equal(ResolveStatus.Resolved, (await resolver.ResolveAsync(Bob(), Msat.From(5_000), "")).Status);
    }

    [Theory]
    [InlineData("lnurl:http://127.0.0.1:{0}/")]
    [InlineData("lnurl:https://127.0.0.1:{0}/")]
    [InlineData("lnurl:https://localhost:{0}/")]
    [InlineData("lnurl:https://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("lnurl:https://0.0.0.0:{0}/")]
    [InlineData("lnaddress:bob@127.0.0.1:{0}")]
    [InlineData("lnurl:http://example.com/")]
    [InlineData("lnurl:https://user:secret@example.com/")]
    public async Task ResolveAsync_DefaultPolicy_AsksNothingOnThisMachineAndNothingInTheClear(string destination)
    {
        Assert.True(PayoutDestination.TryParse(
            destination.Replace("{0}", $"{new Uri(root).Port}", StringComparison.Ordinal), out PayoutDestination? parsed, out string error), error);
        using DestinationResolver resolver = new(new OutgoingPolicy());

        ResolvedDestination resolved = await resolver.ResolveAsync(parsed, Msat.From(5_000), "");

        Assert.Equal(ResolveStatus.AddressRefused, resolved.Status);
        Assert.Empty(asked);
    }

    [Fact]
    public async Task ResolveAsync_KeysendAndInvoice_NeedNoRequest()
    {
        string node = Secp256k1.PublicKey(key).ToString();
        Assert.Equal(node, (await ResolveAsync(1, "keysend:" + node)).Keysend!.ToString());
        string invoice = Sign(Msat.From(5), Metadata);
        Assert.Equal(invoice, (await ResolveAsync(5, invoice)).Invoice!.Text);
        Assert.Equal(ResolveStatus.AmountOutOfRange, (await ResolveAsync(6, invoice)).Status);
        Assert.Empty(asked);
    }

    private static string Sign(Msat? amount, string metadata) => new Bolt11Draft
    {
        Prefix = "bcrt",
        Amount = amount,
        CreatedAt = DateTimeOffset.UnixEpoch,
        PaymentHash = Digest.Of("hash"u8),
        PaymentSecret = Digest.Of("secret"u8),
        DescriptionHash = LnurlPay.DescriptionHash(metadata, ""),
    }.Sign(key);

    private static string Invoice(HttpContext http) => Sign(
        Msat.From(long.Parse(http.Request.Query["amount"].ToString(), System.Globalization.CultureInfo.InvariantCulture)), Metadata);

    private static PayoutDestination Parse(string text)
    {
        Assert.True(PayoutDestination.TryParse(text, out PayoutDestination? destination, out string error), error);
        return destination;
    }

    private PayoutDestination Bob() => Parse("lnaddress:bob@" + new Uri(root).Authority);

    private string OfferJson(HttpContext http) => System.Text.Json.JsonSerializer.Serialize(new
    {
        tag = "payRequest",
        callback = $"http://{http.Request.Host.Value}/callback?id=7",
        minSendable = 1_000,
        maxSendable = 10_000,
        metadata = Metadata,
        commentAllowed = 3,
    });

    private async Task<ResolvedDestination> ResolveAsync(long msat, string? destination = null)
    {
        using DestinationResolver resolver = new(new OutgoingPolicy { AllowLoopback = true });
        return await resolver.ResolveAsync(destination is null ? Bob() : Parse(destination), Msat.From(msat), "chocolate");
    }
}
