using System.Globalization;
using System.Text;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.CoreLightning;

/// <summary>Parameters of a call to lightningd, by name, and the request that carries them.</summary>
/// <remarks>
/// Written by hand because lightningd is stricter than JSON: it refuses <c>\u</c> escapes (so text goes out as raw
/// UTF-8, and control
/// characters become spaces), null values (so absent parameters are left out), and amounts such as 1234.0.
/// </remarks>
internal sealed class RpcParameters
{
    private readonly StringBuilder json = new();

    public RpcParameters Add(string name, string? text)
    {
        if (text is not null)
        {
            Name(name);
            Quote(text);
        }

        return this;
    }

    public RpcParameters Add(string name, Msat? amount) => amount is { } given ? Add(name, given.Value) : this;

    public RpcParameters Add(string name, long number)
    {
        Name(name).Append(CultureInfo.InvariantCulture, $"{number}");
        return this;
    }

    public RpcParameters Add(string name, bool flag)
    {
        Name(name).Append(flag ? "true" : "false");
        return this;
    }

    public RpcParameters Add(string name, RpcParameters nested)
    {
        Name(name).Append('{').Append(nested.json).Append('}');
        return this;
    }

    public RpcParameters Add(string name, IReadOnlyCollection<RpcParameters> nested)
    {
        Name(name).Append('[').AppendJoin(',', nested.Select(one => $"{{{one.json}}}")).Append(']');
        return this;
    }

    public RpcParameters Add(string name, IReadOnlyCollection<string> texts)
    {
        Name(name).Append('[');
        foreach (string text in texts)
        {
            if (json[^1] != '[')
            {
                json.Append(',');
            }

            Quote(text);
        }

        json.Append(']');
        return this;
    }

    /// <summary>The request: <c>jsonrpc</c> and <c>params</c> are both required. Two newlines end it, as they end an
    /// answer.</summary>
    public byte[] ToRequest(string id, string method) => Encoding.UTF8.GetBytes(
        $"{{\"jsonrpc\":\"2.0\",\"id\":\"{id}\",\"method\":\"{method}\",\"params\":{{{json}}}}}\n\n");

    /// <summary>A text as lightningd gets it, and gives it back: control characters are spaces.</summary>
    public static string Sendable(string text) => string.Create(text.Length, text, static (sent, given) =>
    {
        for (int i = 0; i < sent.Length; i++)
        {
            sent[i] = char.IsControl(given[i]) ? ' ' : given[i];
        }
    });

    private StringBuilder Name(string name)
    {
        if (json.Length > 0)
        {
            json.Append(',');
        }

        return json.Append('"').Append(name).Append("\":");
    }

    private void Quote(string text)
    {
        json.Append('"');
        foreach (char c in Sendable(text))
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                _ => json.Append(c),
            };
        }

        json.Append('"');
    }
}
