using System.Collections.Immutable;
using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;

namespace SeederMesh.Sim.Published;

/// <summary>Published results about how fast a swarm is, reproduced by the scenario's own mode.</summary>
internal static class SwarmCases
{
    /// <summary>The fluid model is a limit: with fewer leechers than this the chain runs with more arrivals, and counts
    /// are divided.</summary>
    private const double ChainLeechersMin = 200;

    /// <summary>The same at piece level, where a swarm that is smaller loses pieces for ever by chance.</summary>
    private const double SwarmPeersMin = 99;

    /// <summary>Holders from which growth is measured.</summary>
    private const int GrowthFrom = 48;

    /// <summary>Arrivals that a mean at piece level is taken over, at the least.</summary>
    private const double ArrivalsMin = 3000;

    public static ImmutableArray<ScenarioParameter> KumarRossParameters { get; } =
    [
        new("F", 0, "bits of the content; 0: as the scenario's content.size"),
        new("N", 0, "leechers; 0: as the scenario's", 0, 1_000_000, IsWhole: true),
        new("us", 0, "the seed's uplink, bit/s; 0: as the scenario's"),
        new("d", 0, "a leecher's downlink, bit/s; 0: as the scenario's"),
        new("u", 0, "a leecher's uplink, bit/s; 0: as the scenario's"),
    ];

    public static ImmutableArray<ScenarioParameter> FlashGrowthParameters { get; } =
    [
        new("mu", 1, "uploads of a peer, contents a second", ScenarioParameter.AboveZero, 1e6),
        new("N", 16_384, "peers that come at once", 2048, 1_000_000, IsWhole: true),
    ];

    /// <summary>Leechers, seeds and download time of the steady state; parameters L, theta, mu, c, gamma,
    /// eta.</summary>
    public static IReadOnlyList<PublishedRow> QiuSrikant(Scenario scenario, CancellationToken cancellation)
    {
        (double leechers, double seeds, double seconds) = Analytic.QiuSrikant.Expected(scenario.Parameters);
        double scale = scenario.Mode switch
        {
            ScenarioMode.Markov => Math.Max(1, Math.Ceiling(ChainLeechersMin / leechers)),
            ScenarioMode.Pieces => Math.Max(1, Math.Ceiling(SwarmPeersMin / (leechers + seeds))),
            _ => 1,
        };
        SortedDictionary<string, Estimate> got = Measure(Scaled(scenario, scale), cancellation);
        return got.Count == 0 ? [] :
        [
            PublishedRow.Relative("leechers.mean", leechers, got["leechers.mean"].Mean / scale, scenario.PublishedTolerance),
            PublishedRow.Relative("seeds.mean", seeds, got["seeds.mean"].Mean / scale, scenario.PublishedTolerance),
            PublishedRow.Relative("download_s.mean", seconds, got["download_s.mean"].Mean, scenario.PublishedTolerance),
        ];
    }

    /// <summary>The download time with L and with factor x L.</summary>
    public static IReadOnlyList<PublishedRow> QiuSrikantScale(Scenario scenario, CancellationToken cancellation)
    {
        double factor = scenario.Parameters["factor"];
        SortedDictionary<string, Estimate> one = Measure(scenario, cancellation);
        SortedDictionary<string, Estimate> many = Measure(Scaled(scenario, factor), cancellation);
        return one.Count == 0 || many.Count == 0 ? [] :
        [
            PublishedRow.Relative(
                $"download_s.mean, L x {factor:0.###}", one["download_s.mean"].Mean, many["download_s.mean"].Mean,
                scenario.PublishedTolerance),
        ];
    }

    /// <summary>
    /// The last download ends no earlier than max(F/us, F/dmin, N F/(us + sum u)), and within 1 + tolerance times
    /// that. One population of seeds, one of leechers, fixed capacities.
    /// </summary>
    public static IReadOnlyList<PublishedRow> KumarRoss(Scenario scenario, CancellationToken cancellation)
    {
        scenario = WithKumarRoss(scenario);
        Population seed = scenario.Populations.First(population => population.IsSeed);
        Population leechers = scenario.Populations.First(population => !population.IsSeed);
        double bytes = (double)scenario.Content.Pieces * scenario.Content.PieceLength;
        double bound = Math.Max(
            Math.Max(bytes / seed.Up.A, bytes / leechers.Down.A),
            leechers.Count * bytes / (seed.Up.A + (leechers.Count * leechers.Up.A)));
        SortedDictionary<string, Estimate> got = Run(scenario, cancellation);
        return got.Count == 0 ? [] :
        [
            PublishedRow.Between("makespan_s", bound, got["makespan_s"].Mean, 1 + scenario.PublishedTolerance),
            PublishedRow.Absolute("unfinished", 0, got["unfinished"].Mean, 0),
        ];
    }

