using SeederMesh.Core.Manifests;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Grains.Payouts;

/// <summary>Where money goes: one of a payee's endpoints, or a downloader's refund destination.</summary>
public static class PayoutDestination
{
    private const string Bolt11Prefix = "bolt11:";

    /// <summary>Longest destination in characters.</summary>
    public const int LengthMax = 4_096;

    /// <summary>Whether a payee can be paid there again and again.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="paysOffers">Whether the hub's node pays BOLT 12 offers.</param>
    public static bool IsPayable(string? destination, bool paysOffers) =>
        PaymentEndpoint.TryParse(destination, out PaymentEndpoint endpoint) && IsPayable(endpoint.Kind, paysOffers);

    /// <summary>Whether a refund can go there: also an invoice, which is paid once.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="paysOffers">Whether the hub's node pays BOLT 12 offers.</param>
    public static bool IsRefundable(string? destination, bool paysOffers) =>
        destination?.Length <= LengthMax && (IsPayable(destination, paysOffers) || TryReadInvoice(destination, out _));

    /// <summary>The endpoint to use at an attempt: the best first, and the others in turn after failures.</summary>
    /// <param name="destinations">One a line, the best first.</param>
    /// <param name="failures">How many attempts failed in a row.</param>
    /// <param name="paysOffers">Whether the hub's node pays BOLT 12 offers; else one is tried only where there is
    /// nothing else.</param>
    public static string? Choose(string? destinations, int failures, bool paysOffers)
    {
        string[] known = [.. (destinations ?? "").Split('\n').Where(destination => IsRefundable(destination, paysOffers: true))];
        string[] payable = [.. known.Where(destination => IsRefundable(destination, paysOffers))];
        payable = payable.Length == 0 ? known : payable;
        return payable.Length == 0 ? null : payable[failures % payable.Length];
    }

    internal static bool TryReadInvoice(string destination, out string bolt11)
    {
        bool isInvoice = destination.StartsWith(Bolt11Prefix, StringComparison.Ordinal);
        bolt11 = isInvoice ? destination[Bolt11Prefix.Length..] : "";
        return isInvoice && Bolt11Invoice.TryDecode(bolt11, out _, out _);
    }

    internal static bool TryReadOffer(string destination, out string offer)
    {
        bool isOffer = PaymentEndpoint.TryParse(destination, out PaymentEndpoint endpoint) && endpoint.Kind == PaymentEndpointKind.Bolt12;
        offer = isOffer ? endpoint.Value : "";
        return isOffer;
    }

    internal static bool TryReadNode(string destination, out NodeId? node)
    {
        node = null;
        return PaymentEndpoint.TryParse(destination, out PaymentEndpoint endpoint)
            && endpoint.Kind == PaymentEndpointKind.Keysend
            && NodeId.TryParse(endpoint.Value, out node);
    }

    private static bool IsPayable(PaymentEndpointKind kind, bool paysOffers) =>
        kind is PaymentEndpointKind.Keysend or PaymentEndpointKind.LightningAddress or PaymentEndpointKind.Lnurl
        || (kind == PaymentEndpointKind.Bolt12 && paysOffers);
}
