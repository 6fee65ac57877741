using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Torrents;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Metainfos;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Client;

/// <summary>One download from the first peer to the last receipt.</summary>
internal sealed partial class Download : IAsyncDisposable
{
    /// <summary>How long seeders have to store the last receipts.</summary>
    private static readonly TimeSpan FinishTime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AnnounceEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(10);

    private readonly GetRequest request;
    private readonly ClientConfiguration configuration;
    private readonly DownloadSource source;
    private readonly DownloadFolder folder;
    private readonly SignedManifest? manifest;
    private readonly FileSelection selection;
    private readonly IProgress<GetEvent> events;
    private readonly TimeProvider clock;
    private readonly TorrentSession engine;
    private readonly TurnLoop loop;
    private readonly string staging;
    private readonly string enginePath;
    private readonly Dictionary<ulong, string> addresses = [];
    private readonly Dictionary<string, long> unpaidSuppliers = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<GetOutcome> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DownloaderExchange? exchange;
    private ChannelDesk? channelDesk;
    private TorrentHandleId handle;
    private Metainfo? metainfo;
    private bool isChecked;
    private bool isStarted;
    private string? problem;
    private long pieces;
    private long bytes;
    private Msat committedBefore;
    private long startedAt;
    private long movedAt;
    private long announcedAt;
    private long savedAt;
    private Task pumping = Task.CompletedTask;
    private volatile GetSnapshot snapshot = new();

    public Download(
        GetRequest request,
        ClientConfiguration configuration,
        DataFolder data,
        DownloadSource source,
        DownloadFolder folder,
        SignedManifest? manifest,
        FileSelection selection,
        IProgress<GetEvent> events,
        TimeProvider clock)
    {
        (this.request, this.configuration, this.source, this.folder) = (request, configuration, source, folder);
        (this.manifest, this.selection, this.events, this.clock) = (manifest, selection, events, clock);
        enginePath = data.EngineStatePath;
        staging = Path.Combine(Path.GetFullPath(request.OutputFolder), $".seedermesh-{source.Id[..16]}");
        RequireFree(manifest?.Manifest.Torrent.Name ?? source.Metainfo?.Name);
        engine = new TorrentSession(EngineOptions.Of(configuration, enginePath));
        loop = new TurnLoop(Fail);
    }

    /// <summary>Pays what is due from the own wallet; null where the hub pays.</summary>
    public DirectPayer? Payer { get; set; }

    /// <summary>What receipts were signed for in this run; on any thread.</summary>
    public Msat Signed => exchange?.SignedNow ?? Msat.Zero;

    /// <summary>What was paid into the channel, over all runs.</summary>
    public Msat Funded { get; set; }

    public GetSnapshot Snapshot() => snapshot;

