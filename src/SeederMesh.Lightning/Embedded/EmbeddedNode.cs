using System.Runtime.CompilerServices;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Embedded;

/// <summary>One node of an <see cref="EmbeddedNetwork"/> in the same process. All its money is play money.</summary>
/// <remarks>Disposing it does nothing: the network owns what it uses.</remarks>
public sealed class EmbeddedNode : ILightningNode
{
    private const int PageSize = 256;

    private readonly EmbeddedNetwork network;

    internal EmbeddedNode(EmbeddedNetwork network, string name)
    {
        this.network = network;
        Name = name;
    }

    /// <summary>The node's name in its network.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public async Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default)
    {
        (NodeId id, _) = await network.GetStateAsync(Name, cancellation);
        return new NodeInfo(
            "embedded", "1", id, $"{Name} ({NodeInfo.PlayMoney})", NodeInfo.PlayMoney,
            NodeFeatures.Keysend | NodeFeatures.FeeLimit | NodeFeatures.ReceivesKeysend);
    }

    /// <inheritdoc/>
    public async Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default) =>
        (await network.GetStateAsync(Name, cancellation)).Balance;

    /// <inheritdoc/>
    public Task<InvoiceResult> CreateInvoiceAsync(InvoiceRequest request, CancellationToken cancellation = default) =>
        network.CreateInvoiceAsync(Name, request, cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<SettledInvoice> WatchInvoicesAsync(
        long afterCursor, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (long cursor = afterCursor; ;)
        {
            (IReadOnlyList<SettledInvoice> settled, Task changed) =
                await network.ListSettledAsync(Name, cursor, PageSize, cancellation);
            foreach (SettledInvoice invoice in settled)
            {
                cursor = invoice.Cursor;
                yield return invoice;
            }

            if (settled.Count == 0)
            {
                await changed.WaitAsync(cancellation);
            }
        }
    }

    /// <summary>One page of settled invoices: at once when there are any, else as soon as there are or after
    /// <paramref name="wait"/>.</summary>
    internal async Task<IReadOnlyList<SettledInvoice>> PollSettledAsync(
        long afterCursor, TimeSpan wait, CancellationToken cancellation)
    {
        (IReadOnlyList<SettledInvoice> settled, Task changed) =
            await network.ListSettledAsync(Name, afterCursor, PageSize, cancellation);
        if (settled.Count > 0 || !await HappenedAsync(changed, wait, cancellation))
        {
            return settled;
        }

        return (await network.ListSettledAsync(Name, afterCursor, PageSize, cancellation)).Settled;
    }

    /// <inheritdoc/>
    public Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default)
    {
        if (!Bolt11Invoice.TryDecode(request.Invoice, out Bolt11Invoice? invoice, out string error))
        {
            return Task.FromResult(Payment.Failed(default, PaymentFailure.InvalidInvoice, $"Not a BOLT 11 invoice: {error}."));
        }

        if (!string.Equals(invoice.Prefix, Bolt11Invoice.RegtestPrefix, StringComparison.Ordinal))
        {
            return Task.FromResult(Payment.Failed(
                invoice.PaymentHash,
                PaymentFailure.WrongNetwork,
                $"The invoice is of {invoice.NetworkName}; this node has play money only (invoices that begin with lnbcrt)."));
        }

        Msat amount = request.Amount ?? invoice.Amount ?? Msat.Zero;
        if (amount.IsZero || (invoice.Amount is { } asked && asked != amount))
        {
            return Task.FromResult(Payment.Failed(
                invoice.PaymentHash,
                PaymentFailure.WrongAmount,
                invoice.Amount is null ? "The invoice needs an amount." : $"The invoice asks for {invoice.Amount}, not {amount}."));
        }

        return PayAsync(
            new PaymentOrder(invoice.PaymentHash, invoice.Payee, amount, request.MaxFee) { Invoice = invoice },
            request.TimeLimit,
            cancellation);
    }

    /// <inheritdoc/>
    public Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default) =>
        request.Amount.IsZero
            ? Task.FromResult(Payment.Failed(
                request.Preimage.PaymentHash, PaymentFailure.WrongAmount, "A payment of zero is not possible."))
            : PayAsync(
                new PaymentOrder(request.Preimage.PaymentHash, request.Destination, request.Amount, request.MaxFee)
                {
                    Preimage = request.Preimage,
                },
                request.TimeLimit,
                cancellation);

    /// <inheritdoc/>
    public Task<OfferInvoiceResult> FetchOfferInvoiceAsync(
        OfferInvoiceRequest request, CancellationToken cancellation = default) =>
        Task.FromResult(new OfferInvoiceResult(
            null, default, Msat.Zero, PaymentFailure.NotSupported, "The play-money network has no BOLT 12 offers."));

    /// <inheritdoc/>
    public async Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default)
    {
        try
        {
            return (await network.FindPaymentAsync(Name, paymentHash, cancellation)).Payment
                ?? new Payment { PaymentHash = paymentHash, Status = PaymentStatus.NotFound };
        }
        catch (LightningNodeException exception)
        {
            return Payment.Unknown(paymentHash, exception.Message);
        }
    }

    /// <inheritdoc/>
    public Task<Invoice?> LookUpInvoiceAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        network.FindInvoiceAsync(Name, paymentHash, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default) =>
        network.ListInvoicesAsync(Name, limit, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default) =>
        network.ListPaymentsAsync(Name, limit, cancellation);

    /// <inheritdoc/>
    public Task<DecodedRequest> DecodeAsync(string text, CancellationToken cancellation = default) =>
        Task.FromResult(PaymentRequests.Decode(text));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<Payment> PayAsync(PaymentOrder order, TimeSpan timeLimit, CancellationToken cancellation)
    {
        try
        {
            PaidAnswer answer = await network.PayAsync(Name, order, cancellation);
            if (answer.Lost)
            {
                return Payment.Unknown(order.PaymentHash, "The answer was lost, as the script wants it; look the payment up.");
            }

            return answer.Payment.Status == PaymentStatus.Pending
                ? await WaitAsync(answer.Payment, timeLimit, cancellation)
                : answer.Payment;
        }
        catch (Exception exception) when (exception is LightningNodeException or OperationCanceledException)
        {
            return Payment.Unknown(order.PaymentHash, exception.Message);
        }
    }

    private async Task<Payment> WaitAsync(Payment pending, TimeSpan timeLimit, CancellationToken cancellation)
    {
        long start = network.Clock.GetTimestamp();
        for (Payment payment = pending; ;)
        {
            (Payment? found, Task changed) = await network.FindPaymentAsync(Name, pending.PaymentHash, cancellation);
            payment = found ?? payment;
            TimeSpan left = timeLimit - network.Clock.GetElapsedTime(start);
            if (payment.Status != PaymentStatus.Pending || !await HappenedAsync(changed, left, cancellation))
            {
                return payment;
            }
        }
    }

    private async Task<bool> HappenedAsync(Task change, TimeSpan wait, CancellationToken cancellation)
    {
        if (wait <= TimeSpan.Zero)
        {
            return change.IsCompleted;
        }

        try
        {
            await change.WaitAsync(wait, network.Clock, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
