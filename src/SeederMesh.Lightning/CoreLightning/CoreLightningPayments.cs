using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.CoreLightning;

/// <summary>Paying by Core Lightning: look up, pay once, and believe listpays rather than an error.</summary>
public sealed partial class CoreLightningNode
{
    // What waiting for an answer may take beyond the time that the node is told to try.
    private static readonly TimeSpan payMargin = TimeSpan.FromSeconds(5);

    // Longer than any clock of one machine is off against itself.
    private static readonly TimeSpan orphanAge = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan lookEveryMax = TimeSpan.FromSeconds(1);

    // Releases before 24.11 have no xpay.
    private volatile bool lacksXpay;

    /// <inheritdoc/>
    public async Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default)
    {
        (Payment? refused, PaymentTarget target) = await ReadAsync(request, cancellation);
        if (refused is not null)
        {
            return refused;
        }

        // xpay refuses what is paid or in flight with errors that say little; the look-up says it with preimage and
        // fee.
        Payment before = await LookUpPaymentAsync(target.PaymentHash, cancellation);
        if (before is { Status: PaymentStatus.Succeeded or PaymentStatus.Unknown } or { Failure: PaymentFailure.HashUsedUp })
        {
            return before;
        }

        if (before.Status == PaymentStatus.Pending)
        {
            return await WaitForAsync(before, request.TimeLimit, cancellation);
        }

        try
        {
            JsonElement paid = await SendAsync(request, target, cancellation);
            return Paid(target, paid);
        }
        catch (RpcErrorException error)
        {
            return await WithBalanceAsync(
                await AfterErrorAsync(target.PaymentHash, error, request.TimeLimit, cancellation), target.Amount, cancellation);
        }
        catch (LightningNodeException unreachable)
        {
            // The socket could not be connected: nothing was sent.
            return Payment.Failed(target.PaymentHash, PaymentFailure.NodeUnavailable, unreachable.Message);
        }
        catch (Exception lost) when (lost is RpcLostException or OperationCanceledException)
        {
            return await AfterLossAsync(target.PaymentHash, lost.Message);
        }
    }

    /// <inheritdoc/>
    public async Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default)
    {
        try
        {
            JsonElement found = await AskAsync(
                "listpays", new RpcParameters().Add("payment_hash", paymentHash.ToString()), cancellation);

            // One hash may have several attempts: whichever is furthest counts.
            Payment known = JsonFields.Items(found, "pays")
                .Select(RpcReader.Payment)
                .OrderByDescending(payment => payment.Status == PaymentStatus.Failed ? 0 : (int)payment.Status)
                .FirstOrDefault() ?? new Payment { PaymentHash = paymentHash, Status = PaymentStatus.NotFound };
            return known.Status == PaymentStatus.Pending
                && known.CreatedAt < clock.GetUtcNow() - orphanAge
                && await IsOrphanAsync(known, cancellation)
                    ? Payment.Failed(
                        paymentHash,
                        PaymentFailure.HashUsedUp,
                        "Core Lightning lists the payment as pending, and no channel holds an HTLC of it: the node was killed before it "
                        + "was sent. It refuses to send this hash again; ask for another invoice.")
                    : known;
        }
        catch (Exception exception) when (exception is LightningNodeException or OperationCanceledException)
        {
            return Payment.Unknown(paymentHash, exception.Message);
        }
    }

    // lightningd stores that a part of an xpay is pending before it stores the HTLC, and an HTLC before the peer is bound by
    // it. Killed between the two, it lists the part as pending for ever, with nothing under way. While it runs, both come
    // in one step, so that no live payment is without an HTLC, except one to the node itself, which never has any.
    private async Task<bool> IsOrphanAsync(Payment pending, CancellationToken cancellation)
    {
        try
        {
            JsonElement peers = await AskAsync("listpeerchannels", new RpcParameters(), cancellation);
            string hash = pending.PaymentHash.ToString();
            bool held = JsonFields.Items(peers, "channels")
                .SelectMany(channel => JsonFields.Items(channel, "htlcs"))
                .Any(htlc => JsonFields.Text(htlc, "payment_hash") == hash && JsonFields.Text(htlc, "direction") == "out");
            return !held
                && pending.Destination is { } destination
                && JsonFields.Node(await AskAsync("getinfo", new RpcParameters(), cancellation), "id") != destination;
        }
        catch (LightningNodeException)
        {
            return false; // not known, so pending stays pending
        }
    }

    /// <inheritdoc/>
    public async Task<OfferInvoiceResult> FetchOfferInvoiceAsync(
        OfferInvoiceRequest request, CancellationToken cancellation = default)
    {
        static OfferInvoiceResult none(PaymentFailure failure, string reason) => new(null, default, Msat.Zero, failure, reason);
        try
        {
            JsonElement fetched = await rpc.CallAsync(
                "fetchinvoice",
                new RpcParameters()
                    .Add("offer", request.Offer)
                    .Add("amount_msat", request.Amount)
                    .Add("timeout", (long)request.TimeLimit.TotalSeconds),
                request.TimeLimit + answerTime,
                cancellation);
            string invoice = JsonFields.Text(fetched, "invoice") ?? throw RpcReader.Malformed("fetchinvoice", "invoice");
            DecodedRequest decoded = await DecodeAsync(invoice, cancellation);
            return decoded switch
            {
                { PaymentHash: null } or { Amount: null } => none(PaymentFailure.InvalidInvoice, "The offer's invoice cannot be read."),
                _ when request.Amount is { } asked && decoded.Amount != asked => none(
                    PaymentFailure.WrongAmount, $"The offer's invoice asks for {decoded.Amount}, not {asked}."),
                _ => new OfferInvoiceResult(invoice, decoded.PaymentHash.Value, decoded.Amount.Value, PaymentFailure.None, ""),
            };
        }
        catch (RpcErrorException error)
        {
            return none(PaymentFailure.RefusedByPayee, Said(error));
        }
        catch (Exception lost) when (lost is RpcLostException or LightningNodeException)
        {
            return none(PaymentFailure.NodeUnavailable, lost.Message);
        }
    }

    private async Task<(Payment? Refused, PaymentTarget Target)> ReadAsync(PayRequest request, CancellationToken cancellation)
    {
        Digest hash = default;
        Msat? asked = null;
        if (request.Invoice.StartsWith("lni1", StringComparison.OrdinalIgnoreCase))
        {
            DecodedRequest decoded;
            try
            {
                decoded = await DecodeAsync(request.Invoice, cancellation);
            }
            catch (LightningNodeException exception)
            {
                return (Payment.Unknown(default, exception.Message), default);
            }

            if (decoded.PaymentHash is null)
            {
                return (Payment.Failed(default, PaymentFailure.InvalidInvoice, decoded.Error ?? "Not an invoice."), default);
            }

            (hash, asked) = (decoded.PaymentHash.Value, decoded.Amount);
        }
        else if (Bolt11Invoice.TryDecode(request.Invoice, out Bolt11Invoice? invoice, out string error))
        {
            (hash, asked) = (invoice.PaymentHash, invoice.Amount);
        }
        else
        {
            return (Payment.Failed(default, PaymentFailure.InvalidInvoice, $"Not a BOLT 11 invoice: {error}."), default);
        }

        bool wrong = asked is null ? request.Amount is null or { IsZero: true } : request.Amount is { } given && given != asked;
        return wrong
            ? (Payment.Failed(
                hash, PaymentFailure.WrongAmount, asked is null
                    ? "The invoice needs an amount." : $"The invoice asks for {asked}."), default)
            : (null, new PaymentTarget(hash, asked ?? request.Amount!.Value, asked is null));
    }

    private async Task<JsonElement> SendAsync(PayRequest request, PaymentTarget target, CancellationToken cancellation)
    {
        // lightningd refuses amount_msat for an invoice that names its amount.
        Msat? amount = target.AnyAmount ? target.Amount : null;
        long seconds = Math.Max(1, (long)request.TimeLimit.TotalSeconds);
        if (!lacksXpay)
        {
            try
            {
                return await rpc.CallAsync(
                    "xpay",
                    new RpcParameters()
                        .Add("invstring", request.Invoice)
                        .Add("amount_msat", amount)
                        .Add("maxfee", request.MaxFee)
                        .Add("retry_for", seconds),
                    request.TimeLimit + payMargin,
                    cancellation);
            }
            catch (RpcErrorException error) when (error.Code == MethodNotFound)
            {
                lacksXpay = true;
            }
        }

        // pay hangs over an amount that the channels cannot carry, far beyond retry_for: ask first.
        NodeBalance balance = await GetBalanceAsync(cancellation);
        if (balance.Spendable < target.Amount)
        {
            throw new RpcErrorException(
                InsufficientCode, $"the channels can send {balance.Spendable.Value} msat, not {target.Amount.Value} msat", null);
        }

        return await rpc.CallAsync(
            "pay",
            new RpcParameters()
                .Add("bolt11", request.Invoice)
                .Add("amount_msat", amount)
                .Add("maxfee", request.MaxFee)
                .Add("retry_for", seconds),
            request.TimeLimit + payMargin,
            cancellation);
    }

    private static Payment Paid(PaymentTarget target, JsonElement paid)
    {
        Msat amount = RpcReader.Amount(paid, "amount_msat") ?? target.Amount;
        Msat sent = RpcReader.Amount(paid, "amount_sent_msat") ?? amount;
        Preimage? preimage = JsonFields.Secret(paid, "payment_preimage");
        if (preimage is null || preimage.Value.PaymentHash != target.PaymentHash)
        {
            return Payment.Unknown(target.PaymentHash, "Core Lightning's answer has no preimage of the hash; look the payment up.");
        }

        return new Payment
        {
            PaymentHash = target.PaymentHash,
            Status = PaymentStatus.Succeeded,
            Amount = amount,
            Fee = sent > amount ? sent.Less(amount) : Msat.Zero,
            Preimage = preimage,
            Destination = JsonFields.Node(paid, "destination"),
            CreatedAt = RpcReader.Time(paid, "created_at"),
        };
    }

    // An error does not end HTLCs that are out: listpays has the last word.
    private async Task<Payment> AfterErrorAsync(
        Digest paymentHash, RpcErrorException error, TimeSpan timeLimit, CancellationToken cancellation)
    {
        Payment known = await LookUpPaymentAsync(paymentHash, cancellation);
        return known.Status switch
        {
            PaymentStatus.Succeeded or PaymentStatus.Unknown => known,
            PaymentStatus.Pending => await WaitForAsync(known, timeLimit, cancellation),
            _ when known.Failure == PaymentFailure.HashUsedUp => known,
            _ => Payment.Failed(paymentHash, FailureOf(error), Said(error)),
        };
    }

    // "No usable set of paths" is also what xpay says when the own channels hold too little, or are not connected, as for
    // some seconds after a peer restarted.
    private async Task<Payment> WithBalanceAsync(Payment payment, Msat amount, CancellationToken cancellation)
    {
        if (payment is not { Status: PaymentStatus.Failed, Failure: PaymentFailure.NoRoute })
        {
            return payment;
        }

        try
        {
            Msat connected = Msat.Zero;
            Msat all = Msat.Zero;
            JsonElement peers = await AskAsync("listpeerchannels", new RpcParameters(), cancellation);
            foreach (JsonElement channel in JsonFields.Items(peers, "channels"))
            {
                Msat spendable = JsonFields.Text(channel, "state") == "CHANNELD_NORMAL"
                    ? RpcReader.Amount(channel, "spendable_msat") ?? Msat.Zero
                    : Msat.Zero;
                all += spendable;
                connected += JsonFields.Flag(channel, "peer_connected") ? spendable : Msat.Zero;
            }

            return this switch
            {
                _ when all < amount => payment with
                {
                    Failure = PaymentFailure.InsufficientBalance,
                    Reason = $"The channels can send {all}, not {amount}. {payment.Reason}",
                },
                _ when connected < amount => payment with
                {
                    Failure = PaymentFailure.NodeUnavailable,
                    Reason = $"The peers of channels that could send {all.Less(connected)} are not connected. {payment.Reason}",
                },
                _ => payment,
            };
        }
        catch (LightningNodeException)
        {
            return payment;
        }
    }

    // The request may still be on its way into the node: only what the node has on its books is certain.
    private async Task<Payment> AfterLossAsync(Digest paymentHash, string reason)
    {
        Payment known = await LookUpPaymentAsync(paymentHash, CancellationToken.None);
        return known.Status is PaymentStatus.Succeeded or PaymentStatus.Pending ? known : Payment.Unknown(paymentHash, reason);
    }

    // waitsendpay wants to be told which part of which attempt, and xpay does not say: the books are looked at instead.
    private async Task<Payment> WaitForAsync(Payment pending, TimeSpan timeLimit, CancellationToken cancellation)
    {
        long since = clock.GetTimestamp();
        TimeSpan pause = TimeSpan.FromMilliseconds(100);
        Payment now = pending;
        while (now.Status == PaymentStatus.Pending && clock.GetElapsedTime(since) < timeLimit)
        {
            try
            {
                await Task.Delay(pause, clock, cancellation);
            }
            catch (OperationCanceledException)
            {
                return now;
            }

            pause = pause < lookEveryMax ? pause * 2 : pause;
            now = await LookUpPaymentAsync(pending.PaymentHash, cancellation);
        }

        return now.Status == PaymentStatus.NotFound ? Payment.Unknown(pending.PaymentHash, "The payment has left the books.") : now;
    }

    private const int InsufficientCode = -1_000_001;

    private static PaymentFailure FailureOf(RpcErrorException error) => error.Code switch
    {
        InsufficientCode => PaymentFailure.InsufficientBalance,
        203 => PaymentFailure.RefusedByPayee,
        206 => PaymentFailure.FeeTooHigh,
        207 => PaymentFailure.Expired,
        InvalidParameters when error.Message.Contains("is not for", StringComparison.OrdinalIgnoreCase) => PaymentFailure.WrongNetwork,
        InvalidParameters when error.Message.Contains("invalid bolt1", StringComparison.OrdinalIgnoreCase) =>
            PaymentFailure.InvalidInvoice,
        205 or 209 or 210 when error.Message.Contains("excessive cost", StringComparison.OrdinalIgnoreCase)
            || (error.Message.Contains("fee", StringComparison.OrdinalIgnoreCase)
                && !error.Message.Contains("feerate", StringComparison.OrdinalIgnoreCase)) => PaymentFailure.FeeTooHigh,
        205 or 210 => PaymentFailure.NoRoute,
        209 when error.Message.Contains("retry_for", StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains("Timed out", StringComparison.OrdinalIgnoreCase) => PaymentFailure.TimedOut,
        209 => PaymentFailure.NoRoute,
        _ => PaymentFailure.RefusedByNode,
    };

    private readonly record struct PaymentTarget(Digest PaymentHash, Msat Amount, bool AnyAmount);
}
