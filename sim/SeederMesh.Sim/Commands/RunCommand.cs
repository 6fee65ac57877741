using System.CommandLine;
using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Outputs;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Commands;

/// <summary><c>mesh-sim run SCENARIO</c>.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        Argument<string> scenario = CommonOptions.Scenario();
        Option<string[]> set = CommonOptions.Set();
        Option<ulong?> seed = CommonOptions.Seed();
        Option<int?> replicates = CommonOptions.Replicates();
        Option<int> threads = CommonOptions.Threads();
        Option<string> output = CommonOptions.Out("results");
        var only = new Option<uint?>("--only") { Description = "Runs this replicate alone again" };
        var live = new Option<string?>("--live") { Description = "Plays the run to the hub at this address, e.g. http://127.0.0.1:8473" };
        var channels = new Option<int>("--channels")
        {
            Description = "With --live: how many channels are played at a time",
            DefaultValueFactory = _ => 8,
        };
        var quiet = new Option<bool>("--quiet") { Description = "No progress" };
        var command = new Command("run", "Runs a scenario and writes tables, plots and a report")
        {
            scenario, set, seed, replicates, threads, output, only, quiet, live, channels,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            // Ctrl-C is listened to once this returns a task.
            await Task.Yield();
            string yaml = CommonOptions.Load(parsed.GetValue(scenario)!);
            IReadOnlyList<string> assignments = CommonOptions.Assignments(parsed, set, seed, replicates);
            Scenario read = ScenarioReader.Read(yaml, assignments);
            string folder = parsed.GetValue(output)!;
            int workers = Math.Max(1, parsed.GetValue(threads));
            if (parsed.GetValue(live) is { } address)
            {
                return Uri.TryCreate(address, UriKind.Absolute, out Uri? hub) && hub.Scheme is "http" or "https"
                    ? await LiveRun.PlayAsync(hub, read, Math.Max(1, parsed.GetValue(channels)), folder, cancellation)
                    : throw new ScenarioException($"--live {address}: write the hub's address, e.g. http://127.0.0.1:8473");
            }

            uint[] numbers = parsed.GetValue(only) is { } one
                ? [one]
                : [.. Enumerable.Range(0, read.Replicates).Select(index => (uint)index)];
            RunOutcome outcome = RunInto(
                folder, CommonOptions.Resolved(yaml, assignments), read, numbers, workers, !parsed.GetValue(quiet), cancellation);
            Print(read, outcome, folder);
            return outcome.IsPartial ? 130 : 0;
        });
        return command;
    }

    /// <summary>Runs a scenario into a folder, with a progress line on standard error.</summary>
    public static RunOutcome RunInto(
        string folder, string yaml, Scenario scenario, IReadOnlyList<uint> replicates, int threads, bool showProgress,
        CancellationToken cancellation)
    {
        using var results = new RunFolder(folder, yaml, scenario);
        using var progress = new ProgressLine(scenario.Name, showProgress);
        var runner = new Runner(scenario, threads) { OnSwarm = results.Add, OnProgress = progress.Show };
        RunOutcome outcome = runner.Run(replicates, cancellation);
        results.Finish(outcome, replicates);
        return outcome;
    }

    private static void Print(Scenario scenario, RunOutcome outcome, string folder)
    {
        SortedDictionary<string, Estimate> summary = outcome.Summarize();
        if (outcome.AttackTables.Count > 0)
        {
            AttackPrinter.Print(summary);
        }
        else
        {
            foreach ((string name, Estimate value) in summary.Where(entry => entry.Value.N > 0))
            {
                Console.WriteLine($"{name,-34} {value.Mean,18:0.####}  +-{value.Ci95:0.####} (n={value.N})");
            }
        }

        string early = outcome.IsPartial ? " (ended early: partial)" : "";
        Console.WriteLine($"trace {outcome.Trace:x16}; {folder}/report.html{early}; amounts are play money");
    }
}
