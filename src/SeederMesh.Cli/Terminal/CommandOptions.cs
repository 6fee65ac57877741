using System.CommandLine;
using System.CommandLine.Parsing;
using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Terminal;

/// <summary>Options that several commands share, so that they mean the same everywhere.</summary>
internal static class CommandOptions
{
    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json(string what) => new("--json") { Description = what };

    /// <summary><c>--data DIR</c>: keys, state and wallet.</summary>
    public static Option<DirectoryInfo> Data() => new("--data")
    {
        Description = "Folder for keys, state and wallet. $SEEDERMESH_HOME names another usual one.",
        HelpName = "DIR",
        DefaultValueFactory = _ => new DirectoryInfo(DefaultDataFolder()),
    };

    /// <summary><c>--hub URL</c>.</summary>
    public static Option<string> Hub() => new("--hub")
    {
        Description = "Address of the hub. $SEEDERMESH_HUB names another usual one.",
        HelpName = "URL",
        DefaultValueFactory = UsualHub,
        CustomParser = result => ParseOne(result, ReadAddress, "is not an http:// or https:// address"),
    };

    /// <summary><c>--wallet NODE</c>.</summary>
    public static Option<string?> Wallet() => new("--wallet")
    {
        Description = "Your Lightning node: type=clightning;server=unix://..., type=lnd-rest;..., type=phoenixd;... or "
            + "type=eclair;...; try it with \"mesh wallet check\". $SEEDERMESH_WALLET, or \"wallet\" in config.json, names the usual one "
            + "and keeps secrets off the command line. [default: a wallet of the hub's play money]",
        HelpName = "NODE",
    };

    /// <summary>An amount option: "50sat" or "1500msat". A number without its unit is refused: half of all people would
    /// mean the other one.</summary>
    public static Option<Msat> Amount(string name, string description, Msat? usual = null)
    {
        var option = new Option<Msat>(name)
        {
            Description = description,
            HelpName = "AMOUNT",
            CustomParser = result => ParseOne<Msat>(
                result,
                text => Msat.TryParse(text, out Msat amount) && (amount.IsZero || text.EndsWith("sat", StringComparison.Ordinal))
                    ? amount
                    : null,
                "is not an amount such as 50sat or 1500msat"),
        };
        if (usual is { } amount)
        {
            option.DefaultValueFactory = _ => amount;
        }

        return option;
    }

    /// <summary>A size or rate option: "20MB", "512KiB"; 0 where absent.</summary>
    public static Option<long> Bytes(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "BYTES",
        CustomParser = result => ParseOne<long>(
            result, text => Units.TryParseBytes(text, out long bytes) ? bytes : null, "is not a size such as 20MB or 512KiB"),
    };

    /// <summary>Where a person's files are unless told otherwise.</summary>
    public static string DefaultDataFolder() =>
        Environment.GetEnvironmentVariable("SEEDERMESH_HOME")
        ?? Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "seedermesh");

    private static string UsualHub(ArgumentResult result)
    {
        string text = Environment.GetEnvironmentVariable("SEEDERMESH_HUB") ?? "http://127.0.0.1:8480";
        if (ReadAddress(text) is { } address)
        {
            return address;
        }

        result.AddError($"SEEDERMESH_HUB: \"{text}\" is not an http:// or https:// address.");
        return "";
    }

    private static string? ReadAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" ? text.TrimEnd('/') : null;

    private static T ParseOne<T>(ArgumentResult result, Func<string, T?> read, string fault)
        where T : struct
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (read(text) is { } value)
        {
            return value;
        }

        result.AddError($"{Name(result)}: \"{text}\" {fault}.");
        return default;
    }

    private static string ParseOne(ArgumentResult result, Func<string, string?> read, string fault)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (read(text) is { } value)
        {
            return value;
        }

        result.AddError($"{Name(result)}: \"{text}\" {fault}.");
        return "";
    }

    private static string Name(ArgumentResult result) =>
        result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
}
