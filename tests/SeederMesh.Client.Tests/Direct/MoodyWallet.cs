using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Tests.Payouts;
using SeederMesh.Lightning;
using Xunit;

namespace SeederMesh.Client.Tests.Direct;

/// <summary>A wallet to which anything happens: payments fail, are held and end later, are made and not told of, or the
/// process dies in them.</summary>
internal sealed class MoodyWallet(ILightningNode inner, Random random) : PassingNode(inner)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Digest, PayRequest> held = [];

    /// <summary>While set, every payment is made and every answer given.</summary>
    public bool IsCalm { get; set; }

    /// <summary>How many payments were made.</summary>
    public int Sent { get; private set; }

    /// <summary>What was taken, and may still be taken by what is held; and what of it payees get.</summary>
    public async Task<(long Taken, long Amounts)> WorstAsync()
    {
        IReadOnlyList<Payment> made = await Inner.ListPaymentsAsync(1_000);
        Assert.Distinct(made.Select(payment => payment.PaymentHash));
        long amounts = made.Where(payment => payment.Status == PaymentStatus.Succeeded).Sum(payment => payment.Amount.Value);
        long fees = made.Where(payment => payment.Status == PaymentStatus.Succeeded).Sum(payment => payment.Fee.Value);
        lock (gate)
        {
            amounts += held.Values.Sum(request => PaymentRequests.Decode(request.Invoice).Amount!.Value.Value);
            fees += held.Values.Sum(request => request.MaxFee.Value);
        }

        return (amounts + fees, amounts);
    }

    /// <summary>What is held is made, or fails.</summary>
    public async Task EndHeldAsync()
    {
        PayRequest[] ending;
        lock (gate)
        {
            ending = [.. held.Values];
            held.Clear();
        }

        foreach (PayRequest request in ending.Where(_ => Roll(2) == 0))
        {
            await MakeAsync(request);
        }
    }

    public override async Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default)
    {
        Digest hash = PaymentRequests.Decode(request.Invoice).PaymentHash!.Value;
        lock (gate)
        {
            Assert.False(held.ContainsKey(hash), "What may still settle was sent again.");
        }

        switch (IsCalm ? 0 : Roll(8))
        {
            case 1:
                return Payment.Failed(hash, PaymentFailure.NoRoute, "No route.");
            case 2:
                await MakeAsync(request);
                return Payment.Unknown(hash, "The answer was lost.");
            case 3:
                return Payment.Unknown(hash, "Nobody knows whether it was sent. It was not.");
            case 4:
                await MakeAsync(request);
                throw new DiedException();
            case 5:
                throw new LightningNodeException(NodeFault.Unreachable, "Away.");
            case 6:
                lock (gate)
                {
                    held.Add(hash, request);
                }

                return new Payment { PaymentHash = hash, Status = PaymentStatus.Pending };
            default:
                return await MakeAsync(request);
        }
    }

    public override async Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default)
    {
        lock (gate)
        {
            if (held.ContainsKey(paymentHash))
            {
                return new Payment { PaymentHash = paymentHash, Status = PaymentStatus.Pending };
            }
        }

        return !IsCalm && Roll(6) == 0
            ? Payment.Unknown(paymentHash, "No answer.")
            : await Inner.LookUpPaymentAsync(paymentHash, cancellation);
    }

    private async Task<Payment> MakeAsync(PayRequest request)
    {
        Payment made = await Inner.PayAsync(request);
        lock (gate)
        {
            Sent++;
        }

        return made;
    }

    private int Roll(int faces)
    {
        lock (gate)
        {
            return random.Next(faces);
        }
    }
}
