using SeederMesh.Core.Identity;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>A node that passes everything on; what a test wants otherwise is overridden. The node behind is its owner's to dispose of.</summary>
internal abstract class PassingNode(ILightningNode inner) : ILightningNode
{
    /// <summary>What it passes on to; another one after the node was restarted.</summary>
    public ILightningNode Inner { get; set; } = inner;

    public Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default) => Inner.GetInfoAsync(cancellation);

    public virtual Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default) => Inner.GetBalanceAsync(cancellation);

    public Task<InvoiceResult> CreateInvoiceAsync(InvoiceRequest request, CancellationToken cancellation = default) =>
        Inner.CreateInvoiceAsync(request, cancellation);

    public IAsyncEnumerable<SettledInvoice> WatchInvoicesAsync(long afterCursor, CancellationToken cancellation = default) =>
        Inner.WatchInvoicesAsync(afterCursor, cancellation);

    public abstract Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default);

    public virtual Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default) =>
        Inner.KeysendAsync(request, cancellation);

    public virtual Task<OfferInvoiceResult> FetchOfferInvoiceAsync(
        OfferInvoiceRequest request, CancellationToken cancellation = default) => Inner.FetchOfferInvoiceAsync(request, cancellation);

    public virtual Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        Inner.LookUpPaymentAsync(paymentHash, cancellation);

    public Task<Invoice?> LookUpInvoiceAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        Inner.LookUpInvoiceAsync(paymentHash, cancellation);

    public Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default) =>
        Inner.ListInvoicesAsync(limit, cancellation);

    public Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default) =>
        Inner.ListPaymentsAsync(limit, cancellation);

    public Task<DecodedRequest> DecodeAsync(string text, CancellationToken cancellation = default) => Inner.DecodeAsync(text, cancellation);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
