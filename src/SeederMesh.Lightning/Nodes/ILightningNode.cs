using SeederMesh.Core.Identity;

namespace SeederMesh.Lightning;

/// <summary>One Lightning node: Core Lightning, LND, phoenixd, Eclair, or a wallet of the embedded play-money
/// network.</summary>
/// <remarks>
/// Expected outcomes are values: a payment that fails, is pending, or whose fate is unknown is a <see cref="Payment"/>,
/// never an exception.
/// <see cref="LightningNodeException"/> is thrown only where a question could not be answered at all (the node is
/// unreachable or refuses the
/// credentials) and nothing can have moved. Every amount is exact to the millisatoshi. Implementations are thread safe.
/// </remarks>
public interface ILightningNode : IAsyncDisposable
{
    /// <summary>Who the node is, on which network, and what it can do.</summary>
    /// <exception cref="LightningNodeException">The node did not answer.</exception>
    Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default);

    /// <summary>What the node can send and receive now.</summary>
    /// <exception cref="LightningNodeException">The node did not answer.</exception>
    Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default);

    /// <summary>Makes an invoice, durable before this returns.</summary>
    /// <remarks>Idempotent by <see cref="InvoiceRequest.Label"/>: the same label and terms give the same invoice
    /// again.</remarks>
    Task<InvoiceResult> CreateInvoiceAsync(InvoiceRequest request, CancellationToken cancellation = default);

    /// <summary>Streams settled invoices in the order in which they settled, first those after the cursor, then
    /// live.</summary>
    /// <param name="afterCursor">The <see cref="SettledInvoice.Cursor"/> of the last one the caller stored; 0 for
    /// all.</param>
    /// <param name="cancellation">Ends the stream.</param>
    /// <remarks>Match by payment hash: a node that keeps no labels (LND) leaves <see cref="SettledInvoice.Label"/>
    /// empty.
    /// A caller that stores the cursor with what it did misses nothing and repeats nothing over restarts of either
    /// side.
    /// The stream ends with <see cref="LightningNodeException"/> when the node goes away; start it again from the
    /// stored cursor.</remarks>
    IAsyncEnumerable<SettledInvoice> WatchInvoicesAsync(long afterCursor, CancellationToken cancellation = default);

    /// <summary>Pays a BOLT 11 invoice (or a BOLT 12 invoice that <see cref="FetchOfferInvoiceAsync"/>
    /// brought).</summary>
    /// <remarks>Idempotent by payment hash: an invoice that is paid gives its preimage again, one in flight is joined.
    /// After <see cref="PaymentStatus.Pending"/> or <see cref="PaymentStatus.Unknown"/> ask
    /// <see cref="LookUpPaymentAsync"/>, never pay under another hash.</remarks>
    Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default);

    /// <summary>Pays a node without an invoice, under the hash of the caller's preimage.</summary>
    /// <remarks>The caller stores the preimage before it calls, so that after a crash it can ask for the hash.
    /// Idempotent by that hash where
    /// the node allows it; where it does not, the adapter looks the hash up first.</remarks>
    Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default);

    /// <summary>Asks a BOLT 12 offer for an invoice, so that its payment hash is known and stored before it is
    /// paid.</summary>
    Task<OfferInvoiceResult> FetchOfferInvoiceAsync(OfferInvoiceRequest request, CancellationToken cancellation = default);

    /// <summary>Pays a BOLT 12 offer in one step, for a person who sees the outcome.</summary>
    /// <remarks>Where the node has <see cref="NodeFeatures.Offers"/> this is <see cref="FetchOfferInvoiceAsync"/> and
    /// <see cref="PayAsync"/>. Where it has <see cref="NodeFeatures.OffersInOneStep"/> the hash is known only with the
    /// answer: an answer that is lost is <see cref="PaymentStatus.Unknown"/>, and a second call is a second payment.
    /// Never used for payouts.</remarks>
    async Task<Payment> PayOfferAsync(OfferPayRequest request, CancellationToken cancellation = default)
    {
        OfferInvoiceResult fetched = await FetchOfferInvoiceAsync(new OfferInvoiceRequest(request.Offer, request.Amount), cancellation);
        return fetched.Invoice is { } invoice
            ? await PayAsync(new PayRequest(invoice, request.MaxFee) { TimeLimit = request.TimeLimit }, cancellation)
            : Payment.Failed(default, fetched.Failure, fetched.Reason);
    }

    /// <summary>What became of an outgoing payment.</summary>
    /// <returns><see cref="PaymentStatus.NotFound"/> when the node never started it,
    /// <see cref="PaymentStatus.Unknown"/> when the node could not
    /// be asked.</returns>
    Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default);

    /// <summary>An own invoice by payment hash, or null where the node has none.</summary>
    /// <exception cref="LightningNodeException">The node did not answer.</exception>
    Task<Invoice?> LookUpInvoiceAsync(Digest paymentHash, CancellationToken cancellation = default);

    /// <summary>Own invoices, newest first.</summary>
    /// <param name="limit">At most this many, 1 to 1,000.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="LightningNodeException">The node did not answer.</exception>
    Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default);

    /// <summary>Outgoing payments, newest first.</summary>
    /// <param name="limit">At most this many, 1 to 1,000.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="LightningNodeException">The node did not answer.</exception>
    Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default);

    /// <summary>Reads a BOLT 11 invoice or BOLT 12 offer as the node reads it.</summary>
    /// <returns>What it asks for, or an error sentence.</returns>
    Task<DecodedRequest> DecodeAsync(string text, CancellationToken cancellation = default);
}
