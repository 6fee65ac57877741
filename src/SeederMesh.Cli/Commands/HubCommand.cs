using System.Collections;
using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Money;
using SeederMesh.Hub;
using SeederMesh.Lightning;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh hub</c>.</summary>
internal static class HubCommand
{
    private static readonly Option<DirectoryInfo> Data = CommandOptions.Data();
    private static readonly Option<string?> Listen = new("--listen")
    {
        Description = "Where it listens; port 0 takes a free one. [default: http://127.0.0.1:8480]",
        HelpName = "URL",
    };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "What the hub is called.",
        HelpName = "TEXT",
    };

    private static readonly Option<Msat> Threshold = CommandOptions.Amount("--payout-threshold", "Pay somebody as soon as this much is "
        + "owed. [default: 1sat]");
    private static readonly Option<int?> Interval = new("--payout-interval")
    {
        Description = "At most one payment to each payee in so many milliseconds. [default: 200]",
        HelpName = "MS",
    };

    private static readonly Option<string?> Lightning = new("--lightning")
    {
        Description = "Your Lightning node: type=clightning;server=unix://..., type=lnd-rest;..., type=phoenixd;... or type=eclair;...; "
            + "try it first with \"mesh wallet check\". [default: the embedded network of play money]",
        HelpName = "NODE",
    };

    private static readonly Option<bool> RealMoney = new("--real-money")
    {
        Description = "Agree that a node on the main network is used. Needed once for a data folder.",
    };

    private static readonly Option<bool> Json = CommandOptions.Json(
        "Print a JSON line when it listens: {\"event\": \"listening\", url, publicKey, database}.");

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Data.Recursive = true;
        var command = new Command(
            "hub",
            "Run a hub: it keeps manifests (registry), funds channels, checks receipts, settles them by the manifest's "
                + "split, and pays creators and seeders "
            + "over your Lightning node, or over its embedded network of play money. Tracker, HTTP API (/openapi/v1.json) and books are in "
                + "it. Ctrl-C ends it; kill it at any "
            + "moment and it goes on where it stood. More settings: hub/hub.json in --data, SEEDERMESH_HUB_*.")
        {
            Listen, Name, Lightning, RealMoney, Threshold, Interval, Data, Json, HubExportCommand.Create(Data),
        };
        command.SetAction(RunAsync);
        return command.WithExamples("""
            mesh hub
            mesh hub --listen http://0.0.0.0:8480 --name "my hub" --data /srv/mesh
            mesh hub --lightning 'type=clightning;server=unix:///home/me/.lightning/bitcoin/lightning-rpc'
            mesh hub export receipts.jsonl --pseudonyms
            """);
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed.GetValue(Json));
        string folder = Path.Combine(parsed.GetRequiredValue(Data).FullName, "hub");
        try
        {
            HubOptions options = ReadSettings(parsed, folder);
            await using RunningHub hub = await HubApplication.StartAsync(options, cancellationToken);
            string address = hub.Address.ToString().TrimEnd('/');
            output.Event("listening", new JsonObject
            {
                ["url"] = address,
                ["network"] = hub.Node.Network,
                ["database"] = Path.Combine(folder, "hub.db"),
            });
            output.Say($"hub      {options.Name} at {address}");
            output.Say(Describe(hub.Node));
            output.Say($"books    {Path.Combine(folder, "hub.db")} (mesh audit)");
            output.Say($"others   export SEEDERMESH_HUB={address}");
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await hub.StopAsync();
            output.Say("stopped");
            return ExitCode.Ok;
        }
        catch (HubStartException exception)
        {
            throw new Failure(exception.Message, exception);
        }
    }

    private static HubOptions ReadSettings(ParseResult parsed, string folder)
    {
        try
        {
            return Read(parsed, folder);
        }
        catch (HubStartException exception)
        {
            throw new Refusal(exception.Message);
        }
    }

    private static string Describe(NodeInfo node) => node switch
    {
        { IsPlayMoney: true } => "network  play money: every amount of this hub is worth nothing",
        { IsRealMoney: true } => $"network  REAL MONEY: bitcoin, by {node.Implementation} {node.NodeId}",
        _ => $"network  {node.Network}, worth nothing: by {node.Implementation} {node.NodeId}",
    };

    private static HubOptions Read(ParseResult parsed, string folder)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
        HubOptions options = HubOptions.Load(folder, environment);
        options = options with
        {
            Listen = parsed.GetValue(Listen) ?? options.Listen,
            Name = parsed.GetValue(Name) ?? options.Name,
            Lightning = parsed.GetValue(Lightning) ?? options.Lightning,
            RealMoney = parsed.GetValue(RealMoney) || options.RealMoney,
            PayoutThresholdMsat = parsed.GetResult(Threshold) is null ? options.PayoutThresholdMsat : parsed.GetValue(Threshold).Value,
            PayoutIntervalMs = parsed.GetValue(Interval) ?? options.PayoutIntervalMs,
        };
        return options.Defect() is { } defect ? throw new Refusal(defect) : options;
    }
}
