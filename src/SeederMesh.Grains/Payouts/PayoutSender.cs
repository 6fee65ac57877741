using System.Security.Cryptography;
using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Payouts;

/// <summary>Hands payouts to the Lightning node. Preparing sends nothing; sending happens under the prepared hash
/// only.</summary>
/// <remarks>
/// The preimage of a keysend follows from the hub's payout secret and the payout's id, so that after a crash the same
/// payout is sent under
/// the same hash and no secret lies in the ledger before it is revealed.
/// </remarks>
public sealed class PayoutSender(ILightningNode node, IInvoiceFetcher invoices, HubSettings settings)
{
    /// <summary>How long one call waits for the node; a payment that takes longer is looked up later.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    /// <summary>Finds out under which hash a payout will be sent.</summary>
    public async Task<PreparedPayout> PrepareAsync(Id128 payoutId, PayoutDestination destination, Msat amount)
    {
        switch (destination.Kind)
        {
            case DestinationKind.Keysend:
                return new PreparedPayout(PreimageOf(payoutId).PaymentHash, Invoice: null, Reason: "");
            case DestinationKind.Bolt11:
                return Check(destination.Value, amount, isGiven: true);
            case DestinationKind.Bolt12:
                OfferInvoiceResult answer = await node.FetchOfferInvoiceAsync(
                    new OfferInvoiceRequest(destination.Value, amount) { TimeLimit = TimeLimit });
                return answer.Invoice is null
                    ? new PreparedPayout(null, null, answer.Reason) { IsUnpayable = answer.Failure.IsOfDestination() }
                    : Check(answer.Amount, amount, new PreparedPayout(answer.PaymentHash, answer.Invoice, ""));
        }

        FetchedInvoice fetched = await invoices.FetchAsync(destination, amount);
        return fetched.Bolt11 is null
            ? new PreparedPayout(null, null, fetched.Reason) { Limits = fetched.Limits, IsUnpayable = fetched.IsUnpayable }
            : Check(fetched.Bolt11, amount, isGiven: false);
    }

    /// <summary>Sends, or sends again, under the payout's hash.</summary>
    public Task<Payment> SendAsync(PayoutRecord payout)
    {
        if (payout.Invoice is { } invoice)
        {
            // A BOLT 12 invoice always names its amount.
            bool leavesAmountOpen = Bolt11Invoice.TryDecode(invoice, out Bolt11Invoice? read, out _) && read.Amount is null;
            return node.PayAsync(new PayRequest(invoice, payout.FeeLimit)
            {
                Amount = leavesAmountOpen ? payout.Amount : null,
                TimeLimit = TimeLimit,
            });
        }

        NodeId? target = PayoutDestination.TryParse(payout.Destination, out PayoutDestination? destination, out _)
            && NodeId.TryParse(destination.Value, out NodeId? named) ? named : null;
        Invariant.Require(target is not null, "a payout without an invoice names a node");
        return node.KeysendAsync(
            new KeysendRequest(target, payout.Amount, PreimageOf(payout.Id), payout.FeeLimit) { TimeLimit = TimeLimit });
    }

    /// <summary>What became of a payout that was, or may have been, sent.</summary>
    public Task<Payment> LookUpAsync(Digest paymentHash) => node.LookUpPaymentAsync(paymentHash);

    /// <summary>An invoice is paid only when it asks for exactly what is to be paid; one that a person gave may leave
    /// the amount open.</summary>
    private static PreparedPayout Check(string bolt11, Msat amount, bool isGiven)
    {
        if (!Bolt11Invoice.TryDecode(bolt11, out Bolt11Invoice? invoice, out string error))
        {
            return new PreparedPayout(null, null, $"The destination's invoice cannot be read: {error}");
        }

        var prepared = new PreparedPayout(invoice.PaymentHash, bolt11, "");
        return isGiven && invoice.Amount is null ? prepared : Check(invoice.Amount, amount, prepared);
    }

    private static PreparedPayout Check(Msat? asked, Msat amount, PreparedPayout prepared) => asked == amount
        ? prepared
        : new PreparedPayout(null, null, $"The invoice asks for {asked?.ToString() ?? "any amount"}, the payment is {amount}.");

    private Preimage PreimageOf(Id128 payoutId) => new(HMACSHA256.HashData(settings.PayoutSecret, payoutId.ToArray()));
}

/// <summary>What is known of a payout before it is sent.</summary>
/// <param name="PaymentHash">The hash that it will be sent under; null when it cannot be sent.</param>
/// <param name="Invoice">The invoice that is paid; null for a keysend.</param>
/// <param name="Reason">Why it cannot be sent; empty when it can.</param>
public sealed record PreparedPayout(Digest? PaymentHash, string? Invoice, string Reason)
{
    /// <summary>What the destination takes at a time, where the amount is less or more than that.</summary>
    public (Msat Least, Msat Most)? Limits { get; init; }

    /// <summary>Whether trying again is in vain until somebody changes something.</summary>
    public bool IsUnpayable { get; init; }
}

/// <summary>Asks a Lightning address or an LNURL for an invoice. Tests script its failures.</summary>
public interface IInvoiceFetcher
{
    /// <summary>An invoice for exactly an amount. Never throws for what a destination answers.</summary>
    Task<FetchedInvoice> FetchAsync(PayoutDestination destination, Msat amount);
}

/// <summary>An invoice, or why there is none.</summary>
/// <param name="Bolt11">The invoice; null when there is none.</param>
/// <param name="Reason">A sentence for a person.</param>
public sealed record FetchedInvoice(string? Bolt11, string Reason)
{
    /// <summary>Whether asking again is in vain until somebody changes something.</summary>
    public bool IsUnpayable { get; init; }

    /// <summary>What the destination takes at a time, where the amount is less or more than that.</summary>
    public (Msat Least, Msat Most)? Limits { get; init; }
}
