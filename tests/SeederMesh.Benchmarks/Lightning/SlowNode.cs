using SeederMesh.Core.Identity;
using SeederMesh.Lightning;

namespace SeederMesh.Benchmarks.Lightning;

/// <summary>A node that makes so many payments at once and takes so long for each, as the nodes of today do.</summary>
internal sealed class SlowNode(ILightningNode inner, int atOnce, TimeSpan each) : ILightningNode
{
    private readonly SemaphoreSlim places = new(atOnce);

    public Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default) =>
        SlowlyAsync(() => inner.PayAsync(request, cancellation));

    public Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default) =>
        SlowlyAsync(() => inner.KeysendAsync(request, cancellation));

    public Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default) => inner.GetInfoAsync(cancellation);

    public Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default) => inner.GetBalanceAsync(cancellation);

    public Task<InvoiceResult> CreateInvoiceAsync(InvoiceRequest request, CancellationToken cancellation = default) =>
        inner.CreateInvoiceAsync(request, cancellation);

    public IAsyncEnumerable<SettledInvoice> WatchInvoicesAsync(long afterCursor, CancellationToken cancellation = default) =>
        inner.WatchInvoicesAsync(afterCursor, cancellation);

    public Task<OfferInvoiceResult> FetchOfferInvoiceAsync(OfferInvoiceRequest request, CancellationToken cancellation = default) =>
        inner.FetchOfferInvoiceAsync(request, cancellation);

    public Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        inner.LookUpPaymentAsync(paymentHash, cancellation);

    public Task<Invoice?> LookUpInvoiceAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        inner.LookUpInvoiceAsync(paymentHash, cancellation);

    public Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default) =>
        inner.ListInvoicesAsync(limit, cancellation);

    public Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default) =>
        inner.ListPaymentsAsync(limit, cancellation);

    public Task<DecodedRequest> DecodeAsync(string text, CancellationToken cancellation = default) => inner.DecodeAsync(text, cancellation);

    public ValueTask DisposeAsync()
    {
        places.Dispose();
        return inner.DisposeAsync();
    }

    private async Task<Payment> SlowlyAsync(Func<Task<Payment>> pay)
    {
        await places.WaitAsync();
        try
        {
            await Task.Delay(each);
            return await pay();
        }
        finally
        {
            places.Release();
        }
    }
}
