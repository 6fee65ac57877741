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
    public static bool IsPayable(string? destination) =>
        PaymentEndpoint.TryParse(destination, out PaymentEndpoint endpoint) && IsPayable(endpoint.Kind);

    /// <summary>Whether a refund can go there: also an invoice, which is paid once.</summary>
    public static bool IsRefundable(string? destination) =>
        destination?.Length <= LengthMax && (IsPayable(destination) || TryReadInvoice(destination, out _));

    /// <summary>The endpoint to use at an attempt: the best first, and the others in turn after failures.</summary>
    /// <param name="destinations">One a line, the best first.</param>
    /// <param name="failures">How many attempts failed in a row.</param>
    public static string? Choose(string? destinations, int failures)
    {
        string[] payable = [.. (destinations ?? "").Split('\n').Where(IsRefundable)];
        return payable.Length == 0 ? null : payable[failures % payable.Length];
    }

    internal static bool TryReadInvoice(string destination, out string bolt11)
    {
        bool isInvoice = destination.StartsWith(Bolt11Prefix, StringComparison.Ordinal);
        bolt11 = isInvoice ? destination[Bolt11Prefix.Length..] : "";
        return isInvoice && Bolt11Invoice.TryDecode(bolt11, out _, out _);
    }

    internal static bool TryReadNode(string destination, out NodeId? node)
    {
        node = null;
        return PaymentEndpoint.TryParse(destination, out PaymentEndpoint endpoint)
            && endpoint.Kind == PaymentEndpointKind.Keysend
            && NodeId.TryParse(endpoint.Value, out node);
    }

    private static bool IsPayable(PaymentEndpointKind kind) => kind
        is PaymentEndpointKind.Keysend or PaymentEndpointKind.LightningAddress or PaymentEndpointKind.Lnurl or PaymentEndpointKind.Bolt12;
}
