using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Seeding;
using SeederMesh.Cli.Terminal;
using SeederMesh.Cli.Wallets;
using SeederMesh.Client;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh seed DIR...</c>.</summary>
internal static class SeedCommand
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan HubPatience = TimeSpan.FromSeconds(5);

    private static readonly Argument<string[]> Paths = new("PATH")
    {
        Description = "Torrent files; or folders and files that have a NAME.torrent beside or in them. Without any: all "
            + "that was seeded before.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<DirectoryInfo?> Content = new("--content")
    {
        Description = "The folder that holds the content. [default: the torrent file's own]",
        HelpName = "DIR",
    };

    private static readonly Option<DirectoryInfo?> Watch = new("--watch")
    {
        Description = "Seed every torrent that is put into this folder.",
        HelpName = "DIR",
    };

    private static readonly Option<string?> PayTo = new("--pay-to")
    {
        Description = "Where you are paid: keysend:NODE, lnaddress:user@host ..., or withdraw: the hub keeps it until \"mesh payouts "
            + "withdraw\". Say it at each start, or once as \"destination\" in config.json. [default: your wallet, by keysend]",
        HelpName = "ENDPOINT",
    };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "Your name in the hub's tables.",
        HelpName = "TEXT",
    };

    private static readonly Option<bool> NoDirect = new("--no-direct")
    {
        Description = "Take nobody whose own wallet pays you: only grants that a hub holds the money for.",
    };

    private static readonly Option<int?> Unpaid = new("--unpaid")
    {
        Description = "Percent of the upload that those who do not pay share while somebody pays. [default: 20]",
        HelpName = "PERCENT",
    };

    private static readonly Option<bool> Json = CommandOptions.Json(
        "Print JSON lines: {\"event\": \"ready\"|\"snapshot\"|...}; amounts are strings of msat.");

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "seed",
            "Upload torrents and earn: who pays shows a grant of a hub that you trust, and signs a receipt for each "
                + "piece. Receipts are on your disk before "
            + "more is sent, and reported to the hub, which pays you while it runs. What was seeded once is seeded again at the next "
            + "start. Ctrl-C ends it.")
        {
            Paths, Content, Watch, PayTo, Name, Unpaid, NoDirect, Json,
        };
        ClientSettings.AddTo(command);
        command.SetAction(RunAsync);
        return command.WithExamples("""
            mesh seed album                                 album.torrent lies beside it
            mesh seed album.torrent --content /srv/music --upload-limit 5MB
            mesh seed --watch ~/torrents --pay-to lnaddress:me@example.org
            mesh seed album --wallet 'type=clightning;server=unix:///home/me/.lightning/bitcoin/lightning-rpc'
            mesh seed                                       all that was seeded before
            """);
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed.GetValue(Json));
        ClientConfiguration configuration = Configure(parsed);
        SeedSource[] sources = [
            .. (parsed.GetValue(Paths) ?? []).SelectMany(path => SeedSources.Find(path, parsed.GetValue(Content)?.FullName))];
        try
        {
            if (configuration.Destination is null)
            {
                await using ILightningNode wallet = await ClientSettings.OpenWalletAsync(parsed, configuration, cancellationToken);
                configuration = configuration with { Destination = await OwnWallet.DestinationAsync(wallet, cancellationToken) };
            }

            using DataFolder data = DataFolder.Open(Path.Combine(ClientSettings.Home(parsed), "seed"));
            if (configuration.Destination is "withdraw")
            {
                configuration = configuration with { Destination = $"withdraw:{new DidKey(data.Identity().PublicKey)}" };
            }

            await using SeedService service = SeedService.Start(
                new SeedOptions { Data = data, Configuration = configuration }, new SeedEventLines(output));
            foreach (SeedSource source in sources)
            {
                await service.AddAsync(source);
            }

            await FollowAsync(service, configuration.Port, output, cancellationToken);
            return ExitCode.Ok;
        }
        catch (ClientException exception)
        {
            throw new Failure(exception.Message, exception);
        }
        catch (LightningNodeException exception)
        {
            throw new Failure(exception.Message, exception);
        }
    }

    private static ClientConfiguration Configure(ParseResult parsed)
    {
        ClientConfiguration configuration = ClientSettings.Read(parsed);
        if (parsed.GetValue(Unpaid) is < 0 or > 100)
        {
            throw new Refusal("--unpaid is 0 to 100 percent.");
        }

        string? destination = parsed.GetValue(PayTo) ?? configuration.Destination;
        if (destination is not (null or "withdraw") && !PayoutDestination.TryParse(destination, out _, out string defect))
        {
            throw new Refusal($"{(parsed.GetValue(PayTo) is null ? "destination" : "--pay-to")}: {defect}");
        }

        return configuration with
        {
            Name = parsed.GetValue(Name) ?? configuration.Name,
            Destination = destination,
            UnpaidPercent = parsed.GetValue(Unpaid) ?? configuration.UnpaidPercent,
            TakesDirect = configuration.TakesDirect && !parsed.GetValue(NoDirect),
            WatchFolder = parsed.GetValue(Watch)?.FullName ?? configuration.WatchFolder,
        };
    }

    private static async Task FollowAsync(SeedService service, int port, Output output, CancellationToken cancellationToken)
    {
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        var view = new SeedView(output);
        bool ready = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            SeedSnapshot snapshot = service.Snapshot();
            bool hubKnown = snapshot.Hubs.Any(hub => hub.Trouble is null)
                || System.Diagnostics.Stopwatch.GetElapsedTime(started) > HubPatience;
            if (!ready && hubKnown && snapshot.Port != 0 && snapshot.Torrents.All(torrent => torrent.State != SeedingState.Checking))
            {
                ready = true;
                if (port != 0 && snapshot.Port != port)
                {
                    output.Say($"port {port} is taken: peers reach this seedbox on {snapshot.Port}. Choose another with --port.");
                }

                output.Event("ready", new JsonObject { ["key"] = snapshot.Key.ToString(), ["port"] = snapshot.Port });
            }

            output.Event("snapshot", Describe(snapshot));
            view.Show(snapshot);
            await Task.Delay(LookEvery, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        view.End(service.Snapshot());
    }

    private static JsonObject Describe(SeedSnapshot snapshot) => new()
    {
        ["uploadedBytes"] = snapshot.UploadedBytes,
        ["rate"] = snapshot.UploadRate,
        ["peers"] = snapshot.Peers,
        ["payingPeers"] = snapshot.PayingPeers,
        ["receipts"] = snapshot.Hubs.Sum(hub => hub.Receipts),
        ["unreportedReceipts"] = snapshot.Hubs.Sum(hub => hub.UnreportedReceipts),
        ["receiptedMsat"] = Output.Amount(snapshot.Hubs.Aggregate(Msat.Zero, (sum, hub) => sum + hub.Signed)),
        ["settledMsat"] = Output.Amount(snapshot.Hubs.Aggregate(Msat.Zero, (sum, hub) => sum + hub.Settled)),
        ["earnedMsat"] = Output.Amount(snapshot.Hubs.Aggregate(Msat.Zero, (sum, hub) => sum + (hub.Standing?.EarnedMsat ?? Msat.Zero))),
        ["paidMsat"] = Output.Amount(snapshot.Hubs.Aggregate(Msat.Zero, (sum, hub) => sum + (hub.Standing?.PaidMsat ?? Msat.Zero))),
        ["torrents"] = snapshot.Torrents.Count,
    };
}