    /// <summary>Downloads, hands over receipts, moves the content to its place, closes the channel.</summary>
    /// <param name="desk">The channel; null for a download that does not pay.</param>
    /// <param name="spendable">What may still be spent from it.</param>
    /// <param name="cancellation">Stops; everything needed to go on is stored.</param>
    public async Task<GetResult> RunAsync(ChannelDesk? desk, Msat spendable, CancellationToken cancellation)
    {
        if (desk is not null)
        {
            channelDesk = desk;
            committedBefore = folder.State!.Committed;
            exchange = MakeExchange(desk, spendable, cancellation);
        }

        startedAt = movedAt = savedAt = announcedAt = clock.GetTimestamp();
        pumping = PumpAsync();
        await loop.AskAsync(Add);
        using var ticking = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task ticks = TickAsync(ticking.Token);
        Task paying = Payer is null ? Task.CompletedTask : PayAsync(Payer, ticking.Token);
        GetOutcome outcome;
        try
        {
            outcome = await ended.Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            await paying;
            await SaveAsync();
            throw;
        }

        if (outcome == GetOutcome.Completed && exchange is not null)
        {
            Enter(GetPhase.Receipting);
            Task finishing = await loop.AskAsync(exchange.FinishAsync);
            await Task.WhenAny(finishing, Task.Delay(FinishTime, clock, cancellation));
        }

        await ticking.CancelAsync();
        await ticks;
        await paying;
        await loop.AskAsync(TakeSnapshot);
        TimeSpan duration = clock.GetElapsedTime(startedAt);
        if (outcome != GetOutcome.Completed)
        {
            await SaveAsync();
            return new GetResult(outcome, problem, null, await StateAsync(duration, null));
        }

        await LeaveAsync();
        string place = Publish();
        return new GetResult(outcome, null, place, await SettleAsync(desk, duration, cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await pumping;
        await loop.DisposeAsync();
    }

    private DownloaderExchange MakeExchange(ChannelDesk desk, Msat spendable, CancellationToken cancellation)
    {
        ManifestTorrent torrent = manifest!.Manifest.Torrent;
        var price = new PricePerMebibyte(manifest.Manifest.Payment!.PricePerMiB.Value);
        return new DownloaderExchange(
            new PaymentPlan(desk.Key, folder.State!.HubKey, new PieceMap(torrent), torrent.PieceLength, price, spendable),
            new EngineLink(engine),
            (seeder, limit, generation) => desk.RequestGrantAsync(torrent.InfohashV2, price, seeder, limit, generation, cancellation),
            TakeGeneration,
            loop.Post,
            clock,
            events)
        {
            RemainingBytes = torrent.Files.Sum(file => file.Length),
            GrantMax = Payer is null ? null : GrantMax,
        };
    }

    /// <summary>On a direct channel the grants of all seeders share the hub's window: each has one in use and one ahead, and
    /// a crumb of the window is not worth one.</summary>
    private Msat GrantMax()
    {
        DirectStanding direct = Payer!.Standing();
        int shares = 2 * Math.Max(1, exchange!.Seeders.Count(seeder => seeder is { Peer: not null, TakesReceipts: true }));
        Msat fair = Msat.From(direct.Window.Value / shares);
        return direct.Room >= fair ? fair : direct.Room.Value >= fair.Value / 2 ? direct.Room : Msat.Zero;
    }

    private async Task PayAsync(DirectPayer payer, CancellationToken cancellation)
    {
        payer.Changed = () => loop.Post(() => exchange!.OnTrusted());
        try
        {
            await payer.RunAsync(cancellation);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Fail(exception);
        }
    }

    /// <summary>Stored before it is used: after a crash the generation may be asked for in vain, but never used
    /// twice.</summary>
    private int TakeGeneration(PublicKey seeder)
    {
        DownloadState state = folder.State!;
        int generation = state.NextGeneration.GetValueOrDefault(seeder);
        folder.Save(state with
        {
            NextGeneration = new(state.NextGeneration) { [seeder] = generation + 1 },
            Committed = Payer is null ? Msat.Zero : committedBefore + exchange!.Committed,
        });
        return generation;
    }

    /// <summary>Adds the torrent without letting it download: first its metadata and what is on the disk are
    /// checked.</summary>
    private bool Add()
    {
        Directory.CreateDirectory(staging);
        DownloadState? state = exchange is null ? null : folder.State;
        var options = new AddTorrentOptions
        {
            SavePath = staging,
            Sequential = request.Sequential,
            UploadOnly = true,
            AllowPrivate = configuration.PrivateTorrents,
            Peers = EngineOptions.Peers([.. request.Peers, .. configuration.Peers]),
            Trackers = state is not null && configuration.AnnounceToHub ? [state.Hub.TrimEnd('/') + "/announce"] : [],
            ReceiptDictionary = state is not null ? PeerExtension.Write(seeder: null, [state.HubKey]) : default(ReadOnlyMemory<byte>),
        };
        bool resumes = File.Exists(folder.ResumePath);
        handle = engine.Add(
            resumes ? TorrentSource.ResumeData(File.ReadAllBytes(folder.ResumePath))
            : source.Torrent is { } torrent ? TorrentSource.File(torrent)
            : TorrentSource.Magnet(request.Source),
            options);
        if (resumes)
        {
            // Receipts may have been signed for pieces that came after the data was saved: what is on the disk counts,
            // so that nothing is fetched, and paid for, twice.
            engine.Recheck(handle);
        }

        if (engine.GetStatus(handle) is { HasMetadata: true })
        {
            OnMetadata();
        }
        else
        {
            Enter(GetPhase.Metadata);
        }

        return true;
    }

    private void OnMetadata()
    {
        if (metainfo is not null)
        {
            return;
        }

        if (!Metainfo.TryParseInfo(engine.GetInfoDictionary(handle), out Metainfo? read, out TorrentError error))
        {
            End(GetOutcome.ContentMismatch, $"The torrent's metadata cannot be used: {error}");
            return;
        }

        if (read.IsPrivate && !configuration.PrivateTorrents)
        {
            // Of a magnet it is known only now.
            Fail(new ClientException($"{read.Name} is a private torrent: its tracker may ban clients that differ. "
                + "Set privateTorrents to get it."));
            return;
        }

        if (manifest is not null && TorrentFiles.DifferenceOf(manifest, read) is { } difference)
        {
            End(GetOutcome.ContentMismatch, $"The torrent is not what its manifest describes. {difference}");
            return;
        }

        RequireFree(read.Name);
        metainfo = read;
        IReadOnlyList<byte> priorities = selection.PrioritiesOf(read);
        if (priorities.Count > 0)
        {
            engine.SetFilePriorities(handle, priorities);
        }

        Enter(GetPhase.Checking);
        StartIfReady();
    }

    private void StartIfReady()
    {
        if (isStarted || !isChecked || metainfo is null)
        {
            return;
        }

        isStarted = true;
        movedAt = clock.GetTimestamp();
        UpdateRemaining();
        engine.SetUploadOnly(handle, uploadOnly: false);
        Enter(GetPhase.Downloading);
        EndIfFinished();
    }

    private void EndIfFinished()
    {
        if (isStarted && engine.GetStatus(handle) is { IsFinished: true })
        {
            End(GetOutcome.Completed, null);
        }
    }

    private void UpdateRemaining()
    {
        if (exchange is not null && engine.GetStatus(handle) is { HasMetadata: true } status)
        {
            exchange.RemainingBytes = Math.Max(0, status.BytesWanted - status.BytesWantedDone);
        }
    }

    private void End(GetOutcome outcome, string? reason)
    {
        problem ??= reason;
        ended.TrySetResult(outcome);
    }

    private void Fail(Exception exception) => ended.TrySetException(exception is ClientException ? exception
        : new ClientException($"The download failed: {exception.Message}", exception));

    private void Enter(GetPhase phase)
    {
        snapshot = snapshot with { Phase = phase };
        events.Report(new PhaseChanged(phase));
    }

    /// <summary>Refuses to go on when something of the torrent's name is where its content belongs.</summary>
    private void RequireFree(string? name)
    {
        string? place = name is null ? null : Path.Combine(Path.GetFullPath(request.OutputFolder), name);
        if (place is not null && Path.Exists(place))
        {
            throw new ClientException($"{place} exists already. Move it away, or choose another folder.");
        }
    }
}
