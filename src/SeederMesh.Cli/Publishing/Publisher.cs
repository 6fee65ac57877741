using SeederMesh.Cli.Terminal;
using SeederMesh.Cli.Wallets;
using SeederMesh.Client;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Torrents;
using SeederMesh.Torrents.Metainfos;

namespace SeederMesh.Cli.Publishing;

/// <summary>What a creator says when publishing.</summary>
internal sealed record PublishRequest
{
    /// <summary>The folder or file.</summary>
    public required string Source { get; init; }

    /// <summary>The creator's home folder, with key and wallet.</summary>
    public required string Home { get; init; }

    /// <summary>The hub whose registry keeps the manifest; null to register nowhere.</summary>
    public string? Hub { get; init; }

    /// <summary>The connection string of the creator's node; null for a wallet of play money.</summary>
    public string? Wallet { get; init; }

    /// <summary>The hub whose play-money network the creator's wallet is on.</summary>
    public required string WalletHub { get; init; }

    /// <summary>Where the .torrent and .prov are written.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>The creator's name as a payee, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The licence.</summary>
    public required Licence Licence { get; init; }

    /// <summary>What may be done beyond it.</summary>
    public required Rights Rights { get; init; }

    /// <summary>Price of a MiB; zero asks nothing.</summary>
    public required Msat Price { get; init; }

    /// <summary>How it is divided.</summary>
    public required IReadOnlyList<SplitPart> Split { get; init; }

    /// <summary>Where the creator is paid; null for the own wallet.</summary>
    public PaymentEndpoint? PayTo { get; init; }

    /// <summary>How the torrent is made.</summary>
    public required MetainfoBuildOptions Torrent { get; init; }
}

/// <summary>What was published.</summary>
/// <param name="Signed">The manifest.</param>
/// <param name="TorrentPath">The torrent file.</param>
/// <param name="ManifestPath">The sidecar.</param>
/// <param name="Receipt">The registry's receipt, or null.</param>
/// <param name="Magnet">The link to hand out.</param>
/// <param name="PieceCount">How many pieces.</param>
/// <param name="Skipped">What was left out, and why.</param>
internal sealed record Publication(
    SignedManifest Signed,
    string TorrentPath,
    string ManifestPath,
    RegistryReceipt? Receipt,
    string Magnet,
    int PieceCount,
    IReadOnlyList<SkippedPath> Skipped);

/// <summary>Makes the torrent, signs the manifest, registers it, and writes both beside each other.</summary>
/// <remarks>
/// Publishing the same content with the same terms again gives the same manifest; with other terms the next version of
/// it.
/// </remarks>
internal static class Publisher
{
    /// <summary>Publishes.</summary>
    /// <exception cref="Refusal">The content or the terms break a rule; the message says which.</exception>
    /// <exception cref="Failure">The hub or the wallet did not answer.</exception>
    public static async Task<Publication> PublishAsync(
        PublishRequest request, IProgress<MetainfoBuildProgress> progress, TimeProvider clock, CancellationToken cancellationToken)
    {
        MetainfoBuildResult built = await BuildAsync(request, progress, cancellationToken);
        using DataFolder data = DataFolder.Open(Path.Combine(request.Home, "creator"));
        SigningKey key = data.Identity();
        using HubClient? hub = request.Hub is null ? null : new HubClient(new Uri(request.Hub), key);
        ManifestTorrent torrent = Describe(built.Metainfo);
        ManifestPayment? payment = request.Price.IsZero ? null : await PaymentAsync(request, cancellationToken);
        SignedManifest? known = hub is null ? null : await FindKnownAsync(hub, torrent.InfohashV2, key, cancellationToken);
        SignedManifest signed = Sign(request, torrent, payment, known, key, clock.GetUtcNow());

        Directory.CreateDirectory(request.OutputFolder);
        string torrentPath = Path.Combine(request.OutputFolder, torrent.Name + ".torrent");
        string manifestPath = Path.Combine(request.OutputFolder, signed.FileName);
        await WriteAsync(torrentPath, built.Torrent, cancellationToken);
        await WriteAsync(manifestPath, signed.Bytes, cancellationToken);
        RegistryReceipt? receipt = hub is null ? null : await RegisterAsync(hub, signed, manifestPath, cancellationToken);
        var magnet = new Core.Manifests.MagnetLink
        {
            InfohashV2 = torrent.InfohashV2,
            InfohashV1 = torrent.InfohashV1,
            DisplayName = torrent.Name,
            Trackers = [.. built.Metainfo.Trackers.Select(tracker => tracker.Url)],
            Registry = request.Hub,
            RegistryReceipt = receipt?.Digest,
        };
        return new Publication(
            signed, torrentPath, manifestPath, receipt, magnet.ToString(), new PieceMap(torrent).PieceCount, built.Skipped);
    }

    private static async Task<MetainfoBuildResult> BuildAsync(
        PublishRequest request, IProgress<MetainfoBuildProgress> progress, CancellationToken cancellationToken)
    {
        try
        {
            return await MetainfoBuilder.BuildAsync(request.Source, request.Torrent, progress, cancellationToken);
        }
        catch (TorrentException exception)
        {
            throw new Refusal($"{request.Source} cannot be published: {exception.Error.Message}");
        }
    }

