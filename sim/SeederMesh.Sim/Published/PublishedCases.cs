using System.Collections.Immutable;
using SeederMesh.Sim.Analytic;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Published;

/// <summary>One number of a published result.</summary>
/// <param name="Quantity">What it is.</param>
/// <param name="Expected">What was published, or follows from the published formula.</param>
/// <param name="Got">What the simulator says.</param>
/// <param name="Tolerance">How far off it may be, as a person reads it.</param>
/// <param name="Passed">Whether it is inside.</param>
internal sealed record PublishedRow(string Quantity, double Expected, double Got, string Tolerance, bool Passed)
{
    /// <summary>Within a relative tolerance.</summary>
    public static PublishedRow Relative(string quantity, double expected, double got, double tolerance) => new(
        quantity, expected, got, $"+-{tolerance * 100:0.###}%", Math.Abs(got - expected) <= Math.Abs(expected) * tolerance);

    /// <summary>Within an absolute tolerance.</summary>
    public static PublishedRow Absolute(string quantity, double expected, double got, double tolerance) => new(
        quantity, expected, got, $"+-{tolerance:0.######}", Math.Abs(got - expected) <= tolerance);

    /// <summary>Not below the expected value, and not above a multiple of it.</summary>
    public static PublishedRow Between(string quantity, double floor, double got, double most) => new(
        quantity, floor, got, $"1 to {most:0.###} times", got >= floor * (1 - 1e-9) && got <= floor * most);

    /// <summary>At most the expected value.</summary>
    public static PublishedRow AtMost(string quantity, double ceiling, double got) => new(
        quantity, ceiling, got, "at most", got <= ceiling);

    /// <summary>At least the expected value.</summary>
    public static PublishedRow AtLeast(string quantity, double floor, double got) => new(
        quantity, floor, got, "at least", got >= floor);
}

/// <summary>A published result by name.</summary>
/// <param name="Name">Its name in a scenario.</param>
/// <param name="Source">Where it was published.</param>
/// <param name="Compute">Runs the scenario and holds it against the result.</param>
/// <param name="Parameters">What it takes under <c>parameters:</c>.</param>
/// <param name="Modes">The modes that a scenario of it may have.</param>
internal sealed record PublishedCase(
    string Name,
    string Source,
    Func<Scenario, CancellationToken, IReadOnlyList<PublishedRow>> Compute,
    ImmutableArray<ScenarioParameter> Parameters,
    params ImmutableArray<ScenarioMode> Modes);

