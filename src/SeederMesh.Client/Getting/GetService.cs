using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Torrents;

namespace SeederMesh.Client;

/// <summary>What <c>mesh get</c> does.</summary>
/// <remarks>
/// <para>
/// Finds and verifies the manifest, asks, pays into a channel, downloads from all peers at once, signs receipts,
/// collects the rest.
/// </para>
/// <para>
/// Nothing is fetched before the decision, nothing but metadata before it was held against the manifest, and nothing is
/// in its final
/// place before it is complete and every piece passed its hash: until then it lies in <c>.seedermesh-ID</c> inside the
/// output folder.
/// </para>
/// <para>
/// The process may be killed at any moment: the same request goes on with the same channel and what is on the disk. One
/// download at
/// a time for each service.
/// </para>
/// </remarks>
public sealed partial class GetService
{
    private const long ChannelLifetimeMs = 7L * 86_400_000;

    private readonly DataFolder data;
    private readonly ClientConfiguration configuration;
    private readonly ILightningNode? wallet;
    private readonly TimeProvider clock;
    private volatile Download? running;
    private volatile GetSnapshot snapshot = new();

    /// <summary>Makes the service.</summary>
    /// <param name="data">Its data folder, which it does not dispose.</param>
    /// <param name="configuration">Its settings.</param>
    /// <param name="wallet">What pays; null when nothing can be paid. Not disposed.</param>
    /// <param name="clock">The time; null for the system's.</param>
    /// <exception cref="ClientException">A setting is out of range.</exception>
    public GetService(DataFolder data, ClientConfiguration configuration, ILightningNode? wallet, TimeProvider? clock = null)
    {
        if (configuration.Defect() is { } defect)
        {
            throw new ClientException(defect);
        }

        (this.data, this.configuration, this.wallet, this.clock) = (data, configuration, wallet, clock ?? TimeProvider.System);
    }

    /// <summary>The download, as of a quarter of a second ago at most.</summary>
    public GetSnapshot Snapshot() => running?.Snapshot() ?? snapshot;

