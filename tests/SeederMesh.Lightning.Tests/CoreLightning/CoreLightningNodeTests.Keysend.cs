using System.Text.Json;
using System.Text.Json.Nodes;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.CoreLightning;

namespace SeederMesh.Lightning.Tests.CoreLightning;

/// <content>Keysend, offers, lists and the look-up of invoices.</content>
public sealed partial class CoreLightningNodeTests
{
    [Fact]
    public async Task KeysendAsync_TwoHops_SendsTheCallersPreimageInTheLastHop()
    {
        Route();
        Paid("waitsendpay");
        daemon.On("sendonion", $$"""{"payment_hash":"{{hash}}","status":"pending"}""");

        Payment payment = await node.KeysendAsync(new KeysendRequest(payee, Msat.From(1_000), preimage, Msat.From(3)));

        Assert.Equal((PaymentStatus.Succeeded, preimage, Msat.From(3)), (payment.Status, payment.Preimage!.Value, payment.Fee));
        JsonElement hops = JsonDocument.Parse(daemon.CallOf("createonion")["createonion ".Length..]).RootElement.GetProperty("hops");
        // BOLT 4: amount 1000, height 108 + 22 = 130, next channel 103x1x2; then the same for the payee, and TLV 5482373484.
        Assert.Equal("11" + "020203e8" + "040182" + "06080000670000010002", hops[0].GetProperty("payload").GetString());
        Assert.Equal("31" + "020203e8" + "040182" + "ff0000000146c6616c20" + preimage, hops[1].GetProperty("payload").GetString());
        Assert.Contains("\"first_hop\":{\"id\":", daemon.CallOf("sendonion"), StringComparison.Ordinal);
    }

