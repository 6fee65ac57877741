using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;
using SeederMesh.Sim.Accounting;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Replays;

/// <summary>What may be different in a replay; null is what the receipts were settled under.</summary>
/// <param name="Price">Another price.</param>
/// <param name="Split">Another split.</param>
/// <param name="Payouts">Threshold and routing fees of the payouts at the end.</param>
/// <param name="Exposure">The seeders' windows.</param>
internal sealed record ReplayPolicy(
    PricePerMebibyte? Price, SplitPolicy? Split, MechanismModel Payouts, ExposurePolicy Exposure);

/// <summary>One seeder under the recorded policy and under another.</summary>
internal sealed record ReplayedSeeder(PublicKey Seeder)
{
    public long Bytes { get; set; }

    public long Receipts { get; set; }

    /// <summary>What it has earned, as if every channel were closed now; msat.</summary>
    public long RecordedMsat { get; set; }

    public long ReplayedMsat { get; set; }

    /// <summary>What of that is of direct channels, which no hub pays out; msat.</summary>
    public long DirectMsat { get; set; }

    /// <summary>The most that its windows would have left unreceipted at once, over its grants; msat.</summary>
    public long AtRiskMsat { get; set; }
}

/// <summary>Who would have earned what.</summary>
internal sealed class Replay
{
    private readonly ReplayPolicy policy;
    private readonly Dictionary<PublicKey, ReplayedSeeder> byKey = [];

    /// <summary>In the order of their first channel: names that are replaced by pseudonyms change nothing.</summary>
    private readonly List<ReplayedSeeder> seeders = [];
    private long directRevenueMsat;

    public Replay(ReplayPolicy policy)
    {
        this.policy = policy;
        Payouts = new PayoutTotals(policy.Payouts);
    }

    /// <summary>The seeders, by their keys.</summary>
    public IEnumerable<ReplayedSeeder> Seeders => seeders.OrderBy(seeder => seeder.Seeder.ToString(), StringComparer.Ordinal);

    /// <summary>Recorded and replayed totals of the payees, the registry and the hub, msat.</summary>
    public (long Recorded, long Replayed) Payees { get; private set; }

    public (long Recorded, long Replayed) Registry { get; private set; }

    public (long Recorded, long Replayed) Hub { get; private set; }

    /// <summary>Direct channels, and what their receipts come to in the replay, msat: paid by downloaders themselves, or left
    /// unpaid, which the log does not tell.</summary>
    public (long Channels, long Msat) Direct { get; private set; }

    /// <summary>What is paid out, and still owed, to the seeders at the end of the replay, direct channels left
    /// out.</summary>
    public PayoutTotals Payouts { get; }

    /// <summary>Pays the seeders, after the last channel.</summary>
    public void PayOut()
    {
        Payouts.AddRevenue(Hub.Replayed - directRevenueMsat);
        foreach (ReplayedSeeder seeder in seeders)
        {
            Payouts.Pay(seeder.ReplayedMsat - seeder.DirectMsat);
        }
    }

    /// <summary>Replays one channel.</summary>
    public void Add(LoggedChannel channel)
    {
        Shares recorded = Divide(channel, null, channel.Split);
        Shares replayed = Divide(channel, policy.Price, policy.Split ?? channel.Split);
        Payees = (Payees.Recorded + recorded.Payees, Payees.Replayed + replayed.Payees);
        Registry = (Registry.Recorded + recorded.Registry, Registry.Replayed + replayed.Registry);
        Hub = (Hub.Recorded + recorded.Hub, Hub.Replayed + replayed.Hub);
        if (channel.IsDirect)
        {
            directRevenueMsat += replayed.Hub;
            Direct = (Direct.Channels + 1, Direct.Msat + replayed.Payees + replayed.Registry + replayed.Hub + replayed.Seeders.Sum());
        }

        for (int index = 0; index < channel.Grants.Count; index++)
        {
            LoggedGrant grant = channel.Grants[index];
            if (!byKey.TryGetValue(grant.Seeder, out ReplayedSeeder? seeder))
            {
                byKey.Add(grant.Seeder, seeder = new ReplayedSeeder(grant.Seeder));
                seeders.Add(seeder);
            }

            seeder.Bytes += grant.Bytes;
            seeder.Receipts += grant.Receipts;
            seeder.RecordedMsat += recorded.Seeders[index];
            seeder.ReplayedMsat += replayed.Seeders[index];
            seeder.DirectMsat += channel.IsDirect ? replayed.Seeders[index] : 0;
            seeder.AtRiskMsat += (policy.Price ?? grant.Price).Of(policy.Exposure.WindowAfter(grant.Receipts, grant.Bytes)).Value;
        }
    }

    /// <summary>Settles each grant at once, at its own price unless another is given, and closes the channel. Grants of
    /// one seeder are one seeder's money, as in the channel.</summary>
    private static Shares Divide(LoggedChannel channel, PricePerMebibyte? price, SplitPolicy split)
    {
        Msat settled = Msat.Zero;
        (long payees, long registry, long hub) = (0, 0, 0);
        var earned = new long[channel.Grants.Count];
        var order = new List<PublicKey>();
        var bySeeder = new Dictionary<PublicKey, Msat>();
        for (int index = 0; index < channel.Grants.Count; index++)
        {
            LoggedGrant grant = channel.Grants[index];
            Msat amount = (price ?? grant.Price).Of(grant.Bytes);
            Msat before = bySeeder.GetValueOrDefault(grant.Seeder);
            SplitLegs legs = split.Divide(settled, before, amount);
            if (bySeeder.TryAdd(grant.Seeder, amount))
            {
                order.Add(grant.Seeder);
            }
            else
            {
                bySeeder[grant.Seeder] = before + amount;
            }

            settled += amount;
            earned[index] = legs.Seeder.Value;
            payees += legs.Payees.Sum(leg => leg.Value);
            registry += legs.Registry.Value;
            hub += legs.Hub.Value;
        }

        ClosingLegs closing = split.Close(settled, [.. order.Select(seeder => bySeeder[seeder])]);
        for (int index = 0; index < order.Count; index++)
        {
            int first = Enumerable.Range(0, earned.Length).First(grant => channel.Grants[grant].Seeder == order[index]);
            earned[first] += closing.Seeders[index].Value;
        }

        return new Shares(
            payees + closing.Payees.Sum(leg => leg.Value), registry + closing.Registry.Value, hub + closing.Hub.Value, earned);
    }

    private sealed record Shares(long Payees, long Registry, long Hub, long[] Seeders);
}
