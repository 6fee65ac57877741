using System.CommandLine;
using SeederMesh.Core.Splits;
using SeederMesh.Ledger;
using SeederMesh.Sim.Accounting;
using SeederMesh.Sim.Outputs;
using SeederMesh.Sim.Replays;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Commands;

/// <summary><c>mesh-sim replay HUB.DB</c>: a hub's settled receipts under another policy.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var ledger = new Argument<string>("ledger") { Description = "A stopped hub's hub.db, or a copy of one" };
        var set = new Option<string[]>("--set")
        {
            Description = "What is to differ: mechanism.price, .split.*, .payout.*, .exposure.*; e.g. --set mechanism.price=500msat/MiB",
        };
        Option<string> output = CommonOptions.Out("replay");
        var command = new Command("replay",
            "Shows who would have earned what under another price, split, threshold or ramp") { ledger, set, output };
        command.SetAction(async (parsed, cancellation) =>
        {
            string path = parsed.GetValue(ledger)!;
            string[] assignments = parsed.GetValue(set) ?? [];
            ReplayPolicy policy = PolicyOf(assignments);
            if (!File.Exists(path))
            {
                throw new ScenarioException($"{path}: no such ledger; give a stopped hub's hub.db");
            }

            try
            {
                Write(parsed.GetValue(output)!, Replay.Of(await ReceiptLog.ReadAsync(path, cancellation), policy));
                return 0;
            }
            catch (Exception exception) when (exception is LedgerInUseException or LedgerDatabaseException)
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
        Console.WriteLine($"seeders' payouts: {replay.Payouts.Payouts}, {replay.Payouts.PaidMsat} msat paid, "
            + $"{replay.Payouts.FeesMsat} msat of "
            + $"fees, {replay.Payouts.OwedMsat} msat still owed; {path}");

        static void Print(string who, (long Recorded, long Replayed) msat) =>
            Console.WriteLine($"{who,-10} {msat.Recorded,18:#,0} msat recorded {msat.Replayed,18:#,0} msat replayed");
    }
}
