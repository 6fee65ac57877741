using SeederMesh.Core.Money;

namespace SeederMesh.Core.Payouts;

/// <summary>What a payee may withdraw by an invoice of its own, and who bears the route.</summary>
/// <remarks>
/// The same rule as for payments that the hub makes by itself: the hub bears routing out of its revenue; where that does
/// not cover the fee limit, what is left of the payee's money after the payment must.
/// </remarks>
/// <param name="Owed">What is owed and not under way.</param>
/// <param name="FeeLimit">The most that routing may cost, as a share of the payment.</param>
/// <param name="Revenue">The hub's revenue that no other payment counts on.</param>
public readonly record struct WithdrawalTerms(Msat Owed, Splits.BasisPoints FeeLimit, Msat Revenue)
{
    /// <summary>A thousandth of the payment: a route that costs less is rare, so less revenue than that is not
    /// offered.</summary>
    private const long CheapRouteDivisor = 1_000;

    /// <summary>The largest amount that <see cref="Decide"/> agrees to; zero when there is none.</summary>
    public Msat Most
    {
        get
        {
            if (Owed.IsZero || Decide(Owed) is not null)
            {
                return Owed;
            }

            return Owed.TrySubtract(LimitOf(Owed), out Msat rest) ? rest : Msat.Zero;
        }
    }

    /// <summary>Decides on paying an invoice over an amount.</summary>
    /// <returns>What to pay; null when what is owed does not cover it.</returns>
    public PayoutIntent? Decide(Msat amount)
    {
        Msat limit = LimitOf(amount);
        return this switch
        {
            _ when amount.IsZero || amount > Owed => null,
            _ when Revenue >= limit => new PayoutIntent(amount, limit, Msat.Zero),
            _ when Owed.TrySubtract(amount, out Msat rest) && rest >= limit => new PayoutIntent(amount, limit, limit),
            _ when Revenue.Value > amount.Value / CheapRouteDivisor => new PayoutIntent(amount, Revenue, Msat.Zero),
            _ => null,
        };
    }

    private Msat LimitOf(Msat amount)
    {
        Msat share = FeeLimit.Of(amount);
        return share.IsZero ? Msat.From(1) : share;
    }
}
