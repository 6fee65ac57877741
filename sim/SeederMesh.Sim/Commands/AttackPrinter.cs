using System.Globalization;
using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Outputs;
using Spectre.Console;

namespace SeederMesh.Sim.Commands;

/// <summary>The table of a suite of attacks, for a terminal: two rows for each attack, its defence off and on.</summary>
internal static class AttackPrinter
{
    private const int WidthMin = 118;

    public static void Print(SortedDictionary<string, Estimate> summary)
    {
        var table = new Table().AddColumns("attack", "defence", "attacker's gain", "victims' loss", "honest dilution", "cost", "bound");
        for (int column = 2; column < 6; column++)
        {
            table.Columns[column].RightAligned();
        }

        foreach (string name in AttackBars.Names(summary))
        {
            AddRow(table, summary, name, name, "off");
            AddRow(table, summary, name, "", "on");
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        console.Profile.Width = Math.Max(console.Profile.Width, WidthMin);
        console.Write(table.Border(TableBorder.Ascii));
        Console.WriteLine("msat of play money, mean +- 95% over replicates, against the same economy with everybody honest "
            + "(common random numbers)");
    }

    private static void AddRow(Table table, SortedDictionary<string, Estimate> summary, string name, string shown, string defence)
    {
        string prefix = $"{name}.{defence}.";
        table.AddRow(
            shown, defence, Msat("gain_msat"), Msat("victims_loss_msat"), Share("honest_dilution"), Msat("cost_msat"),
            defence == "off" ? "" : AttackBars.Bound(summary, prefix));

        string Msat(string metric) => Text(metric, "#,0");

        string Share(string metric) => Text(metric, "0.###");

        string Text(string metric, string format)
        {
            Estimate value = summary[prefix + metric];
            string mean = value.Mean.ToString(format, CultureInfo.InvariantCulture);
            return value.Ci95 == 0 ? mean : $"{mean} +-{value.Ci95.ToString(format, CultureInfo.InvariantCulture)}";
        }
    }
}
