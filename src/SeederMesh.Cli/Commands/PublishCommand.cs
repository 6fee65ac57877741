using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Inspection;
using SeederMesh.Cli.Publishing;
using SeederMesh.Cli.Terminal;
using SeederMesh.Cli.Wallets;
using SeederMesh.Client;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Torrents.Metainfos;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh publish DIR|FILE</c>.</summary>
internal static class PublishCommand
{
    private static readonly Argument<string> Source = new("PATH") { Description = "The folder or file to publish." };
    private static readonly Option<DirectoryInfo> Data = CommandOptions.Data();
    private static readonly Option<string?> Wallet = CommandOptions.Wallet();
    private static readonly Option<string> Hub = CommandOptions.Hub();
    private static readonly Option<string> Licence = new("--licence", "--license")
    {
        Description = "Licence of the work: an SPDX id such as CC-BY-4.0, CC-BY-NC-SA-4.0, CC0-1.0, MIT; or "
            + "LicenseRef-NAME with --licence-url.",
        HelpName = "SPDX",
        Required = true,
    };

    private static readonly Option<string?> LicenceUrl = new("--licence-url", "--license-url")
    {
        Description = "Where the licence's text is.",
        HelpName = "URL",
    };

    private static readonly Option<string> Training = new Option<string>("--training")
    {
        Description = "May machines be trained on it: allowed, not-allowed, paid or paid-percent (both with --contract).",
        DefaultValueFactory = _ => "not-allowed",
    }.AcceptOnlyFromAmong("allowed", "not-allowed", "paid", "paid-percent");

    private static readonly Option<string?> Terms = new("--terms")
    {
        Description = "Where further terms are.",
        HelpName = "URL",
    };

    private static readonly Option<string?> Contract = new("--contract")
    {
        Description = "Where a training contract is made: an address or a sentence.",
        HelpName = "TEXT",
    };

    private static readonly Option<decimal?> RevenueShare = new("--revenue-share")
    {
        Description = "Percent of the revenue, with --training paid-percent.",
        HelpName = "PERCENT",
    };

    private static readonly Option<Msat> Price = CommandOptions.Amount(
        "--price", "Price of a MiB (1,048,576 bytes), such as 2sat or 500msat; 0 asks nothing.", Msat.Zero);
    private static readonly Option<string> Split = new("--split")
    {
        Description = "How each payment is divided, percent: the roles creator, seeders, registry, hub, and other payees "
            + "as NAME=PERCENT@ENDPOINT.",
        HelpName = "SHARES",
        DefaultValueFactory = _ => SplitText.Usual,
    };

