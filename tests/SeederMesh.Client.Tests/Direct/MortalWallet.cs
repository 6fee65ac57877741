using SeederMesh.Core.Identity;
using SeederMesh.Grains.Tests.Payouts;
using SeederMesh.Lightning;

namespace SeederMesh.Client.Tests.Direct;

/// <summary>Where the downloader dies.</summary>
public enum Death
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>The intent is durable, and the wallet was not told.</summary>
    BeforePaying,

    /// <summary>The wallet has paid, and nobody was told.</summary>
    AfterPaying,

    /// <summary>The payment is known here, and the hub was not told.</summary>
    BeforeProving,

    /// <summary>The hub has the proof, and its answer was lost.</summary>
    AfterProving,
}

/// <summary>The process ends here.</summary>
internal sealed class DiedException() : Exception("The process died.");

/// <summary>A wallet that passes everything on, and in which the process can die.</summary>
internal sealed class MortalWallet(ILightningNode inner) : PassingNode(inner)
{
    private int unknowns;

    public Death Next { get; set; }

    /// <summary>Called when a payment was made, before anybody hears of it.</summary>
    public Action Paid { get; init; } = () => { };

    /// <summary>So many payments fail because there is no route.</summary>
    public int NoRoutes { get; set; }

    /// <summary>What it says that routes cost; null for what they do.</summary>
    public Func<PayRequest, Core.Money.Msat>? FeeOf { get; set; }

    /// <summary>How often it was told to pay.</summary>
    public int Sent { get; private set; }

    /// <summary>The next look-ups cannot be answered.</summary>
    public void LoseAnswers(int count) => unknowns = count;

    public override async Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default)
    {
        Death now = Next;
        if (now == Death.BeforePaying)
        {
            Next = Death.None;
            throw new DiedException();
        }

        if (NoRoutes-- > 0)
        {
            return Payment.Failed(PaymentRequests.Decode(request.Invoice).PaymentHash!.Value, PaymentFailure.NoRoute, "There is no route.");
        }

        Sent++;
        Payment payment = await Inner.PayAsync(request, cancellation);
        payment = FeeOf is { } feeOf && payment.Status == PaymentStatus.Succeeded ? payment with { Fee = feeOf(request) } : payment;
        Paid();
        if (now == Death.AfterPaying)
        {
            Next = Death.None;
            throw new DiedException();
        }

        return payment;
    }

    public override Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default) => unknowns-- > 0
        ? Task.FromResult(Payment.Unknown(paymentHash, "No answer."))
        : Inner.LookUpPaymentAsync(paymentHash, cancellation);
}
