using System.Diagnostics.CodeAnalysis;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Payouts;

/// <summary>Which destinations a hub pays: what its Lightning node can do decides, and whether it is paid once or again
/// and again.</summary>
public static class PayableDestination
{
    private const string NoOffers = "This hub's Lightning node pays no BOLT 12 offers: name keysend:, lnaddress: or lnurl: instead.";

    /// <summary>Reads where a payee can be paid again and again.</summary>
    /// <param name="text">The destination, as <see cref="PayoutDestination.TryParse"/> reads it.</param>
    /// <param name="paysOffers">Whether the hub's node pays BOLT 12 offers.</param>
    /// <param name="destination">The destination, or null.</param>
    /// <param name="error">What is wrong with it and what would be right; empty when nothing is.</param>
    public static bool TryRead(
        string? text, bool paysOffers, [NotNullWhen(true)] out PayoutDestination? destination, out string error)
    {
        if (!TryReadRefund(text, paysOffers, out destination, out error))
        {
            return false;
        }

        if (destination.Kind == DestinationKind.Bolt11)
        {
            (destination, error) = (null, "An invoice is paid once: name keysend:, lnaddress:, lnurl: or bolt12: instead.");
        }

        return destination is not null;
    }

    /// <summary>Reads where a refund can go: also an invoice, which is paid once.</summary>
    /// <param name="text">The destination, as <see cref="PayoutDestination.TryParse"/> reads it.</param>
    /// <param name="paysOffers">Whether the hub's node pays BOLT 12 offers.</param>
    /// <param name="destination">The destination, or null.</param>
    /// <param name="error">What is wrong with it and what would be right; empty when nothing is.</param>
    public static bool TryReadRefund(
        string? text, bool paysOffers, [NotNullWhen(true)] out PayoutDestination? destination, out string error)
    {
        if (PayoutDestination.TryParse(text, out destination, out error)
            && destination.Kind == DestinationKind.Bolt12 && !paysOffers)
        {
            (destination, error) = (null, NoOffers);
        }

        return destination is not null;
    }

    /// <summary>The destination to use at an attempt: the best first, and the others in turn after failures.</summary>
    /// <param name="destinations">One a line, the best first; what cannot be read is passed over.</param>
    /// <param name="failures">How many attempts failed in a row.</param>
    /// <param name="paysOffers">Whether the hub's node pays BOLT 12 offers; else one is tried only where there is
    /// nothing else.</param>
    public static PayoutDestination? Choose(string? destinations, int failures, bool paysOffers)
    {
        PayoutDestination[] known = [.. ReadAll(destinations, paysOffers: true)];
        PayoutDestination[] payable = [.. ReadAll(destinations, paysOffers)];
        payable = payable.Length == 0 ? known : payable;
        return payable.Length == 0 ? null : payable[failures % payable.Length];
    }

    private static IEnumerable<PayoutDestination> ReadAll(string? destinations, bool paysOffers)
    {
        foreach (string line in (destinations ?? "").Split('\n'))
        {
            if (TryReadRefund(line, paysOffers, out PayoutDestination? destination, out _))
            {
                yield return destination;
            }
        }
    }
}
