using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Tests.Eclair;

/// <summary>Paying by Eclair, which refuses no hash twice: what its books say, and never a second payment.</summary>
public sealed partial class EclairNodeTests
{
    [Fact]
    public async Task PayAsync_Success_IsReadWithItsLimits()
    {
        daemon.On("POST payinvoice", Sent(1_000, 3));
        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(3_333)) { TimeLimit = TimeSpan.FromSeconds(7) });
        Assert.Equal(
            (PaymentStatus.Succeeded, Msat.From(1_000), Msat.From(3), preimage, own),
            (payment.Status, payment.Amount, payment.Fee, payment.Preimage!.Value, payment.Destination!));
        IReadOnlyDictionary<string, string> fields = daemon.FieldsOf("POST payinvoice");
        Assert.Equal(("3", "333.3", "true", "7"), (fields["maxFeeFlatSat"], fields["maxFeePct"], fields["blocking"], fields["timeoutSeconds"]));
        Assert.False(fields.ContainsKey("amountMsat"));
    }

    // amount, limit -> percent: what Eclair makes of it never exceeds the limit
    [Theory]
    [InlineData(3_000, 10, "0.333333")]
    [InlineData(1_000_000_000, 999, "0.000099")]
    [InlineData(7, 7_000, "100000")]
    public async Task PayAsync_FeeLimit_IsRoundedDown(long msat, long limit, string percent)
    {
        daemon.On("POST payinvoice", Sent(msat, 0));
        await node.PayAsync(new PayRequest(Invoice(null), Msat.From(limit)) { Amount = Msat.From(msat) });
        IReadOnlyDictionary<string, string> fields = daemon.FieldsOf("POST payinvoice");
        Assert.Equal((percent, $"{limit / 1_000}", $"{msat}"), (fields["maxFeePct"], fields["maxFeeFlatSat"], fields["amountMsat"]));
        Assert.True((decimal.Parse(fields["maxFeePct"], System.Globalization.CultureInfo.InvariantCulture) / 100 * msat) <= limit);
    }

    [Theory]
    [InlineData("route not found", PaymentFailure.NoRoute)]
    [InlineData("balance too low", PaymentFailure.InsufficientBalance)]
    [InlineData("incorrect payment details or unknown payment hash", PaymentFailure.RefusedByPayee)]
    [InlineData("payment attempts exhausted without success", PaymentFailure.NoRoute)]
    [InlineData("channel is currently unavailable (scid=Some(1x2x3))", PaymentFailure.NoRoute)]
    [InlineData("general temporary failure of the processing node", PaymentFailure.RefusedByNode)]
    public async Task PayAsync_FailedEvent_HasItsReason(string message, PaymentFailure expected)
    {
        daemon.On("POST payinvoice", $$"""{"type":"payment-failed","id":"487da196-a4dc-4b1e-92b4-3e5e905e9f3f","paymentHash":"{{hash}}","failures":[{"amount":1000,"route":[],"t":"{{message}}"}]}""");
        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9)));
        Assert.Equal((PaymentStatus.Failed, expected), (payment.Status, payment.Failure));
    }

    [Fact]
    public async Task PayAsync_NothingLeftToTry_IsToldByWhatWasTried()
    {
        daemon.On("POST payinvoice", $$"""
            {"type":"payment-failed","paymentHash":"{{hash}}","failures":[
              {"amount":1000,"route":[],"e":{"originNode":"{{own}}","index":1,"failureMessage":"incorrect payment details or unknown payment hash"} },
              {"amount":1000,"route":[],"t":"route not found"}]}
            """);

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9)));

        Assert.Equal(PaymentFailure.RefusedByPayee, payment.Failure);
    }

    // what the call answers, what the books say then -> the outcome
    [Theory]
    [InlineData(0, "pending", PaymentStatus.Pending)]
    [InlineData(0, "none", PaymentStatus.Unknown)]
    [InlineData(408, "sent", PaymentStatus.Succeeded)]
    [InlineData(408, "pending", PaymentStatus.Pending)]
    [InlineData(500, "failed", PaymentStatus.Unknown)]
    [InlineData(400, "none", PaymentStatus.Failed)]
    [InlineData(400, "pending", PaymentStatus.Pending)]
    [InlineData(200, "pending", PaymentStatus.Pending)]
    public async Task PayAsync_NoGoodAnswer_IsWhatTheBooksAreSureOf(int status, string books, PaymentStatus expected)
    {
        daemon.Calls["POST payinvoice"] = _ =>
        {
            daemon.On("POST getsentinfo", Books(books));
            return (status, status == 200 ? $$"""{"type":"payment-failed","paymentHash":"{{hash}}","failures":[]}""" : """{"error":"request timed out"}""");
        };
        Assert.Equal(expected, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9)))).Status);
        Assert.Equal(1, daemon.CountOf("POST payinvoice"));
    }

    [Fact]
    public async Task PayAsync_PaidOrInFlight_IsNotSentAgain()
    {
        daemon.On("POST getsentinfo", Books("sent"));
        Assert.Equal(PaymentStatus.Succeeded, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9)))).Status);
        daemon.On("POST getsentinfo", Books("pending"));
        Task<Payment> joined = node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9)));
        daemon.On("POST getsentinfo", Books("sent"));
        Assert.Equal(PaymentStatus.Succeeded, (await clock.PassAsync(joined)).Status);
        Assert.Equal(0, daemon.CountOf("POST payinvoice"));
    }

    [Fact]
    public async Task PayAsync_SameHashAtTheSameTime_IsSentOnce()
    {
        TaskCompletionSource entered = new();
        using ManualResetEventSlim hold = new();
        daemon.Calls["POST payinvoice"] = _ =>
        {
            entered.SetResult();
            hold.Wait();
            return (200, Sent(1_000, 0));
        };
        Task<Payment> first = node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9)));
        await entered.Task;
        Assert.Equal(PaymentStatus.Pending, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(9)))).Status);
        hold.Set();
        Assert.Equal(PaymentStatus.Succeeded, (await first).Status);
        Assert.Equal(1, daemon.CountOf("POST payinvoice"));
    }

    [Fact]
    public async Task LookUpPaymentAsync_PartsAndAttempts_TheFurthestCounts()
    {
        daemon.On("POST getsentinfo", $"[{Part("1", "failed")},{Part("2", "sent")},{Part("2", "sent")}]");
        Payment payment = await node.LookUpPaymentAsync(hash);
        Assert.Equal((PaymentStatus.Succeeded, Msat.From(1_000), Msat.From(10)), (payment.Status, payment.Amount, payment.Fee));
        daemon.On("POST getsentinfo", $"[{Part("1", "failed")},{Part("2", "failed")},{Part("2", "pending")}]");
        Assert.Equal(PaymentStatus.Pending, (await node.LookUpPaymentAsync(hash)).Status);
        daemon.On("POST getsentinfo", $"[{Part("1", "failed")}]");
        Assert.Equal(PaymentStatus.Failed, (await node.LookUpPaymentAsync(hash)).Status);
        daemon.On("POST getsentinfo", "[]");
        Assert.Equal(PaymentStatus.NotFound, (await node.LookUpPaymentAsync(hash)).Status);
        daemon.On("POST getsentinfo", """{"error":"check logs"}""", 500);
        Assert.Equal(PaymentStatus.Unknown, (await node.LookUpPaymentAsync(hash)).Status);
    }

    // Eclair reads its books and then asks what is under way: a payment that ends between the two is in neither answer.
    [Theory]
    [InlineData("[]")]
    [InlineData("failed")]
    public async Task LookUpPaymentAsync_EndedWhileItWasLookedUp_IsFound(string first)
    {
        daemon.Calls["POST getsentinfo"] = _ =>
        {
            daemon.On("POST getsentinfo", $"[{Part("1", "failed")},{Part("2", "sent")}]");
            return (200, first == "[]" ? first : $"[{Part("1", first)}]");
        };

        Assert.Equal(PaymentStatus.Succeeded, (await node.LookUpPaymentAsync(hash)).Status);
    }

    [Fact]
    public async Task LookUpPaymentAsync_PartStillOut_IsPendingUntilTheFeeIsKnown()
    {
        daemon.On("POST getsentinfo", $"[{Part("1", "sent")},{Part("1", "pending")}]");
        Assert.Equal(PaymentStatus.Pending, (await node.LookUpPaymentAsync(hash)).Status);
        daemon.On("POST getsentinfo", $"[{Part("1", "sent")},{Part("1", "sent")}]");
        Payment payment = await node.LookUpPaymentAsync(hash);
        Assert.Equal((PaymentStatus.Succeeded, Msat.From(10)), (payment.Status, payment.Fee));
    }

    [Fact]
    public async Task PayOfferAsync_OneStep_LostIsUnknownAndKeysendIsRefused()
    {
        const string offer = "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese";
        OfferPayRequest request = new(offer, Msat.From(1_000), Msat.From(9));
        daemon.On("POST payoffer", Sent(1_000, 3));
        Assert.Equal((PaymentStatus.Succeeded, hash), await PayOfferAsync(request));
        daemon.On("POST payoffer", """{"error":"request timed out"}""", 408);
        Assert.Equal((PaymentStatus.Unknown, default(Digest)), await PayOfferAsync(request));
        Assert.Equal(PaymentFailure.NotSupported, (await node.KeysendAsync(new KeysendRequest(own, Msat.From(1), preimage, Msat.Zero))).Failure);
        Assert.Equal(PaymentFailure.NotSupported, (await node.FetchOfferInvoiceAsync(new OfferInvoiceRequest(offer, null))).Failure);

        async Task<(PaymentStatus, Digest)> PayOfferAsync(OfferPayRequest asked)
        {
            Payment payment = await node.PayOfferAsync(asked);
            return (payment.Status, payment.PaymentHash);
        }
    }
}
