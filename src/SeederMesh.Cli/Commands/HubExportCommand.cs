using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Audits;
using SeederMesh.Cli.Terminal;
using SeederMesh.Ledger.ReceiptLogs;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh hub export FILE</c>.</summary>
internal static class HubExportCommand
{
    /// <summary>Builds the command.</summary>
    /// <param name="data">The hub's <c>--data</c>.</param>
    public static Command Create(Option<DirectoryInfo> data)
    {
        var file = new Argument<string>("FILE") { Description = "The file to write; it must not exist yet." };
        var database = new Option<string?>("--db")
        {
            Description = "A hub's database, hub.db. [default: the one of \"mesh hub\" in --data]",
            HelpName = "DB",
        };
        var pseudonyms = new Option<bool>("--pseudonyms")
        {
            Description = "Put pseudonyms in place of seeders, payees, torrents and all ids: the same throughout the file, another in the "
                + "next export; nobody keeps the key. Prices, splits, amounts, piece numbers, sizes and times stay.",
        };
        Option<bool> json = CommandOptions.Json("Print one JSON document: {file, settlements, receipts, amountMsat}.");
        var command = new Command(
            "export",
            "Write a hub's receipts to a file: each manifest's price and split, channels, grants, and every settlement with its seeder, "
                + "pieces, bytes and times. JSON Lines, format seedermesh-receipt-log version 1; amounts are whole msat. \"mesh-sim "
                + "replay FILE\" shows who would have earned what under another policy. Reads one snapshot; the hub may be running.")
        {
            file, database, pseudonyms, json,
        };
        command.SetAction((parsed, ct) => Task.Run(
            () => Export(
                parsed.GetValue(database) ?? Path.Combine(parsed.GetRequiredValue(data).FullName, "hub", "hub.db"),
                parsed.GetRequiredValue(file),
                parsed.GetValue(pseudonyms),
                new Output(parsed.GetValue(json)),
                ct),
            ct));
        return command.WithExamples("""
            mesh hub export receipts.jsonl                       the hub of this machine
            mesh hub export receipts.jsonl --data /srv/mesh      another one
            mesh hub export for-research.jsonl --pseudonyms
            """);
    }

    private static int Export(string database, string file, bool pseudonyms, Output output, CancellationToken cancellationToken)
    {
        ReceiptLogTotals totals = ReceiptLogExport.Run(database, file, pseudonyms, TimeProvider.System, cancellationToken);
        if (output.Json)
        {
            output.Document(new JsonObject
            {
                ["file"] = file,
                ["settlements"] = totals.Settlements,
                ["receipts"] = totals.Receipts,
                ["amountMsat"] = Output.Amount(totals.Amount),
            });
        }

        output.Say($"{file}: {totals.Receipts:N0} receipts in {totals.Settlements:N0} settlements, {totals.Amount}");
        return ExitCode.Ok;
    }
}
