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
    private static readonly int[] collectiveSizes = [1, 10, 1000];

    /// <summary>Parameters N and M: an oracle's schedule meets 1 + floor(log2 N)/M exactly when N + 1 is a power of
    /// two.</summary>
    public static IReadOnlyList<PublishedRow> Mundinger(Scenario scenario, CancellationToken cancellation)
    {
        int peers = (int)Parameter(scenario, "N", 1023);
        int parts = (int)Parameter(scenario, "M", 64);
        double floor = 1 + ((double)int.Log2(peers) / parts);
        double got = (double)BinomialPipeline.Rounds(peers, parts) / parts;
        return int.IsPow2(peers + 1)
            ? [PublishedRow.Relative("makespan", floor, got, 1e-9)]
            : [PublishedRow.Between("makespan", floor, got, 1 + scenario.PublishedTolerance + (2.0 / parts))];
    }

    /// <summary>Holders of a file, each uploading it to one who lacks it at rate mu; parameters mu and
    /// seconds.</summary>
    public static IReadOnlyList<PublishedRow> FlashGrowth(Scenario scenario, CancellationToken cancellation)
    {
        double mu = Parameter(scenario, "mu", 1);
        double seconds = Parameter(scenario, "seconds", 12) / mu;
        var random = new CounterRandom(scenario.Seed, 0, 0, RandomStream.Markov);
        return
        [
            PublishedRow.Relative("growth rate, exponential times", mu, Growth.Exponential(mu, seconds, ref random),
                scenario.PublishedTolerance),
            PublishedRow.Relative("growth rate, fixed times", mu * Math.Log(2), Growth.Fixed(mu, seconds),
                scenario.PublishedTolerance),
        ];
    }

    /// <summary>Growth of the one-club, tolerance absolute; where it is stable, it has to shrink from where it
    /// starts.</summary>
    public static IReadOnlyList<PublishedRow> MissingPiece(Scenario scenario, CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, double> parameters = scenario.Parameters;
        double expected = Analytic.MissingPiece.Expected(
            parameters.GetValueOrDefault("L", 2), parameters.GetValueOrDefault("Us", 1), parameters.GetValueOrDefault("mu", 1),
            parameters.GetValueOrDefault("gamma", double.PositiveInfinity));
        SortedDictionary<string, Estimate> got = new Runner(scenario, Environment.ProcessorCount)
            .Run([.. Enumerable.Range(0, scenario.Replicates).Select(index => (uint)index)], cancellation)
            .Summarize();
        return expected > 0
            ? [PublishedRow.Absolute("growth_per_s", expected, got["growth_per_s"].Mean, scenario.PublishedTolerance)]
            : [PublishedRow.AtMost("peers.final (bounded)", parameters.GetValueOrDefault("club", 500), got["peers.final"].Mean)];
    }

    /// <summary>A free-rider among N peers that unchoke n_u others for what they give and one at random; parameters N
    /// and n_u.</summary>
    public static IReadOnlyList<PublishedRow> FreeRiderShare(Scenario scenario, CancellationToken cancellation)
    {
        int peers = (int)Parameter(scenario, "N", 50);
        int regular = (int)Parameter(scenario, "n_u", 4);
        int rounds = (int)Parameter(scenario, "rounds", 20_000);
        if (regular < 0 || peers <= regular)
        {
            throw new ScenarioException("parameters: N must be larger than n_u");
        }

        var random = new CounterRandom(scenario.Seed, 0, 0, RandomStream.Choke);
        long unchoked = 0;
        for (int round = 0; round < rounds; round++)
        {
            for (int peer = 0; peer < peers; peer++)
            {
                // The regular ones are never the free-rider: it gives nothing. It is one of the N - n_u that the
                // optimistic slot picks from.
                unchoked += random.Below(peers - regular) == 0 ? 1 : 0;
            }
        }

        double share = (double)unchoked / rounds / (regular + 1);
        return
        [
            PublishedRow.Relative(
                "uplinks a free-rider gets", (double)peers / ((peers - regular) * (regular + 1.0)), share,
                    scenario.PublishedTolerance),
        ];
    }

    /// <summary>A path of peers with the uplinks w1, w2, ...; the interior of a path of three, and conservation on
    /// longer ones.</summary>
    public static IReadOnlyList<PublishedRow> ProportionalResponse(Scenario scenario, CancellationToken cancellation)
    {
        double[] uplinks = [Parameter(scenario, "w1", 1), Parameter(scenario, "w2", 2), Parameter(scenario, "w3", 4)];
        double[] got = Reputation.ProportionalResponse(uplinks);
        double ends = uplinks[0] + uplinks[2];
        double[] expected = [uplinks[1] * uplinks[0] / ends, ends, uplinks[1] * uplinks[2] / ends];
        return [.. got.Select((value, index) => PublishedRow.Absolute($"received by {index + 1}", expected[index], value, 1e-6))];
    }

    /// <summary>Parameters e (leak) and a (reset); the size of the collective must not matter.</summary>
    public static IReadOnlyList<PublishedRow> EigenTrust(Scenario scenario, CancellationToken cancellation)
    {
        double leak = Parameter(scenario, "e", 0.1);
        double reset = Parameter(scenario, "a", 0.15);
        double expected = (1 - reset) * leak / (reset + ((1 - reset) * leak));
        return
        [
            .. collectiveSizes.Select(size => PublishedRow.Absolute(
                $"trust of a collective of {size}", expected, Reputation.EigenTrustCollective(leak, reset, size), 1e-9)),
        ];
    }

    /// <summary>Walks that stop with probability a: visits to a chain of k Sybils and to a cycle, and what decay
    /// leaves of them.</summary>
    public static IReadOnlyList<PublishedRow> RandomWalk(Scenario scenario, CancellationToken cancellation)
    {
        double stop = Parameter(scenario, "a", 0.15);
        int sybils = (int)Parameter(scenario, "k", 8);
        double decay = Parameter(scenario, "decay", 0.3);
        var random = new CounterRandom(scenario.Seed, 0, 0, RandomStream.Markov);
        double chain = Growth.WalkVisits(stop, sybils + 1, ref random);
        double cycle = Growth.WalkVisits(stop, int.MaxValue, ref random);
        return
        [
            PublishedRow.Relative("chain", (1 - Math.Pow(1 - stop, sybils + 1)) / stop, chain, scenario.PublishedTolerance),
            PublishedRow.Relative("cycle", 1 / stop, cycle, scenario.PublishedTolerance),
            PublishedRow.AtMost("chain with decay (MeritRank)", chain, Reputation.SybilChainGain(sybils, stop, decay)),
        ];
    }

    /// <summary>The largest claim of a relay that has to carry the audited share of what it claims, by bisection;
    /// parameter r.</summary>
    public static IReadOnlyList<PublishedRow> FlashFlow(Scenario scenario, CancellationToken cancellation)
    {
        double unaudited = Parameter(scenario, "r", 0.25);
        const double capacity = 1;
        (double low, double high) = (0, 1e6);
        for (int step = 0; step < 200; step++)
        {
            double claim = (low + high) / 2;
            bool carried = claim * (1 - unaudited) <= capacity;
            (low, high) = carried ? (claim, high) : (low, claim);
        }

        return [PublishedRow.Relative("inflation", 1 / (1 - unaudited), low / capacity, 1e-9)];
    }

    /// <summary>The best claim and its profit; parameters P, H and f.</summary>
    public static IReadOnlyList<PublishedRow> WashTrade(Scenario scenario, CancellationToken cancellation)
    {
        (double pool, double honest, double cost) = (Parameter(scenario, "P", 1e5), Parameter(scenario, "H", 1000),
            Parameter(scenario, "f", 10));
        (double claim, double profit) = PoolAttacks.BestClaim(pool, honest, cost);
        double expected = PoolAttacks.WashTradeProfit(pool, honest, cost);
        return
        [
            PublishedRow.Absolute("best claim", expected > 0 ? Math.Sqrt(pool * honest / cost) - honest : 0, claim, 0.05),
            PublishedRow.Absolute("profit", expected, profit, 0.05),
        ];
    }

    /// <summary>One pair is bounded by M; k Sybils with the same money are not.</summary>
    public static IReadOnlyList<PublishedRow> QuadraticPairwise(Scenario scenario, CancellationToken cancellation)
    {
        double budget = Parameter(scenario, "budget", 1e5);
        int sybils = (int)Parameter(scenario, "k", 64);
        double bound = budget / 10;
        double pair = PoolAttacks.QuadraticMatch(MatchRule.QuadraticPairwise, 2, budget);
        double many = PoolAttacks.QuadraticMatch(MatchRule.QuadraticPairwise, sybils, budget);
        return
        [
            PublishedRow.AtMost("match of one pair", 2 * bound, pair),
            new PublishedRow($"match of {sybils} Sybils with the same money", 2 * bound, many, "above the pair's bound", many > 2 * bound),
        ];
    }

    private static double Parameter(Scenario scenario, string name, double otherwise) =>
        scenario.Parameters.GetValueOrDefault(name, otherwise);
}