    /// <summary>Mean download time with random selection over that with rarest first, at the seed's speed and at a
    /// quarter of it.</summary>
    public static IReadOnlyList<PublishedRow> RarestFirst(Scenario scenario, CancellationToken cancellation)
    {
        double fast = Ratio(scenario, 1, cancellation);
        double slow = Ratio(scenario, 4, cancellation);
        return
        [
            PublishedRow.AtLeast("random over rarest-first", 1 - scenario.PublishedTolerance, fast),
            PublishedRow.AtLeast("the same, seed 4 times slower", fast, slow),
        ];
    }

    /// <summary>One seed, N peers that want a content of one piece, who pass it on at rate mu: how fast holders
    /// multiply.</summary>
    public static IReadOnlyList<PublishedRow> FlashGrowth(Scenario scenario, CancellationToken cancellation)
    {
        double mu = scenario.Parameters["mu"];
        int peers = (int)scenario.Parameters["N"];
        return
        [
            PublishedRow.Relative("growth rate, exponential times", mu, Growth(exponential: true), scenario.PublishedTolerance),
            PublishedRow.Relative("growth rate, fixed times", mu * Math.Log(2), Growth(exponential: false), scenario.PublishedTolerance),
        ];

        double Growth(bool exponential)
        {
            double rate = scenario.Content.PieceLength * mu;
            Scenario crowd = scenario with
            {
                Content = scenario.Content with { Pieces = 1 },
                TickMs = 0.1 / mu,
                EndTicks = 10_000 * (int.Log2(peers / 16) + 3),
                SampleTicks = 50,
                Network = scenario.Network with { TransferIsExponential = exponential, RechokeSeconds = 0.5 / mu, LatencySeconds = 0 },
                Populations =
                [
                    .. scenario.Populations.Select(population => population with
                    {
                        Count = population.IsSeed ? 1 : peers, Slots = 1, Up = new Distribution { A = rate },
                    }),
                ],
            };
            var slopes = new List<double>();
            var runner = new Runner(crowd, Environment.ProcessorCount)
            {
                OnSwarm = (_, swarm) => slopes.Add(Slope(swarm.Series, crowd.TicksPerSecond, peers)),
            };
            runner.Run([.. Enumerable.Range(0, crowd.Replicates).Select(index => (uint)index)], cancellation);
            return slopes.Count > 0 ? slopes.Average() : double.NaN;
        }
    }

    /// <summary>Growth of the logarithm of the holders, from when they are many until those who lack the content are
    /// no longer many more.</summary>
    private static double Slope(IReadOnlyList<SeriesRow> rows, double ticksPerSecond, int peers)
    {
        // Sixteen times or more, between steps of the doubling: one upload more or less changes nothing.
        int most = GrowthFrom / 4 << (int.Log2(peers / 16) - 4);
        return Math.Log((double)most / GrowthFrom) / (Reached(most) - Reached(GrowthFrom));

        double Reached(int holders) => rows.Where(row => row.Seeds >= holders)
            .Select(row => row.Tick / ticksPerSecond).FirstOrDefault(double.NaN);
    }

    private static Scenario Scaled(Scenario scenario, double factor) => factor == 1 ? scenario : scenario with
    {
        Parameters = new Dictionary<string, double>(scenario.Parameters, StringComparer.Ordinal)
        {
            ["L"] = scenario.Parameters["L"] * factor,
        },
    };

    private static SortedDictionary<string, Estimate> Measure(Scenario scenario, CancellationToken cancellation) =>
        Run(scenario.Mode == ScenarioMode.Pieces ? WithQiuSrikant(scenario) : scenario, cancellation);

