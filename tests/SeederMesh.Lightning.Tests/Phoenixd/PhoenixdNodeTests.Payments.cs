using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Phoenixd;
using SeederMesh.Lightning.Tests.Rest;

namespace SeederMesh.Lightning.Tests.Phoenixd;

/// <summary>Paying by phoenixd: its words are believed as far as its books agree.</summary>
public sealed partial class PhoenixdNodeTests
{
    [Fact]
    public async Task PayAsync_Success_TakesTheFeeFromTheBooks()
    {
        Pays($$"""{"recipientAmountSat":1,"routingFeeSat":4,"paymentId":"x","paymentHash":"{{hash}}","paymentPreimage":"{{preimage}}"}""", Outgoing(true, 4_004, 2_000));

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_234), Msat.From(4_005)));

        Assert.Equal(
            (PaymentStatus.Succeeded, Msat.From(1_234), Msat.From(4_004), preimage),
            (payment.Status, payment.Amount, payment.Fee, payment.Preimage!.Value));
        Assert.Equal(["invoice"], daemon.FieldsOf("POST payinvoice").Keys);
    }

    [Fact]
    public async Task PayAsync_TariffAboveTheLimit_IsRefusedBeforeAnythingIsSent()
    {
        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000_000), Msat.From(7_999)));
        Assert.Equal((PaymentStatus.Failed, PaymentFailure.FeeTooHigh), (payment.Status, payment.Failure));
        Assert.Contains("8000 msat", payment.Reason, StringComparison.Ordinal);
        Assert.Equal(0, daemon.CountOf("POST payinvoice"));
    }

    // phoenixd's words in an answer 200, what its books say afterwards -> the outcome
    [Theory]
    [InlineData("not enough funds in wallet to afford payment", "failed", PaymentStatus.Failed, PaymentFailure.InsufficientBalance)]
    [InlineData("the recipient was offline or did not have enough liquidity to receive the payment", "failed", PaymentStatus.Failed, PaymentFailure.NoRoute)]
    [InlineData("recipient node is offline or unreachable", "failed", PaymentStatus.Failed, PaymentFailure.NoRoute)]
    [InlineData("recipient node rejected the payment", "failed", PaymentStatus.Failed, PaymentFailure.RefusedByPayee)]
    [InlineData("routing fees are insufficient", "failed", PaymentStatus.Failed, PaymentFailure.FeeTooHigh)]
    [InlineData("payment attempts exhausted without success", "failed", PaymentStatus.Failed, PaymentFailure.NoRoute)]
    [InlineData("the payment amount is too large", "failed", PaymentStatus.Failed, PaymentFailure.InsufficientBalance)]
    [InlineData("channel is not connected yet, please retry when connected", "failed", PaymentStatus.Failed, PaymentFailure.NodeUnavailable)]
    [InlineData("another payment is in progress for that invoice", "paid", PaymentStatus.Succeeded, PaymentFailure.None)]
    [InlineData("this invoice has already been paid", "paid", PaymentStatus.Succeeded, PaymentFailure.None)]
    [InlineData("wallet restarted while a payment was ongoing", "failed", PaymentStatus.Failed, PaymentFailure.NodeUnavailable)]
    public async Task PayAsync_FailureInWords_IsBelievedAsFarAsTheBooksAgree(
        string reason, string? books, PaymentStatus expected, PaymentFailure failure)
    {
        Pays($$"""{"paymentHash":"{{hash}}","reason":"{{reason}}"}""", books switch
        {
            "failed" => Outgoing(false, 0, 2_000),
            "paid" => Outgoing(true, 4_000, 2_000),
            _ => null,
        });
        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9_000)));
        Assert.Equal((expected, failure), (payment.Status, payment.Failure));
    }

    // how the answer breaks off (0 for no answer), what the books say then -> the outcome
    [Theory]
    [InlineData(0, "pending", PaymentStatus.Pending)]
    [InlineData(0, "paid", PaymentStatus.Succeeded)]
    [InlineData(0, "failed", PaymentStatus.Unknown)]
    [InlineData(0, "none", PaymentStatus.Unknown)]
    [InlineData(500, "none", PaymentStatus.Unknown)]
    [InlineData(500, "paid", PaymentStatus.Succeeded)]
    [InlineData(400, "none", PaymentStatus.Failed)]
    public async Task PayAsync_NoGoodAnswer_IsWhatTheBooksAreSureOf(int status, string books, PaymentStatus expected)
    {
        daemon.Calls["POST payinvoice"] = _ =>
        {
            Books(books);
            return (status, "Parent job is Cancelling");
        };
        Assert.Equal(expected, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9_000)))).Status);
        Assert.Equal(1, daemon.CountOf("POST payinvoice"));
    }

    [Fact]
    public async Task PayAsync_PaidBefore_IsNotSentAgainEvenWhenExpired()
    {
        Books("paid");
        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9_000)));
        clock.Advance(TimeSpan.FromDays(2));
        Payment late = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9_000)));
        Assert.Equal((PaymentStatus.Succeeded, PaymentStatus.Succeeded), (payment.Status, late.Status));
        Assert.Equal(0, daemon.CountOf("POST payinvoice"));
    }

    [Fact]
    public async Task PayAsync_BadInvoices_AreRefusedInTheOrderOfTheChecks()
    {
        async Task<PaymentFailure> payAsync(string invoice, long? msat = null) => (await node.PayAsync(
            new PayRequest(invoice, Msat.From(9_000)) { Amount = msat is { } amount ? Msat.From(amount) : null })).Failure;
        Assert.Equal(PaymentFailure.InvalidInvoice, await payAsync("lnbc1x"));
        Assert.Equal(PaymentFailure.WrongAmount, await payAsync(Invoice(null)));
        Assert.Equal(PaymentFailure.WrongAmount, await payAsync(Invoice(1_000), 2_000));
        Assert.Equal(PaymentFailure.WrongAmount, await payAsync(Invoice(null), 1_500));
        Assert.Equal(PaymentFailure.WrongNetwork, await payAsync(Invoice(1_000, "bcrt")));
        clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(PaymentFailure.Expired, await payAsync(Invoice(1_000)));
        Assert.Equal(0, daemon.CountOf("POST payinvoice"));
    }

    [Fact]
    public async Task PayAsync_AmountlessInvoice_IsPaidInSatoshi()
    {
        Pays($$"""{"recipientAmountSat":2,"routingFeeSat":4,"paymentId":"x","paymentHash":"{{hash}}","paymentPreimage":"{{preimage}}"}""", Outgoing(true, 4_008, 2_000, null));
        Payment payment = await node.PayAsync(new PayRequest(Invoice(null), Msat.From(9_000)) { Amount = Msat.From(2_000) });
        Assert.Equal((PaymentStatus.Succeeded, Msat.From(2_000)), (payment.Status, payment.Amount));
        Assert.Equal("2", daemon.FieldsOf("POST payinvoice")["amountSat"]);
    }

    [Fact]
    public async Task PayAsync_LimitedPassword_SendsNothingAndNamesTheKey()
    {
        await using PhoenixdNode limited = Connect(FakeRestNode.LimitedPassword);

        Payment payment = await limited.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9_000)));

        Assert.Equal((PaymentStatus.Failed, PaymentFailure.NodeUnavailable), (payment.Status, payment.Failure));
        Assert.Contains("key password", payment.Reason, StringComparison.Ordinal);
    }

    // 2,000 msat and a fee of 4,008 are told as 6 sat and 4,008 msat.
    [Fact]
    public async Task LookUpPaymentAsync_AmountlessInvoice_HasTheAmountThatWasSent()
    {
        daemon.On($"GET payments/outgoingbyhash/{hash}", Outgoing(true, 4_008, 2_000, null).Replace("\"sent\":5", "\"sent\":6", StringComparison.Ordinal));

        Payment payment = await node.LookUpPaymentAsync(hash);

        Assert.Equal((Msat.From(2_000), Msat.From(4_008)), (payment.Amount, payment.Fee));
    }

    [Fact]
    public async Task LookUpPaymentAsync_UnknownCallOrHash_AreNotTheSame()
    {
        Assert.Equal(PaymentStatus.NotFound, (await node.LookUpPaymentAsync(hash)).Status);
        daemon.On($"GET payments/outgoingbyhash/{hash}", "Unknown endpoint (check api doc)", 404);
        Payment old = await node.LookUpPaymentAsync(hash);
        Assert.Equal(PaymentStatus.Unknown, old.Status);
        Assert.Contains("0.5", old.Reason, StringComparison.Ordinal);
        daemon.On($"GET payments/outgoingbyhash/{hash}", Outgoing(true, 1, 2).Replace(preimage.ToString(), new string('0', 64), StringComparison.Ordinal));
        Assert.Equal(PaymentStatus.Unknown, (await node.LookUpPaymentAsync(hash)).Status);
    }

    [Fact]
    public async Task PayOfferAsync_OneStep_LostIsUnknownAndNeverRepeated()
    {
        const string offer = "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese";
        OfferPayRequest request = new(offer, Msat.From(3_000), Msat.From(9_000));
        daemon.On("POST payoffer", $$"""{"recipientAmountSat":3,"routingFeeSat":4,"paymentId":"x","paymentHash":"{{hash}}","paymentPreimage":"{{preimage}}"}""");
        Payment paid = await node.PayOfferAsync(request);
        Assert.Equal((PaymentStatus.Succeeded, hash, Msat.From(3_000), Msat.From(4_000)), (paid.Status, paid.PaymentHash, paid.Amount, paid.Fee));
        daemon.On("POST payoffer", """{"offerId":"00","reason":"not enough funds in wallet to afford payment"}""");
        Assert.Equal(PaymentFailure.InsufficientBalance, (await node.PayOfferAsync(request)).Failure);
        daemon.Calls["POST payoffer"] = _ => (0, "");
        Payment lost = await node.PayOfferAsync(request);
        Assert.Equal((PaymentStatus.Unknown, 3), (lost.Status, daemon.CountOf("POST payoffer")));
        Assert.Equal(PaymentFailure.NotSupported, (await node.FetchOfferInvoiceAsync(new OfferInvoiceRequest(offer, Msat.From(3_000)))).Failure);
        Assert.Equal(PaymentFailure.NotSupported, (await node.KeysendAsync(new KeysendRequest(own, Msat.From(1_000), preimage, Msat.Zero))).Failure);
    }
}
