using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Tests.Lnd;

/// <summary>Paying by LND: nothing is failed that its books do not say has failed.</summary>
public sealed partial class LndNodeTests
{
    [Fact]
    public async Task PayAsync_Succeeded_FollowsTheStreamToItsEnd()
    {
        lnd.Routes["POST /v2/router/send"] = async http =>
        {
            await FakeLnd.LineAsync(http, Update("IN_FLIGHT"));
            await FakeLnd.LineAsync(http, Update("SUCCEEDED"));
        };

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)) { TimeLimit = TimeSpan.FromSeconds(7) });

        Assert.Equal((PaymentStatus.Succeeded, preimage, Msat.From(3), Msat.From(1_000)), (payment.Status, payment.Preimage!.Value, payment.Fee, payment.Amount));
        Assert.Contains("\"fee_limit_msat\":\"50\",\"timeout_seconds\":7", lnd.Bodies[0], StringComparison.Ordinal);
        Assert.DoesNotContain("amt_msat", lnd.Bodies[0], StringComparison.Ordinal);
        await node.PayAsync(new PayRequest(Invoice(null), Msat.From(50)) { Amount = Msat.From(1_000) });
        Assert.Contains("\"amt_msat\":\"1000\"", lnd.Bodies[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FAILURE_REASON_TIMEOUT", PaymentFailure.TimedOut)]
    [InlineData("FAILURE_REASON_NO_ROUTE", PaymentFailure.NoRoute)]
    [InlineData("FAILURE_REASON_INCORRECT_PAYMENT_DETAILS", PaymentFailure.RefusedByPayee)]
    [InlineData("FAILURE_REASON_INSUFFICIENT_BALANCE", PaymentFailure.InsufficientBalance)]
    [InlineData("FAILURE_REASON_ERROR", PaymentFailure.RefusedByNode)]
    public async Task PayAsync_Failed_HasItsReason(string reason, PaymentFailure expected)
    {
        lnd.Routes["POST /v2/router/send"] = http => FakeLnd.LineAsync(http, Update("FAILED", reason));

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)));

        Assert.Equal((PaymentStatus.Failed, expected), (payment.Status, payment.Failure));
    }

    // gRPC code, LND's words, what its books say then -> the outcome
    [Theory]
    [InlineData(6, "invoice is already paid", "SUCCEEDED", PaymentStatus.Succeeded, PaymentFailure.None)]
    [InlineData(6, "payment is in transition", "FAILED", PaymentStatus.Failed, PaymentFailure.NoRoute)]
    [InlineData(2, "amount must not be specified when paying a non-zero  amount invoice", "FAILED", PaymentStatus.Failed, PaymentFailure.RefusedByNode)]
    [InlineData(6, "payment already exists", "SUCCEEDED", PaymentStatus.Succeeded, PaymentFailure.None)]
    [InlineData(2, "invoice expired. Valid until 2026-01-01 00:00:00 +0000 UTC", "IN_FLIGHT", PaymentStatus.Pending, PaymentFailure.None)]
    [InlineData(2, "invoice expired. Valid until 2026-01-01 00:00:00 +0000 UTC", "SUCCEEDED", PaymentStatus.Succeeded, PaymentFailure.None)]
    [InlineData(2, "invoice expired. Valid until 2026-01-01 00:00:00 +0000 UTC", null, PaymentStatus.Failed, PaymentFailure.Expired)]
    [InlineData(2, "invoice not for current active network 'regtest'", null, PaymentStatus.Failed, PaymentFailure.WrongNetwork)]
    [InlineData(2, "routerrpc server shutting down", "IN_FLIGHT", PaymentStatus.Pending, PaymentFailure.None)]
    [InlineData(14, "transport is closing", "gone", PaymentStatus.Unknown, PaymentFailure.None)]
    public async Task PayAsync_Refused_IsWhatTheBooksSay(
        int code, string message, string? tracked, PaymentStatus expected, PaymentFailure failure)
    {
        lnd.Refuses("POST /v2/router/send", code, message);
        Tracks(tracked);

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)) { TimeLimit = TimeSpan.FromSeconds(1) });

        Assert.Equal((expected, failure), (payment.Status, payment.Failure));
    }

    // LND is stopped while it pays: the stream of updates ends with an error, the payment goes on.
    [Theory]
    [InlineData("IN_FLIGHT", PaymentStatus.Pending)]
    [InlineData("SUCCEEDED", PaymentStatus.Succeeded)]
    public async Task PayAsync_StoppedInTheMiddle_IsNotFailed(string tracked, PaymentStatus expected)
    {
        lnd.Routes["POST /v2/router/send"] = async http =>
        {
            await FakeLnd.LineAsync(http, Update("IN_FLIGHT"));
            await FakeLnd.RefuseAsync(http, 2, "routerrpc server shutting down");
        };
        Tracks(tracked);

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)) { TimeLimit = TimeSpan.FromSeconds(1) });

        Assert.Equal(expected, payment.Status);
    }

    [Fact]
    public async Task PayAsync_MacaroonThatMayNotPay_SendsNothingAndSaysWhy()
    {
        lnd.Rights.Remove("offchain:write");

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)));

        Assert.Equal((PaymentStatus.Failed, PaymentFailure.NodeUnavailable), (payment.Status, payment.Failure));
        Assert.Contains("key macaroon", payment.Reason, StringComparison.Ordinal);
        lnd.Rights.Remove("offchain:read");
        Assert.Equal(PaymentStatus.Unknown, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);
    }

    // The stream breaks off -> only what tracking proves.
    [Theory]
    [InlineData("IN_FLIGHT", PaymentStatus.Pending)]
    [InlineData("SUCCEEDED", PaymentStatus.Succeeded)]
    [InlineData("FAILED", PaymentStatus.Unknown)]
    [InlineData(null, PaymentStatus.Unknown)]
    public async Task PayAsync_ConnectionBroken_SaysOnlyWhatTrackingProves(string? tracked, PaymentStatus expected)
    {
        lnd.Routes["POST /v2/router/send"] = async http =>
        {
            await FakeLnd.LineAsync(http, Update("IN_FLIGHT"));
            http.Abort();
        };
        Tracks(tracked);

        Assert.Equal(expected, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);
    }

    [Fact]
    public async Task PayAsync_PreimageOfAnotherHash_IsNotBelieved()
    {
        lnd.Routes["POST /v2/router/send"] = http => FakeLnd.LineAsync(http, Update("SUCCEEDED").Replace(preimage.ToString(), new string('0', 64), StringComparison.Ordinal));

        Assert.Equal(PaymentStatus.Unknown, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);
    }

    [Fact]
    public async Task KeysendAsync_CallersPreimage_IsInTheRecordAndTheHash()
    {
        lnd.Routes["POST /v2/router/send"] = http => FakeLnd.LineAsync(http, Update("SUCCEEDED"));

        Payment payment = await node.KeysendAsync(new KeysendRequest(payee, Msat.From(1_000), preimage, Msat.From(5)));

        JsonElement body = JsonDocument.Parse(lnd.Bodies[0]).RootElement;
        Assert.Equal((PaymentStatus.Succeeded, preimage), (payment.Status, payment.Preimage!.Value));
        Assert.Equal(preimage.ToArray(), body.GetProperty("dest_custom_records").GetProperty("5482373484").GetBytesFromBase64());
        Assert.Equal(hash.ToArray(), body.GetProperty("payment_hash").GetBytesFromBase64());
        Assert.Equal(payee.ToArray(), body.GetProperty("dest").GetBytesFromBase64());
        Assert.Equal(PaymentFailure.WrongAmount, (await node.KeysendAsync(new KeysendRequest(payee, Msat.Zero, preimage, Msat.Zero))).Failure);
    }

    [Theory]
    [InlineData("SUCCEEDED", PaymentStatus.Succeeded)]
    [InlineData("IN_FLIGHT", PaymentStatus.Pending)]
    [InlineData("INITIATED", PaymentStatus.Pending)]
    [InlineData("FAILED", PaymentStatus.Failed)]
    [InlineData(null, PaymentStatus.NotFound)]
    public async Task LookUpPaymentAsync_Tracked_HasItsStatus(string? tracked, PaymentStatus expected)
    {
        Tracks(tracked);

        Assert.Equal(expected, (await node.LookUpPaymentAsync(hash)).Status);
    }

    // A server that does not know the call says 404 as well.
    [Fact]
    public async Task LookUpAsync_OtherServersNotFound_IsNoAnswer()
    {
        lnd.Routes[track] = http => FakeLnd.WriteAsync(http, 404, """{"code":5,"message":"Not Found","details":[]}""");
        lnd.Routes[$"GET /v1/invoice/{hash}"] = lnd.Routes[track];

        Assert.Equal(PaymentStatus.Unknown, (await node.LookUpPaymentAsync(hash)).Status);
        await Assert.ThrowsAsync<LightningNodeException>(() => node.LookUpInvoiceAsync(hash));
    }

    [Fact]
    public async Task LookUpPaymentAsync_NodeGone_IsUnknown()
    {
        await lnd.StopAsync();

        Assert.Equal(PaymentStatus.Unknown, (await node.LookUpPaymentAsync(hash)).Status);
        Assert.Equal(PaymentStatus.Unknown, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);
        Assert.Equal(NodeFault.Unreachable, (await Assert.ThrowsAsync<LightningNodeException>(() => node.GetInfoAsync())).Fault);
        Assert.Equal(InvoiceResultStatus.Unknown, (await node.CreateInvoiceAsync(new InvoiceRequest("a", null, ""))).Status);
    }
}
