using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace SeederMesh.Cli.Terminal;

/// <summary>Shows a JSON object to a person: one field a line, names spelled out, lists cut where they get
/// long.</summary>
internal static class FieldsText
{
    private const int ItemsShown = 25;
    private const int NameWidth = 18;

    /// <summary>Writes all fields, <paramref name="indent"/> columns in.</summary>
    public static void Write(Output output, JsonObject fields, int indent)
    {
        string margin = new(' ', indent);
        foreach ((string name, JsonNode? value) in fields)
        {
            string label = margin + Spell(name).PadRight(NameWidth);
            switch (value)
            {
                case null:
                case JsonValue text when text.ToString().Length == 0:
                    break;
                case JsonObject nested:
                    output.Say(margin + Spell(name));
                    Write(output, nested, indent + 2);
                    break;
                case JsonArray { Count: 0 }:
                    output.Say(label + " none");
                    break;
                case JsonArray list:
                    output.Say(margin + Spell(name));
                    WriteList(output, list, indent + 2);
                    break;
                default:
                    output.Say($"{label} {Printable.Clean(value.ToString())}");
                    break;
            }
        }
    }

    /// <summary>The same fields as a person reads them: amounts in satoshi, times as dates.</summary>
    public static JsonObject Readable(JsonObject status)
    {
        var readable = new JsonObject();
        foreach ((string name, JsonNode? value) in status)
        {
            string text = value?.ToString() ?? "";
            bool isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number);
            (string label, JsonNode? shown) = name switch
            {
                _ when isNumber && name.EndsWith("Msat", StringComparison.Ordinal) => (name[..^4], Core.Money.Msat.From(number).ToString()),
                _ when isNumber && name.EndsWith("UnixMs", StringComparison.Ordinal) =>
                    (name[..^6], DateTimeOffset.FromUnixTimeMilliseconds(number).ToString("u", CultureInfo.InvariantCulture)),
                "settledBytes" when isNumber => ("content", Units.Bytes(number)),
                _ when value is JsonObject inner => (name, Readable(inner)),
                _ => (name, value?.DeepClone()),
            };
            readable[label] = shown;
        }

        return readable;
    }

    private static void WriteList(Output output, JsonArray list, int indent)
    {
        string margin = new(' ', indent);
        foreach (JsonNode? item in list.Take(ItemsShown))
        {
            output.Say(margin + "- " + (item is JsonObject fields
                ? string.Join(
                    ", ", fields.Where(field => field.Value is not null).Select(field => $"{Spell(field.Key)} {Flat(field.Value!)}"))
                : Printable.Clean(item?.ToString() ?? "")));
        }

        if (list.Count > ItemsShown)
        {
            output.Say($"{margin}... and {list.Count - ItemsShown} more (--json has more)");
        }
    }

    private static string Flat(JsonNode value) =>
        value is JsonArray list
            ? string.Join(" ", list.Select(item => Printable.Clean(item?.ToString() ?? "")))
            : Printable.Clean(value.ToString());

    // "pricePerMiBMsat" -> "price per MiB, msat"
    private static string Spell(string name)
    {
        var text = new StringBuilder();
        string rest = name.Replace("MiB", "\u0001", StringComparison.Ordinal).Replace("DHT", "\u0002", StringComparison.Ordinal);
        foreach (char letter in rest)
        {
            _ = letter switch
            {
                '\u0001' => text.Append(" MiB"),
                '\u0002' => text.Append(" DHT"),
                >= 'A' and <= 'Z' => text.Append(' ').Append(char.ToLowerInvariant(letter)),
                _ => text.Append(letter),
            };
        }

        return text.ToString();
    }
}
