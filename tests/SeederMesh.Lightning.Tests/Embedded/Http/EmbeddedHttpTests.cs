using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Embedded;
using SeederMesh.Lightning.Embedded.Http;

namespace SeederMesh.Lightning.Tests.Embedded.Http;

/// <summary>Goal: a wallet in another process is a node like any other. Method: a real server on loopback and the real client.</summary>
public sealed class EmbeddedHttpTests : IAsyncLifetime
{
    private const string Token = "00112233445566778899aabbccddeeff";

    private static readonly Msat feeMax = Msat.From(10_000);

    private readonly TemporaryFolder folder = new();
    private EmbeddedNetwork network = null!;
    private WebApplication app = null!;
    private EmbeddedNodeClient wallet = null!;
    private string root = "";

    public async ValueTask InitializeAsync()
    {
        network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(folder.File("lightning.db")));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapEmbeddedLightning(network);
        await app.StartAsync();
        root = app.Urls.Single();
        wallet = (EmbeddedNodeClient)LightningNodes.Connect($"type=embedded;server={root}/lightning;node=dora;token={Token}");
        await wallet.OpenWalletAsync(Msat.FromSatoshi(50_000));
    }

    public async ValueTask DisposeAsync()
    {
        await wallet.DisposeAsync();
        await app.DisposeAsync();
        await network.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task OpenWalletAsync_Again_KeepsTheBalance()
    {
        await wallet.OpenWalletAsync(Msat.FromSatoshi(90_000));

        Assert.Equal(Msat.FromSatoshi(50_000), (await wallet.GetBalanceAsync()).Spendable);
        Assert.True((await wallet.GetInfoAsync()).IsPlayMoney);
    }

    [Fact]
    public async Task OpenWalletAsync_NameOfAnother_IsRefused()
    {
        await using EmbeddedNodeClient thief = new($"{root}/lightning", "dora", Token.Replace('0', '1'));

        LightningNodeException refused =
            await Assert.ThrowsAsync<LightningNodeException>(() => thief.OpenWalletAsync(Msat.Zero));
        Assert.Equal(NodeFault.Refused, refused.Fault);
        Assert.Equal(NodeFault.WrongCredentials, (await Assert.ThrowsAsync<LightningNodeException>(() => thief.GetInfoAsync())).Fault);
    }

    [Fact]
    public async Task PayAsync_HubsInvoice_IsTheSameAsInProcess()
    {
        Invoice invoice = (await network.Hub.CreateInvoiceAsync(new InvoiceRequest("fund", Msat.From(12_345), "a channel"))).Required();

        Payment payment = await wallet.PayAsync(new PayRequest(invoice.Bolt11, feeMax));

        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        Assert.Equal(payment, await wallet.LookUpPaymentAsync(invoice.PaymentHash));
        Assert.Equal(payment, Assert.Single(await wallet.ListPaymentsAsync(10)));
        Assert.Equal(Msat.From(12_345), (await network.Hub.LookUpInvoiceAsync(invoice.PaymentHash))!.Received);
    }

    [Fact]
    public async Task KeysendAsync_ToTheHub_Arrives()
    {
        Preimage preimage = new(Digest.Of("keysend"u8).Span);
        NodeId hub = (await network.Hub.GetInfoAsync()).NodeId;

        Payment payment = await wallet.KeysendAsync(new KeysendRequest(hub, Msat.From(1_000), preimage, feeMax));

        Assert.Equal((PaymentStatus.Succeeded, preimage), (payment.Status, payment.Preimage!.Value));
    }

    [Fact]
    public async Task PayAsync_FailureAndDoubt_KeepTheirMeaning()
    {
        Invoice invoice = (await network.Hub.CreateInvoiceAsync(new InvoiceRequest("fund", Msat.From(12_345), "a channel"))).Required();
        Assert.Equal(PaymentFailure.FeeTooHigh, (await wallet.PayAsync(new PayRequest(invoice.Bolt11, Msat.Zero))).Failure);
        Assert.Equal(PaymentFailure.InvalidInvoice, (await wallet.PayAsync(new PayRequest("lnbcrt1", Msat.Zero))).Failure);
        await network.LoseNextAnswersAsync("dora", 1);
        Assert.Equal(PaymentStatus.Unknown, (await wallet.PayAsync(new PayRequest(invoice.Bolt11, feeMax))).Status);
        Assert.Equal(PaymentStatus.Succeeded, (await wallet.LookUpPaymentAsync(invoice.PaymentHash)).Status);
        Assert.Equal(PaymentStatus.NotFound, (await wallet.LookUpPaymentAsync(Digest.Of("x"u8))).Status);
    }

    [Fact]
    public async Task PayAsync_NothingListens_FailsAndLookUpIsUnknown()
    {
        await using EmbeddedNodeClient lost = new("http://127.0.0.1:1/lightning", "dora", Token);
        Invoice invoice = (await wallet.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(1), "a"))).Required();

        Payment payment = await lost.PayAsync(new PayRequest(invoice.Bolt11, feeMax));

        Assert.Equal((PaymentStatus.Failed, PaymentFailure.NodeUnavailable), (payment.Status, payment.Failure));
        Assert.Equal(PaymentStatus.Unknown, (await lost.LookUpPaymentAsync(invoice.PaymentHash)).Status);
        Assert.Equal(InvoiceResultStatus.Unknown, (await lost.CreateInvoiceAsync(new InvoiceRequest("a", null, ""))).Status);
    }

    [Fact]
    public async Task WatchInvoicesAsync_PaymentsBeforeAndAfter_AreSeenInOrder()
    {
        await PayWalletAsync("first", 1_000);
        await using IAsyncEnumerator<SettledInvoice> watch = wallet.WatchInvoicesAsync(0).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(("first", Msat.From(1_000)), (watch.Current.Label, watch.Current.Received));

        ValueTask<bool> next = watch.MoveNextAsync();
        await PayWalletAsync("second", 2_000);
        Assert.True(await next);
        Assert.Equal("second", watch.Current.Label);
        Assert.Equal(2, (await wallet.ListInvoicesAsync(10)).Count);
        Assert.Null(await wallet.LookUpInvoiceAsync(Digest.Of("none"u8)));
    }

    [Theory]
    [InlineData("wallets", "{}")]
    [InlineData("wallets", "not json")]
    [InlineData("wallets", """{"name":"x","token":"y","fundsMsat":"-1"}""")]
    [InlineData("nodes/dora/invoices", """{"label":"a","amountMsat":"1.5","description":"","hashDescription":false,"expirySeconds":60}""")]
    [InlineData("nodes/dora/invoices", """{"label":"a","unknown":1}""")]
    [InlineData("nodes/dora/payments", """{"maxFeeMsat":"1","timeLimitSeconds":9999}""")]
    [InlineData("nodes/dora/payments", """{"destination":"02","maxFeeMsat":"1","timeLimitSeconds":1}""")]
    public async Task Post_BadBody_IsAProblemWithAReason(string path, string body)
    {
        using HttpClient http = new() { DefaultRequestHeaders = { Authorization = new("Bearer", Token) } };
        using HttpResponseMessage response = await http.PostAsync($"{root}/lightning/{path}", new StringContent(body));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task LightningAddress_OfAWallet_GivesAnInvoiceWithTheMetadatasHash()
    {
        using HttpClient http = new();
        JsonElement offer = await http.GetFromJsonAsync<JsonElement>($"{root}/.well-known/lnurlp/dora");
        string metadata = offer.GetProperty("metadata").GetString()!;
        JsonElement answer = await http.GetFromJsonAsync<JsonElement>(offer.GetProperty("callback").GetString() + "?amount=4321");

        Assert.Equal("payRequest", offer.GetProperty("tag").GetString());
        Assert.Contains("play money", metadata, StringComparison.Ordinal);
        Assert.True(Bolt11Invoice.TryDecode(answer.GetProperty("pr").GetString(), out Bolt11Invoice? invoice, out _));
        Assert.Equal((Msat.From(4_321), Digest.Of(System.Text.Encoding.UTF8.GetBytes(metadata))), (invoice.Amount!.Value, invoice.DescriptionHash!.Value));
        JsonElement unpaid = await VerifyAsync(http, answer);
        Assert.Equal((false, JsonValueKind.Null), (unpaid.GetProperty("settled").GetBoolean(), unpaid.GetProperty("preimage").ValueKind));
        Payment payment = await network.Hub.PayAsync(new PayRequest(invoice.Text, feeMax));
        JsonElement verified = await VerifyAsync(http, answer);
        Assert.Equal((true, payment.Preimage.ToString()), (verified.GetProperty("settled").GetBoolean(), verified.GetProperty("preimage").GetString()));
    }

    [Theory]
    [InlineData(".well-known/lnurlp/nobody")]
    [InlineData("lightning/lnurlp/dora/callback?amount=0")]
    [InlineData("lightning/lnurlp/dora/callback?amount=1.5")]
    [InlineData("lightning/lnurlp/dora/callback")]
    [InlineData("lightning/lnurlp/dora/callback?amount=2100000000000000000")]
    [InlineData("lightning/lnurlp/dora/verify/00")]
    public async Task LightningAddress_BadRequest_IsAnLnurlError(string path)
    {
        using HttpClient http = new();

        Assert.Equal("ERROR", (await http.GetFromJsonAsync<JsonElement>($"{root}/{path}")).GetProperty("status").GetString());
    }

    [Fact]
    public async Task StopAsync_WhileAWalletWatches_DoesNotWaitForThePoll()
    {
        Task<SettledInvoice> watching = FirstAsync(wallet);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));

        await app.StopAsync(limit.Token);

        Assert.False(limit.IsCancellationRequested);
        await Assert.ThrowsAsync<LightningNodeException>(() => watching);
    }

    private static Task<JsonElement> VerifyAsync(HttpClient http, JsonElement answer) =>
        http.GetFromJsonAsync<JsonElement>(answer.GetProperty("verify").GetString());

    private static async Task<SettledInvoice> FirstAsync(EmbeddedNodeClient node)
    {
        await foreach (SettledInvoice settled in node.WatchInvoicesAsync(0))
        {
            return settled;
        }

        throw new InvalidOperationException("The stream ended.");
    }

    private async Task PayWalletAsync(string label, long msat)
    {
        Invoice invoice = (await wallet.CreateInvoiceAsync(new InvoiceRequest(label, Msat.From(msat), label))).Required();
        Assert.Equal(PaymentStatus.Succeeded, (await network.Hub.PayAsync(new PayRequest(invoice.Bolt11, feeMax))).Status);
    }
}
