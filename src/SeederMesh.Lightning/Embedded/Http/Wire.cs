using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Embedded.Http;

/// <summary>What crosses the embedded network's HTTP API. Amounts are strings of msat, hashes and keys hexadecimal,
/// times unix ms.</summary>
internal static class Wire
{
    /// <summary>Longest request body in bytes.</summary>
    public const int BodySizeMax = 65_536;

    /// <summary>Longest a poll for settled invoices waits on the server.</summary>
    public static readonly TimeSpan PollWait = TimeSpan.FromSeconds(20);

    // The resolver is named since ASP.NET would add one at the first use, which fails where two are the first.
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        MaxDepth = 8,
    };

    public static string Text(Msat amount) => amount.Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>An amount as digits only: no unit, sign, space or fraction.</summary>
    public static bool TryAmount(string? text, out Msat amount)
    {
        amount = default;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long msat)
            && Msat.TryFrom(msat, out amount);
    }
}

internal sealed record OpenWalletBody(string? Name, string? Token, string? FundsMsat);

internal sealed record NodeBody(string Name, string NodeId, string Alias, string Network, string SpendableMsat, string ReceivableMsat);

internal sealed record InvoiceRequestBody(string? Label, string? AmountMsat, string? Description, bool HashDescription, long ExpirySeconds);

internal sealed record PaymentRequestBody(
    string? Invoice, string? Destination, string? Preimage, string? AmountMsat, string? MaxFeeMsat, int TimeLimitSeconds);

internal sealed record InvoiceBody(
    string PaymentHash,
    string Label,
    string Bolt11,
    InvoiceStatus Status,
    string? AmountMsat,
    string ReceivedMsat,
    string Description,
    long ExpiresUnixMs,
    long? SettledUnixMs,
    string? Preimage)
{
    public static InvoiceBody From(Invoice invoice) => new(
        invoice.PaymentHash.ToString(),
        invoice.Label,
        invoice.Bolt11,
        invoice.Status,
        invoice.Amount is { } amount ? Wire.Text(amount) : null,
        Wire.Text(invoice.Received),
        invoice.Description,
        invoice.ExpiresAt.ToUnixTimeMilliseconds(),
        invoice.SettledAt?.ToUnixTimeMilliseconds(),
        invoice.Preimage?.ToString());

    public Invoice ToInvoice() => new()
    {
        PaymentHash = WireReader.Hash(PaymentHash),
        Label = Label,
        Bolt11 = Bolt11,
        Status = Status,
        Amount = AmountMsat is null ? null : WireReader.Amount(AmountMsat),
        Received = WireReader.Amount(ReceivedMsat),
        Description = Description,
        ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(ExpiresUnixMs),
        SettledAt = SettledUnixMs is { } settled ? DateTimeOffset.FromUnixTimeMilliseconds(settled) : null,
        Preimage = Preimage is null ? null : WireReader.Secret(Preimage),
    };
}

internal sealed record InvoiceResultBody(InvoiceResultStatus Status, InvoiceBody? Invoice, string Reason);

internal sealed record PaymentBody(
    string PaymentHash,
    PaymentStatus Status,
    string AmountMsat,
    string FeeMsat,
    string? Preimage,
    PaymentFailure Failure,
    string Reason,
    string? Destination,
    long? CreatedUnixMs,
    long? CompletedUnixMs)
{
    public static PaymentBody From(Payment payment) => new(
        payment.PaymentHash.ToString(),
        payment.Status,
        Wire.Text(payment.Amount),
        Wire.Text(payment.Fee),
        payment.Preimage?.ToString(),
        payment.Failure,
        payment.Reason,
        payment.Destination?.ToString(),
        payment.CreatedAt?.ToUnixTimeMilliseconds(),
        payment.CompletedAt?.ToUnixTimeMilliseconds());

    public Payment ToPayment() => new()
    {
        PaymentHash = WireReader.Hash(PaymentHash),
        Status = Status,
        Amount = WireReader.Amount(AmountMsat),
        Fee = WireReader.Amount(FeeMsat),
        Preimage = Preimage is null ? null : WireReader.Secret(Preimage),
        Failure = Failure,
        Reason = Reason,
        Destination = Destination is null ? null : WireReader.Node(Destination),
        CreatedAt = CreatedUnixMs is { } created ? DateTimeOffset.FromUnixTimeMilliseconds(created) : null,
        CompletedAt = CompletedUnixMs is { } completed ? DateTimeOffset.FromUnixTimeMilliseconds(completed) : null,
    };
}

internal sealed record SettledBody(long Cursor, string PaymentHash, string Label, string ReceivedMsat, long SettledUnixMs)
{
    public static SettledBody From(SettledInvoice settled) => new(
        settled.Cursor,
        settled.PaymentHash.ToString(),
        settled.Label,
        Wire.Text(settled.Received),
        settled.SettledAt.ToUnixTimeMilliseconds());

    public SettledInvoice ToSettled() => new(
        Cursor,
        WireReader.Hash(PaymentHash),
        Label,
        WireReader.Amount(ReceivedMsat),
        DateTimeOffset.FromUnixTimeMilliseconds(SettledUnixMs));
}

/// <summary>Reads what a node's answer must contain.</summary>
internal static class WireReader
{
    public static Digest Hash(string? text) =>
        Digest.TryParseHex(text, out Digest hash) ? hash : throw Malformed("a payment hash", text);

    public static Preimage Secret(string? text) =>
        Preimage.TryParseHex(text, out Preimage preimage) ? preimage : throw Malformed("a preimage", text);

    public static NodeId Node(string? text) => NodeId.TryParse(text, out NodeId? id) ? id : throw Malformed("a node id", text);

    public static Msat Amount(string? text) =>
        Wire.TryAmount(text, out Msat amount) ? amount : throw Malformed("an amount in msat", text);

    private static LightningNodeException Malformed(string what, string? text) =>
        new(NodeFault.MalformedAnswer, $"The node answered '{text}' where {what} must be.");
}
