using SeederMesh.Core.Identity;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>A node that passes everything on, and fails when it is told to.</summary>
internal sealed class FaultyNode(ILightningNode inner) : PassingNode(inner)
{
    /// <summary>A payment that is held says so at once, so that no test waits.</summary>
    private static readonly TimeSpan noWait = TimeSpan.FromMilliseconds(1);

    private int unknowns;

    /// <summary>Payments that it was handed.</summary>
    public int Sent { get; private set; }

    /// <summary>The hub dies before it hands the next payment over.</summary>
    public bool HubDiesBeforeSending { get; set; }

    /// <summary>The hub dies after the next payment was made, and hears nothing of it.</summary>
    public bool HubDiesAfterSending { get; set; }

    /// <summary>The next payment is made and its answer lost; then so many look-ups have no answer either.</summary>
    public int? SilentAfterSending { get; set; }

    /// <summary>Nobody can reach it.</summary>
    public bool IsDown { get; set; }

    /// <summary>So many payments fail because no route is cheap enough.</summary>
    public int DearRoutes { get; set; }

    /// <summary>More than this, and no path carries it.</summary>
    public long MsatMax { get; set; } = long.MaxValue;

    /// <summary>Its balance, where it is not the real one.</summary>
    public long? SpendableMsat { get; set; }

    /// <summary>Whose invoices answer offers; nobody's while null.</summary>
    public ILightningNode? OfferIssuer { get; set; }

    /// <summary>The amount of each payment that it was handed.</summary>
    public List<long> Amounts { get; } = [];

    public override Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default) =>
        SendAsync(
            request.Preimage.PaymentHash,
            request.Amount.Value,
            () => Inner.KeysendAsync(request with { TimeLimit = noWait }, cancellation));

    public override Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default)
    {
        Lightning.Bolt11.Bolt11Invoice.TryDecode(request.Invoice, out Lightning.Bolt11.Bolt11Invoice? invoice, out _);
        return SendAsync(
            invoice!.PaymentHash,
            (request.Amount ?? invoice.Amount)!.Value.Value,
            () => Inner.PayAsync(request with { TimeLimit = noWait }, cancellation));
    }

    public override Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        IsDown || unknowns-- > 0
            ? Task.FromResult(Payment.Unknown(paymentHash, "No answer."))
            : Inner.LookUpPaymentAsync(paymentHash, cancellation);

    public override async Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default)
    {
        ThrowWhileDown();
        NodeBalance balance = await Inner.GetBalanceAsync(cancellation);
        return SpendableMsat is { } msat ? balance with { Spendable = Core.Money.Msat.From(msat) } : balance;
    }

    public override async Task<OfferInvoiceResult> FetchOfferInvoiceAsync(OfferInvoiceRequest request, CancellationToken cancellation = default)
    {
        if (OfferIssuer is null || IsDown)
        {
            return await Inner.FetchOfferInvoiceAsync(request, cancellation);
        }

        InvoiceResult made = await OfferIssuer.CreateInvoiceAsync(
            new InvoiceRequest($"offer-{Guid.NewGuid():N}", request.Amount, "an answer to an offer"), cancellation);
        return new OfferInvoiceResult(made.Invoice!.Bolt11, made.Invoice.PaymentHash, request.Amount!.Value, PaymentFailure.None, "");
    }

    private async Task<Payment> SendAsync(Digest hash, long msat, Func<Task<Payment>> send)
    {
        if (HubDiesBeforeSending)
        {
            HubDiesBeforeSending = false;
            throw new HubDiedException();
        }

        if (IsDown)
        {
            return Payment.Unknown(hash, "Nobody can reach the node.");
        }

        Sent++;
        Amounts.Add(msat);
        if (DearRoutes-- > 0)
        {
            return Payment.Failed(hash, PaymentFailure.FeeTooHigh, "No route is cheap enough.");
        }

        if (msat > MsatMax)
        {
            return Payment.Failed(hash, PaymentFailure.NoRoute, "No path carries it.");
        }

        Payment payment = await send();
        if (HubDiesAfterSending)
        {
            HubDiesAfterSending = false;
            throw new HubDiedException();
        }

        if (SilentAfterSending is { } looks)
        {
            (unknowns, SilentAfterSending) = (looks, null);
            return Payment.Unknown(payment.PaymentHash, "No answer.");
        }

        return payment;
    }

    private void ThrowWhileDown()
    {
        if (IsDown)
        {
            throw new LightningNodeException(NodeFault.Unreachable, "Nobody can reach the node.");
        }
    }
}

/// <summary>The process of the hub ended here.</summary>
internal sealed class HubDiedException() : Exception("The hub died.");
