using SeederMesh.Core.Money;

namespace SeederMesh.Lightning;

/// <summary>What to pay, and within which limits.</summary>
/// <param name="Invoice">A BOLT 11 invoice, or a BOLT 12 invoice (<c>lni1...</c>) where the node has the
/// feature.</param>
/// <param name="MaxFee">The most that routing may cost on top of the amount.</param>
public sealed record PayRequest(string Invoice, Msat MaxFee)
{
    /// <summary>The amount, for an invoice that names none; null otherwise.</summary>
    public Msat? Amount { get; init; }

    /// <summary>How long to wait for an answer. Default 60 s; 1 s to 10 min. It does not bound the payment: an HTLC
    /// that is held stays pending.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>A payment to a node without an invoice.</summary>
/// <param name="Destination">The payee's node.</param>
/// <param name="Amount">What the payee receives; more than zero.</param>
/// <param name="Preimage">Drawn from a secure source by the caller, which has stored it; its SHA-256 is the payment
/// hash.</param>
/// <param name="MaxFee">The most that routing may cost on top of the amount.</param>
public sealed record KeysendRequest(NodeId Destination, Msat Amount, Preimage Preimage, Msat MaxFee)
{
    /// <summary>How long to wait for an answer; as <see cref="PayRequest.TimeLimit"/>.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>An offer to pay in one step.</summary>
/// <param name="Offer">The offer, <c>lno1...</c>.</param>
/// <param name="Amount">The amount, for an offer that names none.</param>
/// <param name="MaxFee">The most that routing may cost on top of the amount.</param>
public sealed record OfferPayRequest(string Offer, Msat? Amount, Msat MaxFee)
{
    /// <summary>How long to wait for an answer; as <see cref="PayRequest.TimeLimit"/>.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>Which offer to ask for an invoice.</summary>
/// <param name="Offer">The offer, <c>lno1...</c>.</param>
/// <param name="Amount">The amount, for an offer that names none.</param>
public sealed record OfferInvoiceRequest(string Offer, Msat? Amount)
{
    /// <summary>How long to wait for the payee. Default 30 s.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>An offer's invoice, or why there is none.</summary>
/// <param name="Invoice">The BOLT 12 invoice, or null.</param>
/// <param name="PaymentHash">Its payment hash; <c>default</c> without an invoice.</param>
/// <param name="Amount">What it asks for.</param>
/// <param name="Failure">Why there is none.</param>
/// <param name="Reason">A sentence for a person; empty with an invoice.</param>
public sealed record OfferInvoiceResult(
    string? Invoice, Core.Identity.Digest PaymentHash, Msat Amount, PaymentFailure Failure, string Reason);