/// <summary>Every published result that scenarios can be held against.</summary>
internal static class PublishedCases
{
    public static ImmutableArray<PublishedCase> All { get; } =
    [
        new("qiu-srikant", "Qiu and Srikant, SIGCOMM 2004: fluid model of a swarm", SwarmCases.QiuSrikant, QiuSrikant.Parameters,
            ScenarioMode.Fluid, ScenarioMode.Markov, ScenarioMode.Pieces),
        new("qiu-srikant-scale", "The same: download times do not depend on how many come", SwarmCases.QiuSrikantScale,
            [.. QiuSrikant.Parameters, new ScenarioParameter("factor", 100, "how many times more come", 1)],
            ScenarioMode.Fluid, ScenarioMode.Markov, ScenarioMode.Pieces),
        new("kumar-ross", "Kumar and Ross, 2006: minimum distribution time", SwarmCases.KumarRoss, SwarmCases.KumarRossParameters,
            ScenarioMode.Pieces),
        new("rarest-first", "Legout et al., IMC 2006: rarest first is at least as good as random", SwarmCases.RarestFirst, [],
            ScenarioMode.Pieces),
        new("flash-growth", "Yang and de Veciana, INFOCOM 2004: e^(mu t), and 2^(mu t)", SwarmCases.FlashGrowth,
            SwarmCases.FlashGrowthParameters, ScenarioMode.Pieces),
        new("clustering", "Legout et al., SIGMETRICS 2007: like uplinks cluster when the seed is well provisioned",
            IncentiveCases.Clustering, [], ScenarioMode.Pieces),
        new("bittyrant", "Piatek et al., NSDI 2007: a strategic client gains, everybody strategic does not", IncentiveCases.BitTyrant,
            [], ScenarioMode.Pieces),
        new("large-view", "Sirivianos et al., IPTPS 2007: free-riders with a large view win while few", IncentiveCases.LargeView,
            IncentiveCases.LargeViewParameters, ScenarioMode.Pieces),
        new("free-rider-share", "Free-rider under tit-for-tat: N/((N - n_u)(n_u + 1))", IncentiveCases.FreeRiderShare,
            IncentiveCases.FreeRiderParameters, ScenarioMode.Pieces),
        new("optimistic-unchoke", "Idle peers share one slot equally", IncentiveCases.OptimisticUnchoke, [], ScenarioMode.Pieces),
        new("missing-piece", "Hajek and Zhu, 2011: the one-club grows at L - Us/(1 - mu/gamma)", SmallCases.MissingPiece,
            MissingPiece.Parameters, ScenarioMode.Exact),
        new("mundinger", "Mundinger, Weber and Weiss, 2008: makespan 1 + floor(log2 N)/M", SmallCases.Mundinger,
            [
                new ScenarioParameter("N", 1023, "peers beside the server", 1, 100_000, IsWhole: true),
                new ScenarioParameter("M", 64, "parts", 1, 10_000, IsWhole: true),
            ],
            ScenarioMode.Published),
        new("proportional-response", "Wu and Zhang, STOC 2007: fixed point on a path", SmallCases.ProportionalResponse,
            [
                .. Enumerable.Range(1, SmallCases.PathMax).Select(peer => new ScenarioParameter(
                    $"w{peer}", double.NaN, "uplink of that peer of the path", ScenarioParameter.AboveZero)),
            ],
            ScenarioMode.Published),
        new("eigentrust", "Kamvar et al., WWW 2003: closed collective", SmallCases.EigenTrust,
            [
                new ScenarioParameter("e", 0.1, "share of honest trust that leaks into it", 0, 1),
                new ScenarioParameter("a", 0.15, "reset", ScenarioParameter.AboveZero, 1),
            ],
            ScenarioMode.Published),
        new("random-walk", "Random-walk reputation: chain and cycle of Sybils; Nasrulin et al., 2022: MeritRank", SmallCases.RandomWalk,
            [
                new ScenarioParameter("a", 0.15, "probability that a walk stops", 0.001, 1),
                new ScenarioParameter("k", 8, "Sybils", 0, 10_000, IsWhole: true),
                new ScenarioParameter("decay", 0.3, "transitivity decay", ScenarioParameter.AboveZero, 1),
                new ScenarioParameter("connectivity", 0.5, "connectivity decay", ScenarioParameter.AboveZero, 1),
            ],
            ScenarioMode.Published),
        new("flashflow", "Traudt et al., ICDCS 2021: inflation at most 1/(1-r)", SmallCases.FlashFlow,
            [
                new ScenarioParameter("r", 0.25, "share that may be claimed unmeasured", 0, 0.99),
                new ScenarioParameter("seconds", 30, "of a measurement, whose median counts", 3, 10_000, IsWhole: true),
            ],
            ScenarioMode.Published),
        new("wash-trade", "Wash trade on a pro-rata pool", SmallCases.WashTrade,
            [
                new ScenarioParameter("P", 1e5, "pool", ScenarioParameter.AboveZero, 1e15),
                new ScenarioParameter("H", 1000, "honest bytes", ScenarioParameter.AboveZero, 1e15),
                new ScenarioParameter("f", 10, "cost of a claimed unit", ScenarioParameter.AboveZero, 1e15),
            ],
            ScenarioMode.Published),
        new("quadratic-pairwise", "Buterin 2019: pairwise-bounded quadratic matching bounds a pair, not Sybils",
            SmallCases.QuadraticPairwise,
            [
                new ScenarioParameter("budget", 1e5, "what is given in all", ScenarioParameter.AboveZero, 1e15),
                new ScenarioParameter("k", 64, "Sybils", 3, 1_000_000, IsWhole: true),
            ],
            ScenarioMode.Published),
    ];

    public static ImmutableArray<string> Names { get; } = [.. All.Select(found => found.Name)];

    public static PublishedCase Find(string name) =>
        All.FirstOrDefault(found => found.Name == name)
        ?? throw new ScenarioException($"published.case: must be one of: {string.Join(", ", Names)}");

    /// <summary>What a scenario takes under <c>parameters:</c>: its case's, or its mode's.</summary>
    public static ImmutableArray<ScenarioParameter> ParametersOf(string name, ScenarioMode mode) =>
        All.FirstOrDefault(found => found.Name == name)?.Parameters ?? mode switch
        {
            ScenarioMode.Markov or ScenarioMode.Fluid => QiuSrikant.Parameters,
            ScenarioMode.Exact => MissingPiece.Parameters,
            _ => [],
        };

    /// <summary>The rows as metrics: got, and 1 where it passed.</summary>
    public static SortedDictionary<string, double> ToMetrics(IReadOnlyList<PublishedRow> rows)
    {
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (PublishedRow row in rows)
        {
            metrics[row.Quantity] = row.Got;
            metrics[row.Quantity + ".expected"] = row.Expected;
            metrics[row.Quantity + ".passed"] = row.Passed ? 1 : 0;
        }

        return metrics;
    }
}
