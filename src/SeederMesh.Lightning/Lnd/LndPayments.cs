using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.Lnd;

/// <summary>Paying by LND's router: send, follow the updates, and track when the answer breaks off.</summary>
public sealed partial class LndNode
{
    // gRPC's ALREADY_EXISTS, with which LND refuses a hash that it has paid or is paying.
    private const int AlreadyExists = 409;

    private static readonly TimeSpan payMargin = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default)
    {
        if (!Bolt11Invoice.TryDecode(request.Invoice, out Bolt11Invoice? invoice, out string error))
        {
            return Task.FromResult(Payment.Failed(default, PaymentFailure.InvalidInvoice, $"Not a BOLT 11 invoice: {error}."));
        }

        Msat amount = request.Amount ?? invoice.Amount ?? Msat.Zero;
        if (amount.IsZero || (invoice.Amount is { } asked && asked != amount))
        {
            return Task.FromResult(Payment.Failed(
                invoice.PaymentHash,
                PaymentFailure.WrongAmount,
                invoice.Amount is null ? "The invoice needs an amount." : $"The invoice asks for {invoice.Amount}, not {amount}."));
        }

        Dictionary<string, object?> body = Body(request.MaxFee, request.TimeLimit);
        body["payment_request"] = request.Invoice;
        if (invoice.Amount is null)
        {
            body["amt_msat"] = Number(amount.Value);
        }

        return SendAsync(invoice.PaymentHash, body, request.TimeLimit, cancellation);
    }

    /// <inheritdoc/>
    public Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default)
    {
        Digest hash = request.Preimage.PaymentHash;
        if (request.Amount.IsZero)
        {
            return Task.FromResult(Payment.Failed(hash, PaymentFailure.WrongAmount, "A payment of zero is not possible."));
        }

        Dictionary<string, object?> body = Body(request.MaxFee, request.TimeLimit);
        body["dest"] = Convert.ToBase64String(request.Destination.ToArray());
        body["amt_msat"] = Number(request.Amount.Value);
        body["payment_hash"] = Convert.ToBase64String(hash.Span);
        body["final_cltv_delta"] = 40;
        body["dest_custom_records"] = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["5482373484"] = Convert.ToBase64String(request.Preimage.ToArray()),
        };
        return SendAsync(hash, body, request.TimeLimit, cancellation);
    }

    /// <inheritdoc/>
    public async Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default)
    {
        try
        {
            return await TrackAsync(paymentHash, TimeSpan.Zero, cancellation);
        }
        catch (Exception exception) when (exception is LightningNodeException or NodeLostException or OperationCanceledException)
        {
            return Payment.Unknown(paymentHash, exception.Message);
        }
    }

    private async Task<Payment> SendAsync(
        Digest hash, Dictionary<string, object?> body, TimeSpan timeLimit, CancellationToken cancellation)
    {
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(timeLimit + payMargin);
        try
        {
            using NodeStream updates = await http.OpenStreamAsync(
                HttpMethod.Post, "v2/router/send", JsonContent.Create(body), limited.Token);
            return await LastAsync(updates, hash, limited.Token) ?? await AfterLossAsync(hash, "LND ended the answer early.");
        }
        catch (NodeRefusedException refused)
        {
            return await AfterRefusalAsync(hash, refused, timeLimit, cancellation);
        }
        catch (LightningNodeException unreachable)
        {
            // No connection, or the credentials were refused: this attempt sent nothing, but an earlier one may be in
            // flight.
            Payment known = await LookUpPaymentAsync(hash, CancellationToken.None);
            return known.Status is PaymentStatus.NotFound or PaymentStatus.Failed
                ? Payment.Failed(hash, PaymentFailure.NodeUnavailable, unreachable.Message)
                : known;
        }
        catch (Exception lost) when (lost is NodeLostException or OperationCanceledException)
        {
            return await AfterLossAsync(hash, lost.Message);
        }
    }

    private static async Task<Payment?> LastAsync(NodeStream updates, Digest hash, CancellationToken cancellation)
    {
        Payment? payment;
        do
        {
            payment = await NextAsync(updates, hash, cancellation);
        }
        while (payment is { Status: PaymentStatus.Pending });

        return payment;
    }

    // The next update, or null when LND has ended the answer.
    private static async Task<Payment?> NextAsync(NodeStream updates, Digest hash, CancellationToken cancellation)
    {
        if (await updates.NextAsync(cancellation) is not { } update)
        {
            return null;
        }

        return JsonFields.Find(update, "error") is { } error
            ? throw new NodeRefusedException(500, error.GetRawText())
            : LndReader.Payment(JsonFields.Find(update, "result") ?? update, hash);
    }

    private async Task<Payment> AfterLossAsync(Digest hash, string reason)
    {
        Payment known = await LookUpPaymentAsync(hash, CancellationToken.None);
        return known.Status is PaymentStatus.Succeeded or PaymentStatus.Pending ? known : Payment.Unknown(hash, reason);
    }

    // "Already paid" and "in transition" are refusals; so is that an invoice has expired whose payment is in flight, and that
    // LND is being stopped while it pays. Its books have the last word.
    private async Task<Payment> AfterRefusalAsync(
        Digest hash, NodeRefusedException refused, TimeSpan timeLimit, CancellationToken cancellation)
    {
        Payment known = await JoinAsync(hash, timeLimit, cancellation);
        bool isRefused = known.Status switch
        {
            PaymentStatus.NotFound => true,
            PaymentStatus.Failed => refused.Status != AlreadyExists,
            _ => false,
        };
        return isRefused ? Payment.Failed(hash, FailureOf(refused), Said(refused)) : known;
    }

    private async Task<Payment> JoinAsync(Digest hash, TimeSpan timeLimit, CancellationToken cancellation)
    {
        try
        {
            return await TrackAsync(hash, timeLimit, cancellation);
        }
        catch (Exception exception) when (exception is LightningNodeException or NodeLostException or OperationCanceledException)
        {
            return Payment.Unknown(hash, exception.Message);
        }
    }

    // Where the payment stands now, or where it ends within the wait.
    private async Task<Payment> TrackAsync(Digest hash, TimeSpan wait, CancellationToken cancellation)
    {
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(wait + answerTime);
        string path = $"v2/router/track/{Convert.ToBase64String(hash.Span).Replace('+', '-').Replace('/', '_')}";
        try
        {
            using NodeStream updates = await http.OpenStreamAsync(HttpMethod.Get, path, null, limited.Token);
            Payment first = await NextAsync(updates, hash, limited.Token)
                ?? throw new NodeLostException("LND ended the answer to track before it began.");
            return first.Status == PaymentStatus.Pending && wait > TimeSpan.Zero
                ? await FollowAsync(updates, first, wait, cancellation)
                : first;
        }
        catch (NodeRefusedException refused) when (refused.Says("payment isn't initiated"))
        {
            return new Payment { PaymentHash = hash, Status = PaymentStatus.NotFound };
        }
        catch (NodeRefusedException refused)
        {
            throw Unanswered(refused);
        }
    }

    private static async Task<Payment> FollowAsync(NodeStream updates, Payment pending, TimeSpan wait, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(wait);
        try
        {
            return await LastAsync(updates, pending.PaymentHash, patience.Token) ?? pending;
        }
        catch (Exception exception) when (exception is OperationCanceledException or NodeLostException)
        {
            return pending;
        }
    }

    private static Dictionary<string, object?> Body(Msat maxFee, TimeSpan timeLimit) => new(StringComparer.Ordinal)
    {
        ["fee_limit_msat"] = Number(maxFee.Value),
        ["timeout_seconds"] = Math.Max(1, (int)timeLimit.TotalSeconds),
        ["no_inflight_updates"] = true,

        // One node may serve a hub and its seedboxes.
        ["allow_self_payment"] = true,
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static PaymentFailure FailureOf(NodeRefusedException refused) => refused switch
    {
        _ when refused.Says("invoice expired") => PaymentFailure.Expired,
        _ when refused.Says("not for current active network") => PaymentFailure.WrongNetwork,
        _ => PaymentFailure.RefusedByNode,
    };
}
