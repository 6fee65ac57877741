using System.CommandLine;
using SeederMesh.Core.Splits;
using SeederMesh.Ledger;
using SeederMesh.Ledger.ReceiptLogs;
using SeederMesh.Sim.Accounting;
using SeederMesh.Sim.Outputs;
using SeederMesh.Sim.Replays;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Commands;

/// <summary><c>mesh-sim replay FILE</c>: a hub's settled receipts under another policy.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var log = new Argument<string>("file")
        {
            Description = "A receipt log that \"mesh hub export\" wrote, or a hub's hub.db, running or not; its content tells which",
        };
        var set = new Option<string[]>("--set")
        {
            Description = "What is to differ: mechanism.price, .split.*, .payout.*, .exposure.*; e.g. --set mechanism.price=500msat/MiB",
        };
        Option<string> output = CommonOptions.Out("replay");
        var command = new Command("replay",
            "Shows who would have earned what under another price, split, threshold or ramp") { log, set, output };
        command.SetAction(async (parsed, cancellation) =>
        {
            string path = parsed.GetValue(log)!;
            string[] assignments = parsed.GetValue(set) ?? [];
            ReplayPolicy policy = PolicyOf(assignments);
            if (!File.Exists(path))
            {
                throw new ScenarioException($"{path}: no such file; give a log of \"mesh hub export\", or a hub's hub.db");
            }

            try
            {
                var replay = new Replay(policy);
                await Task.Run(() => ReceiptLog.Read(path, replay.Add, cancellation), cancellation);
                replay.PayOut();
                Write(parsed.GetValue(output)!, replay);
                return 0;
            }
            catch (ReceiptLogException exception)
            {
                throw new ScenarioException($"{path}: {exception.Message}");
            }
            catch (LedgerDatabaseException exception)
            {
                await Console.Error.WriteLineAsync(exception.Message);
                return 1;
            }
        });
        return command;
    }

    /// <summary>The policy that assignments make of what was recorded: only what they name differs.</summary>
    /// <exception cref="ScenarioException">One of them is no key of a mechanism, or its value is not
    /// allowed.</exception>
    public static ReplayPolicy PolicyOf(IReadOnlyList<string> assignments)
    {
        if (assignments.FirstOrDefault(assignment => !assignment.StartsWith("mechanism.", StringComparison.Ordinal)) is { } other)
        {
            throw new ScenarioException($"--set {other}: a replay takes keys of mechanism only");
        }

        MechanismModel mechanism = ScenarioReader.Read("name: replay\nmode: fluid", assignments).Mechanism;
        return new ReplayPolicy(
            Names("mechanism.price") ? mechanism.Price : null,
            Names("mechanism.split.") ? ChannelBooks.SplitOf(mechanism) : null,
            mechanism,
            mechanism.Exposure);

        bool Names(string key) => assignments.Any(assignment => assignment.StartsWith(key, StringComparison.Ordinal));
    }

    private static void Write(string folder, Replay replay)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "replay.csv");
        using (var table = new TidyCsv(path, "seeder", "bytes", "receipts", "recorded_msat", "replayed_msat", "at_risk_msat"))
        {
            foreach (ReplayedSeeder seeder in replay.Seeders)
            {
                table.Row(
                    seeder.Seeder.ToString(), seeder.Bytes, seeder.Receipts, seeder.RecordedMsat, seeder.ReplayedMsat,
                        seeder.AtRiskMsat);
            }
        }

        Print("seeders", (replay.Seeders.Sum(seeder => seeder.RecordedMsat), replay.Seeders.Sum(seeder => seeder.ReplayedMsat)));
        Print("payees", replay.Payees);
        Print("registry", replay.Registry);
        Print("hub", replay.Hub);
        if (replay.Direct.Channels > 0)
        {
            Console.WriteLine($"{replay.Direct.Msat:#,0} msat of it are of {replay.Direct.Channels} direct channels, which downloaders "
                + "pay by themselves: not among the payouts, and what was left unpaid is not in the log");
        }

        Console.WriteLine($"seeders' payouts: {replay.Payouts.Payouts}, {replay.Payouts.PaidMsat} msat paid, "
            + $"{replay.Payouts.FeesMsat} msat of "
            + $"fees, {replay.Payouts.OwedMsat} msat still owed; {path}");

        static void Print(string who, (long Recorded, long Replayed) msat) =>
            Console.WriteLine($"{who,-10} {msat.Recorded,18:#,0} msat recorded {msat.Replayed,18:#,0} msat replayed");
    }
}