    private static readonly Option<string?> PayTo = new("--pay-to")
    {
        Description = "Where you are paid: keysend:NODE, lnaddress:user@host, lnurl:..., bolt12:..., paymentpointer:$host/path, or "
            + "withdraw: the hub keeps it until \"mesh payouts withdraw\". [default: your wallet, by keysend]",
        HelpName = "ENDPOINT",
    };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "Your name in the split.",
        HelpName = "TEXT",
    };

    private static readonly Option<DirectoryInfo?> OutputFolder = new("--output", "-o")
    {
        Description = "Where the .torrent and .prov are written. [default: beside PATH]",
        HelpName = "DIR",
    };

    private static readonly Option<long> PieceLength = CommandOptions.Bytes("--piece-length", "Bytes of a piece: a power of two from "
        + "16KiB to 128MiB. [default: by size]");
    private static readonly Option<bool> V2Only = new("--v2-only")
    {
        Description = "No v1 metadata: half the hashing, but old clients cannot join.",
    };

    private static readonly Option<bool> Private = new("--private")
    {
        Description = "Only its trackers may name peers (BEP 27).",
    };

    private static readonly Option<string[]> Trackers = new("--tracker")
    {
        Description = "A further tracker beside the hub's.",
        HelpName = "URL",
    };

    private static readonly Option<string[]> WebSeeds = new("--web-seed")
    {
        Description = "A web server with the same files (BEP 19).",
        HelpName = "URL",
    };

    private static readonly Option<bool> NoRegister = new("--no-register")
    {
        Description = "Register nowhere: peers get the manifest from each other.",
    };

    private static readonly Option<bool> Json = CommandOptions.Json(
        "Print one JSON line: {\"event\": \"published\", magnet, infohash, torrent, manifest, ...}.");

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "publish",
            "Make a torrent of a folder or file, sign its manifest (who made it, licence, price, who is paid), register "
                + "it at the hub, and print a magnet "
            + "link. Your key is made at the first call and kept in --data, mode 0600.")
        {
            Source, Licence, LicenceUrl, Training, Terms, Contract, RevenueShare, Price, Split, PayTo, Name, OutputFolder,
            PieceLength, V2Only, Private,
            Trackers, WebSeeds, NoRegister, Hub, Wallet, Data, Json,
        };
        command.SetAction((parsed, ct) => RunAsync(Read(parsed), new Output(parsed.GetValue(Json)), ct));
        return command.WithExamples("""
            mesh publish album --licence CC-BY-4.0 --price 2sat
            mesh publish film.mkv --licence CC-BY-NC-4.0 --price 500msat \
              --split creator=60,anna=15@lnaddress:anna@example.org,seeders=20,registry=2,hub=3
            mesh publish notes --licence CC0-1.0                  asks nothing, is signed all the same
            """);
    }

    private static PublishRequest Read(ParseResult parsed)
    {
        string source = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(Source)));
        if (!Path.Exists(source))
        {
            throw new Refusal($"There is no file or folder {source}.");
        }

        if (!SplitText.TryParse(parsed.GetRequiredValue(Split), out IReadOnlyList<SplitPart> split, out string error))
        {
            throw new Refusal($"--split: {error}");
        }

        PaymentEndpoint payTo = default;
        string? text = parsed.GetValue(PayTo);
        if (text is "withdraw")
        {
            using DataFolder creator = DataFolder.Open(Path.Combine(parsed.GetRequiredValue(Data).FullName, "creator"));
            text = $"withdraw:{new DidKey(creator.Identity().PublicKey)}";
        }

        if (text is not null && !PaymentEndpoint.TryParse(text, out payTo))
        {
            throw new Refusal($"--pay-to: \"{text}\" is not keysend:NODE, lnaddress:user@host, lnurl:lnurl1..., "
                + "bolt12:lno1..., paymentpointer:$host/path or withdraw.");
        }

        string hub = parsed.GetRequiredValue(Hub);
        bool registers = !parsed.GetValue(NoRegister);
        IEnumerable<string> trackers = [.. registers ? (string[])[hub + "/announce"] : [], .. parsed.GetValue(Trackers) ?? []];
        return new PublishRequest
        {
            Source = source,
            Home = parsed.GetRequiredValue(Data).FullName,
            Hub = registers ? hub : null,
            WalletHub = hub,
            Wallet = OwnWallet.Choose(parsed.GetValue(Wallet), ClientSettings.Stored(parsed.GetRequiredValue(Data).FullName)),
            OutputFolder = parsed.GetValue(OutputFolder)?.FullName ?? Path.GetDirectoryName(source) ?? "/",
            Name = parsed.GetValue(Name),
            Licence = new Licence(parsed.GetRequiredValue(Licence), parsed.GetValue(LicenceUrl)),
            Rights = ReadRights(parsed),
            Price = parsed.GetValue(Price),
            Split = split,
            PayTo = payTo == default ? null : payTo,
            Torrent = new MetainfoBuildOptions
            {
                PieceLength = (int)Math.Min(int.MaxValue, parsed.GetValue(PieceLength)),
                V2Only = parsed.GetValue(V2Only),
                IsPrivate = parsed.GetValue(Private),
                Trackers = [.. trackers.Select(url => new Tracker(url))],
                WebSeeds = parsed.GetValue(WebSeeds) ?? [],
            },
        };
    }

    private static Rights ReadRights(ParseResult parsed)
    {
        TrainingRight training = parsed.GetRequiredValue(Training) switch
        {
            "allowed" => TrainingRight.Allowed,
            "paid" => TrainingRight.Paid,
            "paid-percent" => TrainingRight.PaidPercent,
            _ => TrainingRight.NotAllowed,
        };
        int? bps = parsed.GetValue(RevenueShare) is { } percent
            ? percent is > 0 and <= 100 ? (int)(percent * 100) : throw new Refusal("--revenue-share is above 0 and at most 100 percent.")
            : null;
        return new Rights(training, parsed.GetValue(Terms), parsed.GetValue(Contract), bps);
    }

    private static async Task<int> RunAsync(PublishRequest request, Output output, CancellationToken cancellationToken)
    {
        Publication publication;
        var progress = new HashingProgress(output);
        try
        {
            publication = await Publisher.PublishAsync(request, progress, TimeProvider.System, cancellationToken);
        }
        finally
        {
            progress.Finish();
        }

        Manifest manifest = publication.Signed.Manifest;
        long bytes = manifest.Torrent.Files.Sum(file => file.Length);
        output.Event("published", Describe(publication, bytes));
        if (output.Json)
        {
            return ExitCode.Ok;
        }

        foreach (SkippedPath skipped in publication.Skipped.Take(10))
        {
            output.Say($"left out  {skipped.Path}: {skipped.Reason}");
        }

        if (publication.Skipped.Count > 10)
        {
            output.Say($"left out  {publication.Skipped.Count - 10} more (--json lists them)");
        }

        output.Say(
            $"content   {Printable.Clean(manifest.Torrent.Name)}: {manifest.Torrent.Files.Count} files, {Units.Bytes(bytes)}, "
            + $"{publication.PieceCount} pieces");
        output.Say($"creator   {manifest.Creator}");
        output.Say($"licence   {manifest.Licence.Spdx}, training {JsonName(manifest.Rights.Training.ToString())}");
        output.Say(manifest.Payment is { } payment
            ? $"price     {payment.PricePerMiB} per MiB, "
                + $"{new PricePerMebibyte(payment.PricePerMiB.Value).Of(bytes)} for all of it"
            : "price     nothing is asked");
        output.Say($"torrent   {publication.TorrentPath}");
        output.Say($"manifest  {publication.ManifestPath}");
        output.Say(
            publication.Receipt is { } receipt
                ? $"registry  keeps it, receipt {receipt.Digest}"
                : "registry  none: peers hand the manifest "
            + "to each other");
        output.Say();
        output.Say(publication.Magnet);
        output.Say();
        output.Say($"next      mesh seed \"{publication.TorrentPath}\" --content \"{Path.GetDirectoryName(request.Source)}\"");
        return ExitCode.Ok;
    }

    private static JsonObject Describe(Publication publication, long bytes)
    {
        Manifest manifest = publication.Signed.Manifest;
        return new JsonObject
        {
            ["magnet"] = publication.Magnet,
            ["infohash"] = manifest.Torrent.InfohashV2.ToString(),
            ["infohashV1"] = manifest.Torrent.InfohashV1?.ToString(),
            ["name"] = manifest.Torrent.Name,
            ["files"] = manifest.Torrent.Files.Count,
            ["bytes"] = bytes,
            ["pieces"] = publication.PieceCount,
            ["pieceLength"] = manifest.Torrent.PieceLength,
            ["creator"] = manifest.Creator.ToString(),
            ["manifestDigest"] = publication.Signed.Digest.ToString(),
            ["sequence"] = manifest.Sequence,
            ["torrent"] = publication.TorrentPath,
            ["manifest"] = publication.ManifestPath,
            ["registryReceipt"] = publication.Receipt?.Digest.ToString(),
            ["payment"] = manifest.Payment is null ? null : ManifestInspector.DescribePayment(manifest.Payment),
            ["skipped"] = new JsonArray(
                [.. publication.Skipped.Select(skipped => (JsonNode)$"{skipped.Path}: {JsonName(skipped.Reason.ToString())}")]),
            ["paths"] = new JsonArray([.. manifest.Torrent.Files.Select(file => (JsonNode)file.Path)]),
        };
    }

    private static string JsonName(string name) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(name);

    private sealed class HashingProgress(Output output) : IProgress<MetainfoBuildProgress>
    {
        public void Report(MetainfoBuildProgress value) =>
            output.Status(
                value.BytesTotal > 0 ? $"hashing {Units.Bytes(value.BytesDone)} of {Units.Bytes(value.BytesTotal)}" : "listing files");

        public void Finish() => output.Status("");
    }
}