    private static ManifestTorrent Describe(Metainfo metainfo)
    {
        // The engine puts the torrent's name before each path; a manifest leaves it out (of a single file it is all
        // there is).
        string prefix = metainfo.Name + "/";
        return new ManifestTorrent
        {
            InfohashV2 = metainfo.InfoHashes.V2!.Value,
            InfohashV1 = metainfo.InfoHashes.V1 is { } v1 ? new Core.Manifests.InfohashV1(v1.ToArray()) : null,
            Name = metainfo.Name,
            PieceLength = metainfo.PieceLength,
            Files =
            [
                .. metainfo.Files.Where(file => !file.IsPadding).Select(file => new ManifestFile
                {
                    Path = file.Path.StartsWith(prefix, StringComparison.Ordinal) ? file.Path[prefix.Length..] : file.Path,
                    Length = file.Length,
                    PiecesRoot = file.PiecesRoot,
                }),
            ],
        };
    }

    private static async Task<ManifestPayment> PaymentAsync(PublishRequest request, CancellationToken cancellationToken)
    {
        int Share(string role) => request.Split.FirstOrDefault(part => part.Name == role)?.ShareBps ?? 0;
        var payees = new List<Payee>();
        if (Share("creator") > 0)
        {
            payees.Add(new Payee
            {
                Name = request.Name ?? "creator",
                ShareBps = Share("creator"),
                Endpoints = request.PayTo is { } given ? [given] : await OwnWalletAsync(request, cancellationToken),
            });
        }

        payees.AddRange(request.Split.Where(part => part.Endpoint is not null).Select(part => new Payee
        {
            Name = part.Name,
            ShareBps = part.ShareBps,
            Endpoints = [part.Endpoint!.Value],
        }));
        return new ManifestPayment
        {
            PricePerMiB = request.Price,
            Payees = payees,
            SeedersBps = Share("seeders"),
            RegistryBps = Share("registry"),
            HubBps = Share("hub"),
        };
    }

    private static async Task<IReadOnlyList<PaymentEndpoint>> OwnWalletAsync(PublishRequest request, CancellationToken cancellationToken)
    {
        await using ILightningNode wallet = await OwnWallet.OpenAsync(request.Wallet, request.Home, request.WalletHub, cancellationToken);
        string destinations = await OwnWallet.DestinationAsync(wallet, cancellationToken);
        return
        [
            .. destinations.Split('\n').Select(destination => PaymentEndpoint.TryParse(destination, out PaymentEndpoint endpoint)
                ? endpoint
                : throw new Failure($"The wallet's address {destination} cannot be paid to.")),
        ];
    }

    private static async Task<SignedManifest?> FindKnownAsync(
        HubClient hub, Digest infohash, SigningKey key, CancellationToken cancellationToken)
    {
        byte[]? sidecar = await hub.FindManifestAsync(infohash.ToString(), cancellationToken);
        SignedManifest? known = sidecar is null ? null : SignedManifest.Verify(sidecar).Signed;
        return known is null || known.Manifest.Creator == new DidKey(key.PublicKey)
            ? known
            : throw new Refusal(
                $"This content is registered already, by {known.Manifest.Creator}. Seed it, or publish with --no-register.");
    }

    private static SignedManifest Sign(
        PublishRequest request, ManifestTorrent torrent, ManifestPayment? payment, SignedManifest? known, SigningKey key,
        DateTimeOffset now)
    {
        var manifest = new Manifest
        {
            Torrent = torrent,
            Creator = new DidKey(key.PublicKey),
            Licence = request.Licence,
            Rights = request.Rights,
            Payment = payment,
            CreatedAt = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), now.Offset),
        };
        if (known is not null)
        {
            Manifest same = manifest with
            {
                CreatedAt = known.Manifest.CreatedAt,
                Sequence = known.Manifest.Sequence,
                Previous = known.Manifest.Previous,
            };
            if (SignedManifest.Sign(same, key, now).Signed?.Digest == known.Digest)
            {
                return known;
            }

            manifest = manifest with { Sequence = known.Manifest.Sequence + 1, Previous = known.Digest };
        }

        ManifestVerification signing = SignedManifest.Sign(manifest, key, now);
        return signing.Signed ?? throw new Refusal($"The manifest breaks a rule: {signing}");
    }

    private static async Task<RegistryReceipt> RegisterAsync(
        HubClient hub, SignedManifest signed, string manifestPath, CancellationToken cancellationToken)
    {
        RegistrationResult registered = await hub.RegisterManifestAsync(signed.Bytes, cancellationToken);
        RegistryReceipt? receipt = RegistryReceiptJson.Read(registered.Receipt.Span, out string error);
        if (receipt is null || !receipt.Covers(signed))
        {
            throw new Failure($"The registry's receipt is not valid for this manifest{(error.Length == 0 ? "" : $": {error}")}.");
        }

        await WriteAsync(Path.ChangeExtension(manifestPath, ".receipt.json"), registered.Receipt, cancellationToken);
        return receipt;
    }

    // Never half a file: written beside, then renamed.
    private static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        string draft = path + ".part";
        await using (FileStream file = File.Create(draft))
        {
            await file.WriteAsync(content, cancellationToken);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
    }
}
