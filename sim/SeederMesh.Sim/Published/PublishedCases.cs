using System.Collections.Immutable;
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
}

/// <summary>A published result by name.</summary>
/// <param name="Name">Its name in a scenario.</param>
/// <param name="Source">Where it was published.</param>
/// <param name="Compute">Runs the scenario and holds it against the result.</param>
internal sealed record PublishedCase(
    string Name, string Source, Func<Scenario, CancellationToken, IReadOnlyList<PublishedRow>> Compute);

/// <summary>Every published result that scenarios can be held against.</summary>
internal static class PublishedCases
{
    private static readonly ImmutableArray<PublishedCase> cases =
    [
        new("qiu-srikant", "Qiu and Srikant, SIGCOMM 2004", SwarmCases.QiuSrikant),
        new("kumar-ross", "Kumar and Ross, 2006: minimum distribution time", SwarmCases.KumarRoss),
        new("rarest-first", "Legout et al., IMC 2006: rarest first is at least as good as random", SwarmCases.RarestFirst),
        new("clustering", "Legout et al., SIGMETRICS 2007: like uplinks cluster when the seed is well provisioned",
            SwarmCases.Clustering),
        new("bittyrant", "Piatek et al., NSDI 2007: a strategic client gains, everybody strategic does not",
            SwarmCases.BitTyrant),
        new("optimistic-unchoke", "20 idle peers, one slot", SwarmCases.OptimisticUnchoke),
        new("mundinger", "Mundinger, Weber and Weiss, 2008: makespan 1 + floor(log2 N)/M", SmallCases.Mundinger),
        new("flash-growth", "Yang and de Veciana, INFOCOM 2004: e^(mu t), and 2^(mu t)", SmallCases.FlashGrowth),
        new("missing-piece", "Hajek and Zhu, 2011", SmallCases.MissingPiece),
        new("free-rider-share", "Free-rider under tit-for-tat: N/((N - n_u)(n_u + 1))", SmallCases.FreeRiderShare),
        new("proportional-response", "Wu and Zhang, STOC 2007: fixed point on a path", SmallCases.ProportionalResponse),
        new("eigentrust", "Kamvar et al., WWW 2003: closed collective", SmallCases.EigenTrust),
        new("random-walk", "Random-walk reputation: chain and cycle of Sybils", SmallCases.RandomWalk),
        new("flashflow", "Traudt et al., ICDCS 2021: inflation at most 1/(1-r)", SmallCases.FlashFlow),
        new("wash-trade", "Wash trade on a pro-rata pool", SmallCases.WashTrade),
        new("quadratic-pairwise", "Buterin 2019: pairwise-bounded quadratic matching bounds a pair, not Sybils",
            SmallCases.QuadraticPairwise),
    ];

    public static ImmutableArray<string> Names { get; } = [.. cases.Select(found => found.Name)];

    public static PublishedCase Find(string name) =>
        cases.FirstOrDefault(found => found.Name == name)
        ?? throw new ScenarioException($"published.case: must be one of: {string.Join(", ", Names)}");

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
