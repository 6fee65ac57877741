using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Getting;
using SeederMesh.Cli.Terminal;
using SeederMesh.Cli.Wallets;
using SeederMesh.Client;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Torrents;
using SeederMesh.Torrents.Metainfos;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh get MAGNET|TORRENT</c>.</summary>
internal static class GetCommand
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(150);

    /// <summary>How long a hub that went away is waited for.</summary>
    private static readonly TimeSpan HubPatience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan HubPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RefundPatience = TimeSpan.FromSeconds(30);

    private static readonly Argument<string> Source = new("SOURCE")
    {
        Description = "A magnet link or a .torrent file.",
    };

    private static readonly Option<Msat> Budget = CommandOptions.Amount("--budget", "The most that it may cost, over all "
        + "seeders and fees together. [default: what all of it costs]");
    private static readonly Option<Msat> MaxPrice = CommandOptions.Amount("--max-price", "Refuse a higher price for a MiB.");
    private static readonly Option<DirectoryInfo> OutputFolder = new("--output", "-o")
    {
        Description = "Where the content is put.",
        HelpName = "DIR",
        DefaultValueFactory = _ => new DirectoryInfo("."),
    };

    private static readonly Option<bool> Yes = new("--yes", "-y")
    {
        Description = "Accept the offer without being asked.",
    };

    private static readonly Option<bool> NoPay = new("--no-pay")
    {
        Description = "Pay nothing and report nothing to anybody; peers that are paid come first.",
    };

    private static readonly Option<string?> RefundTo = new("--refund-to")
    {
        Description = "Where what is not used goes: lnaddress:you@host, bolt12:lno1..., keysend:NODE. Without a wallet the hub's "
            + "invoice is then shown with a QR code, for any wallet to pay. [default: your wallet]",
        HelpName = "ENDPOINT",
    };

    private static readonly Option<bool> Direct = new("--direct")
    {
        Description = "Your own wallet pays seeders and creators while you download; the hub keeps the books and holds nothing. "
            + "They trust you up to a small window.",
    };

    private static readonly Option<bool> Unverified = new("--unverified")
    {
        Description = "Download although there is no valid manifest: nobody vouches for it.",
    };

    private static readonly Option<string[]> Files = new("--files")
    {
        Description = "Only these files: paths or patterns with *, ** and ?. May be given again.",
        HelpName = "PATTERN",
    };

    private static readonly Option<bool> Sequential = new("--sequential")
    {
        Description = "Pieces in order, for playing while it loads.",
    };

    private static readonly Option<FileInfo?> ManifestFile = new("--manifest")
    {
        Description = "Use this manifest instead of asking a registry.",
        HelpName = "FILE.prov",
    };

    private static readonly Option<int?> GiveUp = new("--give-up")
    {
        Description = "Give up when nothing came for so long.",
        HelpName = "SECONDS",
    };

    private static readonly Option<bool> Json = CommandOptions.Json("Print JSON lines: offer, snapshots, result. Without "
        + "--yes it waits for a line \"yes\" or \"no\" after the offer.");

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "get",
            "Download: the signed manifest is verified first, then licence, rights, price and split are shown and you are "
                + "asked once. What you pay is bounded by "
            + "the budget, each piece is paid for after it passed its hash, and what is not used comes back. "
            + "Run it again to go on after a stop.")
        {
            Source, Budget, MaxPrice, OutputFolder, Yes, NoPay, Direct, RefundTo, Unverified, Files, Sequential, ManifestFile, GiveUp, Json,
        };
        ClientSettings.AddTo(command);
        command.SetAction(RunAsync);
        return command.WithExamples("""
            mesh get 'magnet:?xt=urn:btmh:...' --budget 50sat
            mesh get album.torrent --files '*.png' --files booklet.txt --yes
            mesh get 'magnet:?...' --wallet 'type=clightning;server=unix:///home/me/.lightning/bitcoin/lightning-rpc'
            mesh get 'magnet:?...' --refund-to lnaddress:me@example.org   pay by hand: invoice and QR code
            mesh get 'magnet:?...' --direct --budget 50sat                your wallet pays; the hub holds nothing
            mesh get 'magnet:?...' --no-pay --sequential
            """);
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed.GetValue(Json));
        ClientConfiguration configuration = ClientSettings.Read(parsed);
        GetRequest request = Read(parsed);
        try
        {
            using DataFolder data = OpenFolder(ClientSettings.Home(parsed));
            await using ILightningNode? wallet = request.NoPay
                ? null
                : await TryOpenWalletAsync(parsed, configuration, output, cancellationToken);
            if (wallet is not null)
            {
                await CollectEarlierAsync(new GetService(data, configuration, wallet), output, cancellationToken);
            }

            SignedManifest? manifest = null;
            GetDecision? decision = null;
            Func<GetOffer, CancellationToken, Task<GetDecision>> decide = async (offer, token) =>
            {
                manifest = offer.Manifest;
                return decision ??= await DecideAsync(offer, parsed.GetValue(Yes), output, token);
            };
            long started = Stopwatch.GetTimestamp();
            string said = "";
            while (true)
            {
                try
                {
                    var service = new GetService(data, configuration, wallet);
                    Task<GetResult> running = service.RunAsync(request, decide, new GetEventLines(output), cancellationToken);
                    await FollowAsync(service, running, output);
                    GetResult result = await running;
                    if (result.Statement is { IsRefundPending: true })
                    {
                        await CollectAsync(service.SettleLeftoversAsync, "refunded", output, cancellationToken);
                    }
                    else if (result.Statement is { IsDuePending: true })
                    {
                        await CollectAsync(service.PayLeftoversAsync, "paid in all", output, cancellationToken);
                    }

                    return await ConcludeAsync(result, manifest, request, output);
                }
                catch (Exception exception) when (IsPassing(exception) && Stopwatch.GetElapsedTime(started) < HubPatience)
                {
                    // What was agreed and paid is on the disk: the next run goes on there, and does not ask again.
                    if (exception.Message != said)
                    {
                        said = exception.Message;
                        output.Say($"{said} Trying again.");
                    }

                    await Task.Delay(HubPause, cancellationToken);
                }
            }
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

    // Money of earlier downloads that were interrupted; a hub that is away now will be asked next time.
    private static async Task CollectEarlierAsync(GetService service, Output output, CancellationToken cancellationToken)
    {
        try
        {
            foreach (Msat refund in (await service.SettleLeftoversAsync(cancellationToken)).Where(refund => !refund.IsZero))
            {
                output.Say($"refunded  {refund} of an earlier download");
            }

            foreach (Msat paid in await service.PayLeftoversAsync(cancellationToken))
            {
                output.Say($"paid      {paid} in all for an earlier download");
            }
        }
        catch (Exception exception) when (IsPassing(exception))
        {
            output.Say($"{exception.Message} Refunds of earlier downloads wait.");
        }
    }

    // A hub that was away at the end has not closed the channel yet. What this does not bring, the next download
    // collects.
    private static async Task CollectAsync(
        Func<CancellationToken, Task<IReadOnlyList<Msat>>> collect, string what, Output output, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < RefundPatience)
        {
            try
            {
                IReadOnlyList<Msat> collected = await collect(cancellationToken);
                foreach (Msat amount in collected)
                {
                    output.Say($"{what,-8}  {amount}");
                }

                if (collected.Count > 0)
                {
                    return;
                }
            }
            catch (Exception exception) when (IsPassing(exception))
            {
                output.Say($"{exception.Message} Trying again.");
            }

            await Task.Delay(HubPause, cancellationToken);
        }
    }

    private static bool IsPassing(Exception exception) => exception
        is HubException { IsTransient: true }
        or LightningNodeException { Fault: NodeFault.Unreachable or NodeFault.TimedOut }
        or ClientException { InnerException: LightningNodeException { Fault: NodeFault.Unreachable or NodeFault.TimedOut } };

    private static GetRequest Read(ParseResult parsed)
    {
        string source = parsed.GetRequiredValue(Source);
        if (FindFault(source) is { } fault)
        {
            throw new Refusal(fault);
        }

        if (parsed.GetResult(Budget) is not null && parsed.GetValue(Budget).IsZero)
        {
            throw new Refusal("--budget: 0 pays nobody. To pay nothing, say --no-pay.");
        }

        if (parsed.GetValue(RefundTo) is { } refund && FindRefundFault(refund) is { } defect)
        {
            throw new Refusal($"--refund-to: {defect}");
        }

        return new GetRequest
        {
            Source = source,
            OutputFolder = parsed.GetRequiredValue(OutputFolder).FullName,
            ManifestPath = parsed.GetValue(ManifestFile)?.FullName,
            Budget = parsed.GetResult(Budget) is null ? null : parsed.GetValue(Budget),
            MaxPricePerMiB = parsed.GetResult(MaxPrice) is null ? null : parsed.GetValue(MaxPrice),
            NoPay = parsed.GetValue(NoPay),
            Direct = parsed.GetValue(Direct),
            RefundTo = parsed.GetValue(RefundTo),
            Unverified = parsed.GetValue(Unverified),
            Files = parsed.GetValue(Files) ?? [],
            Sequential = parsed.GetValue(Sequential),
            StallTimeLimit = parsed.GetValue(GiveUp) is { } seconds
                ? seconds > 0 ? TimeSpan.FromSeconds(seconds) : throw new Refusal("--give-up is more than 0 seconds.")
                : null,
        };
    }

    private static string? FindRefundFault(string refund)
    {
        if (!PayoutDestination.TryParse(refund, out PayoutDestination? destination, out string defect))
        {
            return defect;
        }

        return destination.Kind != DestinationKind.Bolt11 ? null : PaymentRequests.Decode(destination.Value) switch
        {
            { Error.Length: > 0 } unreadable => unreadable.Error,
            { Amount: { } amount } => $"the invoice asks for {amount}, and what comes back is not known yet: make one without an amount.",
            { ExpiresAt: { } expires } when expires < DateTimeOffset.UtcNow => "the invoice has expired: make a new one.",
            _ => null,
        };
    }

    // Looked at before anything is opened or asked: a bad link is a bad input, not a failure.
    private static string? FindFault(string source)
    {
        const int TorrentBytesMax = 64 << 20;
        if (source.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase))
        {
            MagnetReading reading = MagnetText.Read(source);
            return reading.Link is null ? $"bad magnet: {reading.Message}" : null;
        }

        if (!File.Exists(source))
        {
            return $"\"{(source.Length > 80 ? source[..80] + "..." : source)}\" is neither a magnet link nor a file.";
        }

        if (new FileInfo(source).Length > TorrentBytesMax)
        {
            return $"bad torrent: {source} has more than {TorrentBytesMax >> 20} MiB.";
        }

        return Metainfo.TryParse(File.ReadAllBytes(source), out _, out TorrentError error) ? null : $"bad torrent: {error}";
    }

    // A second download at the same time takes the next folder.
    private static DataFolder OpenFolder(string home)
    {
        const int FoldersMax = 16;
        for (int number = 1; ; number++)
        {
            try
            {
                return DataFolder.Open(Path.Combine(home, number == 1 ? "get" : $"get-{number}"));
            }
            catch (ClientException) when (number < FoldersMax)
            {
                // In use; its owner keeps it.
            }
        }
    }

    private static async Task<ILightningNode?> TryOpenWalletAsync(
        ParseResult parsed, ClientConfiguration configuration, Output output, CancellationToken cancellationToken)
    {
        if (configuration.Wallet is null
            && parsed.GetValue(RefundTo) is not null
            && await OwnWallet.FindNetworkAsync(configuration.Hub!, cancellationToken) is { } network
            && network != NodeInfo.PlayMoney)
        {
            return null;
        }

        try
        {
            return await ClientSettings.OpenWalletAsync(parsed, configuration, cancellationToken);
        }
        catch (Failure failure)
        {
            output.Say($"no wallet, so nothing can be paid: {failure.Message}");
            return null;
        }
    }

    private static async Task<GetDecision> DecideAsync(GetOffer offer, bool yes, Output output, CancellationToken cancellationToken)
    {
        JsonObject fields = OfferJson.Describe(offer);
        OfferText.Write(output, fields);
        output.Event("offer", fields);
        bool accepted = yes || await AskAsync(output, cancellationToken);
        return !accepted ? GetDecision.Decline("You declined; nothing was paid.")
            : offer.WouldPay ? GetDecision.Accept()
            : GetDecision.AcceptUnpaid();
    }

    private static async Task<bool> AskAsync(Output output, CancellationToken cancellationToken)
    {
        if (ParentWatch.IsWatched)
        {
            return await ParentWatch.Lines.Reader.ReadAsync(cancellationToken) == "yes";
        }

        if (output.Json)
        {
            return await Console.In.ReadLineAsync(cancellationToken) == "yes";
        }

        return Console.IsInputRedirected
            ? throw new Refusal("Nobody to ask, because this is no terminal: accept with --yes.")
            : await OfferText.AskAsync(cancellationToken);
    }

    private static async Task FollowAsync(GetService service, Task<GetResult> running, Output output)
    {
        while (!running.IsCompleted)
        {
            GetSnapshot snapshot = service.Snapshot();
            output.Event("snapshot", OfferJson.Describe(snapshot));
            if (snapshot.Phase >= GetPhase.Funding)
            {
                output.Status(GetText.Line(snapshot));
            }

            await Task.WhenAny(running, Task.Delay(LookEvery));
        }

        output.Event("snapshot", OfferJson.Describe(service.Snapshot()));
        output.Status("");
    }

    private static async Task<int> ConcludeAsync(GetResult result, SignedManifest? manifest, GetRequest request, Output output)
    {
        if (result.Outcome == GetOutcome.Completed && manifest is not null)
        {
            // Beside the content, so that "mesh verify" finds it.
            await File.WriteAllBytesAsync(Path.Combine(request.OutputFolder, manifest.FileName), manifest.Bytes.ToArray());
        }

        output.Event("result", OfferJson.Describe(result));
        if (result.Outcome != GetOutcome.Completed)
        {
            string reason = result.Reason ?? $"The download ended: {result.Outcome}.";
            throw result.Outcome is GetOutcome.Cancelled or GetOutcome.Stalled or GetOutcome.CannotPay
                ? new Failure(reason)
                : new Refusal(reason);
        }

        output.Say($"complete  {result.Path}");
        if (result.Statement is { } statement)
        {
            output.Say(
                $"received  {Units.Bytes(statement.Bytes)} in {statement.Duration.TotalSeconds:0.0} s "
                + $"from {statement.Suppliers.Count} peers");
            if (statement.ChannelId is not null)
            {
                output.Say(GetText.Paid(statement));
            }
        }

        return ExitCode.Ok;
    }
}
