using System.CommandLine;
using SeederMesh.Sim.Analysis;
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
        var command = new Command("compare", "Compares two scenarios, paired on common random numbers")
        {
            first, second, set, setOther, seed, replicates, threads,
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
            Print(Run(one), Run(other));
            return cancellation.IsCancellationRequested ? 130 : 0;

            RunOutcome Run(Scenario scenario) => new Runner(scenario, Math.Max(1, parsed.GetValue(threads)))
                .Run([.. Enumerable.Range(0, scenario.Replicates).Select(index => (uint)index)], cancellation);
        });
        return command;
    }

    private static void Print(RunOutcome one, RunOutcome other)
    {
        Console.WriteLine($"{"metric",-34} {"A",16} {"B",16} {"B - A",16}  +-95%");
        IEnumerable<string> names = one.Replicates.SelectMany(metrics => metrics.Keys).Distinct(StringComparer.Ordinal);
        foreach (string name in names.Order(StringComparer.Ordinal))
        {
            double[] left = [.. one.Replicates.Select(metrics => metrics.GetValueOrDefault(name, double.NaN))];
            double[] right = [.. other.Replicates.Select(metrics => metrics.GetValueOrDefault(name, double.NaN))];
            Estimate difference = Estimate.Paired(left, right);
            if (difference.N > 0)
            {
                Console.WriteLine($"{name,-34} {Estimate.Of(left).Mean,16:0.####} {Estimate.Of(right).Mean,16:0.####} "
                    + $"{difference.Mean,16:0.####}  {difference.Ci95:0.####}");
            }
        }
    }
}
