using SeederMesh.Core.Money;

namespace SeederMesh.Core.Payouts;

/// <summary>A payment to make.</summary>
/// <param name="Amount">What shall arrive, above zero.</param>
/// <param name="FeeLimit">The most that routing may cost.</param>
/// <param name="PayeeFeeLimit">How much of the fee limit is taken off whoever is paid: nothing, all, or half of
/// it.</param>
public sealed record PayoutIntent(Msat Amount, Msat FeeLimit, Msat PayeeFeeLimit)
{
    /// <summary>What is set aside on the account that pays: the amount, and its part of the fee limit.</summary>
    public Msat Reserved => Amount + PayeeFeeLimit;

    /// <summary>What the hub's revenue has promised.</summary>
    public Msat HubFeeLimit => FeeLimit.Less(PayeeFeeLimit);

    /// <summary>What of a fee the paid account bears, rounded down; the rest is the hub's.</summary>
    /// <param name="fee">What routing cost, at most <see cref="FeeLimit"/>.</param>
    public Msat PayeePart(Msat fee) => FeeLimit.IsZero
        ? Msat.Zero
        : Msat.From((long)((Int128)fee.Value * PayeeFeeLimit.Value / FeeLimit.Value));
}
