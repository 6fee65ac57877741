using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;

namespace SeederMesh.Core.Payouts;

/// <summary>When what is owed becomes a payment, and what routing it may cost.</summary>
/// <param name="Threshold">A payee is paid as soon as this much is owed; at least 1 msat.</param>
/// <param name="FeeLimit">The most that routing may cost, as a share of the payment.</param>
/// <param name="RefundFeeFloor">Refunds are paid once, whatever their size: routing may always cost this much.</param>
/// <remarks>
/// The hub bears routing out of its revenue. Where that does not cover the fee limit, the payment is smaller by the limit, and what routing
/// then leaves of it stays owed. Amounts follow from the books alone, so a restart decides the same.
/// </remarks>
public sealed record PayoutPolicy(Msat Threshold, BasisPoints FeeLimit, Msat RefundFeeFloor)
{
    /// <summary>From 1 sat on, at most 1 percent in fees; 5 sat for a refund.</summary>
    public static PayoutPolicy Default { get; } = new(Msat.FromSatoshi(1), new BasisPoints(100), Msat.FromSatoshi(5));

    /// <summary>Decides on paying a payee.</summary>
    /// <param name="owed">What is owed and not under way.</param>
    /// <param name="minimum">What is not worth less: rises after a route that was too dear.</param>
    /// <param name="revenue">The hub's revenue that no other payment counts on.</param>
    /// <returns>What to pay; null while it is too little.</returns>
    public PayoutIntent? DecidePayment(Msat owed, Msat minimum, Msat revenue) =>
        owed.IsZero || owed < Threshold || owed < minimum
            ? null
            : Decide(owed, Larger(FeeLimit.Of(owed), Msat.From(1)), revenue);

    /// <summary>Decides on refunding what a closed channel has left.</summary>
    /// <param name="rest">What is left and not under way.</param>
    /// <param name="revenue">The hub's revenue that no other payment counts on.</param>
    /// <returns>What to pay; null when nothing would arrive.</returns>
    public PayoutIntent? DecideRefund(Msat rest, Msat revenue)
    {
        if (rest.IsZero)
        {
            return null;
        }

        Msat limit = Larger(FeeLimit.Of(rest), RefundFeeFloor);
        return revenue >= limit ? Decide(rest, limit, revenue) : Decide(rest, Msat.Min(limit, Msat.From(rest.Value / 2)), revenue);
    }

    private static PayoutIntent? Decide(Msat owed, Msat feeLimit, Msat revenue)
    {
        if (revenue >= feeLimit)
        {
            return new PayoutIntent(owed, feeLimit, HubBearsFee: true);
        }

        return owed.TrySubtract(feeLimit, out Msat amount) && !amount.IsZero
            ? new PayoutIntent(amount, feeLimit, HubBearsFee: false)
            : null;
    }

    private static Msat Larger(Msat left, Msat right) => left >= right ? left : right;
}

/// <summary>A payment to make.</summary>
/// <param name="Amount">What shall arrive, above zero.</param>
/// <param name="FeeLimit">The most that routing may cost.</param>
/// <param name="HubBearsFee">Whether the hub's revenue pays for routing; otherwise the payee does.</param>
public sealed record PayoutIntent(Msat Amount, Msat FeeLimit, bool HubBearsFee)
{
    /// <summary>What is set aside on the account that pays: the amount, and the fee limit where the payee bears it.</summary>
    public Msat Reserved => HubBearsFee ? Amount : Amount + FeeLimit;
}
