using System.Text.Json;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.Phoenixd;

/// <summary>Reads what phoenixd answers: amounts in whole satoshi but fees in msat, times in Unix milliseconds, no
/// nulls.</summary>
internal static class PhoenixdReader
{
    public static LightningNodeException Malformed(string call, string field) =>
        new(NodeFault.MalformedAnswer, $"phoenixd's answer to {call} has no usable '{field}'.");

    public static Msat? Satoshi(JsonElement from, string name) =>
        JsonFields.Number(from, name) is { } satoshi and >= 0 and <= 2_100_000_000_000_000 ? Msat.FromSatoshi(satoshi) : null;

    public static DateTimeOffset? Time(JsonElement from, string name) =>
        JsonFields.Number(from, name) is { } ms and > 0 and < 253_402_300_799_000 ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;

    /// <summary>Whether an outgoing payment is one over Lightning: splices and liquidity are listed too.</summary>
    public static bool IsLightning(JsonElement from) =>
        JsonFields.Text(from, "subType") is null or "lightning" && JsonFields.Hash(from, "paymentHash") is not null;

    public static Invoice Invoice(JsonElement from)
    {
        bool paid = JsonFields.Flag(from, "isPaid");
        string bolt11 = JsonFields.Text(from, "invoice") ?? "";
        return new Invoice
        {
            PaymentHash = JsonFields.Hash(from, "paymentHash") ?? throw Malformed("payments/incoming", "paymentHash"),
            Label = JsonFields.Text(from, "externalId") ?? "",
            Bolt11 = bolt11,
            Status = paid ? InvoiceStatus.Settled : JsonFields.Flag(from, "isExpired") ? InvoiceStatus.Expired : InvoiceStatus.Open,
            Amount = Satoshi(from, "requestedSat"),
            Received = paid ? Satoshi(from, "receivedSat") ?? Msat.Zero : Msat.Zero,
            Description = JsonFields.Text(from, "description") ?? "",
            ExpiresAt = Time(from, "expiresAt")
                ?? (Bolt11Invoice.TryDecode(bolt11, out Bolt11Invoice? read, out _) ? read.ExpiresAt : default),
            SettledAt = paid ? Time(from, "completedAt") : null,
            Preimage = paid ? JsonFields.Secret(from, "preimage") : null,
        };
    }

    /// <summary>A received payment; null when it is not received.</summary>
    public static SettledInvoice? Settled(JsonElement from)
    {
        Invoice invoice = Invoice(from);
        return invoice is { Status: InvoiceStatus.Settled, SettledAt: { } at }
            ? new SettledInvoice(at.ToUnixTimeMilliseconds(), invoice.PaymentHash, invoice.Label, invoice.Received, at)
            : null;
    }

    /// <summary>An outgoing payment. Its amount is the invoice's, exact to the msat, where the invoice names one; otherwise it was
    /// given in whole satoshi, and what was sent is that and the fee, rounded down.</summary>
    public static Payment Payment(JsonElement from)
    {
        DateTimeOffset? completed = Time(from, "completedAt");
        Preimage? preimage = JsonFields.Secret(from, "preimage");
        Core.Identity.Digest hash = JsonFields.Hash(from, "paymentHash") ?? throw Malformed("payments/outgoing", "paymentHash");
        bool paid = JsonFields.Flag(from, "isPaid") && preimage?.PaymentHash == hash;
        PaymentStatus status = JsonFields.Flag(from, "isPaid")
            ? paid ? PaymentStatus.Succeeded : PaymentStatus.Unknown
            : completed is null ? PaymentStatus.Pending : PaymentStatus.Failed;
        Msat fee = Msat.TryFrom(JsonFields.Number(from, "fees") ?? 0, out Msat read) ? read : Msat.Zero;
        Msat sent = Satoshi(from, "sent") ?? Msat.Zero;
        return new Payment
        {
            PaymentHash = hash,
            Status = status,
            Amount = Bolt11Invoice.TryDecode(JsonFields.Text(from, "invoice"), out Bolt11Invoice? invoice, out _)
                && invoice.Amount is { } asked
                    ? asked
                    : sent.Less(Msat.Min(sent, Msat.FromSatoshi(fee.Value / 1_000))),
            Fee = paid ? fee : Msat.Zero,
            Preimage = paid ? preimage : null,
            Failure = status == PaymentStatus.Failed ? PaymentFailure.RefusedByNode : PaymentFailure.None,
            Reason = status switch
            {
                PaymentStatus.Failed => "phoenixd lists the payment as failed.",
                PaymentStatus.Unknown => "phoenixd says paid, and has no preimage of the hash.",
                _ => "",
            },
            Destination = invoice?.Payee,
            CreatedAt = Time(from, "createdAt"),
            CompletedAt = completed,
        };
    }

    /// <summary>Why a payment failed. phoenixd says it in words only.</summary>
    /// <remarks>Source: lightning-kmp, FinalFailure and LightningOutgoingPayment.Part.Status.Failed.Failure.</remarks>
    public static PaymentFailure Failure(string reason)
    {
        bool says(params string[] words) => words.Any(word => reason.Contains(word, StringComparison.OrdinalIgnoreCase));
        return reason switch
        {
            _ when says("not connected", "in progress", "too many pending", "wallet restarted") => PaymentFailure.NodeUnavailable,
            _ when says("not enough funds", "amount is too large", "existing channels") => PaymentFailure.InsufficientBalance,
            _ when says("routing fees") => PaymentFailure.FeeTooHigh,
            _ when says("rejected") => PaymentFailure.RefusedByPayee,
            _ when says("recipient", "route", "exhausted") => PaymentFailure.NoRoute,
            _ when says("payment request") => PaymentFailure.InvalidInvoice,
            _ => PaymentFailure.RefusedByNode,
        };
    }
}
