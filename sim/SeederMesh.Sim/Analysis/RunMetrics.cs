using SeederMesh.Sim.Accounting;
using SeederMesh.Sim.Attacks;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;

namespace SeederMesh.Sim.Analysis;

/// <summary>The named numbers of one run at piece level. Names are stable; README.md documents them.</summary>
internal sealed class RunMetrics(Scenario scenario)
{
    private readonly List<double>[] downloadSeconds = [.. scenario.Populations.Select(_ => new List<double>())];
    private readonly long[] uploadedPieces = new long[scenario.Populations.Count];
    private readonly long[] earnedMsat = new long[scenario.Populations.Count];
    private readonly long[] peers = new long[scenario.Populations.Count];
    private readonly List<double> shareRatios = [];
    private readonly List<(double Payout, double Bytes)> seeders = [];
    private readonly ChannelTotals totals = new();
    private readonly PayoutTotals payouts = new(scenario.Mechanism);
    private readonly List<(double Leechers, double Seeds)> averages = [];
    private readonly double[] exchanges = new double[scenario.Populations.Count * scenario.Populations.Count];
    private double attackersUtility;
    private double othersUtility;
    private double honestEarnings;
    private double makespan;
    private long deliveries;
    private long unfinished;

    /// <summary>Each seeder's payout and bytes, for the plots.</summary>
    public IReadOnlyList<(double Payout, double Bytes)> Seeders => seeders;

    public void Add(SwarmResult result)
    {
        SwarmState state = result.State;
        deliveries += result.Deliveries;
        totals.Add(result.Totals);
        for (int index = 0; index < exchanges.Length; index++)
        {
            exchanges[index] += result.Exchanges[index];
        }

        payouts.AddRevenue(result.Totals.Hub);
        for (int peer = 0; peer < state.Peers; peer++)
        {
            AddPeer(result, peer);
        }

        payouts.Pay(result.Totals.Creator);
        AddAverages(result);
    }

    /// <summary>The metrics by name.</summary>
    public SortedDictionary<string, double> Compute()
    {
        double[] all = [.. downloadSeconds.SelectMany(values => values)];
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["completed"] = all.Length,
            ["unfinished"] = unfinished,
            ["deliveries"] = deliveries,
            ["makespan_s"] = makespan,
            ["download_s.mean"] = all.Length > 0 ? all.Average() : double.NaN,
            ["download_s.p50"] = Percentile(all, 0.5),
            ["download_s.p95"] = Percentile(all, 0.95),
            ["leechers.mean"] = averages.Sum(average => average.Leechers),
            ["seeds.mean"] = averages.Sum(average => average.Seeds),
            ["share_ratio.jain"] = Fairness.Jain(shareRatios),
            ["share_ratio.p50"] = Percentile([.. shareRatios], 0.5),
            ["money.settled_msat"] = totals.Settled,
            ["money.creator_msat"] = totals.Creator,
            ["money.seeders_msat"] = totals.Seeders,
            ["money.registry_msat"] = totals.Registry,
            ["money.hub_msat"] = totals.Hub,
            ["money.unaccounted_msat"] = totals.Settled - totals.Creator - totals.Seeders - totals.Registry - totals.Hub,
            ["money.withheld_pieces"] = totals.WithheldPieces,
            ["money.paid_out_msat"] = payouts.PaidMsat,
            ["money.still_owed_msat"] = payouts.OwedMsat,
            ["money.routing_fees_msat"] = payouts.FeesMsat,
            ["money.hub_after_routing_msat"] = payouts.RevenueMsat,
            ["payouts"] = payouts.Payouts,
            ["receipts"] = totals.Receipts,
            ["receipts.verified"] = totals.VerifiedReceipts,
            ["channels"] = totals.Channels,
            ["channels.verified"] = totals.VerifiedChannels,
            ["exchange.clustering"] = Clustering(),
            ["payout.jain"] = Fairness.Jain(seeders.Select(seeder => seeder.Payout)),
            ["payout.gini"] = Fairness.Gini(seeders.Select(seeder => seeder.Payout)),
            ["payout.proportionality"] = Fairness.RewardProportionality(seeders),
            ["payout.envy_msat"] = Fairness.Envy(seeders),
        };
        for (int index = 0; index < scenario.Populations.Count; index++)
        {
            string name = scenario.Populations[index].Name;
            double[] own = [.. downloadSeconds[index]];
            metrics[$"{name}.download_s.mean"] = own.Length > 0 ? own.Average() : double.NaN;
            metrics[$"{name}.uploaded_pieces.mean"] = peers[index] > 0 ? (double)uploadedPieces[index] / peers[index] : double.NaN;
            metrics[$"{name}.earned_msat.mean"] = peers[index] > 0 ? (double)earnedMsat[index] / peers[index] : double.NaN;
        }

