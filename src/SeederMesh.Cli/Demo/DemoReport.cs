using System.Globalization;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Money;
using Spectre.Console;

namespace SeederMesh.Cli.Demo;

/// <summary>The tables at the end of the demo.</summary>
internal static class DemoReport
{
    private const int PaymentsShown = 2;

    /// <summary>Shows who uploaded, who was paid by which payments, and what was checked.</summary>
    public static void Write(IAnsiConsole console, DemoFigures figures)
    {
        var table = new Table { Border = TableBorder.Rounded, BorderStyle = new Style(Color.Grey) };
        table.Title = new TableTitle("who was paid (play money)");
        table.AddColumn(new TableColumn("sat").NoWrap());
        foreach (string name in (string[])["uploaded", "earned", "paid", "fees"])
        {
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        }

        table.AddColumn(new TableColumn("by payments").NoWrap());
        foreach (DemoReceiver receiver in figures.Receivers)
        {
            table.AddRow(
                receiver.Name,
                receiver.UploadedBytes == 0 ? "" : Units.Bytes(receiver.UploadedBytes),
                Amount(receiver.Earned),
                Amount(receiver.Paid),
                Amount(receiver.Fees),
                Markup.Escape(Payments(receiver)));
        }

        table.AddRow("registry", "", Amount(figures.Registry), "", "", "[grey]kept at the hub[/]");
        table.AddRow("hub", "", Amount(figures.HubRevenue), "", "", $"[grey]{Amount(figures.RoutingFees)} routing paid[/]");
        table.AddEmptyRow();
        table.AddRow("downloader", "", "", $"-{Amount(figures.Spent)}", "", $"[grey]{Amount(figures.Refunded)} refunded[/]");
        console.Write(table);

        foreach (DemoCheck check in figures.Checks)
        {
            // Plain text, not markup: "did:key:" would become a picture of a key.
            console.Write(new Paragraph(check.Held ? "✓ " : "✗ ", new Style(check.Held ? Color.Green : Color.Red))
                .Append($"{check.Name}: ")
                .Append(check.Detail, new Style(Color.Grey)));
            console.WriteLine();
        }

        int failed = figures.Checks.Count(check => !check.Held);
        string verdict = failed == 0 ? "[green]every check held[/]" : $"[red]{failed} of {figures.Checks.Count} checks failed[/]";
        console.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{verdict}, {figures.Total.TotalSeconds:0.0} s in all, {figures.Download.TotalSeconds:0.0} s of it the download"));
    }

    private static string Payments(DemoReceiver receiver)
    {
        IEnumerable<string> shown = receiver.PaymentHashes.Take(PaymentsShown).Select(hash => hash[..8]);
        int rest = receiver.PaymentHashes.Count - PaymentsShown;
        return string.Join(' ', shown) + (rest > 0 ? $" and {rest} more" : "");
    }

    private static string Amount(Msat amount) => (amount.Value / 1000m).ToString("N3", CultureInfo.InvariantCulture);
}
