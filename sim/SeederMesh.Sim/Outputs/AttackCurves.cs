using SeederMesh.Sim.Attacks;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Outputs;

/// <summary>How an attack's gain grows with the attacker's main parameter, for the attacks of a scenario that have
/// one.</summary>
internal static class AttackCurves
{
    private static readonly (string Attack, string Parameter, string Label, double[] Values)[] curves =
    [
        ("seeder-split", "identities", "identities of one seeder", [1, 2, 4, 8, 16, 32]),
        ("whitewashing", "identities", "names used", [1, 2, 4, 8, 16, 32]),
        ("reputation-sybils", "identities", "Sybils in the chain", [0, 1, 2, 4, 8, 16, 32]),
        ("withholding", "seeders", "seeders defrauded", [1, 2, 3, 4, 5]),
        ("wash-trade", "cost", "cost of a claimed unit, msat", [1, 2, 5, 10, 20, 40, 60, 80, 100]),
        ("ring-match", "match", "match for each msat", [0, 0.25, 0.5, 0.75, 1, 1.5, 2]),
    ];

    public static IEnumerable<(string Name, string Svg)> Make(Scenario scenario)
    {
        foreach ((string attack, string parameter, string label, double[] values) in curves)
        {
            if (!scenario.Attacks.Contains(attack, StringComparer.Ordinal))
            {
                continue;
            }

            yield return ("curve-" + attack, new SvgPlot($"{attack}: attacker's gain", label, "msat")
                .Add("defence off", Points(scenario, attack, parameter, values, defended: false))
                .Add("defence on", Points(scenario, attack, parameter, values, defended: true)).ToString());
        }
    }

    private static IEnumerable<(double X, double Y)> Points(
        Scenario scenario, string attack, string parameter, double[] values, bool defended)
    {
        foreach (double value in values)
        {
            var parameters = new Dictionary<string, double>(scenario.AttackParameters,
                StringComparer.Ordinal)
            { [parameter] = value };
            yield return (
                value, AttackArena.Play(scenario with { AttackParameters = parameters }, 0, [attack], defended).Gain);
        }
    }
}
