using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Destinations;

/// <summary>What to pay so that a destination gets an amount, or why nothing can be paid.</summary>
public sealed record ResolvedDestination
{
    /// <summary>The outcome.</summary>
    public required ResolveStatus Status { get; init; }

    /// <summary>Whether asking again is in vain until the payee, or the operator, changes something. Whatever a host may
    /// answer otherwise in a while is no such thing.</summary>
    public bool IsUnpayable => Status is ResolveStatus.AddressRefused or ResolveStatus.NoLightning or ResolveStatus.PayerDataRequired;

    /// <summary>A sentence for a person that says which host did what; empty when resolved.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The node to pay by keysend, for that kind.</summary>
    public NodeId? Keysend { get; init; }

    /// <summary>The invoice to pay; checked against amount and metadata.</summary>
    public Bolt11Invoice? Invoice { get; init; }

    /// <summary>The offer to fetch an invoice from (<see cref="ILightningNode.FetchOfferInvoiceAsync"/>), for BOLT
    /// 12.</summary>
    public string? Offer { get; init; }

    /// <summary>What the payee takes at least and at most, when it said so. Helps to batch when
    /// <see cref="ResolveStatus.AmountOutOfRange"/>.</summary>
    public (Msat Min, Msat Max)? Limits { get; init; }

    /// <summary>What the payee wants shown after the payment (LUD-09).</summary>
    public SuccessAction? SuccessAction { get; init; }

    /// <summary>Where the payee says whether it was paid (LUD-21); on the same host as its callback.</summary>
    public string? VerifyAddress { get; init; }
}

/// <summary>Outcomes of resolving a destination, in the order of the checks.</summary>
public enum ResolveStatus
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The rules for outgoing requests forbid the address; only the operator or the payee can change
    /// that.</summary>
    AddressRefused = 1,

    /// <summary>The host does not answer, or says that it cannot now (HTTP 5xx, 429); later it may.</summary>
    Unreachable = 2,

    /// <summary>The host answered with an error.</summary>
    RefusedByPayee = 3,

    /// <summary>The host answered something that LNURL-pay or Open Payments does not allow.</summary>
    MalformedAnswer = 4,

    /// <summary>A wallet that cannot be paid over Lightning, or an LNURL for something else than paying; the payee has to
    /// name another destination.</summary>
    NoLightning = 5,

    /// <summary>The payee demands data about the payer that this program does not give (LUD-18).</summary>
    PayerDataRequired = 6,

    /// <summary>The payee takes less or more only; see <see cref="ResolvedDestination.Limits"/>.</summary>
    AmountOutOfRange = 7,

    /// <summary>The invoice is not what was asked for: another amount, or the hash of something else.</summary>
    InvoiceMismatch = 8,

    /// <summary>There is something to pay.</summary>
    Resolved = 9,
}