        if (SwarmAttack.IsIn(scenario))
        {
            metrics[SwarmAttack.AttackersMetric] = attackersUtility;
            metrics[SwarmAttack.OthersMetric] = othersUtility + totals.Creator + totals.Registry + totals.Hub;
            metrics[SwarmAttack.HonestEarningsMetric] = honestEarnings;
        }

        return metrics;
    }

    /// <summary>A downloader's pieces are worth their price to it.</summary>
    private void AddUtility(SwarmState state, int peer, Population population)
    {
        double pieces = population.IsSeed
            ? 0
            : scenario.Mechanism.Price.Of((long)state.HaveCount(peer) * state.PieceLength).Value;
        double utility = pieces + state.EarnedMsat[peer] - state.PaidMsat[peer];
        attackersUtility += population.IsAttacker ? utility : 0;
        othersUtility += population.IsAttacker ? 0 : utility;
        honestEarnings += population.IsAttacker ? 0 : state.EarnedMsat[peer];
    }

    private void AddPeer(SwarmResult result, int peer)
    {
        SwarmState state = result.State;
        int population = state.PopulationOf(peer);
        bool isSeed = scenario.Populations[population].IsSeed;
        if (state.Arrival[peer] > result.EndTick)
        {
            return;
        }

        peers[population]++;
        uploadedPieces[population] += state.Uploaded(peer);
        earnedMsat[population] += state.EarnedMsat[peer];
        payouts.Pay(state.EarnedMsat[peer]);
        AddUtility(state, peer, scenario.Populations[population]);
        if (state.Uploaded(peer) > 0)
        {
            seeders.Add((state.EarnedMsat[peer], (double)state.Uploaded(peer) * state.PieceLength));
        }

        if (isSeed)
        {
            return;
        }

        if (state.Completed(peer) == SwarmState.Never)
        {
            unfinished++;
            return;
        }

        makespan = Math.Max(makespan, state.Completed(peer) / scenario.TicksPerSecond);
        if (state.Arrival[peer] >= scenario.WarmUpTicks)
        {
            downloadSeconds[population].Add((state.Completed(peer) - state.Arrival[peer]) / scenario.TicksPerSecond);
        }

        shareRatios.Add((double)state.Uploaded(peer) / state.Pieces);
    }

    private void AddAverages(SwarmResult result)
    {
        SeriesRow[] rows = [.. result.Series.Where(row => row.Tick >= scenario.WarmUpTicks)];
        averages.Add(rows.Length == 0
            ? (0, 0)
            : (rows.Average(row => (double)row.Leechers), rows.Average(row => (double)row.Seeds)));
    }

    /// <summary>Share of what leechers give each other that stays in its population, over that of mixing at random: 1
    /// is no clustering.</summary>
    private double Clustering()
    {
        int count = scenario.Populations.Count;
        double total = exchanges.Sum();
        double same = 0;
        double random = 0;
        for (int population = 0; population < count; population++)
        {
            double sent = 0;
            double received = 0;
            for (int other = 0; other < count; other++)
            {
                sent += exchanges[(population * count) + other];
                received += exchanges[(other * count) + population];
            }

            same += exchanges[(population * count) + population];
            random += sent * received / total;
        }

        return random > 0 ? same / random : double.NaN;
    }

    private static double Percentile(double[] values, double share)
    {
        if (values.Length == 0)
        {
            return double.NaN;
        }

        double[] sorted = [.. values.Order()];
        return sorted[(int)Math.Min(sorted.Length - 1, Math.Floor(share * sorted.Length))];
    }
}
