using System.Diagnostics.CodeAnalysis;

namespace SeederMesh.Lightning;

/// <summary>Which node to use and how to reach it, in the format that operators know from BTCPay:
/// <c>type=...;key=value;...</c>.</summary>
/// <remarks>
/// Keys are case-insensitive and stand once; values may contain <c>=</c> but no <c>;</c>. At most 8,192 characters.
/// <code>
/// type=clightning;server=unix:///home/user/.lightning/bitcoin/lightning-rpc
/// type=lnd-rest;server=https://HOST:8080;macaroon=HEX|macaroonfilepath=PATH[;certthumbprint=HEX|certfilepath=PATH|allowinsecure=true]
/// type=phoenixd;server=http://127.0.0.1:9740;password=TEXT[;certthumbprint=HEX|certfilepath=PATH|allowinsecure=true]
/// type=eclair;server=http://127.0.0.1:8080;password=TEXT[;certthumbprint=HEX|certfilepath=PATH|allowinsecure=true]
/// type=embedded;server=http://127.0.0.1:PORT/lightning;node=NAME;token=HEX
/// </code>
/// </remarks>
public sealed record LightningConnectionString
{
    private const int LengthMax = 8_192;

    private static readonly string[] trustKeys = ["certthumbprint", "certfilepath", "allowinsecure"];

    // Per type: keys that must be there, keys that may be.
    private static readonly Dictionary<string, (string[] Required, string[] Optional)> keysOfType = new(StringComparer.Ordinal)
    {
        ["clightning"] = (["server"], []),
        ["lnd-rest"] = (["server"], ["macaroon", "macaroonfilepath", "certthumbprint", "certfilepath", "allowinsecure"]),
        ["phoenixd"] = (["server", "password"], trustKeys),
        ["eclair"] = (["server", "password"], trustKeys),
        ["embedded"] = (["server", "node", "token"], []),
    };

    private readonly IReadOnlyDictionary<string, string> values;

    private LightningConnectionString(string type, IReadOnlyDictionary<string, string> values)
    {
        Type = type;
        this.values = values;
    }

    /// <summary>The kind of node: clightning, lnd-rest, phoenixd, eclair or embedded.</summary>
    public string Type { get; }

    /// <summary>The value of a key that the type requires.</summary>
    public string this[string key] => values[key];

    /// <summary>Reads a connection string.</summary>
    /// <param name="text">The string.</param>
    /// <param name="result">What it says, or null.</param>
    /// <param name="error">Which key is unknown, missing, doubled or wrong, and what would be right; empty when nothing
    /// is.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out LightningConnectionString? result, out string error)
    {
        result = null;
        if (string.IsNullOrWhiteSpace(text) || text.Length > LengthMax)
        {
            error = $"A connection string has 1 to {LengthMax} characters, such as type=clightning;server=unix:///path/lightning-rpc.";
            return false;
        }

        Dictionary<string, string> found = new(StringComparer.Ordinal);
        error = Split(text, found);
        if (error.Length > 0)
        {
            return false;
        }

        if (!found.Remove("type", out string? type) || !keysOfType.ContainsKey(type))
        {
            error = $"The key type is missing or unknown; it is one of {string.Join(", ", keysOfType.Keys)}.";
            return false;
        }

        LightningConnectionString candidate = new(type, found);
        error = candidate.Defect();
        result = error.Length == 0 ? candidate : null;
        return result is not null;
    }

    /// <summary>The value of a key that may be absent.</summary>
    public string? Find(string key) => values.GetValueOrDefault(key);

    /// <summary>The kind and the server; secrets are left out.</summary>
    public override string ToString() => $"type={Type};server={this["server"]}";

    private static string Split(string text, Dictionary<string, string> found)
    {
        int number = 0;
        foreach (string part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            number++;
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                // Not quoted: it may be the rest of a password that has a semicolon.
                return $"Part {number} is not key=value (a value cannot contain a semicolon).";
            }

            string key = part[..equals].Trim().ToLowerInvariant();
            string value = part[(equals + 1)..].Trim();
            if (!found.TryAdd(key, key is "type" or "allowinsecure" ? value.ToLowerInvariant() : value))
            {
                return $"The key {key} stands twice.";
            }
        }

        return "";
    }

    private string Defect()
    {
        (string[] required, string[] optional) = keysOfType[Type];
        if (values.Keys.FirstOrDefault(key => !required.Contains(key) && !optional.Contains(key)) is { } unknown)
        {
            return $"type={Type} has no key {unknown}; its keys are {string.Join(", ", required.Concat(optional))}.";
        }

        if (required.FirstOrDefault(key => string.IsNullOrEmpty(values.GetValueOrDefault(key))) is { } missing)
        {
            return $"type={Type} needs the key {missing}.";
        }

        return Type switch
        {
            "clightning" => SocketDefect(),
            "lnd-rest" => Pick(ServerDefect(), LndDefect(), TrustDefect()),
            "phoenixd" or "eclair" => Pick(ServerDefect(), TrustDefect()),
            _ => ServerDefect(),
        };
    }

    private string SocketDefect() => this["server"] switch
    {
        _ when this["server"].StartsWith("unix://", StringComparison.OrdinalIgnoreCase) => "",
        ['/', ..] => "",
        _ => "The key server of type=clightning is the node's socket: unix:///path/lightning-rpc.",
    };

    private string ServerDefect() =>
        Uri.TryCreate(this["server"], UriKind.Absolute, out Uri? uri)
        && uri.Scheme is "http" or "https"
        && uri.UserInfo.Length == 0
        && uri.Query.Length == 0
            ? ""
            : $"The key server of type={Type} is an address such as http://127.0.0.1:8080, without user, password or query.";

    private static string Pick(params string[] defects) => defects.FirstOrDefault(defect => defect.Length > 0) ?? "";

    private string TrustDefect() => this switch
    {
        _ when trustKeys.Count(key => Find(key) is not null) > 1 =>
            $"type={Type} takes one of certthumbprint, certfilepath and allowinsecure.",
        _ when Find("certthumbprint") is { } print && Thumbprint(print).Length != 64 =>
            "The key certthumbprint is the certificate's SHA-256: 64 hexadecimal digits.",
        _ when Find("allowinsecure") is not (null or "true" or "false") => "The key allowinsecure is true or false.",
        _ => "",
    };

    private string LndDefect()
    {
        return this switch
        {
            _ when Find("macaroon") is not null && Find("macaroonfilepath") is not null =>
                "type=lnd-rest takes macaroon or macaroonfilepath, not both.",
            _ when Find("macaroon") is null && Find("macaroonfilepath") is null && Find("allowinsecure") is not "true" =>
                "type=lnd-rest needs the key macaroon (hexadecimal) or macaroonfilepath (the file admin.macaroon).",
            _ when Find("macaroon") is { } hex && (hex.Length == 0 || hex.Length % 2 != 0 || !hex.All(char.IsAsciiHexDigit)) =>
                "The key macaroon is the macaroon in hexadecimal (xxd -p -c 10000 admin.macaroon).",
            _ when this["server"].StartsWith("http:", StringComparison.OrdinalIgnoreCase) && Find("allowinsecure") is not "true" =>
                "The key server begins with http:, which sends the macaroon in the clear; use https: or allowinsecure=true.",
            _ => "",
        };
    }

    /// <summary>A thumbprint without the colons that openssl prints, upper case.</summary>
    internal static string Thumbprint(string text) =>
        string.Concat(text.Where(char.IsAsciiHexDigit)).ToUpperInvariant();
}
