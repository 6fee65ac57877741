using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Analytic;
using SeederMesh.Sim.Attacks;
using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Published;

/// <summary>Published results with a small computation of their own: simulated, iterated or searched for, never the
/// formula itself.</summary>
internal static class SmallCases
{
    /// <summary>The longest path of proportional response.</summary>
    public const int PathMax = 10;

    private static readonly int[] collectiveSizes = [1, 10, 1000];

    /// <summary>An oracle's schedule, played part by part, meets 1 + floor(log2 N)/M.</summary>
    public static IReadOnlyList<PublishedRow> Mundinger(Scenario scenario, CancellationToken cancellation)
    {
        int peers = (int)scenario.Parameters["N"];
        int parts = (int)scenario.Parameters["M"];
        double floor = 1 + ((double)int.Log2(peers) / parts);
        return [PublishedRow.Relative("makespan", floor, (double)new BinomialPipeline(peers, parts).Rounds() / parts, 1e-9)];
    }

    /// <summary>
    /// Growth of the one-club, tolerance absolute, where it has a finite rate; where that is negative, or seeds
    /// multiply, the club has to be gone or to have shrunk as well.
    /// </summary>
    public static IReadOnlyList<PublishedRow> MissingPiece(Scenario scenario, CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, double> parameters = scenario.Parameters;
        double expected = Analytic.MissingPiece.Expected(parameters["L"], parameters["Us"], parameters["mu"], parameters["gamma"]);
        SortedDictionary<string, Estimate> got = new Runner(scenario, Environment.ProcessorCount)
            .Run([.. Enumerable.Range(0, scenario.Replicates).Select(index => (uint)index)], cancellation)
            .Summarize();
        if (!got.TryGetValue("growth_per_s", out Estimate growth))
        {
            return [];
        }

        var rows = new List<PublishedRow>();
        if (double.IsFinite(expected))
        {
            rows.Add(PublishedRow.Absolute("growth_per_s", expected, growth.Mean, scenario.PublishedTolerance));
        }

        if (expected < -scenario.PublishedTolerance)
        {
            rows.Add(PublishedRow.AtMost("peers.final (bounded)", Analytic.MissingPiece.Size(parameters).Club, got["peers.final"].Mean));
        }

        return rows;
    }

    /// <summary>A path of peers with the uplinks w1, w2, ...: what each receives in the end, against the bottleneck
    /// decomposition.</summary>
    public static IReadOnlyList<PublishedRow> ProportionalResponse(Scenario scenario, CancellationToken cancellation)
    {
        double[] uplinks =
        [
            .. Enumerable.Range(1, PathMax).TakeWhile(peer => scenario.Parameters.ContainsKey($"w{peer}"))
                .Select(peer => scenario.Parameters[$"w{peer}"]),
        ];
        if (uplinks.Length < 2 || uplinks.Length != scenario.Parameters.Count)
        {
            throw new ScenarioException($"parameters: w1, w2, ... must be given without gaps, at least 2 and at most {PathMax} of them");
        }

        double[] got = Reputation.ProportionalResponse(uplinks);
        double[] expected = BottleneckDecomposition.OfPath(uplinks);
        return [.. got.Select((value, index) => PublishedRow.Absolute($"received by {index + 1}", expected[index], value, 1e-6))];
    }

    /// <summary>Parameters e (leak) and a (reset); the size of the collective must not matter.</summary>
    public static IReadOnlyList<PublishedRow> EigenTrust(Scenario scenario, CancellationToken cancellation)
    {
        double leak = scenario.Parameters["e"];
        double reset = scenario.Parameters["a"];
        double expected = (1 - reset) * leak / (reset + ((1 - reset) * leak));
        return
        [
            .. collectiveSizes.Select(size => PublishedRow.Absolute(
                $"trust of a collective of {size}", expected, Reputation.EigenTrustCollective(leak, reset, size), 1e-9)),
        ];
    }

