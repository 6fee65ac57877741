using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace SeederMesh.Cli.Terminal;

/// <summary>Where a command speaks: sentences for people, JSON for scripts, never both on one stream.</summary>
/// <remarks>With <c>--json</c> standard output carries JSON alone, and people read standard error. Thread
/// safe.</remarks>
internal sealed class Output(bool json)
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true };

    /// <summary>Columns of a table that goes into a file or pipe.</summary>
    private const int PipeWidth = 160;

    private readonly Lock gate = new();
    private readonly bool redraws = !json && !System.Console.IsOutputRedirected;
    private bool statusShown;

    /// <summary>Whether scripts are listening.</summary>
    public bool Json => json;

    /// <summary>Where people read.</summary>
    public TextWriter People => json ? System.Console.Error : System.Console.Out;

    /// <summary>Where tables are drawn for people: in colour on a terminal, plain in a file or pipe.</summary>
    public IAnsiConsole Console()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(People),
            Ansi = redraws ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = redraws ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        if (!redraws)
        {
            console.Profile.Width = PipeWidth;
        }

        return console;
    }

    /// <summary>A sentence for people.</summary>
    public void Say(string text = "")
    {
        lock (gate)
        {
            ClearStatus();
            People.WriteLine(text);
        }
    }

    /// <summary>Whether <see cref="Status"/> shows anything: people look at a terminal.</summary>
    public bool ShowsStatus => redraws;

    /// <summary>The last line of a terminal, drawn over the one before; empty to take it away. Cut to the terminal's
    /// width.</summary>
    public void Status(string line)
    {
        if (!redraws)
        {
            return;
        }

        lock (gate)
        {
            int width = Math.Max(20, System.Console.WindowWidth - 1);
            ClearStatus();
            System.Console.Out.Write(line.Length > width ? line[..width] : line);
            statusShown = line.Length > 0;
        }
    }

    /// <summary>The command's one JSON document.</summary>
    public void Document(JsonNode document)
    {
        lock (gate)
        {
            System.Console.Out.WriteLine(document.ToJsonString(Indented));
        }
    }

    /// <summary>One of a stream of JSON lines: something happened. Without <c>--json</c> it is not shown.</summary>
    public void Event(string name, JsonObject fields)
    {
        if (!json)
        {
            return;
        }

        fields.Insert(0, "event", name);
        lock (gate)
        {
            System.Console.Out.WriteLine(fields.ToJsonString(Compact));
            System.Console.Out.Flush();
        }
    }

    private void ClearStatus()
    {
        if (statusShown)
        {
            System.Console.Out.Write("\r\e[K");
            statusShown = false;
        }
    }

    /// <summary>An amount for a script: a string of millisatoshi, which no JSON reader rounds.</summary>
    public static JsonNode Amount(Core.Money.Msat amount) => amount.Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