    // age of the pending payment in seconds, its HTLC, its payee -> what the look-up says
    [Theory]
    [InlineData(61, "none", "other", PaymentStatus.Failed, PaymentFailure.HashUsedUp)]
    [InlineData(60, "none", "other", PaymentStatus.Pending, PaymentFailure.None)]
    [InlineData(61, "out", "other", PaymentStatus.Pending, PaymentFailure.None)]
    [InlineData(61, "in", "other", PaymentStatus.Failed, PaymentFailure.HashUsedUp)]
    [InlineData(61, "none", "own", PaymentStatus.Pending, PaymentFailure.None)]
    [InlineData(61, "none", "unknown", PaymentStatus.Pending, PaymentFailure.None)]
    public async Task LookUpPaymentAsync_PendingWithoutAnHtlc_WasNeverSent(
        int age, string htlc, string destination, PaymentStatus expected, PaymentFailure failure)
    {
        string payeeOf = destination switch { "other" => $",\"destination\":\"{payee}\"", "own" => $",\"destination\":\"{OwnId}\"", _ => "" };
        long created = clock.GetUtcNow().AddSeconds(-age).ToUnixTimeSeconds();
        daemon.On("listpays", $"{{\"pays\":[{{\"payment_hash\":\"{hash}\",\"status\":\"pending\",\"created_at\":{created}{payeeOf}}}]}}");
        daemon.On("listpeerchannels", htlc == "none"
            ? """{"channels":[{"state":"CHANNELD_NORMAL","htlcs":[]}]}"""
            : $"{{\"channels\":[{{\"htlcs\":[{{\"direction\":\"{htlc}\",\"payment_hash\":\"{hash}\",\"state\":\"SENT_ADD_HTLC\"}}]}}]}}");
        daemon.On("getinfo", $$"""{"id":"{{OwnId}}"}""");

        Payment known = await node.LookUpPaymentAsync(preimage.PaymentHash);

        Assert.Equal((expected, failure), (known.Status, known.Failure));
        if (expected == PaymentStatus.Failed)
        {
            Assert.Equal(PaymentFailure.HashUsedUp, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(5)))).Failure);
            Assert.Equal(0, daemon.CountOf("xpay"));
        }
    }

    private static string OwnId => "02" + new string('7', 64);

    [Fact]
    public async Task KeysendAsync_ToTheNodeItself_PaysAnInvoiceOfTheSameHash()
    {
        daemon.On("getroute", """{"route":[]}""");
        daemon.On("listinvoices", """{"invoices":[]}""");
        daemon.Methods["invoice"] = parameters =>
        {
            Assert.Equal((preimage.ToString(), "keysend-" + hash), (parameters.GetProperty("preimage").GetString(), parameters.GetProperty("label").GetString()));
            return Task.FromResult<JsonNode>(new JsonObject { ["payment_hash"] = hash, ["bolt11"] = Invoice(1_000), ["expires_at"] = 1_700_000_000 });
        };
        Paid("xpay");
        Payment payment = await node.KeysendAsync(new KeysendRequest(payee, Msat.From(1_000), preimage, Msat.From(5)));
        Assert.Equal((PaymentStatus.Succeeded, preimage), (payment.Status, payment.Preimage!.Value));
        Assert.Equal(0, daemon.CountOf("sendonion"));
    }

    [Fact]
    public async Task KeysendAsync_ChannelFailsOnTheWay_TriesAnotherOnce()
    {
        Route();
        daemon.On("sendonion", "{}");
        int waits = 0;
        daemon.Methods["waitsendpay"] = _ => ++waits == 1
            ? throw new RpcFault(204, "failed: WIRE_TEMPORARY_CHANNEL_FAILURE", """{"erring_channel":"103x1x2","erring_direction":1}""")
            : Task.FromResult(JsonNode.Parse(PaidJson)!);

        Payment payment = await node.KeysendAsync(new KeysendRequest(payee, Msat.From(1_000), preimage, Msat.From(3)));

        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        Assert.Contains("\"exclude\":[\"103x1x2/1\"]", daemon.Calls.Last(call => call.StartsWith("getroute", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeysendAsync_LimitsAndBooks_AreRespectedBeforeSending()
    {
        Route();
        KeysendRequest request = new(payee, Msat.From(1_000), preimage, Msat.From(2));
        Assert.Equal(PaymentFailure.FeeTooHigh, (await node.KeysendAsync(request)).Failure);
        Assert.Equal(PaymentFailure.WrongAmount, (await node.KeysendAsync(request with { Amount = Msat.Zero })).Failure);
        daemon.Fails("getroute", 205, "Could not find a route");
        Assert.Equal(PaymentFailure.NoRoute, (await node.KeysendAsync(request)).Failure);
        Books("complete");
        Assert.Equal(PaymentStatus.Succeeded, (await node.KeysendAsync(request)).Status);
        Assert.Equal(0, daemon.CountOf("sendonion"));
    }

    [Fact]
    public async Task FetchOfferInvoiceAsync_Offer_GivesHashBeforePaying()
    {
        daemon.On("fetchinvoice", """{"invoice":"lni1abc","changes":{}}""");
        daemon.On("decode", $$"""{"type":"bolt12 invoice","valid":true,"invoice_payment_hash":"{{hash}}","invoice_amount_msat":1000,"invoice_node_id":"{{payee}}"}""");
        Paid("xpay");

        OfferInvoiceResult fetched = await node.FetchOfferInvoiceAsync(new OfferInvoiceRequest("lno1abc", Msat.From(1_000)));
        Assert.Equal((preimage.PaymentHash, Msat.From(1_000)), (fetched.PaymentHash, fetched.Amount));
        Assert.Equal(PaymentStatus.Succeeded, (await node.PayAsync(new PayRequest(fetched.Invoice!, Msat.From(10)))).Status);
        Assert.Equal(PaymentFailure.WrongAmount, (await node.FetchOfferInvoiceAsync(new OfferInvoiceRequest("lno1abc", Msat.From(999)))).Failure);
    }

    [Fact]
    public async Task ListAsync_InvoicesAndPays_NewestFirst()
    {
        daemon.On("listinvoices", $$"""{"invoices":[{"label":"old","created_index":1,"payment_hash":"{{hash}}","status":"expired"},{"label":"new","created_index":2,"payment_hash":"{{hash}}","status":"paid","amount_received_msat":7,"payment_preimage":"{{preimage}}","paid_at":1700000000}]}""");
        Books("failed");

        IReadOnlyList<Invoice> invoices = await node.ListInvoicesAsync(2);
        Assert.Equal([("new", InvoiceStatus.Settled), ("old", InvoiceStatus.Expired)], invoices.Select(invoice => (invoice.Label, invoice.Status)));
        Assert.Equal(preimage, invoices[0].Preimage);
        Assert.Equal(PaymentStatus.Failed, Assert.Single(await node.ListPaymentsAsync(5)).Status);
        Assert.Equal("old", (await node.LookUpInvoiceAsync(preimage.PaymentHash))!.Label);
    }
}
