using System.CommandLine;
using System.Diagnostics;
using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Outputs;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using Spectre.Console;

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
        var live = new Option<Uri?>("--live")
        {
            Description = "Plays the run to the hub at this address; --threads is the number of channels at a time",
        };
        var quiet = new Option<bool>("--quiet") { Description = "No progress" };
        var command = new Command("run", "Runs a scenario and writes tables, plots and a report")
        {
            scenario, set, seed, replicates, threads, output, only, quiet, live,
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
            if (parsed.GetValue(live) is { } hub)
            {
                return await LiveRun.PlayAsync(hub, read, workers, folder, cancellation);
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

/// <summary>The table of a suite of attacks, for a terminal.</summary>
internal static class AttackPrinter
{
    public static void Print(SortedDictionary<string, Estimate> summary)
    {
        var table = new Table().AddColumns("attack", "gain off", "gain on", "+-95%", "victims' loss off", "on",
            "dilution off", "on", "bound");
        foreach (string name in AttackBars.Names(summary))
        {
            table.AddRow(
                name, Number(".off.gain_msat"), Number(".on.gain_msat"),
                summary[name + ".on.gain_msat"].Ci95.ToString("0.#"),
                Number(".off.victims_loss_msat"), Number(".on.victims_loss_msat"),
                summary[name + ".off.honest_dilution"].Mean.ToString("0.###"), summary[name
                    + ".on.honest_dilution"].Mean.ToString("0.###"),
                !summary.TryGetValue(name + ".on.bound_msat", out Estimate bound) || bound.N == 0 ? "none"
                    : summary[name + ".on.bound_holds"].Mean >= 1 ? "holds" : "BROKEN");

            string Number(string metric) => summary[name + metric].Mean.ToString("#,0.#");
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        console.Profile.Width = Math.Max(console.Profile.Width, 118);
        console.Write(table.Border(TableBorder.Ascii));
        Console.WriteLine("msat; against the same economy with everybody honest (common random numbers)");
    }
}

/// <summary>A line on standard error: share done, time gone, time left.</summary>
internal sealed class ProgressLine(string name, bool shown) : IDisposable
{
    private const int BarCells = 24;
    private readonly Stopwatch elapsed = Stopwatch.StartNew();
    private long lastMs = -1000;

    public void Show(double share)
    {
        if (!shown || Console.IsErrorRedirected || (elapsed.ElapsedMilliseconds - lastMs < 100 && share < 1))
        {
            return;
        }

        lastMs = elapsed.ElapsedMilliseconds;
        double left = share > 0 ? elapsed.Elapsed.TotalSeconds * (1 - share) / share : 0;
        int cells = (int)(share * BarCells);
        Console.Error.Write(
            $"\r{name} [{new string('#', cells)}{new string('.', BarCells - cells)}] {share,4:P0} "
            + $"{elapsed.Elapsed.TotalSeconds:0} s, {left:0} s left   ");
    }

    public void Dispose()
    {
        if (shown && !Console.IsErrorRedirected)
        {
            Console.Error.WriteLine();
        }
    }
}
