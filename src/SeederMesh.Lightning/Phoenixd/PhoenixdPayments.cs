using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.Phoenixd;

/// <summary>Paying by phoenixd, which refuses a second payment of a hash that it has paid or is paying.</summary>
public sealed partial class PhoenixdNode
{
    private static readonly TimeSpan payMargin = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default)
    {
        string own;
        try
        {
            own = network ?? (await GetInfoAsync(cancellation)).Network;
        }
        catch (LightningNodeException away)
        {
            return Bolt11.Bolt11Invoice.TryDecode(request.Invoice, out Bolt11.Bolt11Invoice? unsent, out _)
                ? Payment.Unknown(unsent.PaymentHash, away.Message)
                : Payment.Failed(default, PaymentFailure.NodeUnavailable, away.Message);
        }

        if (OutgoingInvoice.Check(request, own, clock.GetUtcNow(), out Payment? refused) is not { } outgoing)
        {
            // What expired may have been paid before: then the look-up says it.
            return refused!.Failure == PaymentFailure.Expired ? await PaidBeforeAsync(refused, cancellation) : refused;
        }

        Digest hash = outgoing.Invoice.PaymentHash;
        Payment before = await LookUpPaymentAsync(hash, cancellation);
        if (before.Status is PaymentStatus.Succeeded or PaymentStatus.Unknown)
        {
            return before;
        }

        if (before.Status == PaymentStatus.Pending)
        {
            return await PendingPayment.WaitAsync(this, before, request.TimeLimit, clock, cancellation);
        }

        if (outgoing.Invoice.Amount is null && outgoing.Amount.Value % 1_000 != 0)
        {
            return Payment.Failed(
                hash, PaymentFailure.WrongAmount, $"phoenixd pays whole satoshi only, not {outgoing.Amount.Value} msat.");
        }

        return FeeTooHigh(hash, outgoing.Amount, request.MaxFee) ?? await SendAsync(outgoing, request.TimeLimit, cancellation);
    }

    /// <inheritdoc/>
    public Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default) =>
        Task.FromResult(Payment.Failed(
            request.Preimage.PaymentHash,
            PaymentFailure.NotSupported,
            "phoenixd has no keysend. The payee needs a Lightning address, an LNURL or an invoice."));

    /// <inheritdoc/>
    public Task<OfferInvoiceResult> FetchOfferInvoiceAsync(OfferInvoiceRequest request, CancellationToken cancellation = default) =>
        Task.FromResult(new OfferInvoiceResult(
            null,
            default,
            Msat.Zero,
            PaymentFailure.NotSupported,
            "phoenixd pays offers in one step, under a hash that is known too late to be stored before. The payee needs a Lightning "
            + "address, an LNURL or an invoice."));

    /// <inheritdoc/>
    public async Task<Payment> PayOfferAsync(OfferPayRequest request, CancellationToken cancellation = default)
    {
        DecodedRequest offer = PaymentRequests.Decode(request.Offer);
        Msat? amount = offer.Amount ?? request.Amount;
        Payment? refused = offer switch
        {
            { Error: { } error } => Payment.Failed(default, PaymentFailure.InvalidInvoice, error),
            _ when amount is null or { IsZero: true } => Payment.Failed(default, PaymentFailure.WrongAmount, "The offer needs an amount."),
            _ when offer.Amount is null && amount.Value.Value % 1_000 != 0 =>
                Payment.Failed(default, PaymentFailure.WrongAmount, $"phoenixd pays whole satoshi only, not {amount.Value.Value} msat."),
            _ => FeeTooHigh(default, amount.Value, request.MaxFee),
        };
        if (refused is not null)
        {
            return refused;
        }

        List<(string Name, string Value)> fields = [("offer", request.Offer)];
        if (offer.Amount is null)
        {
            fields.Add(("amountSat", Number(amount!.Value.Value / 1_000)));
        }

        try
        {
            JsonElement answer = await http.SendAsync(
                HttpMethod.Post, "payoffer", NodeAnswers.Form([.. fields]), request.TimeLimit + payMargin, cancellation);
            return JsonFields.Text(answer, "reason") is { } reason
                ? Payment.Failed(default, PhoenixdReader.Failure(reason), $"phoenixd says: {reason}")
                : await ConfirmAsync(
                    JsonFields.Hash(answer, "paymentHash") ?? throw PhoenixdReader.Malformed("payoffer", "paymentHash"),
                    answer,
                    amount!.Value);
        }
        catch (NodeRefusedException rejected) when (rejected.Status < 500)
        {
            return Payment.Failed(default, PaymentFailure.RefusedByNode, Said(rejected));
        }
        catch (LightningNodeException unsent) when (unsent.Fault != NodeFault.MalformedAnswer)
        {
            return Payment.Failed(default, PaymentFailure.NodeUnavailable, unsent.Message);
        }
        catch (Exception lost) when (
            lost is NodeRefusedException or NodeLostException or OperationCanceledException or LightningNodeException)
        {
            return Payment.Unknown(
                default, $"{lost.Message} Whether the offer was paid is not known: look at the wallet's history before paying again.");
        }
    }

    /// <inheritdoc/>
    public async Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default)
    {
        try
        {
            return PhoenixdReader.Payment(await http.SendAsync(
                HttpMethod.Get, $"payments/outgoingbyhash/{paymentHash}", null, answerTime, cancellation));
        }
        catch (NodeRefusedException refused) when (IsNotFound(refused))
        {
            return new Payment { PaymentHash = paymentHash, Status = PaymentStatus.NotFound };
        }
        catch (NodeRefusedException refused)
        {
            return Payment.Unknown(paymentHash, Said(refused));
        }
        catch (Exception exception) when (exception is LightningNodeException or NodeLostException or OperationCanceledException)
        {
            return Payment.Unknown(paymentHash, exception.Message);
        }
    }

    // phoenixd takes no limit: what it charges is its tariff, so that the limit is held against that.
    private static Payment? FeeTooHigh(Digest hash, Msat amount, Msat maxFee)
    {
        long fee = 4_000 + (long)(((Int128)amount.Value * 4_000 + 999_999) / 1_000_000);
        return fee <= maxFee.Value
            ? null
            : Payment.Failed(
                hash,
                PaymentFailure.FeeTooHigh,
                $"phoenixd charges 4 sat and 0.4%, here {fee} msat; the limit is {maxFee.Value} msat.");
    }

    private async Task<Payment> PaidBeforeAsync(Payment expired, CancellationToken cancellation)
    {
        Payment known = await LookUpPaymentAsync(expired.PaymentHash, cancellation);
        return known.Status is PaymentStatus.NotFound or PaymentStatus.Failed ? expired : known;
    }

    private async Task<Payment> SendAsync(OutgoingInvoice outgoing, TimeSpan timeLimit, CancellationToken cancellation)
    {
        Digest hash = outgoing.Invoice.PaymentHash;
        List<(string Name, string Value)> fields = [("invoice", outgoing.Invoice.Text)];
        if (outgoing.Invoice.Amount is null)
        {
            fields.Add(("amountSat", Number(outgoing.Amount.Value / 1_000)));
        }

        try
        {
            JsonElement answer = await http.SendAsync(
                HttpMethod.Post, "payinvoice", NodeAnswers.Form([.. fields]), timeLimit + payMargin, cancellation);
            return JsonFields.Text(answer, "reason") is { } reason
                ? await AfterFailureAsync(hash, PhoenixdReader.Failure(reason), $"phoenixd says: {reason}", timeLimit, cancellation)
                : await ConfirmAsync(hash, answer, outgoing.Amount);
        }
        catch (NodeRefusedException rejected) when (rejected.Status < 500)
        {
            return await AfterFailureAsync(hash, PaymentFailure.RefusedByNode, Said(rejected), timeLimit, cancellation);
        }
        catch (LightningNodeException unsent) when (unsent.Fault != NodeFault.MalformedAnswer)
        {
            return Payment.Failed(hash, PaymentFailure.NodeUnavailable, unsent.Message);
        }
        catch (Exception lost) when (
            lost is NodeRefusedException or NodeLostException or OperationCanceledException or LightningNodeException)
        {
            // phoenixd broke off (500), or the request may still be on its way: only what phoenixd has on its books is certain.
            Payment known = await LookUpPaymentAsync(hash, CancellationToken.None);
            return known.Status is PaymentStatus.Succeeded or PaymentStatus.Pending ? known : Payment.Unknown(hash, lost.Message);
        }
    }

    // "already been paid" and "another payment is in progress" come as failures too: the books have the last word.
    private async Task<Payment> AfterFailureAsync(
        Digest hash, PaymentFailure failure, string reason, TimeSpan timeLimit, CancellationToken cancellation)
    {
        Payment known = await LookUpPaymentAsync(hash, cancellation);
        return known.Status switch
        {
            PaymentStatus.Succeeded or PaymentStatus.Unknown => known,
            PaymentStatus.Pending => await PendingPayment.WaitAsync(this, known, timeLimit, clock, cancellation),
            _ => Payment.Failed(hash, failure, reason),
        };
    }

    // The answer rounds the fee to satoshi; the books have it in msat.
    private async Task<Payment> ConfirmAsync(Digest hash, JsonElement answer, Msat amount)
    {
        if (JsonFields.Secret(answer, "paymentPreimage") is not { } preimage || preimage.PaymentHash != hash)
        {
            return Payment.Unknown(hash, "phoenixd's answer has no preimage of the hash; look the payment up.");
        }

        Payment known = await LookUpPaymentAsync(hash, CancellationToken.None);
        return known.Status == PaymentStatus.Succeeded
            ? known with { Amount = amount }
            : new Payment
            {
                PaymentHash = hash,
                Status = PaymentStatus.Succeeded,
                Amount = amount,
                Fee = PhoenixdReader.Satoshi(answer, "routingFeeSat") ?? Msat.Zero,
                Preimage = preimage,
            };
    }
}
