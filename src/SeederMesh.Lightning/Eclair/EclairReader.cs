using System.Globalization;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.Eclair;

/// <summary>Reads what Eclair answers: amounts in msat, times as <c>{iso, unix}</c> of which iso alone has
/// milliseconds.</summary>
internal static class EclairReader
{
    public static LightningNodeException Malformed(string call, string field) =>
        new(NodeFault.MalformedAnswer, $"Eclair's answer to {call} has no usable '{field}'.");

    public static Msat? Amount(JsonElement from, string name) =>
        JsonFields.Number(from, name) is { } msat && Msat.TryFrom(msat, out Msat amount) ? amount : null;

    public static DateTimeOffset? Time(JsonElement from, string name)
    {
        if (JsonFields.Find(from, name) is not { } time)
        {
            return null;
        }

        return DateTimeOffset.TryParse(
            JsonFields.Text(time, "iso"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset exact)
            ? exact.ToUniversalTime()
            : JsonFields.Number(time, "unix") is { } unix and > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(unix) : null;
    }

    /// <summary>Whether an invoice is one that was made to be paid; those of offers come without their hash.</summary>
    public static bool IsBolt11(JsonElement invoice) => JsonFields.Hash(invoice, "paymentHash") is not null;

    /// <summary>An invoice object: of createinvoice, listinvoices, or inside a received payment.</summary>
    /// <param name="invoice">The object.</param>
    /// <param name="status">What became of it.</param>
    /// <param name="preimage">Its preimage, where it is known: an offer's invoice does not say its hash.</param>
    public static Invoice Invoice(JsonElement invoice, InvoiceStatus status, Preimage? preimage = null)
    {
        long created = JsonFields.Number(invoice, "timestamp") ?? JsonFields.Number(invoice, "createdAt") ?? 0;
        long expires = JsonFields.Number(invoice, "expiresAt")
            ?? created + (JsonFields.Number(invoice, "expiry") ?? (long)Bolt11.Bolt11Invoice.ExpiryDefault.TotalSeconds);
        return new Invoice
        {
            PaymentHash = JsonFields.Hash(invoice, "paymentHash") ?? preimage?.PaymentHash ?? throw Malformed("the call", "paymentHash"),
            Label = "",
            Bolt11 = JsonFields.Text(invoice, "serialized") ?? "",
            Status = status,
            Amount = Amount(invoice, "amount"),
            Description = JsonFields.Text(invoice, "description") ?? "",
            ExpiresAt = expires is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(expires) : default,
        };
    }

    /// <summary>An entry of getreceivedinfo or listreceivedpayments.</summary>
    public static Invoice Received(JsonElement from)
    {
        JsonElement invoice = JsonFields.Find(from, "invoice") ?? JsonFields.Find(from, "paymentRequest") ?? default;
        JsonElement status = JsonFields.Find(from, "status") ?? default;
        Preimage? preimage = JsonFields.Secret(from, "paymentPreimage");
        InvoiceStatus became = JsonFields.Text(status, "type") switch
        {
            "received" => InvoiceStatus.Settled,
            "expired" => InvoiceStatus.Expired,
            _ => InvoiceStatus.Open,
        };
        Invoice read = Invoice(invoice, became, preimage);
        bool isKeysend = JsonFields.Text(from, "paymentType") == "KeySend";
        return read.Status != InvoiceStatus.Settled
            ? read
            : read with
            {
                Label = isKeysend ? $"keysend-{read.PaymentHash}" : "",
                Received = Amount(status, "amount") ?? Msat.Zero,
                SettledAt = Time(status, "receivedAt"),
                Preimage = preimage,
            };
    }

    /// <summary>A received payment; null when it is not received.</summary>
    public static SettledInvoice? Settled(JsonElement from)
    {
        Invoice invoice = Received(from);
        return invoice is { Status: InvoiceStatus.Settled, SettledAt: { } at }
            ? new SettledInvoice(at.ToUnixTimeMilliseconds(), invoice.PaymentHash, invoice.Label, invoice.Received, at)
            : null;
    }

    /// <summary>The parts of getsentinfo: those of the attempt that is furthest.</summary>
    public static Payment Sent(JsonElement parts, Digest hash) => JsonFields.Items(parts)
        .GroupBy(part => JsonFields.Text(part, "parentId") ?? "", StringComparer.Ordinal)
        .Select(attempt => Attempt([.. attempt], hash))
        .OrderByDescending(payment => payment.Status == PaymentStatus.Failed ? 0 : (int)payment.Status)
        .ThenByDescending(payment => payment.CreatedAt)
        .FirstOrDefault() ?? new Payment { PaymentHash = hash, Status = PaymentStatus.NotFound };

    /// <summary>A payment-sent or payment-failed event, which a blocking call ends with; or an entry of audit's
    /// sent.</summary>
    public static Payment Ended(JsonElement ended, Digest? expected)
    {
        Digest hash = JsonFields.Hash(ended, "paymentHash") ?? expected ?? throw Malformed("the call", "paymentHash");
        if (JsonFields.Secret(ended, "paymentPreimage") is not { } preimage)
        {
            string reason = Reason(ended);
            return Payment.Failed(hash, Failure(reason), $"Eclair says: {reason}");
        }

        Msat amount = Amount(ended, "recipientAmount") ?? Msat.Zero;
        Msat parts = JsonFields.Items(ended, "parts")
            .Aggregate(Msat.Zero, (sum, part) => sum + (Amount(part, "fees") ?? Amount(part, "feesPaid") ?? Msat.Zero));
        return preimage.PaymentHash != hash || (expected is { } asked && asked != hash)
            ? Payment.Unknown(expected ?? hash, "Eclair's answer has no preimage of the hash; look the payment up.")
            : new Payment
            {
                PaymentHash = hash,
                Status = PaymentStatus.Succeeded,
                Amount = amount,
                Fee = Amount(ended, "fees") ?? parts,
                Preimage = preimage,
                Destination = JsonFields.Node(ended, "recipientNodeId"),
                CreatedAt = Time(ended, "startedAt"),
                CompletedAt = Time(ended, "settledAt"),
            };
    }

    public static PaymentFailure Failure(string reason)
    {
        bool says(string words) => reason.Contains(words, StringComparison.OrdinalIgnoreCase);
        return reason switch
        {
            _ when says("balance too low") || says("insufficient funds") => PaymentFailure.InsufficientBalance,
            _ when says("fee") && (says("too high") || says("exceed") || says("budget")) => PaymentFailure.FeeTooHigh,
            _ when says("route") || says("exhausted") || says("unavailable") || says("disabled") || says("minimum required") =>
                PaymentFailure.NoRoute,
            _ when says("incorrect payment") || says("incorrect_or_unknown") => PaymentFailure.RefusedByPayee,
            _ when says("expired") => PaymentFailure.Expired,
            _ => PaymentFailure.RefusedByNode,
        };
    }

    private static Payment Attempt(JsonElement[] parts, Digest hash)
    {
        JsonElement first = parts[0];
        (JsonElement Part, JsonElement Status, string? Type)[] read =
        [
            .. parts.Select(part => (part, Status: JsonFields.Find(part, "status") ?? default))
                .Select(one => (one.part, one.Status, JsonFields.Text(one.Status, "type"))),
        ];
        Payment common = new()
        {
            PaymentHash = hash,
            Status = PaymentStatus.Pending,
            Amount = Amount(first, "recipientAmount") ?? Msat.Zero,
            Destination = JsonFields.Node(first, "recipientNodeId"),
            CreatedAt = Time(first, "createdAt"),
        };

        // The payee takes all parts or none: one that is settled settles the payment, and a preimage is out. What it cost is
        // known when no part is out any more.
        if (read.Any(one => one.Type is not ("sent" or "failed")))
        {
            return common;
        }

        if (read.FirstOrDefault(one => one.Type == "sent") is { Type: not null } sent)
        {
            return JsonFields.Secret(sent.Status, "paymentPreimage") is { } preimage && preimage.PaymentHash == hash
                ? common with
                {
                    Status = PaymentStatus.Succeeded,
                    Fee = read.Aggregate(Msat.Zero, (sum, one) => sum + (Amount(one.Status, "feesPaid") ?? Msat.Zero)),
                    Preimage = preimage,
                    CompletedAt = Time(sent.Status, "completedAt"),
                }
                : Payment.Unknown(hash, "Eclair says sent, and has no preimage of the hash.");
        }

        string reason = Reason(read[^1].Status);
        return common with
        {
            Status = PaymentStatus.Failed,
            Failure = Failure(reason),
            Reason = $"Eclair says: {reason}",
            CompletedAt = Time(read[^1].Status, "completedAt"),
        };
    }

    // The last failure is the one that ended it, unless that was only that nothing was left to try. Its text is called differently in
    // events and on the books.
    private static string Reason(JsonElement from)
    {
        string[] reasons = [.. JsonFields.Items(from, "failures").Select(Words).OfType<string>()];
        return reasons.LastOrDefault(reason => reason is not ("route not found" or "payment attempts exhausted without success"))
            ?? reasons.LastOrDefault()
            ?? "the payment failed";
    }

    private static string? Words(JsonElement failure) =>
        JsonFields.Text(failure, "failureMessage") ?? JsonFields.Text(failure, "message") ?? JsonFields.Text(failure, "t")
        ?? (JsonFields.Find(failure, "e") is { } packet ? JsonFields.Text(packet, "failureMessage") : null);
}
