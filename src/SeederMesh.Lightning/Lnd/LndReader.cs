using System.Globalization;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.Lnd;

/// <summary>Reads LND's REST answers: 64-bit numbers are strings, bytes are base64, but a payment's hash and preimage
/// are hexadecimal.</summary>
internal static class LndReader
{
    public static long Number(JsonElement from, string name) => JsonFields.Find(from, name) switch
    {
        { ValueKind: JsonValueKind.String } value when long.TryParse(
            value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out long number) => number,
        _ => 0,
    };

    public static Msat Amount(JsonElement from, string name) => Msat.TryFrom(Number(from, name), out Msat amount) ? amount : Msat.Zero;

    public static byte[] Bytes(JsonElement from, string name)
    {
        byte[] buffer = new byte[128];
        return Convert.TryFromBase64String(JsonFields.Text(from, name) ?? "", buffer, out int length) ? buffer[..length] : [];
    }

    public static DateTimeOffset? Time(long unixSeconds) =>
        unixSeconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds) : null;

    public static Invoice Invoice(JsonElement from)
    {
        byte[] hash = Bytes(from, "r_hash");
        byte[] preimage = Bytes(from, "r_preimage");
        if (hash.Length != Digest.Size)
        {
            throw new LightningNodeException(NodeFault.MalformedAnswer, "LND's invoice has no r_hash.");
        }

        long created = Number(from, "creation_date");
        DateTimeOffset expires = (Time(created) ?? default).AddSeconds(Number(from, "expiry"));
        InvoiceStatus status = JsonFields.Text(from, "state") switch
        {
            "SETTLED" => InvoiceStatus.Settled,
            "ACCEPTED" => InvoiceStatus.Held,
            "CANCELED" => InvoiceStatus.Expired,
            _ => InvoiceStatus.Open,
        };
        Msat asked = Amount(from, "value_msat");
        return new Invoice
        {
            PaymentHash = new Digest(hash),
            Label = JsonFields.Flag(from, "is_keysend") ? $"keysend-{new Digest(hash)}" : "",
            Bolt11 = JsonFields.Text(from, "payment_request") ?? "",
            Status = status,
            Amount = asked.IsZero ? null : asked,
            Received = status == InvoiceStatus.Settled ? Amount(from, "amt_paid_msat") : Msat.Zero,
            Description = JsonFields.Text(from, "memo") ?? "",
            ExpiresAt = expires,
            SettledAt = status == InvoiceStatus.Settled ? Time(Number(from, "settle_date")) : null,
            Preimage = status == InvoiceStatus.Settled && preimage.Length == Lightning.Preimage.Size ? new Preimage(preimage) : null,
        };
    }

    /// <summary>Whether an invoice is paid once and for all; one that can be paid again (AMP) has no index.</summary>
    public static bool IsSettled(JsonElement invoice) =>
        JsonFields.Text(invoice, "state") == "SETTLED" && Number(invoice, "settle_index") > 0;

    public static SettledInvoice Settled(JsonElement from)
    {
        Invoice invoice = Invoice(from);
        return new SettledInvoice(
            Number(from, "settle_index"), invoice.PaymentHash, invoice.Label, invoice.Received, invoice.SettledAt ?? default);
    }

    public static Payment Payment(JsonElement from, Digest expected)
    {
        string? status = JsonFields.Text(from, "status");
        Preimage? preimage = Lightning.Preimage.TryParseHex(JsonFields.Text(from, "payment_preimage"), out Preimage read) ? read : null;
        bool paid = status == "SUCCEEDED" && preimage?.PaymentHash == expected;
        PaymentFailure failure = status == "FAILED" ? Failure(JsonFields.Text(from, "failure_reason")) : PaymentFailure.None;
        return new Payment
        {
            PaymentHash = expected,
            Status = status switch
            {
                "SUCCEEDED" => paid ? PaymentStatus.Succeeded : PaymentStatus.Unknown,
                "FAILED" => PaymentStatus.Failed,
                _ => PaymentStatus.Pending,
            },
            Amount = Amount(from, "value_msat"),
            Fee = paid ? Amount(from, "fee_msat") : Msat.Zero,
            Preimage = paid ? preimage : null,
            Failure = failure,
            Reason = status == "FAILED" ? $"LND says: {JsonFields.Text(from, "failure_reason")}." : "",
            CreatedAt = Time(Number(from, "creation_time_ns") / 1_000_000_000),
        };
    }

    /// <summary>What a channel can send, in satoshi; negative for nothing.</summary>
    public static long Spendable(JsonElement channel) =>
        Number(channel, "local_balance") - Reserve(channel, "local_constraints")
        - (JsonFields.Flag(channel, "initiator") ? FeeBuffer(channel) : 0);

    /// <summary>What a channel can receive, in satoshi; negative for nothing.</summary>
    public static long Receivable(JsonElement channel) =>
        Number(channel, "remote_balance") - Reserve(channel, "remote_constraints")
        - (JsonFields.Flag(channel, "initiator") ? 0 : FeeBuffer(channel));

    public static Digest PaymentHash(JsonElement from) =>
        Digest.TryParseHex(JsonFields.Text(from, "payment_hash"), out Digest hash)
            ? hash
            : throw new LightningNodeException(NodeFault.MalformedAnswer, "LND's payment has no payment_hash.");

    private static long Reserve(JsonElement channel, string side) =>
        JsonFields.Find(channel, side) is { } constraints ? Number(constraints, "chan_reserve_sat") : 0;

    // Who opened a channel pays its commitment, and keeps enough for one more HTLC (172 weight units, BOLT 3) at twice the fee rate.
    // What the commitment costs now is no longer in the balance.
    private static long FeeBuffer(JsonElement channel) =>
        (2 * Number(channel, "fee_per_kw") * (Number(channel, "commit_weight") + 172) / 1_000) - Number(channel, "commit_fee");

    // LND does not tell a limit that no path keeps from no path.
    private static PaymentFailure Failure(string? reason) => reason switch
    {
        "FAILURE_REASON_TIMEOUT" => PaymentFailure.TimedOut,
        "FAILURE_REASON_NO_ROUTE" => PaymentFailure.NoRoute,
        "FAILURE_REASON_INCORRECT_PAYMENT_DETAILS" => PaymentFailure.RefusedByPayee,
        "FAILURE_REASON_INSUFFICIENT_BALANCE" => PaymentFailure.InsufficientBalance,
        _ => PaymentFailure.RefusedByNode,
    };
}
