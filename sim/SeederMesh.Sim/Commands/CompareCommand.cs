using System.CommandLine;
using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Outputs;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Commands;

/// <summary><c>mesh-sim compare A B</c>: the difference B - A, replicate by replicate, on common random
/// numbers.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        Argument<string> first = CommonOptions.Scenario();
        var second = new Argument<string>("other") { Description = "The scenario to compare with" };
        Option<string[]> set = CommonOptions.Set();
        Option<ulong?> seed = CommonOptions.Seed();
        Option<int?> replicates = CommonOptions.Replicates();
        Option<int> threads = CommonOptions.Threads();
        var setOther = new Option<string[]>("--set-other") { Description = "Overrides a key of the other scenario only" };
        var json = new Option<bool>("--json")
        {
            Description = "Prints {a, b, partial, metrics: {NAME: {a, b, difference, ci95, n}}}; what neither side has is left out",
        };
        var command = new Command("compare", "Compares two scenarios, paired on common random numbers")
        {
            first, second, set, setOther, seed, replicates, threads, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            // Ctrl-C is listened to once this returns a task.
            await Task.Yield();
            IReadOnlyList<string> both = CommonOptions.Assignments(parsed, set, seed, replicates);
            Scenario one = ScenarioReader.Read(CommonOptions.Load(parsed.GetValue(first)!), both);
            // The same seed and number of replicates on both sides: that is what pairs them.
            Scenario other = ScenarioReader.Read(
                CommonOptions.Load(parsed.GetValue(second)!),
                [.. both, .. parsed.GetValue(setOther) ?? [], $"seed={one.Seed}", $"replicates={one.Replicates}"]);
            List<Difference> differences = Compare(Run(one), Run(other));
            if (parsed.GetValue(json))
            {
                Console.Write(Json(one.Name, other.Name, cancellation.IsCancellationRequested, differences));
            }
            else
            {
                Print(differences);
            }

            return cancellation.IsCancellationRequested ? 130 : 0;

            RunOutcome Run(Scenario scenario) => new Runner(scenario, Math.Max(1, parsed.GetValue(threads)))
                .Run([.. Enumerable.Range(0, scenario.Replicates).Select(index => (uint)index)], cancellation);
        });
        return command;
    }

    private static List<Difference> Compare(RunOutcome one, RunOutcome other)
    {
        var differences = new List<Difference>();
        IEnumerable<string> names = one.Replicates.SelectMany(metrics => metrics.Keys).Distinct(StringComparer.Ordinal);
        foreach (string name in names.Order(StringComparer.Ordinal))
        {
            double[] left = [.. one.Replicates.Select(metrics => metrics.GetValueOrDefault(name, double.NaN))];
            double[] right = [.. other.Replicates.Select(metrics => metrics.GetValueOrDefault(name, double.NaN))];
            Estimate paired = Estimate.Paired(left, right);
            if (paired.N > 0)
            {
                differences.Add(new Difference(name, Estimate.Of(left).Mean, Estimate.Of(right).Mean, paired));
            }
        }

        return differences;
    }

    private static void Print(List<Difference> differences)
    {
        Console.WriteLine($"{"metric",-34} {"A",16} {"B",16} {"B - A",16}  +-95%");
        foreach (Difference metric in differences)
        {
            Console.WriteLine($"{metric.Name,-34} {metric.A,16:0.####} {metric.B,16:0.####} "
                + $"{metric.Paired.Mean,16:0.####}  {metric.Paired.Ci95:0.####}");
        }
    }

    private static string Json(string a, string b, bool partial, List<Difference> differences) => JsonText.Of(new
    {
        a,
        b,
        partial,
        metrics = differences.ToDictionary(
            metric => metric.Name,
            metric => new { a = metric.A, b = metric.B, difference = metric.Paired.Mean, ci95 = metric.Paired.Ci95, n = metric.Paired.N },
            StringComparer.Ordinal),
    });

    /// <summary>One metric on both sides: means, and B - A replicate by replicate.</summary>
    private readonly record struct Difference(string Name, double A, double B, Estimate Paired);
}
