using System.Globalization;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Money;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SeederMesh.Cli.Demo;

/// <summary>Draws the demo while it runs: transfer on the left, money on the right; one below the other on a narrow
/// terminal.</summary>
internal static class DemoView
{
    private const int BarWidth = 22;

    /// <summary>Columns that both panels need beside each other.</summary>
    private const int WideMin = 98;

    /// <summary>The picture of one moment.</summary>
    /// <param name="frame">The moment.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static IRenderable Draw(DemoFrame frame, int width)
    {
        var grid = new Grid { Expand = false };
        grid.AddColumn(new GridColumn().NoWrap().Padding(0, 0, 1, 0));
        if (width < WideMin)
        {
            grid.AddRow(Frame("transfer", Transfer(frame)));
            grid.AddRow(Frame("play money", Money(frame)));
        }
        else
        {
            grid.AddColumn(new GridColumn().NoWrap().Padding(0, 0, 0, 0));
            grid.AddRow(Frame("transfer", Transfer(frame)), Frame("play money", Money(frame)));
        }

        var rows = new List<IRenderable>
        {
            new Markup(string.Create(
                CultureInfo.InvariantCulture,
                $"[bold]{Markup.Escape(frame.Title)}[/]  [grey]{Markup.Escape(frame.Phase)}, {frame.Elapsed.TotalSeconds:0.0} s[/]")),
            grid,
        };
        rows.AddRange(frame.News.TakeLast(3).Select(line => new Markup("[yellow]" + Markup.Escape(line) + "[/]")));
        return new Rows(rows);
    }

    /// <summary>The same in one line, for a file or a pipe.</summary>
    public static string Line(DemoFrame frame) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {frame.Elapsed.TotalSeconds,5:0.0} s  {Share(frame.DoneBytes, frame.WantedBytes),4:P0}  ")
        + $"{Units.Bytes(frame.DoneBytes)} of {Units.Bytes(frame.WantedBytes)}, pieces {frame.PiecesDone}/{frame.Pieces}, "
        + $"receipts {frame.ReceiptsSigned} signed {frame.ReceiptsSettled} settled, "
        + $"spent {frame.Spent} of {frame.Budget}, {frame.PayoutsDone} payouts, {frame.Phase}";

    private static Panel Frame(string title, IRenderable content) => new(content)
    {
        Header = new PanelHeader($" {title} "),
        Border = BoxBorder.Rounded,
        BorderStyle = new Style(Color.Grey),
        Padding = new Padding(1, 0, 1, 0),
    };

    private static Rows Transfer(DemoFrame frame)
    {
        var table = Columns(2);
        double done = Share(frame.DoneBytes, frame.WantedBytes);
        long most = Math.Max(1, frame.Parties.Max(party => party.UploadedBytes));
        foreach (DemoParty party in frame.Parties.Where(party => party.IsUploader))
        {
            string state = party.IsDown ? "[red]killed[/]" : $"[grey]{Units.Bytes(party.Rate)}/s[/]";
            table.AddRow(
                $"{party.Name}", $"{Bar(Share(party.UploadedBytes, most), 10, "blue")}", Units.Bytes(party.UploadedBytes), state);
        }

        return new Rows(
            new Markup(string.Create(
                CultureInfo.InvariantCulture,
                $"downloader {Bar(done, BarWidth, "green")} {done:P0}")),
            new Markup($"{Units.Bytes(frame.DoneBytes)} of {Units.Bytes(frame.WantedBytes)}  [grey]{Units.Bytes(frame.Rate)}/s[/]"),
            new Markup($"pieces {frame.PiecesDone} of {frame.Pieces}, each checked"),
            new Markup("[grey]uploaded by[/]"),
            table);
    }

    private static Rows Money(DemoFrame frame)
    {
        var table = Columns(2);
        table.AddRow("[grey]who[/]", "[grey]earned[/]", "[grey]paid[/]", "");
        foreach (DemoParty party in frame.Parties)
        {
            table.AddRow(
                party.Name, Amount(party.Earned), Amount(party.Paid), Bar(Share(party.Paid.Value, party.Earned.Value), 6, "yellow"));
        }

        table.AddRow("[grey]registry, hub[/]", $"[grey]{Amount(frame.RegistryAndHub)}[/]", "", "");
        return new Rows(
            new Markup(
                $"budget {Bar(Share(frame.Spent.Value, frame.Budget.Value), BarWidth, "yellow")} {Amount(frame.Spent)} of {frame.Budget}"),
            new Markup($"at most you can lose  {Amount(frame.AtMostLost)} sat"),
            new Markup(
                $"receipts {frame.ReceiptsSigned} signed, {frame.ReceiptsSettled} settled; "
                + $"payouts {frame.PayoutsDone}{(frame.PayoutsPending > 0 ? $" (+{frame.PayoutsPending})" : "")}"),
            table);
    }

    private static Table Columns(int numbersFrom)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        for (int column = 0; column < 4; column++)
        {
            var definition = new TableColumn("") { Padding = new Padding(0, 0, 2, 0), NoWrap = true };
            table.AddColumn(column >= numbersFrom - 1 && column < 3 ? definition.RightAligned() : definition);
        }

        return table;
    }

    // Three decimals always: numbers that change many times a second must not jump.
    private static string Amount(Msat amount) => (amount.Value / 1000m).ToString("N3", CultureInfo.InvariantCulture);

    private static double Share(long part, long whole) => whole <= 0 ? 0 : Math.Clamp((double)part / whole, 0, 1);

    private static string Bar(double share, int width, string colour)
    {
        int full = (int)Math.Round(share * width);
        return $"[{colour}]{new string('━', full)}[/][grey27]{new string('┄', width - full)}[/]";
    }
}
