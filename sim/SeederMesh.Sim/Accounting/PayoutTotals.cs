using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Accounting;

/// <summary>What leaves the hub at the end of a run: each payee is owed once, and <see cref="PayoutPolicy"/> decides
/// whether that is paid, and who bears the route.</summary>
/// <remarks>What the route costs is the network's own: base + amount x ppm / 1,000,000, rounded down (BOLT 7). One that
/// costs more than the policy's limit is not taken, and the money stays owed.</remarks>
internal sealed class PayoutTotals(MechanismModel mechanism)
{
    private readonly PayoutPolicy policy = new(mechanism.FeeLimit);

    /// <summary>The hub's revenue that no payment has used yet: what routing may be paid from.</summary>
    public long RevenueMsat { get; private set; }

    public long PaidMsat { get; private set; }

    public long FeesMsat { get; private set; }

    public long OwedMsat { get; private set; }

    public long Payouts { get; private set; }

    /// <summary>The hub's share of what was settled.</summary>
    public void AddRevenue(long msat) => RevenueMsat += msat;

    public void Pay(long owed)
    {
        PayoutIntent? intent = policy.DecidePayment(
            mechanism.FeeBearer, Msat.From(owed), mechanism.PayoutThreshold, Msat.Max, RouteExperience.None, Msat.From(RevenueMsat));
        if (intent is null || FeeFor(intent.Amount) is var fee && fee > intent.FeeLimit.Value)
        {
            OwedMsat += owed;
            return;
        }

        Payouts++;
        FeesMsat += fee;
        PaidMsat += intent.Amount.Value;
        // What routing leaves of its limit stays the payee's, or the hub's.
        long borne = intent.PayeePart(Msat.From(fee)).Value;
        OwedMsat += owed - intent.Amount.Value - borne;
        RevenueMsat -= fee - borne;
    }

    private long FeeFor(Msat amount) =>
        mechanism.RoutingFee.BaseMsat + (long)((Int128)amount.Value * mechanism.RoutingFee.Ppm / 1_000_000);
}