    /// <summary>A swarm with the parameters of the fluid model: populations <c>leechers</c> and <c>first</c>, and times
    /// in which the mean is steady.</summary>
    private static Scenario WithQiuSrikant(Scenario scenario)
    {
        IReadOnlyDictionary<string, double> parameters = scenario.Parameters;
        if (parameters["eta"] != 1)
        {
            throw new ScenarioException("parameters.eta: must be 1 at piece level, where it is what comes out");
        }

        (double _, double _, double seconds) = Analytic.QiuSrikant.Expected(parameters);
        double bytes = (double)scenario.Content.Pieces * scenario.Content.PieceLength;
        double slowest = Math.Max(seconds, 1 / parameters["gamma"]);
        double warmUp = 8 * slowest;
        double end = warmUp + Math.Max(32 * slowest, ArrivalsMin / parameters["L"]);
        double pieceSeconds = 1 / (scenario.Content.Pieces * Math.Max(parameters["mu"],
            double.IsFinite(parameters["c"]) ? parameters["c"] : 0));
        // A piece takes hundreds of ticks, so that rounding up does not count, and the whole fits 31 bits.
        double tick = Math.Max(Math.Min(pieceSeconds / 200, 0.001), end / 2e9);
        Scenario timed = scenario with { TickMs = tick * 1000 };
        return timed with
        {
            StopWhenComplete = false,
            EndTicks = timed.Ticks(end),
            WarmUpTicks = timed.Ticks(warmUp),
            SampleTicks = timed.Ticks(end / 2000, 1),
            Network = scenario.Network with { RechokeSeconds = Math.Min(10, Math.Max(seconds / 10, tick)) },
            Populations =
            [
                .. scenario.Populations.Select(population => population with
                {
                    Up = new Distribution { A = parameters["mu"] * bytes },
                    Down = population.IsSeed ? population.Down : new Distribution { A = parameters["c"] * bytes },
                    Arrival = population.IsSeed
                        ? population.Arrival
                        : new ArrivalModel { Kind = ArrivalKind.Poisson, Rate = parameters["L"] },
                    Count = population.IsSeed ? population.Count : int.MaxValue,
                    AbortRate = population.IsSeed ? 0 : parameters["theta"],
                    // Somebody has to have the content until others do.
                    StaySeconds = population.IsSeed ? warmUp : 1 / parameters["gamma"],
                    StayIsExponential = !population.IsSeed,
                }),
            ],
        };
    }

    private static Scenario WithKumarRoss(Scenario scenario)
    {
        IReadOnlyDictionary<string, double> parameters = scenario.Parameters;
        double Given(string name, double otherwise) => parameters[name] > 0 ? parameters[name] / 8 : otherwise;
        int length = (int)Math.Max(1, Math.Round(Given("F", (double)scenario.Content.Pieces * scenario.Content.PieceLength)
            / scenario.Content.Pieces));
        return scenario with
        {
            Content = scenario.Content with { PieceLength = length },
            Populations =
            [
                .. scenario.Populations.Select(population => population with
                {
                    Count = !population.IsSeed && parameters["N"] > 0 ? (int)parameters["N"] : population.Count,
                    Up = population.Up with { A = Given(population.IsSeed ? "us" : "u", population.Up.A) },
                    Down = population.IsSeed ? population.Down : population.Down with { A = Given("d", population.Down.A) },
                }),
            ],
        };
    }

    private static double Ratio(Scenario scenario, double slower, CancellationToken cancellation)
    {
        double Mean(PieceSelection selection) => Run(
            scenario with
            {
                Network = scenario.Network with { Selection = selection },
                Populations =
                [
                    .. scenario.Populations.Select(population => population.IsSeed
                        ? population with { Up = population.Up with { A = population.Up.A / slower } }
                        : population),
                ],
            },
            cancellation).GetValueOrDefault("download_s.mean", new Estimate(double.NaN, 0, 0)).Mean;

        return Mean(PieceSelection.Random) / Mean(PieceSelection.RarestFirst);
    }

    private static SortedDictionary<string, Estimate> Run(Scenario scenario, CancellationToken cancellation) =>
        new Runner(scenario, Environment.ProcessorCount)
            .Run([.. Enumerable.Range(0, scenario.Replicates).Select(index => (uint)index)], cancellation)
            .Summarize();
}
