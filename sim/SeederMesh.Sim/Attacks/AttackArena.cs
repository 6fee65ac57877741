using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Attacks;

/// <summary>Plays attacks on an economy, with the defences off and on, against the same economy without
/// them.</summary>
internal static class AttackArena
{
    /// <summary>Each attack of the scenario by itself, and, when there are several, all of them at once.</summary>
    public static AttackTable Run(Scenario scenario, uint run)
    {
        string[] names = scenario.Attacks.Count > 0 ? [.. scenario.Attacks] : [.. AttackCatalogue.Names];
        List<AttackRow> rows =
        [
            .. names.Select(name => new AttackRow(
                name, Play(scenario, run, [name], defended: false), Play(scenario, run, [name], defended: true))),
        ];
        if (names.Length > 1)
        {
            rows.Add(new AttackRow(
                "all-together", Play(scenario, run, names, defended: false), Play(scenario, run, names, defended: true)));
        }

        return new AttackTable(rows);
    }

    /// <summary>Plays some attacks together.</summary>
    public static AttackOutcome Play(Scenario scenario, uint run, IReadOnlyList<string> names, bool defended)
    {
        Economy clean = PlayOne(scenario, run, [], defended);
        Economy attacked = PlayOne(scenario, run, names, defended);
        return new AttackOutcome(
            attacked.BalanceOf(Economy.IsAttacker) - clean.BalanceOf(Economy.IsAttacker),
            clean.BalanceOf(IsVictim) - attacked.BalanceOf(IsVictim),
            Fairness.HonestDilution(attacked.BalanceOf(Economy.IsHonestSeeder), clean.BalanceOf(Economy.IsHonestSeeder)),
            attacked.Bound,
            attacked.LossBound,
            attacked.Slack,
            attacked.Cost,
            names.Any(name => AttackCatalogue.Find(name).UsesIdentities)
                ? Fairness.SybilGain(attacked.BalanceOf(Economy.IsAttacker), clean.BalanceOf(Economy.IsAttacker))
                : double.NaN);
    }

    private static bool IsVictim(string name) => !Economy.IsAttacker(name);

    private static Economy PlayOne(Scenario scenario, uint run, IReadOnlyList<string> names, bool defended)
    {
        var economy = new Economy(scenario, run);
        int identities = names.Contains("seeder-split", StringComparer.Ordinal) ? economy.Count("identities") : 1;
        economy.TradeHonestly(identities);
        (double bound, double lossBound, double slack) = (0, 0, 0);
        foreach (string name in names)
        {
            (economy.Bound, economy.LossBound, economy.Slack) = (double.NaN, double.NaN, 0);
            AttackCatalogue.Find(name).Play(economy, defended);
            bound += economy.Bound;
            lossBound += economy.LossBound;
            slack += economy.Slack;
        }

        // Together they have a bound where each of them has one.
        (economy.Bound, economy.LossBound, economy.Slack) = names.Count == 0
            ? (double.NaN, double.NaN, 0)
            : (bound, lossBound, slack);
        return economy;
    }
}
