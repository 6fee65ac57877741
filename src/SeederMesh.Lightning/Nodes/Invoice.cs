using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning;

/// <summary>What an invoice shall ask for.</summary>
/// <param name="Label">The caller's id, unique at this node: 1 to 128 of A-Z a-z 0-9 _ -. Makes the request
/// idempotent.</param>
/// <param name="Amount">What to ask for, more than zero; null for an invoice that takes any amount.</param>
/// <param name="Description">What it is for; at most 639 bytes of UTF-8 unless <see cref="HashDescription"/> is set,
/// then 16 KiB.</param>
public sealed record InvoiceRequest(string Label, Msat? Amount, string Description)
{
    /// <summary>Longest label in characters.</summary>
    public const int LabelLengthMax = 128;

    /// <summary>Put the SHA-256 of the description into the invoice instead of its text, as LUD-06 asks for. Default:
    /// the text.</summary>
    public bool HashDescription { get; init; }

    /// <summary>How long it can be paid. Default 1 hour; 1 s to 1 year.</summary>
    public TimeSpan Expiry { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Why the request cannot be served by any node, or null.</summary>
    public string? Defect()
    {
        int bytes = System.Text.Encoding.UTF8.GetByteCount(Description);
        return this switch
        {
            { Label.Length: 0 or > LabelLengthMax } => $"A label has 1 to {LabelLengthMax} characters.",
            _ when !Label.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') => "A label has only A-Z a-z 0-9 _ and -.",
            { Amount.IsZero: true } => "An invoice of zero cannot be paid; leave the amount out for any amount.",
            { HashDescription: false } when bytes > 639 => "A description has at most 639 bytes of UTF-8; ask for its hash.",
            _ when bytes > 16_384 => "A description has at most 16,384 bytes of UTF-8.",
            _ when Expiry < TimeSpan.FromSeconds(1) || Expiry > TimeSpan.FromDays(365) => "An invoice expires after 1 s to 1 year.",
            _ => null,
        };
    }
}

/// <summary>An own invoice.</summary>
public sealed record Invoice
{
    /// <summary>The hash that it is paid under.</summary>
    public required Digest PaymentHash { get; init; }

    /// <summary>The caller's id. A keysend that came in has the label <c>keysend-</c> and its payment hash.</summary>
    public required string Label { get; init; }

    /// <summary>The BOLT 11 text; empty for a keysend.</summary>
    public required string Bolt11 { get; init; }

    /// <summary>How far it is.</summary>
    public required InvoiceStatus Status { get; init; }

    /// <summary>What it asks for; null for any amount.</summary>
    public Msat? Amount { get; init; }

    /// <summary>What came in; zero until it settled.</summary>
    public Msat Received { get; init; }

    /// <summary>What it is for.</summary>
    public string Description { get; init; } = "";

    /// <summary>When it stops being payable.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it settled.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>The proof, once it settled.</summary>
    public Preimage? Preimage { get; init; }
}

/// <summary>How far an own invoice is.</summary>
public enum InvoiceStatus
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>It can be paid.</summary>
    Open = 1,

    /// <summary>Nobody paid it in time.</summary>
    Expired = 2,

    /// <summary>Money is on its way and can still return.</summary>
    Held = 3,

    /// <summary>It is paid.</summary>
    Settled = 4,
}

/// <summary>What became of a request for an invoice.</summary>
/// <param name="Status">The outcome.</param>
/// <param name="Invoice">The invoice, when there is one.</param>
/// <param name="Reason">A sentence for a person; empty when there is an invoice.</param>
public sealed record InvoiceResult(InvoiceResultStatus Status, Invoice? Invoice, string Reason)
{
    /// <summary>The invoice.</summary>
    /// <exception cref="LightningNodeException">There is none; the message says why.</exception>
    public Invoice Required() => Invoice ?? throw new LightningNodeException(NodeFault.Refused, Reason);
}

/// <summary>Outcomes of a request for an invoice, in the order of the checks.</summary>
public enum InvoiceResultStatus
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The request breaks a limit.</summary>
    InvalidRequest = 1,

    /// <summary>The node could not be asked or its answer was lost; asking again with the same label is safe.</summary>
    Unknown = 2,

    /// <summary>The label exists with other terms.</summary>
    LabelConflict = 3,

    /// <summary>The node refused; the reason has its words.</summary>
    Refused = 4,

    /// <summary>The label exists with the same terms: the same invoice again.</summary>
    AlreadyExists = 5,

    /// <summary>A new invoice.</summary>
    Created = 6,
}

/// <summary>An invoice or keysend that was paid.</summary>
/// <param name="Cursor">Grows with each one at this node; store it to continue after it.</param>
/// <param name="PaymentHash">The hash that it was paid under.</param>
/// <param name="Label">The label of the invoice; <c>keysend-HASH</c> for a keysend.</param>
/// <param name="Received">What came in.</param>
/// <param name="SettledAt">When.</param>
public sealed record SettledInvoice(long Cursor, Digest PaymentHash, string Label, Msat Received, DateTimeOffset SettledAt);
