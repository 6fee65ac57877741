using SeederMesh.Core.Money;
using SeederMesh.Grains.Payouts;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Hub.Payouts;

/// <summary>Asks Lightning addresses, LNURLs and offers for invoices.</summary>
internal sealed class DestinationInvoices(DestinationResolver resolver) : IInvoiceFetcher
{
    public async Task<FetchedInvoice> FetchAsync(string destination, Msat amount)
    {
        if (!Lightning.Destinations.PayoutDestination.TryParse(destination, out var parsed, out string error))
        {
            return new FetchedInvoice(null, error);
        }

        ResolvedDestination resolved = await resolver.ResolveAsync(parsed, amount, "SeederMesh");
        return resolved.Invoice is { } invoice
            ? new FetchedInvoice(invoice.Text, "")
            : new FetchedInvoice(null, resolved.Reason.Length > 0
                ? resolved.Reason : $"The destination gave no invoice ({resolved.Status}).");
    }
}