    /// <summary>Walks that stop with probability a: visits to a chain of k Sybils and to a cycle, and what each of
    /// MeritRank's decays leaves of them.</summary>
    public static IReadOnlyList<PublishedRow> RandomWalk(Scenario scenario, CancellationToken cancellation)
    {
        double stop = scenario.Parameters["a"];
        int sybils = (int)scenario.Parameters["k"];
        (double decay, double connectivity) = (scenario.Parameters["decay"], scenario.Parameters["connectivity"]);
        double Visits(int nodes, double transitivity, double bridge)
        {
            var random = new CounterRandom(scenario.Seed, 0, 0, RandomStream.Markov);
            return SybilWalk.Visits(1 - ((1 - stop) * (1 - transitivity)), nodes, bridge, ref random);
        }

        double chain = Visits(sybils + 1, 0, 0);
        return
        [
            PublishedRow.Relative("chain", (1 - Math.Pow(1 - stop, sybils + 1)) / stop, chain, scenario.PublishedTolerance),
            PublishedRow.Relative("cycle", 1 / stop, Visits(int.MaxValue, 0, 0), scenario.PublishedTolerance),
            PublishedRow.AtMost("chain, transitivity decay", chain, Visits(sybils + 1, decay, 0)),
            PublishedRow.AtMost("chain, connectivity decay", chain, Visits(sybils + 1, 0, connectivity)),
            PublishedRow.AtMost("chain, both", chain, Visits(sybils + 1, decay, connectivity)),
        ];
    }

    /// <summary>The most that a relay gets measured over its capacity, by trying out what it may do.</summary>
    public static IReadOnlyList<PublishedRow> FlashFlow(Scenario scenario, CancellationToken cancellation)
    {
        double unaudited = scenario.Parameters["r"];
        var measurement = new RelayMeasurement(unaudited, (int)scenario.Parameters["seconds"]);
        double bound = 1 / (1 - unaudited);
        return
        [
            PublishedRow.Relative("honest relay", 1, measurement.Honest(), 1e-9),
            PublishedRow.AtMost("best of all lies, bound", bound * (1 + 1e-9), measurement.BestLie()),
            PublishedRow.Relative("best of all lies", bound, measurement.BestLie(), scenario.PublishedTolerance),
        ];
    }

    /// <summary>The best claim and its profit; parameters P, H and f.</summary>
    public static IReadOnlyList<PublishedRow> WashTrade(Scenario scenario, CancellationToken cancellation)
    {
        (double pool, double honest, double cost) = (scenario.Parameters["P"], scenario.Parameters["H"], scenario.Parameters["f"]);
        (double claim, double profit) = PoolAttacks.BestClaim(pool, honest, cost);
        double expected = PoolAttacks.WashTradeProfit(pool, honest, cost);
        double best = expected > 0 ? Math.Sqrt(pool * honest / cost) - honest : 0;
        return
        [
            PublishedRow.Absolute("best claim", best, claim, Math.Max(0.05, 1e-5 * best)),
            PublishedRow.Absolute("profit", expected, profit, Math.Max(0.05, 1e-6 * pool)),
        ];
    }

    /// <summary>One pair is bounded by M; k Sybils with the same money are not.</summary>
    public static IReadOnlyList<PublishedRow> QuadraticPairwise(Scenario scenario, CancellationToken cancellation)
    {
        double budget = scenario.Parameters["budget"];
        int sybils = (int)scenario.Parameters["k"];
        double bound = budget / 10;
        double pair = PoolAttacks.QuadraticMatch(MatchRule.QuadraticPairwise, 2, budget);
        double many = PoolAttacks.QuadraticMatch(MatchRule.QuadraticPairwise, sybils, budget);
        return
        [
            PublishedRow.AtMost("match of one pair", 2 * bound, pair),
            PublishedRow.AtLeast($"match of {sybils} Sybils with the same money", 2 * bound, many),
        ];
    }
}
