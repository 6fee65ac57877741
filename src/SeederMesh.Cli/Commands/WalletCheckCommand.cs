using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Cli.Wallets;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Checks;
using Spectre.Console;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh wallet check NODE</c>: tries a node before anything depends on it.</summary>
internal static class WalletCheckCommand
{
    private static readonly Argument<string?> Node = new("NODE")
    {
        Description = "The connection string, such as type=clightning;server=unix://... [default: --wallet]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Builds the command.</summary>
    /// <param name="wallet">The usual node's option.</param>
    /// <param name="data">The home folder's option.</param>
    /// <param name="json">The option for scripts.</param>
    public static Command Create(Option<string?> wallet, Option<DirectoryInfo> data, Option<bool> json)
    {
        var command = new Command(
            "check",
            "Try a Lightning node: connection, network, chain, balances, an invoice over 1 sat (made, decoded, found, watched), "
            + "lists, a payment that must be refused, keysend and BOLT 12. No money moves. Exit code 1 when something that is "
            + "needed does not work.")
        {
            Node,
        };
        command.SetAction((parsed, ct) => RunAsync(
            parsed.GetValue(Node)
                ?? OwnWallet.Choose(parsed.GetValue(wallet), ClientSettings.Stored(parsed.GetRequiredValue(data).FullName)),
            new Output(parsed.GetValue(json)),
            ct));
        return command.WithExamples("""
            mesh wallet check 'type=clightning;server=unix:///home/me/.lightning/bitcoin/lightning-rpc'
            mesh wallet check 'type=lnd-rest;server=https://127.0.0.1:8080;macaroonfilepath=admin.macaroon;certfilepath=tls.cert'
            mesh wallet check 'type=phoenixd;server=http://127.0.0.1:9740;password=...' --json
            """);
    }

    private static async Task<int> RunAsync(string? connectionString, Output output, CancellationToken cancellationToken)
    {
        if (connectionString is null)
        {
            throw new Refusal("Which node? Give its connection string, such as type=clightning;server=unix:///path/lightning-rpc.");
        }

        await using ILightningNode node = OwnWallet.Connect(connectionString);
        IReadOnlyList<CheckRow> rows = await NodeCheck.RunAsync(node, TimeProvider.System, cancellation: cancellationToken);
        bool works = rows.All(row => row.Verdict is not CheckVerdict.Failed);
        if (output.Json)
        {
            output.Document(new JsonObject
            {
                ["works"] = works,
                ["checks"] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonObject
                {
                    ["name"] = row.Name,
                    ["verdict"] = System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(row.Verdict.ToString()),
                    ["detail"] = row.Detail,
                })]),
            });
        }
        else
        {
            Write(output.Console(), rows, works);
        }

        return works ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Write(IAnsiConsole console, IReadOnlyList<CheckRow> rows, bool works)
    {
        var table = new Table { Border = TableBorder.Rounded, BorderStyle = new Style(Color.Grey) };
        table.AddColumn("check");
        table.AddColumn("");
        table.AddColumn("what was seen");
        foreach (CheckRow row in rows)
        {
            table.AddRow(Markup.Escape(row.Name), Mark(row.Verdict), Markup.Escape(Printable.Clean(row.Detail)));
        }

        console.Write(table);
        console.MarkupLine(works ? "[green]the node can be used[/]" : "[red]something that is needed does not work[/]");
    }

    private static string Mark(CheckVerdict verdict) => verdict switch
    {
        CheckVerdict.Passed => "[green]ok[/]",
        CheckVerdict.Limited => "[yellow]limited[/]",
        CheckVerdict.Skipped => "[grey]not tried[/]",
        _ => "[red]FAILS[/]",
    };
}
