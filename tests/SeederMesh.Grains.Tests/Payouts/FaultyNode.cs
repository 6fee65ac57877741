using SeederMesh.Core.Identity;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>Where a payment is interrupted, as if the process had died there.</summary>
public enum Crash
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>The intent is durable, and nothing was sent.</summary>
    BeforeSending,

    /// <summary>It was sent and paid, and nobody was told.</summary>
    AfterSending,

    /// <summary>The node cannot say what became of it, a few times.</summary>
    WhileAsking,
}

/// <summary>A node that passes everything on, and dies once at a chosen point.</summary>
internal sealed class FaultyNode(ILightningNode inner) : ILightningNode
{
    private int unknowns;

    public Crash Next { get; set; }

    public int Sent { get; private set; }

    /// <summary>So many payments fail because no route is cheap enough.</summary>
    public int DearRoutes { get; set; }

    /// <summary>Whose invoices answer offers; nobody's while null.</summary>
    public ILightningNode? OfferIssuer { get; set; }

    public Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default) =>
        DearRoutes-- > 0
            ? Task.FromResult(Payment.Failed(request.Preimage.PaymentHash, PaymentFailure.FeeTooHigh, "No route is cheap enough."))
            : SendAsync(() => inner.KeysendAsync(request, cancellation));

    public Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default) =>
        SendAsync(() => inner.PayAsync(request, cancellation));

    private async Task<Payment> SendAsync(Func<Task<Payment>> send)
    {
        Crash now = Next;
        Next = Crash.None;
        if (now == Crash.BeforeSending)
        {
            throw new InvalidOperationException("The process died before it sent.");
        }

        Sent++;
        Payment payment = await send();
        unknowns = now == Crash.WhileAsking ? 3 : 0;
        return now switch
        {
            Crash.AfterSending => throw new InvalidOperationException("The process died after it sent."),
            Crash.WhileAsking => Payment.Unknown(payment.PaymentHash, "No answer."),
            _ => payment,
        };
    }

    public Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        unknowns-- > 0
            ? Task.FromResult(Payment.Unknown(paymentHash, "No answer."))
            : inner.LookUpPaymentAsync(paymentHash, cancellation);

    public Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default) => inner.GetInfoAsync(cancellation);

    public Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default) => inner.GetBalanceAsync(cancellation);

    public Task<InvoiceResult> CreateInvoiceAsync(InvoiceRequest request, CancellationToken cancellation = default) =>
        inner.CreateInvoiceAsync(request, cancellation);

    public IAsyncEnumerable<SettledInvoice> WatchInvoicesAsync(long afterCursor, CancellationToken cancellation = default) =>
        inner.WatchInvoicesAsync(afterCursor, cancellation);

    public async Task<OfferInvoiceResult> FetchOfferInvoiceAsync(OfferInvoiceRequest request, CancellationToken cancellation = default)
    {
        if (OfferIssuer is null)
        {
            return await inner.FetchOfferInvoiceAsync(request, cancellation);
        }

        InvoiceResult made = await OfferIssuer.CreateInvoiceAsync(
            new InvoiceRequest(request.Offer, request.Amount, "an answer to an offer"), cancellation);
        return new OfferInvoiceResult(made.Invoice!.Bolt11, made.Invoice.PaymentHash, request.Amount!.Value, PaymentFailure.None, "");
    }

    public Task<Invoice?> LookUpInvoiceAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        inner.LookUpInvoiceAsync(paymentHash, cancellation);

    public Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default) =>
        inner.ListInvoicesAsync(limit, cancellation);

    public Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default) =>
        inner.ListPaymentsAsync(limit, cancellation);

    public Task<DecodedRequest> DecodeAsync(string text, CancellationToken cancellation = default) => inner.DecodeAsync(text, cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
