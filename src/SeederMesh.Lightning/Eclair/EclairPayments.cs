using System.Globalization;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.Eclair;

/// <summary>Paying by Eclair, which does not itself refuse to pay a hash twice: it is looked up first, and one at a time is
/// sent.</summary>
public sealed partial class EclairNode
{
    private static readonly TimeSpan payMargin = TimeSpan.FromSeconds(5);

    private readonly HashSet<Digest> sending = [];

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
            return Bolt11Invoice.TryDecode(request.Invoice, out Bolt11Invoice? unsent, out _)
                ? Payment.Unknown(unsent.PaymentHash, away.Message)
                : Payment.Failed(default, PaymentFailure.NodeUnavailable, away.Message);
        }

        if (OutgoingInvoice.Check(request, own, clock.GetUtcNow(), out Payment? refused) is not { } outgoing)
        {
            // What expired may have been paid before: then the look-up says it.
            return refused!.Failure == PaymentFailure.Expired ? await PaidBeforeAsync(refused, cancellation) : refused;
        }

        Digest hash = outgoing.Invoice.PaymentHash;
        lock (sending)
        {
            if (!sending.Add(hash))
            {
                return new Payment { PaymentHash = hash, Status = PaymentStatus.Pending, Amount = outgoing.Amount };
            }
        }

        try
        {
            Payment before = await LookUpPaymentAsync(hash, cancellation);
            return before.Status switch
            {
                PaymentStatus.Succeeded or PaymentStatus.Unknown => before,
                PaymentStatus.Pending => await PendingPayment.WaitAsync(this, before, request.TimeLimit, clock, cancellation),
                _ => await SendAsync(request, outgoing, cancellation),
            };
        }
        finally
        {
            lock (sending)
            {
                sending.Remove(hash);
            }
        }
    }

    /// <inheritdoc/>
    public Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default) =>
        Task.FromResult(Payment.Failed(
            request.Preimage.PaymentHash,
            PaymentFailure.NotSupported,
            "Eclair's keysend draws its own preimage, so that a payment whose answer is lost could not be told from one that was never "
            + "sent. The payee needs a Lightning address, an LNURL or an invoice."));

    /// <inheritdoc/>
    public Task<OfferInvoiceResult> FetchOfferInvoiceAsync(OfferInvoiceRequest request, CancellationToken cancellation = default) =>
        Task.FromResult(new OfferInvoiceResult(
            null,
            default,
            Msat.Zero,
            PaymentFailure.NotSupported,
            "Eclair pays offers in one step, under a hash that is known too late to be stored before. The payee needs a Lightning "
            + "address, an LNURL or an invoice."));

    /// <inheritdoc/>
    public async Task<Payment> PayOfferAsync(OfferPayRequest request, CancellationToken cancellation = default)
    {
        DecodedRequest offer = PaymentRequests.Decode(request.Offer);
        if (offer.Error is { } error)
        {
            return Payment.Failed(default, PaymentFailure.InvalidInvoice, error);
        }

        if ((offer.Amount ?? request.Amount) is not { IsZero: false } amount)
        {
            return Payment.Failed(default, PaymentFailure.WrongAmount, "The offer needs an amount.");
        }

        List<(string Name, string Value)> fields = [("offer", request.Offer), ("amountMsat", Number(amount))];
        fields.AddRange(Limits(amount, request.MaxFee, request.TimeLimit));
        try
        {
            JsonElement ended = await http.SendAsync(
                HttpMethod.Post, "payoffer", NodeAnswers.Form([.. fields]), request.TimeLimit + payMargin, cancellation);
            return EclairReader.Ended(ended, null);
        }
        catch (NodeRefusedException rejected) when (rejected.Status == 400)
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
            // Eclair reads its books, and then asks what is under way: what ends between the two is in neither. When it is asked
            // again, it was on the books before.
            Payment first = await ReadSentAsync(paymentHash, cancellation);
            return first.Status is PaymentStatus.NotFound or PaymentStatus.Failed ? await ReadSentAsync(paymentHash, cancellation) : first;
        }
        catch (Exception exception) when (exception is LightningNodeException or OperationCanceledException)
        {
            return Payment.Unknown(paymentHash, exception.Message);
        }
    }

    private async Task<Payment> ReadSentAsync(Digest hash, CancellationToken cancellation)
    {
        JsonElement sent = await PostAsync("getsentinfo", NodeAnswers.Form(("paymentHash", hash.ToString())), cancellation);
        return sent.ValueKind == JsonValueKind.Array
            ? EclairReader.Sent(sent, hash)
            : Payment.Unknown(hash, "Eclair's answer to getsentinfo is no list.");
    }

    private async Task<Payment> PaidBeforeAsync(Payment expired, CancellationToken cancellation)
    {
        Payment known = await LookUpPaymentAsync(expired.PaymentHash, cancellation);
        return known.Status is PaymentStatus.NotFound or PaymentStatus.Failed ? expired : known;
    }

    private async Task<Payment> SendAsync(PayRequest request, OutgoingInvoice outgoing, CancellationToken cancellation)
    {
        Digest hash = outgoing.Invoice.PaymentHash;
        List<(string Name, string Value)> fields = [("invoice", outgoing.Invoice.Text)];
        if (outgoing.Invoice.Amount is null)
        {
            fields.Add(("amountMsat", Number(outgoing.Amount)));
        }

        fields.AddRange(Limits(outgoing.Amount, request.MaxFee, request.TimeLimit));
        try
        {
            JsonElement ended = await http.SendAsync(
                HttpMethod.Post, "payinvoice", NodeAnswers.Form([.. fields]), request.TimeLimit + payMargin, cancellation);
            Payment payment = EclairReader.Ended(ended, hash);
            return payment.Status == PaymentStatus.Failed ? await ConfirmFailureAsync(payment) : payment;
        }
        catch (NodeRefusedException rejected) when (rejected.Status == 400)
        {
            return await ConfirmFailureAsync(Payment.Failed(hash, PaymentFailure.RefusedByNode, Said(rejected)));
        }
        catch (LightningNodeException unsent) when (unsent.Fault != NodeFault.MalformedAnswer)
        {
            return Payment.Failed(hash, PaymentFailure.NodeUnavailable, unsent.Message);
        }
        catch (Exception lost) when (
            lost is NodeRefusedException or NodeLostException or OperationCanceledException or LightningNodeException)
        {
            // Eclair's own time-out (408, 500) ends the answer, not the payment.
            Payment known = await LookUpPaymentAsync(hash, CancellationToken.None);
            return known.Status is PaymentStatus.Succeeded or PaymentStatus.Pending ? known : Payment.Unknown(hash, lost.Message);
        }
    }

    // A part that is still out outlives the event that says failed.
    private async Task<Payment> ConfirmFailureAsync(Payment failed)
    {
        Payment known = await LookUpPaymentAsync(failed.PaymentHash, CancellationToken.None);
        return known.Status is PaymentStatus.Succeeded or PaymentStatus.Pending or PaymentStatus.Unknown ? known : failed;
    }

    // Eclair takes the larger of a flat limit in satoshi and a share: both are rounded down, so that neither exceeds the
    // limit.
    private static IEnumerable<(string Name, string Value)> Limits(Msat amount, Msat maxFee, TimeSpan timeLimit)
    {
        decimal percent = Math.Floor((decimal)maxFee.Value / amount.Value * 100_000_000m) / 1_000_000m;
        return
        [
            ("maxFeeFlatSat", (maxFee.Value / 1_000).ToString(CultureInfo.InvariantCulture)),
            ("maxFeePct", percent.ToString("0.######", CultureInfo.InvariantCulture)),
            ("blocking", "true"),
            ("timeoutSeconds", Math.Max(1, (long)timeLimit.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
        ];
    }
}
