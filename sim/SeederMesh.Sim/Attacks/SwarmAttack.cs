using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Attacks;

/// <summary>A whole swarm with populations of attackers, against the same swarm with them honest: the same arrivals,
/// capacities and luck.</summary>
/// <remarks>
/// What an attacker does is what its population's keys say (<c>signs</c>, <c>uploads</c>, <c>choke</c>,
/// <c>large-view</c>), in any mix. Undefended, windows are unbounded and everybody serves in turn. A peer has what its
/// pieces are worth at the price, what it earned, less what it paid.
/// </remarks>
internal static class SwarmAttack
{
    public const string AttackersMetric = "utility.attackers_msat";
    public const string OthersMetric = "utility.others_msat";
    public const string HonestEarningsMetric = "utility.honest_earnings_msat";

    public static bool IsIn(Scenario scenario) =>
        scenario.Mode == ScenarioMode.Pieces && scenario.Populations.Any(population => population.IsAttacker);

    /// <summary>The attackers behave like others.</summary>
    public static Scenario Honest(Scenario scenario) => scenario with
    {
        Populations =
        [
            .. scenario.Populations.Select(population => !population.IsAttacker ? population : population with
            {
                Uploads = true, Pays = true, SignsPieces = int.MaxValue, Choke = ChokePolicy.TitForTat, LargeView = false,
            }),
        ],
    };

    /// <summary>Nobody defends itself.</summary>
    public static Scenario Undefended(Scenario scenario) => scenario with
    {
        Mechanism = scenario.Mechanism with { Defences = scenario.Mechanism.Defences with { Window = false } },
        Populations =
        [
            .. scenario.Populations.Select(population =>
                population.IsAttacker ? population : population with { Choke = ChokePolicy.Rotate }),
        ],
    };

    /// <summary>The table of one replicate, out of its metrics in the three swarms.</summary>
    public static AttackTable Table(
        Scenario scenario,
        SortedDictionary<string, double> honest,
        SortedDictionary<string, double> undefended,
        SortedDictionary<string, double> defended) =>
        new([new AttackRow(scenario.Name, Outcome(undefended, honest, double.NaN), Outcome(defended, honest, Bound(scenario)))]);

    private static AttackOutcome Outcome(
        SortedDictionary<string, double> attacked, SortedDictionary<string, double> honest, double bound) => new(
            attacked[AttackersMetric] - honest[AttackersMetric],
            honest[OthersMetric] - attacked[OthersMetric],
            Fairness.HonestDilution(attacked[HonestEarningsMetric], honest[HonestEarningsMetric]),
            bound, double.NaN, 0, 0, double.NaN);

    /// <summary>Who signs nothing takes at most the first window of every peer that uploads, and never more than the
    /// content; NaN where attackers do something else.</summary>
    private static double Bound(Scenario scenario)
    {
        Population[] attackers = [.. scenario.Populations.Where(population => population.IsAttacker)];
        if (attackers.Any(population => population.SignsPieces > 0))
        {
            return double.NaN;
        }

        double uploaders = scenario.Populations.Where(population => population.Uploads)
            .Sum(population => (double)population.Count * (population.IsSeed ? scenario.Content.Torrents : 1));
        MechanismModel mechanism = scenario.Mechanism;
        double window = mechanism.Price.Of(mechanism.Exposure.WindowAfter(0, 0)).Value;
        double content = mechanism.Price.Of((long)scenario.Content.Pieces * scenario.Content.PieceLength).Value;
        return attackers.Sum(population => (double)population.Count) * Math.Min(content, uploaders * window);
    }
}
