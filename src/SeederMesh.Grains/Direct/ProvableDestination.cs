using SeederMesh.Grains.Payouts;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Direct;

/// <summary>Which destinations give invoices, so that whoever pays one learns a preimage that it did not know
/// before.</summary>
/// <remarks>A keysend proves nothing: its payer chose the preimage. A payment pointer is asked like any other address; whether
/// its wallet offers Lightning, only the wallet knows.</remarks>
internal static class ProvableDestination
{
    /// <summary>The destinations where a payment can be proved, in the payee's order but offers last.</summary>
    /// <param name="destinations">One a line, the best first; what cannot be read is passed over.</param>
    /// <param name="paysOffers">Whether BOLT 12 offers can be asked and paid.</param>
    public static IEnumerable<PayoutDestination> ReadAll(string? destinations, bool paysOffers)
    {
        var read = new List<PayoutDestination>();
        foreach (string line in (destinations ?? "").Split('\n'))
        {
            if (PayableDestination.TryRead(line, paysOffers, out PayoutDestination? destination, out _)
                && DefectOf(destination.Kind, paysOffers) is null)
            {
                read.Add(destination);
            }
        }

        return read.OrderBy(destination => destination.Kind == DestinationKind.Bolt12);
    }

    /// <summary>Why a kind of destination cannot be paid directly, whatever it answers; null when it can.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="paysOffers">Whether BOLT 12 offers can be asked and paid.</param>
    public static string? DefectOf(DestinationKind kind, bool paysOffers) => kind switch
    {
        DestinationKind.Keysend => "a keysend proves no payment: its payer chose the preimage",
        DestinationKind.Bolt11 => "an invoice is paid once",
        DestinationKind.Bolt12 when !paysOffers => "the hub's node asks no BOLT 12 offers for invoices",
        _ => null,
    };
}
