using System.Collections.Immutable;
using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;

namespace SeederMesh.Sim.Published;

/// <summary>Published results about who gets what under tit for tat, at piece level.</summary>
internal static class IncentiveCases
{
    public static ImmutableArray<ScenarioParameter> FreeRiderParameters { get; } =
    [
        new("N", 50, "peers that contribute", 3, 63, IsWhole: true),
        new("n_u", 4, "peers that each unchokes for what they give, beside one in turn", 1, 30, IsWhole: true),
    ];

    public static ImmutableArray<ScenarioParameter> LargeViewParameters { get; } =
    [
        new("few", 0.04, "share of the leechers that free-ride when they are few", 0, 1),
        new("many", 0.6, "share when they are many", 0, 1),
    ];

    /// <summary>Tit for tat makes peers of like uplinks exchange with each other; serving in turn does not.</summary>
    public static IReadOnlyList<PublishedRow> Clustering(Scenario scenario, CancellationToken cancellation)
    {
        double Got(ChokePolicy choke) => Mean(
            scenario with
            {
                Populations =
                [
                    .. scenario.Populations.Select(population => population.IsSeed
                        ? population : population with { Choke = choke }),
                ],
            },
            "exchange.clustering", cancellation);

        double inTurn = Got(ChokePolicy.Rotate);
        double titForTat = Got(ChokePolicy.TitForTat);
        return
        [
            PublishedRow.AtLeast("clustering, tit for tat", 1 + scenario.PublishedTolerance, titForTat),
            PublishedRow.AtMost("clustering, in turn", titForTat, inTurn),
        ];
    }

    /// <summary>
    /// The population <c>client</c> with BitTyrant against the same client without, on the same swarms: the median of
    /// the speed-ups over the replicates, 1.7 in the paper. When everybody is strategic, the swarm is slower.
    /// </summary>
    public static IReadOnlyList<PublishedRow> BitTyrant(Scenario scenario, CancellationToken cancellation)
    {
        (double[] Client, double[] All) plain = Times(scenario, [], cancellation);
        (double[] Client, double[] All) alone = Times(scenario, ["client"], cancellation);
        (double[] Client, double[] All) everybody = Times(
            scenario, [.. scenario.Populations.Where(population => !population.IsSeed).Select(population => population.Name)],
            cancellation);
        if (plain.Client.Length == 0 || alone.Client.Length != plain.Client.Length || everybody.Client.Length != plain.Client.Length)
        {
            return [];
        }

        return
        [
            PublishedRow.Relative(
                "median speed-up, strategic alone", 1.7, Median(plain.Client, alone.Client), scenario.PublishedTolerance),
            PublishedRow.AtMost("the swarm's, everybody strategic", 1, Median(plain.All, everybody.All)),
        ];
    }

    /// <summary>Free-riders with a large view against those who contribute: they are ahead while they are few, and not
    /// without the view; when they are many, both have less of it.</summary>
    public static IReadOnlyList<PublishedRow> LargeView(Scenario scenario, CancellationToken cancellation)
    {
        int leechers = scenario.Populations.Where(population => !population.IsSeed).Sum(population => population.Count);
        (double Riders, double Honest) Times(double share, bool largeView)
        {
            int riders = Math.Max(1, (int)Math.Round(share * leechers));
            SortedDictionary<string, Estimate> got = Run(
                scenario with
                {
                    Populations =
                    [
                        .. scenario.Populations.Select(population => population.Name switch
                        {
                            "riders" => population with
                            {
                                Count = riders, LargeView = largeView,
                                Neighbours = largeView ? scenario.Network.Neighbours : Honest(scenario).Neighbours,
                            },
                            "honest" => population with { Count = leechers - riders },
                            _ => population,
                        }),
                    ],
                },
                cancellation);
            return (Value(got, "riders.download_s.mean"), Value(got, "honest.download_s.mean"));
        }

        (double Riders, double Honest) few = Times(scenario.Parameters["few"], largeView: true);
        (double Riders, double Honest) narrow = Times(scenario.Parameters["few"], largeView: false);
        (double Riders, double Honest) many = Times(scenario.Parameters["many"], largeView: true);
        return
        [
            PublishedRow.AtMost("riders over honest time, few", 1, few.Riders / few.Honest),
            PublishedRow.AtLeast("the same without the large view", few.Riders / few.Honest, narrow.Riders / narrow.Honest),
            PublishedRow.AtLeast("riders' time, many over few", 1, many.Riders / few.Riders),
            PublishedRow.AtLeast("honest time, many over few", 1, many.Honest / few.Honest),
        ];
    }

