using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;

namespace SeederMesh.Core.Payouts;

/// <summary>When what is owed becomes a payment, and what routing it may cost.</summary>
/// <param name="Threshold">A payee is paid as soon as this much is owed; at least 1 msat.</param>
/// <param name="FeeLimit">The most that routing may cost, as a share of the payment.</param>
/// <remarks>
/// The hub bears routing out of its revenue. Where that does not cover the fee limit, it offers what revenue there is,
/// if a route could be
/// had for it; else the payment is smaller by the limit, and what routing then leaves of it stays owed.
/// </remarks>
public sealed record PayoutPolicy(Msat Threshold, BasisPoints FeeLimit)
{
    /// <summary>The least that a refund's route may cost: refunds are paid whatever their size.</summary>
    private const long RefundFeeFloorMsat = 10;

    /// <summary>A thousandth of the payment: a route that costs less is rare, so less revenue than that is not
    /// offered.</summary>
    private const long CheapRouteDivisor = 1_000;

    /// <summary>How often a refund's fee limit may be multiplied by four.</summary>
    private const int EscalationsMax = 16;

    /// <summary>From 1 sat on, at most 1 percent in fees.</summary>
    public static PayoutPolicy Default { get; } = new(Msat.FromSatoshi(1), new BasisPoints(100));

    /// <summary>Decides on paying a payee.</summary>
    /// <param name="owed">What is owed and not under way.</param>
    /// <param name="minimum">What is not worth less: rises after a route that was too dear.</param>
    /// <param name="revenue">The hub's revenue that no other payment counts on.</param>
    /// <returns>What to pay; null while it is too little.</returns>
    public PayoutIntent? DecidePayment(Msat owed, Msat minimum, Msat revenue)
    {
        if (owed.IsZero || owed < Threshold || owed < minimum)
        {
            return null;
        }

        return Decide(owed, Larger(FeeLimit.Of(owed), Msat.From(1)), revenue, mayOfferLess: minimum.IsZero);
    }

    /// <summary>Decides on refunding what a closed channel has left.</summary>
    /// <param name="rest">What is left and not under way.</param>
    /// <param name="escalations">How often a route was too dear: the limit rises with it, to half of the rest.</param>
    /// <param name="revenue">The hub's revenue that no other payment counts on.</param>
    /// <returns>What to pay; null when nothing would arrive: a few msat may stay on the channel for ever.</returns>
    public PayoutIntent? DecideRefund(Msat rest, int escalations, Msat revenue)
    {
        Int128 wanted = (Int128)Math.Max(FeeLimit.Of(rest).Value, RefundFeeFloorMsat) << (2 * Math.Min(escalations, EscalationsMax));
        Msat limit = Msat.From((long)Int128.Min(wanted, Math.Max(rest.Value / 2, 1)));
        return rest.IsZero ? null : Decide(rest, limit, revenue, mayOfferLess: escalations == 0);
    }

    /// <summary>Whether what a direct channel owes one payee is worth a payment of the downloader's.</summary>
    /// <param name="due">What is due to the payee.</param>
    /// <param name="unpaid">What is due on the channel to all payees together.</param>
    /// <param name="window">What may be due or granted without proof.</param>
    /// <param name="isEnding">Whether nothing more will be earned: then everything is swept.</param>
    /// <remarks>Below the threshold it waits for more; but not while it keeps half of the window from being
    /// granted.</remarks>
    public bool IsWorthPaying(Msat due, Msat unpaid, Msat window, bool isEnding) =>
        !due.IsZero && (isEnding || due >= Threshold || unpaid.Value >= window.Value / 2);

    private static PayoutIntent? Decide(Msat owed, Msat feeLimit, Msat revenue, bool mayOfferLess)
    {
        if (revenue >= feeLimit)
        {
            return new PayoutIntent(owed, feeLimit, HubBearsFee: true);
        }

        if (mayOfferLess && revenue.Value > owed.Value / CheapRouteDivisor)
        {
            return new PayoutIntent(owed, revenue, HubBearsFee: true);
        }

        return owed.TrySubtract(feeLimit, out Msat amount) && amount > feeLimit
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
    /// <summary>What is set aside on the account that pays: the amount, and the fee limit where the payee bears
    /// it.</summary>
    public Msat Reserved => HubBearsFee ? Amount : Amount + FeeLimit;
}
