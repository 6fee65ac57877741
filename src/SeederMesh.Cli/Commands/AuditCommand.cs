using System.CommandLine;
using System.Globalization;
using SeederMesh.Cli.Audits;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Audit;
using Spectre.Console;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh audit [DB]</c>.</summary>
internal static class AuditCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var database = new Argument<string?>("DB")
        {
            Description = "A hub's database, hub.db. [default: the one of \"mesh hub\" in --data]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<DirectoryInfo> data = CommandOptions.Data();
        Option<bool> json = CommandOptions.Json(
            "Print one JSON document: {held, checks: [{check, held, figures, detail}]}; amounts are strings of msat.");
        var command = new Command(
            "audit",
            "Prove from a hub's database alone that no money was made, lost or paid twice: what came in = channels + "
                + "payees + fees + carry + what went out. "
            + "Reads one snapshot; the hub may be running. Exit code 0 only if every check holds.")
        {
            database, data, json,
        };
        command.SetAction((parsed, ct) => RunAsync(
            parsed.GetValue(database) ?? Path.Combine(parsed.GetRequiredValue(data).FullName, "hub", "hub.db"),
            new Output(parsed.GetValue(json)),
            ct));
        return command.WithExamples("""
            mesh audit                        the hub of this machine
            mesh audit /srv/hub/hub.db --json
            """);
    }

    private static async Task<int> RunAsync(string database, Output output, CancellationToken cancellationToken)
    {
        AuditOutcome outcome = await BookAudit.RunAsync(database, cancellationToken);
        if (output.Json)
        {
            output.Document(BookAudit.ToJson(outcome));
        }
        else
        {
            Write(output.Console(), outcome);
        }

        return outcome.Held ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Write(IAnsiConsole console, AuditOutcome outcome)
    {
        var table = new Table { Border = TableBorder.Rounded, BorderStyle = new Style(Color.Grey) };
        table.AddColumn("check");
        table.AddColumn("figures");
        table.AddColumn("");
        foreach (AuditCheck check in outcome.Report.Checks)
        {
            string figures = string.Join(", ", check.Figures.Select(Figure));
            table.AddRow(
                Markup.Escape(check.Name),
                Markup.Escape(check.IsPassed ? figures : $"{check.Detail} {figures}"),
                check.IsPassed ? "[green]holds[/]" : "[red]FAILS[/]");
        }

        if (outcome.Network is { } network)
        {
            table.AddRow(
                "play-money network",
                Markup.Escape(
                    network.Holds
                        ? $"{network.Nodes} nodes, {network.Payments:N0} payments"
                        : string.Join(' ', network.Findings.Take(3))),
                network.Holds ? "[green]holds[/]" : "[red]FAILS[/]");
        }

        console.Write(table);
        console.MarkupLine(outcome.Held ? "[green]every check holds[/]" : $"[red]{Markup.Escape(outcome.Summary)}[/]");
    }

    private static string Figure(AuditFigure figure) =>
        figure.Name + " " + (figure.IsMsat && figure.Value >= 0
            ? Msat.From(figure.Value).ToString()
            : figure.Value.ToString("N0", CultureInfo.InvariantCulture) + (figure.IsMsat ? " msat" : ""));
}