    /// <summary>What a free-rider gets of N peers, in uplinks: pieces that it gets from them over those that one of
    /// them uploads.</summary>
    public static IReadOnlyList<PublishedRow> FreeRiderShare(Scenario scenario, CancellationToken cancellation)
    {
        int peers = (int)scenario.Parameters["N"];
        int regular = (int)scenario.Parameters["n_u"];
        if (peers <= regular + 1)
        {
            throw new ScenarioException($"parameters.N: must be more than parameters.n_u + 1 ({regular + 1})");
        }

        Scenario crowd = scenario with
        {
            Network = scenario.Network with { Neighbours = 64, DownloadsMax = 64 },
            Populations =
            [
                .. scenario.Populations.Select(population => population with
                {
                    Neighbours = 64,
                    LargeView = true,
                    Count = population.Name == "contributors" ? peers : population.Count,
                    Slots = population.Name == "contributors" ? regular + 1 : population.Slots,
                    // New pieces for everybody, and not so many that anybody completes.
                    Up = population.IsSeed ? new Distribution { A = peers * Contributors(scenario).Up.A / 4 } : population.Up,
                }),
            ],
        };
        int count = crowd.Populations.Count;
        int contributors = Index("contributors");
        int rider = Index("rider");
        (double toRider, double all) = (0, 0);
        var runner = new Runner(crowd, Environment.ProcessorCount)
        {
            OnSwarm = (_, swarm) =>
            {
                toRider += swarm.Exchanges[(contributors * count) + rider];
                all += Enumerable.Range(0, count).Sum(to => swarm.Exchanges[(contributors * count) + to]);
            },
        };
        runner.Run([.. Enumerable.Range(0, crowd.Replicates).Select(index => (uint)index)], cancellation);
        double riders = crowd.Populations[rider].Count;
        return
        [
            PublishedRow.Relative(
                "uplinks a free-rider gets", peers / ((peers - regular) * (regular + 1.0)), toRider / riders / (all / peers),
                scenario.PublishedTolerance),
        ];

        int Index(string name) => crowd.Populations.ToList().FindIndex(population => population.Name == name) is >= 0 and int found
            ? found
            : throw new ScenarioException($"populations: must have one that is named {name}");
    }

    /// <summary>One slot that serves each of the idle peers in turn: each has an equal share of the time; tolerance in
    /// seconds.</summary>
    /// <remarks>Where the turns do not divide by the peers, somebody has one turn more than somebody else.</remarks>
    public static IReadOnlyList<PublishedRow> OptimisticUnchoke(Scenario scenario, CancellationToken cancellation)
    {
        SwarmPlan plan = SwarmPlan.ForRun(scenario, 0)[0];
        SwarmResult result = new Swarm(scenario, plan, 0).Run(cancellation);
        Population seed = scenario.Populations.First(population => population.IsSeed);
        double secondsPerPiece = scenario.Content.PieceLength / seed.Up.A;
        double[] seconds =
        [
            .. Enumerable.Range(0, result.State.Peers)
                .Where(peer => !scenario.Populations[result.State.PopulationOf(peer)].IsSeed)
                .Select(peer => result.State.HaveCount(peer) * secondsPerPiece),
        ];
        double end = scenario.EndTicks / scenario.TicksPerSecond;
        double each = end / seconds.Length;
        double turn = scenario.Network.RechokeSeconds * scenario.Network.OptimisticRounds;
        double uneven = each % turn < 1e-9 ? 0 : turn;
        return
        [
            PublishedRow.Absolute("mean unchoked, s", each, seconds.Average(), scenario.PublishedTolerance),
            PublishedRow.Absolute("least unchoked, s", each, seconds.Min(), scenario.PublishedTolerance + uneven),
            PublishedRow.Absolute("most unchoked, s", each, seconds.Max(), scenario.PublishedTolerance + uneven),
        ];
    }

    private static Population Contributors(Scenario scenario) =>
        scenario.Populations.First(population => population.Name == "contributors");

    private static Population Honest(Scenario scenario) => scenario.Populations.First(population => population.Name == "honest");

    /// <summary>Download times of the client and of everybody, by replicate.</summary>
    private static (double[] Client, double[] All) Times(Scenario scenario, string[] strategic, CancellationToken cancellation)
    {
        IReadOnlyList<SortedDictionary<string, double>> replicates = new Runner(
                scenario with
                {
                    Populations =
                    [
                        .. scenario.Populations.Select(population => strategic.Contains(population.Name, StringComparer.Ordinal)
                            ? population with { Choke = ChokePolicy.Bittyrant, Slots = 64 }
                            : population),
                    ],
                },
                Environment.ProcessorCount)
            .Run([.. Enumerable.Range(0, scenario.Replicates).Select(index => (uint)index)], cancellation)
            .Replicates;
        return (Values("client.download_s.mean"), Values("download_s.mean"));

        double[] Values(string metric) => [.. replicates.Select(metrics => metrics.GetValueOrDefault(metric, double.NaN))];
    }

    /// <summary>The median of before over after, replicate by replicate.</summary>
    private static double Median(double[] before, double[] after)
    {
        double[] values = [.. before.Zip(after, (one, other) => one / other).Order()];
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }

    private static double Mean(Scenario scenario, string metric, CancellationToken cancellation) =>
        Value(Run(scenario, cancellation), metric);

    private static double Value(SortedDictionary<string, Estimate> got, string metric) =>
        got.TryGetValue(metric, out Estimate value) ? value.Mean : double.NaN;

    private static SortedDictionary<string, Estimate> Run(Scenario scenario, CancellationToken cancellation) =>
        new Runner(scenario, Environment.ProcessorCount)
            .Run([.. Enumerable.Range(0, scenario.Replicates).Select(index => (uint)index)], cancellation)
            .Summarize();
}
