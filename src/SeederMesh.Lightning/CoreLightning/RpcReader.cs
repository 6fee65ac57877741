using System.Globalization;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.CoreLightning;

/// <summary>Reads what lightningd answers. Amounts are integers, or strings that end in msat (older
/// releases).</summary>
internal static class RpcReader
{
    public static LightningNodeException Malformed(string method, string field) =>
        new(NodeFault.MalformedAnswer, $"Core Lightning's answer to {method} has no usable '{field}'.");

    public static Msat? Amount(JsonElement from, string name)
    {
        long? msat = JsonFields.Find(from, name) switch
        {
            { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out long number) => number,
            { ValueKind: JsonValueKind.String } value when long.TryParse(
                (value.GetString() ?? "").Replace("msat", "", StringComparison.Ordinal),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out long number) => number,
            _ => null,
        };
        return msat is { } given && Msat.TryFrom(given, out Msat amount) ? amount : null;
    }

    public static Digest Hash(JsonElement from, string name) =>
        Digest.TryParseHex(JsonFields.Text(from, name), out Digest hash) ? hash : throw Malformed("the call", name);

    /// <summary>Seconds since 1970; created_at of a payment has a fraction.</summary>
    public static DateTimeOffset? Time(JsonElement from, string name) =>
        JsonFields.Find(from, name) is { ValueKind: JsonValueKind.Number } value
        && value.TryGetDecimal(out decimal seconds)
        && seconds is >= 0 and <= 253_402_300_799m
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000))
            : null;

    /// <summary>Whether <c>our_features.node</c> of getinfo, big-endian hexadecimal, has a bit or the odd one after
    /// it.</summary>
    public static bool HasFeature(JsonElement info, int even)
    {
        string bits = JsonFields.Find(info, "our_features") is { } features ? JsonFields.Text(features, "node") ?? "" : "";
        int digit = bits.Length - 1 - (even / 4);
        return digit >= 0
            && int.TryParse(bits.AsSpan(digit, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int nibble)
            && ((nibble >> (even % 4)) & 3) != 0;
    }

    public static Invoice Invoice(JsonElement from) => new()
    {
        PaymentHash = Hash(from, "payment_hash"),
        Label = JsonFields.Text(from, "label") ?? "",
        Bolt11 = JsonFields.Text(from, "bolt11") ?? JsonFields.Text(from, "bolt12") ?? "",
        Status = JsonFields.Text(from, "status") switch
        {
            "paid" => InvoiceStatus.Settled,
            "expired" => InvoiceStatus.Expired,
            _ => InvoiceStatus.Open,
        },
        Amount = Amount(from, "amount_msat"),
        Received = Amount(from, "amount_received_msat") ?? Msat.Zero,
        Description = JsonFields.Text(from, "description") ?? "",
        ExpiresAt = Time(from, "expires_at") ?? default,
        SettledAt = Time(from, "paid_at"),
        Preimage = JsonFields.Secret(from, "payment_preimage"),
    };

    /// <summary>An entry of listpays. Its amount may be missing, and its preimage is called preimage.</summary>
    public static Payment Payment(JsonElement from)
    {
        PaymentStatus status = JsonFields.Text(from, "status") switch
        {
            "complete" => PaymentStatus.Succeeded,
            "failed" => PaymentStatus.Failed,
            _ => PaymentStatus.Pending,
        };
        Preimage? preimage = JsonFields.Secret(from, "preimage") ?? JsonFields.Secret(from, "payment_preimage");
        Msat sent = Amount(from, "amount_sent_msat") ?? Msat.Zero;
        Msat amount = Amount(from, "amount_msat") ?? sent;
        bool paid = status == PaymentStatus.Succeeded;
        return new Payment
        {
            PaymentHash = Hash(from, "payment_hash"),
            Status = status,
            Amount = amount,
            Fee = paid && sent > amount ? sent.Less(amount) : Msat.Zero,
            Preimage = paid ? preimage : null,
            Failure = status == PaymentStatus.Failed ? PaymentFailure.RefusedByNode : PaymentFailure.None,
            Reason = status == PaymentStatus.Failed ? "Core Lightning lists the payment as failed." : "",
            Destination = JsonFields.Node(from, "destination"),
            CreatedAt = Time(from, "created_at"),
            CompletedAt = Time(from, "completed_at"),
        };
    }

    public static DecodedRequest Decoded(JsonElement from)
    {
        string kind = JsonFields.Text(from, "type") ?? "";
        if (!JsonFields.Flag(from, "valid"))
        {
            return new DecodedRequest { Kind = kind, Error = "Core Lightning says that it is not valid." };
        }

        DateTimeOffset? created = Time(from, "created_at") ?? Time(from, "invoice_created_at");
        long? lasts = JsonFields.Number(from, "expiry") ?? JsonFields.Number(from, "invoice_relative_expiry");
        return new DecodedRequest
        {
            Kind = kind,
            Network = NetworkName(JsonFields.Text(from, "currency")),
            Payee = JsonFields.Node(from, "payee") ?? JsonFields.Node(from, "invoice_node_id") ?? JsonFields.Node(from, "offer_issuer_id"),
            Amount = Amount(from, "amount_msat") ?? Amount(from, "invoice_amount_msat") ?? Amount(from, "offer_amount_msat"),
            Description = JsonFields.Text(from, "description") ?? JsonFields.Text(from, "offer_description"),
            DescriptionHash = Digest.TryParseHex(JsonFields.Text(from, "description_hash"), out Digest described) ? described : null,
            PaymentHash = JsonFields.Hash(from, "payment_hash") ?? JsonFields.Hash(from, "invoice_payment_hash"),
            ExpiresAt = created is { } start && lasts is { } seconds
                ? start.AddSeconds(seconds)
                : Time(from, "offer_absolute_expiry"),
        };
    }

    private static string NetworkName(string? currency) => currency switch
    {
        "bc" => "bitcoin",
        "tb" => "testnet",
        "tbs" => "signet",
        "bcrt" => "regtest",
        null => "",
        _ => currency,
    };
}
