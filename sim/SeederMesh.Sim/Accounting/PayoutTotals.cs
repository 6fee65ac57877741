using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Accounting;

/// <summary>What leaves the hub at the end of a run: each payee above the threshold is paid once, less the routing
/// fee.</summary>
/// <remarks>The fee is BOLT 7's: base + amount x ppm / 1,000,000, rounded down; here the payee bears it.</remarks>
internal sealed class PayoutTotals
{
    public long PaidMsat { get; private set; }

    public long FeesMsat { get; private set; }

    public long OwedMsat { get; private set; }

    public long Payouts { get; private set; }

    public void Pay(long owed, MechanismModel mechanism)
    {
        long fee = mechanism.RoutingFee.BaseMsat + (long)((Int128)owed * mechanism.RoutingFee.Ppm / 1_000_000);
        if (owed == 0 || owed < mechanism.PayoutThreshold.Value || fee >= owed)
        {
            OwedMsat += owed;
            return;
        }

        Payouts++;
        FeesMsat += fee;
        PaidMsat += owed - fee;
    }
}
