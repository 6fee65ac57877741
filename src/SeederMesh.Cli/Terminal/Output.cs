using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SeederMesh.Cli.Terminal;

/// <summary>Where a command speaks: sentences for people, JSON for scripts, never both on one stream.</summary>
/// <remarks>With <c>--json</c> standard output carries JSON alone, and people read standard error. Thread safe.</remarks>
internal sealed class Output(bool json)
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true };

    private readonly Lock gate = new();
    private readonly bool redraws = !json && !Console.IsOutputRedirected;
    private bool statusShown;

    /// <summary>Whether scripts are listening.</summary>
    public bool Json => json;

    /// <summary>Where people read.</summary>
    public TextWriter People => json ? Console.Error : Console.Out;

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

    /// <summary>The last line of a terminal, drawn over the one before; empty to take it away. Cut to the terminal's width.</summary>
    public void Status(string line)
    {
        if (!redraws)
        {
            return;
        }

        lock (gate)
        {
            int width = Math.Max(20, Console.WindowWidth - 1);
            ClearStatus();
            Console.Out.Write(line.Length > width ? line[..width] : line);
            statusShown = line.Length > 0;
        }
    }

    /// <summary>The command's one JSON document.</summary>
    public void Document(JsonNode document)
    {
        lock (gate)
        {
            Console.Out.WriteLine(document.ToJsonString(Indented));
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
            Console.Out.WriteLine(fields.ToJsonString(Compact));
            Console.Out.Flush();
        }
    }

    private void ClearStatus()
    {
        if (statusShown)
        {
            Console.Out.Write("\r\e[K");
            statusShown = false;
        }
    }

    /// <summary>An amount for a script: a string of millisatoshi, which no JSON reader rounds.</summary>
    public static JsonNode Amount(Core.Money.Msat amount) => amount.Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
