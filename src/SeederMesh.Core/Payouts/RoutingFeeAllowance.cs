using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;

namespace SeederMesh.Core.Payouts;

/// <summary>How much of its revenue a hub spends on routing; beyond it whoever is paid bears the route.</summary>
/// <param name="PerDay">The most in 24 hours.</param>
/// <param name="Share">The most of all revenue ever earned.</param>
public sealed record RoutingFeeAllowance(Msat PerDay, BasisPoints Share)
{
    /// <summary>All revenue may go to routing.</summary>
    public static RoutingFeeAllowance All { get; } = new(Msat.Max, new BasisPoints(BasisPoints.Whole));

    /// <summary>What one more payment may cost the hub.</summary>
    /// <param name="revenue">Revenue that is there, and revenue that was ever earned.</param>
    /// <param name="spent">What routing has cost the hub in the last 24 hours, and ever.</param>
    /// <param name="promised">Fee limits of payments under way.</param>
    public Msat Available((Msat Free, Msat Earned) revenue, (Msat Day, Msat Ever) spent, Msat promised)
    {
        Msat ofDay = Rest(PerDay, spent.Day);
        Msat ofShare = Rest(Share.Of(revenue.Earned), spent.Ever);
        return Rest(Msat.Min(revenue.Free, Msat.Min(ofDay, ofShare)), promised);
    }

    private static Msat Rest(Msat of, Msat taken) => of.TrySubtract(taken, out Msat rest) ? rest : Msat.Zero;
}
