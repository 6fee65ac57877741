using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;

namespace SeederMesh.Core.Payouts;

/// <summary>When what is owed becomes a payment, and what routing it may cost.</summary>
/// <param name="FeeLimit">The most that routing may cost, as a share of the payment.</param>
/// <remarks>
/// Where the hub bears routing it does so out of its revenue. Where that does not cover the fee limit, it offers what
/// revenue there is, if a route could be had for it; else the payment is smaller by the limit, and what routing then
/// leaves of it stays owed.
/// </remarks>
public sealed record PayoutPolicy(BasisPoints FeeLimit)
{
    /// <summary>The least that a refund's route may cost: refunds are paid whatever their size.</summary>
    private const long RefundFeeFloorMsat = 10;

    /// <summary>A thousandth of the payment: a route that costs less is rare, so less revenue than that is not
    /// offered.</summary>
    private const long CheapRouteDivisor = 1_000;

    /// <summary>How often a refund's fee limit may be multiplied by four.</summary>
    private const int EscalationsMax = 16;

    /// <summary>At most 1 percent in fees.</summary>
    public static PayoutPolicy Default { get; } = new(new BasisPoints(100));

    /// <summary>Decides on paying a payee.</summary>
    /// <param name="bearer">Who pays for routing.</param>
    /// <param name="owed">What is owed and not under way.</param>
    /// <param name="minimum">What is not worth less: the threshold, and more where routes are dear or the node is
    /// slow.</param>
    /// <param name="ceiling">The most that one payment can carry; the rest is another payment's.</param>
    /// <param name="route">What was learned of the way there.</param>
    /// <param name="revenue">The hub's revenue that no other payment counts on.</param>
    /// <returns>What to pay; null while it is too little.</returns>
    public PayoutIntent? DecidePayment(
        FeeBearer bearer, Msat owed, Msat minimum, Msat ceiling, RouteExperience route, Msat revenue)
    {
        if (owed.IsZero || owed < minimum || owed < route.Minimum)
        {
            return null;
        }

        Msat part = Msat.Min(owed, Msat.Min(ceiling, route.Ceiling));
        Msat limit = Larger(FeeLimit.Of(part), Msat.From(1));
        return part.IsZero ? null : Decide(bearer, owed, part, limit, revenue, mayOfferLess: route.DearRoutes == 0);
    }

    /// <summary>Decides on refunding what a closed channel has left.</summary>
    /// <param name="rest">What is left and not under way.</param>
    /// <param name="ceiling">The most that one payment can carry.</param>
    /// <param name="route">What was learned of the way there: the fee limit rises with each route that was too dear, to
    /// half of the rest.</param>
    /// <param name="revenue">The hub's revenue that no other payment counts on.</param>
    /// <returns>What to pay; null when nothing would arrive: a few msat may stay on the channel for ever.</returns>
    public PayoutIntent? DecideRefund(Msat rest, Msat ceiling, RouteExperience route, Msat revenue)
    {
        Msat part = Msat.Min(rest, Msat.Min(ceiling, route.Ceiling));
        int escalations = Math.Min(route.DearRoutes, EscalationsMax);
        Int128 wanted = (Int128)Math.Max(FeeLimit.Of(part).Value, RefundFeeFloorMsat) << (2 * escalations);
        Msat limit = Msat.From((long)Int128.Min(wanted, Math.Max(part.Value / 2, 1)));
        return part.IsZero ? null : Decide(FeeBearer.Hub, rest, part, limit, revenue, mayOfferLess: route.DearRoutes == 0);
    }

    private static PayoutIntent? Decide(
        FeeBearer bearer, Msat owed, Msat part, Msat feeLimit, Msat revenue, bool mayOfferLess)
    {
        if (bearer == FeeBearer.Hub && revenue >= feeLimit)
        {
            return new PayoutIntent(part, feeLimit, Msat.Zero);
        }

        if (bearer == FeeBearer.Hub && mayOfferLess && revenue.Value > part.Value / CheapRouteDivisor)
        {
            return new PayoutIntent(part, revenue, Msat.Zero);
        }

        Msat half = Msat.From(feeLimit.Value / 2);
        Msat borne = bearer == FeeBearer.Split && revenue >= feeLimit.Less(half) ? half : feeLimit;

        // Of a part of what is owed, the rest pays for the route; else the payment is smaller by it.
        Msat amount = owed.TrySubtract(borne, out Msat afterRoute) ? Msat.Min(part, afterRoute) : Msat.Zero;
        return amount > borne ? new PayoutIntent(amount, feeLimit, borne) : null;
    }

    private static Msat Larger(Msat left, Msat right) => left >= right ? left : right;
}
