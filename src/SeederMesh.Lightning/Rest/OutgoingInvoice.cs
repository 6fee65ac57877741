using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Rest;

/// <summary>A BOLT 11 invoice that is to be paid, after every check that needs no node: for nodes that check little
/// themselves.</summary>
/// <param name="Invoice">The invoice.</param>
/// <param name="Amount">What will be paid.</param>
internal sealed record OutgoingInvoice(Bolt11Invoice Invoice, Msat Amount)
{
    /// <summary>Checks form, amount, network and expiry, in this order.</summary>
    /// <param name="request">What shall be paid.</param>
    /// <param name="network">The node's network.</param>
    /// <param name="now">The time.</param>
    /// <param name="refused">Why it is not paid; null when it may be.</param>
    /// <returns>The invoice; null when it is refused.</returns>
    public static OutgoingInvoice? Check(PayRequest request, string network, DateTimeOffset now, out Payment? refused)
    {
        if (!Bolt11Invoice.TryDecode(request.Invoice, out Bolt11Invoice? invoice, out string error))
        {
            refused = Payment.Failed(default, PaymentFailure.InvalidInvoice, $"Not a BOLT 11 invoice: {error}.");
            return null;
        }

        Msat amount = request.Amount ?? invoice.Amount ?? Msat.Zero;
        (PaymentFailure failure, string reason) = invoice switch
        {
            { Amount: null } when amount.IsZero => (PaymentFailure.WrongAmount, "The invoice needs an amount."),
            { Amount: { } asked } when asked != amount =>
                (PaymentFailure.WrongAmount, $"The invoice asks for {asked}, not {amount}."),
            _ when !(invoice.NetworkName == network || IsTestnet(invoice.NetworkName, network)) =>
                (PaymentFailure.WrongNetwork, $"The invoice is of {invoice.NetworkName}, the node is on {network}."),
            _ when invoice.ExpiresAt <= now => (PaymentFailure.Expired, $"The invoice expired at {invoice.ExpiresAt:u}."),
            _ => (PaymentFailure.None, ""),
        };
        refused = failure == PaymentFailure.None ? null : Payment.Failed(invoice.PaymentHash, failure, reason);
        return refused is null ? new OutgoingInvoice(invoice, amount) : null;
    }

    // testnet3 and testnet4 have one prefix.
    private static bool IsTestnet(string invoice, string network) =>
        invoice == "testnet" && network.StartsWith("testnet", StringComparison.Ordinal);
}
