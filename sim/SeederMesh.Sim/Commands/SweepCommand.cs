using System.CommandLine;
using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Outputs;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Commands;

/// <summary><c>mesh-sim sweep SCENARIO</c>: every combination of the values of its <c>sweep</c>.</summary>
internal static class SweepCommand
{
    private const int CombinationsMax = 10_000;

    public static Command Create()
    {
        Argument<string> scenario = CommonOptions.Scenario();
        Option<string[]> set = CommonOptions.Set();
        Option<ulong?> seed = CommonOptions.Seed();
        Option<int?> replicates = CommonOptions.Replicates();
        Option<int> threads = CommonOptions.Threads();
        Option<string> output = CommonOptions.Out("sweep");
        var metrics = new Option<string[]>("--metric")
        {
            Description = "Metrics to plot over the first swept key (default download_s.mean)",
        };
        var command = new Command("sweep", "Runs a scenario once for each combination of its sweep")
        {
            scenario, set, seed, replicates, threads, output, metrics,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            // Ctrl-C is listened to once this returns a task.
            await Task.Yield();
            string yaml = CommonOptions.Load(parsed.GetValue(scenario)!);
            List<string> assignments = [.. CommonOptions.Assignments(parsed, set, seed, replicates)];
            Scenario first = ScenarioReader.Read(yaml, assignments);
            if (first.Sweep.Count == 0)
            {
                throw new ScenarioException("sweep: must be given, e.g. sweep: { network.neighbours: [4, 8, 16] }");
            }

            string[] names = parsed.GetValue(metrics) is { Length: > 0 } given ? given : ["download_s.mean"];
            Sweep(first, yaml, assignments, parsed.GetValue(output)!, parsed.GetValue(threads), names, cancellation);
            return cancellation.IsCancellationRequested ? 130 : 0;
        });
        return command;
    }

    private static void Sweep(
        Scenario first, string yaml, List<string> assignments, string folder, int threads, string[] names,
            CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        string[] keys = [.. first.Sweep.Keys];
        using var table = new TidyCsv(Path.Combine(folder, "sweep.csv"), [.. keys, "metric", "mean", "ci95", "n"]);
        var curves = names.ToDictionary(name => name, _ => new List<(double, double)>(), StringComparer.Ordinal);
        int number = 0;
        foreach (string[] values in Combinations([.. first.Sweep.Values]).TakeWhile(_ => !cancellation.IsCancellationRequested))
        {
            string[] chosen = [.. keys.Zip(values, (key, value) => $"{key}={value}")];
            Scenario read = ScenarioReader.Read(yaml, assignments.Concat(chosen));
            RunOutcome outcome = RunCommand.RunInto(
                Path.Combine(folder, $"{number++:D4}"), CommonOptions.Resolved(yaml, [.. assignments, .. chosen]), read,
                [.. Enumerable.Range(0, read.Replicates).Select(index => (uint)index)], Math.Max(1, threads),
                    showProgress: true, cancellation);
            foreach ((string name, Estimate value) in outcome.Summarize().Where(entry => entry.Value.N > 0))
            {
                table.Row([.. values, name, value.Mean, value.Ci95, value.N]);
                if (curves.TryGetValue(name, out List<(double, double)>? curve) && Quantity.TryNumber(values[0], out double x))
                {
                    curve.Add((x, value.Mean));
                }
            }

            table.Flush();
            Console.WriteLine($"{string.Join(", ", chosen)}: trace {outcome.Trace:x16}");
        }

        foreach ((string name, List<(double, double)> points) in curves.Where(curve => curve.Value.Count > 0))
        {
            File.WriteAllText(
                Path.Combine(folder, name + ".svg"),
                    new SvgPlot($"{first.Name}: {name}", keys[0], name).Add(name, points).ToString());
        }
    }

    private static IEnumerable<string[]> Combinations(IReadOnlyList<string>[] lists)
    {
        IEnumerable<string[]> combinations = [[]];
        foreach (IReadOnlyList<string> list in lists)
        {
            combinations = combinations.SelectMany(_ => list, (start, value) => (string[])[.. start, value]);
        }

        return combinations.Take(CombinationsMax);
    }
}
