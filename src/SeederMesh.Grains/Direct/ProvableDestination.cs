using SeederMesh.Grains.Payouts;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Direct;

/// <summary>Which destinations give invoices, so that whoever pays one learns a preimage that it did not know
/// before.</summary>
/// <remarks>A keysend proves nothing: its payer chose the preimage.</remarks>
internal static class ProvableDestination
{
    /// <summary>The destinations where a payment can be proved, Lightning addresses and LNURLs first.</summary>
    /// <param name="destinations">One a line, the best first; what cannot be read is passed over.</param>
    /// <param name="paysOffers">Whether BOLT 12 offers can be asked and paid.</param>
    public static IEnumerable<PayoutDestination> ReadAll(string? destinations, bool paysOffers)
    {
        var read = new List<PayoutDestination>();
        foreach (string line in (destinations ?? "").Split('\n'))
        {
            if (PayableDestination.TryRead(line, paysOffers, out PayoutDestination? destination, out _)
                && destination.Kind is DestinationKind.LightningAddress or DestinationKind.Lnurl or DestinationKind.Bolt12)
            {
                read.Add(destination);
            }
        }

        return read.OrderBy(destination => destination.Kind == DestinationKind.Bolt12);
    }
}
