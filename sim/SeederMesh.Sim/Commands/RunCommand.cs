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
        var scenario = new Argument<string[]>("scenario")
        {
            Description = "Scenario files, names of those that come with mesh-sim (e.g. sybil/all), or folders of them (sybil, fairness)",
            Arity = ArgumentArity.OneOrMore,
        };
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
            string[] names = [.. parsed.GetValue(scenario)!.SelectMany(CommonOptions.Expand)];
            IReadOnlyList<string> assignments = CommonOptions.Assignments(parsed, set, seed, replicates);
            string folder = parsed.GetValue(output)!;
            int workers = Math.Max(1, parsed.GetValue(threads));
            if (parsed.GetValue(live) is { } address)
            {
                Scenario played = ScenarioReader.Read(CommonOptions.Load(names[0]), assignments);
                return names.Length == 1 && Uri.TryCreate(address, UriKind.Absolute, out Uri? hub) && hub.Scheme is "http" or "https"
                    ? await LiveRun.PlayAsync(hub, played, Math.Max(1, parsed.GetValue(channels)), folder, cancellation)
                    : throw new ScenarioException($"--live {address}: takes one scenario and the hub's address, "
                        + "e.g. http://127.0.0.1:8473");
            }

            // All are read before the first runs: a mistake in the last one costs nobody an hour.
            (string Name, string Yaml, Scenario Read)[] scenarios =
            [
                .. names.Select(name => CommonOptions.Load(name) is var yaml
                    ? (name, yaml, ScenarioReader.Read(yaml, assignments))
                    : default),
            ];
            var attacks = new SortedDictionary<string, Estimate>(StringComparer.Ordinal);
            bool isPartial = false;
            foreach ((string name, string yaml, Scenario read) in scenarios.TakeWhile(_ => !cancellation.IsCancellationRequested))
            {
                uint[] numbers = parsed.GetValue(only) is { } one
                    ? [one]
                    : [.. Enumerable.Range(0, read.Replicates).Select(index => (uint)index)];
                string own = scenarios.Length == 1 ? folder : Path.Combine(folder, Path.ChangeExtension(Path.GetFileName(name), null));
                RunOutcome outcome = RunInto(
                    own, CommonOptions.Resolved(yaml, assignments), read, numbers, workers, !parsed.GetValue(quiet), cancellation);
                Print(read, outcome, own, attacks);
                isPartial |= outcome.IsPartial;
            }

            if (attacks.Count > 0)
            {
                AttackPrinter.Print(attacks);
            }

            return isPartial || cancellation.IsCancellationRequested ? 130 : 0;
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

    private static void Print(
        Scenario scenario, RunOutcome outcome, string folder, SortedDictionary<string, Estimate> attacks)
    {
        SortedDictionary<string, Estimate> summary = outcome.Summarize();
        string[] attackNames = outcome.AttackTables.Count > 0 ? [.. AttackBars.Names(summary)] : [];
        foreach ((string name, Estimate value) in summary.Where(entry => entry.Value.N > 0))
        {
            if (Array.Exists(attackNames, attack => name.StartsWith(attack + ".o", StringComparison.Ordinal)))
            {
                // For the table of all scenarios together, at the end.
                attacks[name] = value;
            }
            else
            {
                Console.WriteLine($"{name,-34} {value.Mean,18:0.####}  +-{value.Ci95:0.####} (n={value.N})");
            }
        }

        string early = outcome.IsPartial ? " (ended early: partial)" : "";
        Console.WriteLine($"{scenario.Name}: trace {outcome.Trace:x16}; {folder}/report.html{early}; amounts are play money");
    }
}