    /// <summary>Downloads.</summary>
    /// <param name="request">What, and how.</param>
    /// <param name="decide">Asked once, with everything that is known, before any content is fetched.</param>
    /// <param name="events">Told what happens, on the service's own thread: be quick.</param>
    /// <param name="cancellation">Stops; the same request goes on later.</param>
    /// <exception cref="ClientException">Something that a person can put right: a file, a hub, a wallet.</exception>
    public async Task<GetResult> RunAsync(
        GetRequest request,
        Func<GetOffer, CancellationToken, Task<GetDecision>> decide,
        IProgress<GetEvent> events,
        CancellationToken cancellation = default)
    {
        try
        {
            return await RunStepsAsync(request, decide, events, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new GetResult(GetOutcome.Cancelled, "It was stopped. The same command goes on where it stopped.", null, null);
        }
        catch (TorrentException exception)
        {
            throw new ClientException($"The BitTorrent engine refused: {exception.Message}", exception);
        }
        catch (LightningNodeException exception)
        {
            throw new ClientException($"Your wallet did not answer: {exception.Message}", exception);
        }
        finally
        {
            snapshot = Snapshot() with { Phase = GetPhase.Done };
            running = null;
        }
    }

    private DirectPayer PayerOf(ChannelDesk desk, DownloadFolder folder, DirectLimits limits) => new(
        desk.Client,
        desk.ChannelId,
        RequiredWallet(),
        DirectJournal.Load(folder.DirectPath),
        limits,
        clock);

    private async Task<GetResult> RunStepsAsync(
        GetRequest request,
        Func<GetOffer, CancellationToken, Task<GetDecision>> decide,
        IProgress<GetEvent> events,
        CancellationToken cancellation)
    {
        Enter(GetPhase.Resolving);
        DownloadSource source = DownloadSource.Read(request.Source);
        DownloadFolder folder = await TakeUpAsync(source.Id, request, events, cancellation);
        var resolver = new ManifestResolver(configuration, data, events, clock);
        ResolvedManifest resolved = await resolver.FindAsync(source, request, folder, cancellation);
        var selection = new FileSelection(request.Files, source.Magnet?.SelectOnly ?? []);
        GetOffer offer = await MakeOfferAsync(request, source, folder, resolved, selection, cancellation);
        if (Refusal(request, offer) is { } refused)
        {
            folder.DeleteIfEmpty();
            return refused;
        }

        Enter(GetPhase.Deciding);
        GetDecision decision = await decide(offer, cancellation);
        if (!decision.IsAccepted)
        {
            folder.DeleteIfEmpty();
            return new GetResult(GetOutcome.Declined, decision.Reason ?? "It was declined.", null, null);
        }

        if (resolved.Manifest is { } manifest)
        {
            DurableFile.Write(folder.ManifestPath, manifest.Bytes.Span);
        }

        var download = new Download(request, configuration, data, source, folder, resolved.Manifest, selection, events, clock);
        running = download;
        ChannelDesk? desk = null;
        try
        {
            Msat paidIn = Msat.Zero;
            if (offer.WouldPay && decision.Pays)
            {
                Enter(GetPhase.Funding);
                desk = await OpenChannelAsync(request, folder, resolved.Manifest!, offer, decision.Budget ?? offer.Budget, cancellation);
                paidIn = offer.IsDirect
                    ? await PromiseAsync(desk, folder, offer, download, events, cancellation)
                    : await FundAsync(desk, folder, offer, download, events, cancellation);
            }

            return await download.RunAsync(desk, paidIn, cancellation);
        }
        finally
        {
            await download.DisposeAsync();
            desk?.Dispose();
        }

        void Enter(GetPhase phase)
        {
            snapshot = new GetSnapshot { Phase = phase };
            events.Report(new PhaseChanged(phase));
        }
    }

    private static GetResult? Refusal(GetRequest request, GetOffer offer) => offer switch
    {
        { Status: ManifestStatus.Missing } when !request.Unverified =>
            new GetResult(GetOutcome.ManifestMissing, offer.Problem, null, null),
        { Status: ManifestStatus.Invalid } when !request.Unverified =>
            new GetResult(GetOutcome.ManifestInvalid, offer.Problem, null, null),
        { WouldPay: true } when offer.Price.Msat > (request.MaxPricePerMiB ?? Msat.Max).Value =>
            new GetResult(
                GetOutcome.PriceTooHigh,
                $"It asks {Msat.From(offer.Price.Msat)} a MiB, you accept {request.MaxPricePerMiB}.",
                null,
                null),
        _ => null,
    };

    private async Task<GetOffer> MakeOfferAsync(
        GetRequest request,
        DownloadSource source,
        DownloadFolder folder,
        ResolvedManifest resolved,
        FileSelection selection,
        CancellationToken cancellation)
    {
        IReadOnlyList<OfferedFile> files = FilesOf(source, resolved.Manifest, selection);
        selection.RequireMatches([.. files.Select(file => file.Path).DefaultIfEmpty("")]);
        long bytes = files.Where(file => file.IsSelected).Sum(file => file.Length);
        ManifestPayment? payment = resolved.Manifest?.Manifest.Payment;
        var price = new PricePerMebibyte(payment?.PricePerMiB.Value ?? 0);
        string? hub = folder.State?.Hub ?? request.Hub ?? configuration.Hub ?? source.Magnet?.Registry;
        bool wouldPay = price.Msat > 0 && !request.NoPay && hub is not null;
        bool isDirect = wouldPay && (folder.State?.IsDirect ?? request.Direct);
        if (isDirect && wallet is null)
        {
            throw new ClientException("To pay by yourself your wallet has to pay while you download, and none is set. Set one.");
        }

        if (wouldPay && wallet is null && request.RefundTo is null)
        {
            throw new ClientException(
                "It asks to be paid, and no wallet is set. Set one; or say where what is not used goes (refund-to) and pay "
                + "the invoice by hand; or download without paying.");
        }

        string network = wouldPay ? await NetworkAsync(hub!, cancellation) : "";

        // A download that was begun so goes on so: whom it owes is paid as far as it can be.
        DirectOfferInfo? direct = isDirect ? await FindDirectAsync(hub!, resolved.Manifest!, cancellation) : null;
        if (direct is { Offered: false } && folder.State is null)
        {
            throw new ClientException(
                $"You cannot pay for this work by yourself: {direct.Reason} {string.Join(' ', Undeliverable(direct))} Nothing was paid. "
                + "Download it without --direct: then the hub pays everybody.");
        }

        Msat cost = price.Of(bytes);
        return new GetOffer
        {
            Status = resolved.Status,
            Problem = resolved.Problem,
            Manifest = resolved.Manifest,
            Name = resolved.Manifest?.Manifest.Torrent.Name ?? source.Name,
            Files = files,
            SelectedBytes = bytes,
            Price = price,
            Cost = cost,
            Budget = folder.State?.Budget ?? request.Budget ?? Suggest(cost, price, isDirect),
            AlreadyFunded = isDirect ? Msat.Zero : folder.State?.Invoiced ?? Msat.Zero,
            IsDirect = isDirect,
            Direct = direct,
            WouldPay = wouldPay,
            HubUrl = wouldPay ? hub : null,
            Network = network,
            PaysByHand = wouldPay && wallet is null,
        };
    }

    private async Task<DirectOfferInfo?> FindDirectAsync(string hub, SignedManifest manifest, CancellationToken cancellation)
    {
        using var client = new HubClient(new Uri(hub), caller: null, clock: clock);
        return await client.FindDirectOfferAsync(manifest.Digest, cancellation);
    }

    private static IEnumerable<string> Undeliverable(DirectOfferInfo direct) => direct.Payees
        .Where(payee => !payee.Direct)
        .SelectMany(payee => payee.Destinations.Where(destination => !destination.Direct))
        .Select(destination => $"{destination.Destination}: {destination.Remark?.TrimEnd('.')}.");

    /// <summary>The network of the wallet, or of the hub where a person pays by hand.</summary>
    /// <exception cref="ClientException">The hub's invoices are of another network than the wallet.</exception>
    private async Task<string> NetworkAsync(string hub, CancellationToken cancellation)
    {
        using var client = new HubClient(new Uri(hub), caller: null, clock: clock);
        string network = (await client.GetHubAsync(cancellation)).Network;
        string own = wallet is null ? network : (await wallet.GetInfoAsync(cancellation)).Network;
        return network.Length == 0 || network == own
            ? own
            : throw new ClientException(
                $"The hub at {hub} is paid in {NodeInfo.NameMoney(network)}, and your wallet is on {NodeInfo.NameMoney(own)}. Nothing was "
                + "paid. Set a wallet of the hub's network.");
    }

    /// <summary>What covers everything, with room for grants that overlap and for routing; what is not used comes
    /// back.</summary>
    private static Msat Suggest(Msat cost, PricePerMebibyte price, bool isDirect)
    {
        // A direct download makes many small payments, whose routing costs more.
        long routing = Math.Max(2_000, cost.Value / (isDirect ? 15 : 50));
        long wanted = cost.Value + Math.Max(cost.Value / 4, price.Of(32 << 20).Value) + routing;
        return Msat.From((wanted + 999) / 1_000 * 1_000);
    }

    private static IReadOnlyList<OfferedFile> FilesOf(DownloadSource source, SignedManifest? manifest, FileSelection selection)
    {
        if (source.Metainfo is { } metainfo)
        {
            return
            [
                .. metainfo.Files
                    .Where(file => !file.IsPadding)
                    .Select(file => (file.Index, file.Length, Path: TorrentFiles.PathOf(file, metainfo)))
                    .Select(file => new OfferedFile(file.Path, file.Length, selection.Includes(file.Index, file.Path))),
            ];
        }

        return manifest is null
            ? []
            :
            [
                .. manifest.Manifest.Torrent.Files.Zip(FileSelection.IndexesOf(manifest.Manifest.Torrent), (file, index) =>
                    new OfferedFile(file.Path, file.Length, selection.Includes(index, file.Path))),
            ];
    }

    /// <summary>Agrees on a channel durably, before the hub hears of it.</summary>
    private async Task<ChannelDesk> OpenChannelAsync(
        GetRequest request,
        DownloadFolder folder,
        SignedManifest manifest,
        GetOffer offer,
        Msat budget,
        CancellationToken cancellation)
    {
        if (folder.State is { } earlier && earlier.ManifestDigest != manifest.Digest)
        {
            throw new ClientException(
                $"An earlier run has a channel for another version of the manifest. Finish or remove it: {folder.Path}");
        }

        if (folder.State is null)
        {
            using var client = new HubClient(new Uri(offer.HubUrl!), caller: null, clock: clock);
            HubInfo hub = await new HubDirectory(data.HubsPath).AskAsync(client, cancellation);
            (Msat funding, _) = offer.IsDirect
                ? ChannelDesk.DivideDirect(budget, offer.Cost, offer.Price)
                : ChannelDesk.Divide(budget, offer.Cost, offer.Price);
            using SigningKey key = folder.Key();
            folder.Save(new DownloadState
            {
                Hub = offer.HubUrl!,
                HubKey = hub.PublicKey,
                ManifestDigest = manifest.Digest,
                Budget = budget,
                Invoiced = funding,
                IsDirect = offer.IsDirect,
                ExpiresUnixMs = clock.GetUtcNow().ToUnixTimeMilliseconds()
                    + Math.Min(ChannelLifetimeMs, hub.Limits.ChannelLifetimeMsMax / 2),
                Refund = offer.IsDirect ? "" : request.RefundTo ?? await ChannelDesk.RefundDestinationAsync(
                    RequiredWallet(), Core.Channels.ChannelTerms.IdFor(hub.PublicKey, key.PublicKey), cancellation),
            });
        }

        return new ChannelDesk(folder, wallet, clock);
    }

    private static async Task<Msat> FundAsync(
        ChannelDesk desk,
        DownloadFolder folder,
        GetOffer offer,
        Download download,
        IProgress<GetEvent> events,
        CancellationToken cancellation)
    {
        DownloadState state = folder.State!;
        Msat feeMax = state.Budget.Less(Msat.Min(state.Budget, state.Invoiced));
        ChannelInfo channel = await desk.FundAsync(offer.Manifest!.Manifest.Torrent.InfohashV2, offer.Price, feeMax, events, cancellation);
        download.Funded = channel.FundedMsat;
        events.Report(new ChannelFunded(channel.FundedMsat, folder.State!.RoutingFees));
        return channel.FundedMsat.Less(Msat.Min(channel.FundedMsat, channel.SettledMsat));
    }

    private async Task<Msat> PromiseAsync(
        ChannelDesk desk,
        DownloadFolder folder,
        GetOffer offer,
        Download download,
        IProgress<GetEvent> events,
        CancellationToken cancellation)
    {
        ChannelInfo channel = await desk.OpenAsync(offer.Manifest!.Manifest.Torrent.InfohashV2, offer.Price, cancellation);

        // What earlier runs may have signed for, and what this one has.
        Msat before = folder.State!.Committed;
        download.Payer = PayerOf(
            desk, folder, ChannelDesk.LimitsOf(folder.State, () => folder.State!.Committed, () => before + download.Signed));
        events.Report(new DirectChannelOpened(channel.FundedMsat));
        return channel.FundedMsat.Less(Msat.Min(channel.FundedMsat, channel.SettledMsat));
    }

    private ILightningNode RequiredWallet() => wallet ?? throw new ClientException("No wallet is set.");
}
