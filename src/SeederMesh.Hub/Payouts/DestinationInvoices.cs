using SeederMesh.Core.Money;
using SeederMesh.Grains.Direct;
using SeederMesh.Grains.Payouts;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Hub.Payouts;

/// <summary>Asks Lightning addresses, LNURLs and offers for invoices.</summary>
internal sealed class DestinationInvoices(DestinationResolver resolver) : IInvoiceFetcher, IDestinationProbe
{
    public async Task<FetchedInvoice> FetchAsync(PayoutDestination destination, Msat amount)
    {
        ResolvedDestination resolved = await resolver.ResolveAsync(destination, amount, "SeederMesh");
        return resolved.Invoice is { } invoice
            ? new FetchedInvoice(invoice.Text, "")
            : new FetchedInvoice(null, resolved.Reason.Length > 0
                ? resolved.Reason : $"The destination gave no invoice ({resolved.Status}).")
            {
                IsUnpayable = resolved.IsUnpayable,
                Limits = resolved.Status == ResolveStatus.AmountOutOfRange ? resolved.Limits : null,
            };
    }

    /// <inheritdoc/>
    public async Task<string?> FindDefectAsync(PayoutDestination destination)
    {
        ResolvedDestination probed = await resolver.ProbeAsync(destination);
        return probed.Status == ResolveStatus.Resolved ? null : probed.Reason;
    }
}
