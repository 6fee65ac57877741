using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Torrents;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Client;

/// <summary>What <c>mesh seed</c> does: seeds torrents, takes receipts for those that ask a price, and reports them to
/// the hubs.</summary>
/// <remarks>
/// Everything that matters is on the disk before it is relied on, so that the process may be killed at any moment:
/// torrents, receipts
/// and what hubs have confirmed are there again at the next start. Thread safe. Disposal reports what is left for at
/// most
/// <see cref="GoodbyeTime"/>, then closes all connections.
/// </remarks>
public sealed partial class SeedService : IAsyncDisposable
{
    /// <summary>How long disposal waits for hubs.</summary>
    public static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(5);

    /// <summary>A grant must still run so long, so that its receipts can be reported in time: five minutes.</summary>
    private const long GrantLifetimeMsMin = 300_000;

    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(250);

    private readonly DataFolder data;
    private readonly ClientConfiguration configuration;
    private readonly TimeProvider clock;
    private readonly IProgress<SeedEvent> events;
    private readonly PublicKey key;
    private readonly TorrentSession engine;
    private readonly ReceiptStore store;
    private readonly TurnLoop loop;
    private readonly SeederExchange exchange;
    private readonly UnshownGrants unshown;
    private readonly HashSet<PublicKey> trustedHubs = [];
    private readonly List<SeederHub> hubs = [];
    private readonly Dictionary<TorrentHandleId, SeedingTorrent> torrents = [];
    private readonly Dictionary<TorrentHandleId, string> removed = [];
    private readonly Dictionary<string, TaskCompletionSource> removals = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> running = [];
    private readonly TaskCompletionSource goodbyeSaved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int savesAwaited = -1;
    private int ticks;
    private volatile SeedSnapshot snapshot;

    private SeedService(SeedOptions options, IProgress<SeedEvent> events)
    {
        (data, configuration, clock, this.events) = (options.Data, options.Configuration, options.Clock, events);
        key = data.Identity().PublicKey;
        store = ReceiptStore.Open(data.ReceiptsPath, clock);
        engine = new TorrentSession(EngineOptions.Of(configuration, data.EngineStatePath));
        loop = new TurnLoop(exception => events.Report(new SeedFault($"A fault of the program: {exception}")));
        var policy = new SeederPolicy(
            key,
            trustedHubs,
            new PricePerMebibyte(configuration.LowestPricePerMiB),
            GrantLifetimeMsMin,
            configuration.OwedByHubMax);
        unshown = new UnshownGrants(store);
        exchange = new SeederExchange(
            policy,
            store,
            new EngineLink(engine),
            new UnpaidShare(configuration.UnpaidPercent),
            hub => hubs.Find(known => known.Info.PublicKey == hub)?.Owed ?? Msat.Zero,
            loop.Post,
            clock,
            events,
            unshown)
        {
            ReportSoon = hub => hubs.Find(known => known.Info.PublicKey == hub)?.ReportSoon(),
        };
        snapshot = new SeedSnapshot(key, 0, [], [], 0, 0, 0, 0);
    }

    /// <summary>The seeder's key.</summary>
    public PublicKey Key => key;

    /// <summary>The port that peers reach; 0 while there is none.</summary>
    public int Port => engine.GetTotals().ListenPort;

    /// <summary>Starts: recovers receipts, seeds what was seeded before, watches the watch folder, finds the
    /// hubs.</summary>
    /// <param name="options">What it needs.</param>
    /// <param name="events">Told what happens, on the service's own thread: be quick.</param>
    /// <exception cref="ClientException">A setting is wrong or a folder cannot be used. A hub that is away is no
    /// error.</exception>
    public static SeedService Start(SeedOptions options, IProgress<SeedEvent> events)
    {
        if (options.Configuration.Defect() is { } defect)
        {
            throw new ClientException(defect);
        }

        try
        {
            var service = new SeedService(options, events);
            service.Run();
            return service;
        }
        catch (Exception exception) when (exception is TorrentException or IOException or UnauthorizedAccessException)
        {
            throw new ClientException($"Seeding cannot start: {exception.Message}", exception);
        }
    }

    /// <summary>Seeds one more torrent, now and after every restart. Adding it again changes nothing but where its
    /// content is.</summary>
    /// <returns>Its id: the v2 infohash, or the v1 infohash of a v1 torrent.</returns>
    /// <exception cref="ClientException">The torrent or its manifest cannot be used; the message says why.</exception>
    public async Task<string> AddAsync(SeedSource source)
    {
        SeedingTorrent torrent = SeedingTorrent.Store(source, data.TorrentsPath);
        while (true)
        {
            Removal removal = await loop.AskAsync(() => AddOrReplace(torrent));
            if (removal.Done is null)
            {
                return torrent.Id;
            }

            await removal.Done;
        }
    }

    /// <summary>Stops seeding a torrent and forgets it; its content and its receipts stay.</summary>
    /// <returns>Whether it was seeded.</returns>
    public Task<bool> RemoveAsync(string id) => loop.AskAsync(() =>
    {
        SeedingTorrent? torrent = Forget(id);
        if (torrent is not null)
        {
            Directory.Delete(torrent.Folder, recursive: true);
            events.Report(new SeedingStopped(torrent.Metainfo.Name));
        }

        return torrent is not null;
    });

    /// <summary>Everything, as of half a second ago at most.</summary>
    public SeedSnapshot Snapshot() => snapshot;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(running);
        await SaveAllAsync();
        foreach (SeederHub hub in hubs)
        {
            using var goodbye = new CancellationTokenSource(GoodbyeTime, clock);
            try
            {
                await hub.TurnAsync(goodbye.Token);
            }
            catch (Exception exception) when (exception is ClientException or IOException or OperationCanceledException)
            {
                // What could not be reported is on the disk and goes out at the next start.
                events.Report(new HubAway(hub.Address, exception.Message));
            }

            await hub.DisposeAsync();
        }

        await engine.DisposeAsync();
        await pumping;
        await loop.DisposeAsync();
        await store.DisposeAsync();
        stopping.Dispose();
    }

    private Task pumping = Task.CompletedTask;

    private void Run()
    {
        if (store.Recovery is { CutBytes: > 0 } or { Damage.Count: > 0 })
        {
            events.Report(new ReceiptStoreRecovered(store.Recovery.CutBytes, store.Recovery.Damage));
        }

        IEnumerable<string> urls = configuration.TrustedHubs.Prepend(configuration.Hub).OfType<string>();
        foreach (string url in urls.Distinct(StringComparer.Ordinal))
        {
            running.Add(FindHubAsync(new Uri(url)));
        }

        pumping = PumpAsync();
        loop.Post(AddStored);
        running.Add(TickAsync());
        if (configuration.WatchFolder is { } watched)
        {
            running.Add(new WatchFolder(this, watched, configuration.ContentFolder ?? watched, events, clock).RunAsync(stopping.Token));
        }
    }

    private void AddStored()
    {
        foreach (string folder in SeedingTorrent.FoldersIn(data.TorrentsPath))
        {
            try
            {
                SeedingTorrent torrent = SeedingTorrent.Load(folder);
                if (torrent.WatchedPath is { } watched && !File.Exists(watched))
                {
                    Directory.Delete(folder, recursive: true);
                }
                else if (Find(torrent.Id) is null)
                {
                    Add(torrent);
                }
            }
            catch (ClientException exception)
            {
                events.Report(new SeedingRefused(folder, exception.Message));
            }
        }
    }

    /// <summary>Adds a torrent, unless the same is there.</summary>
    /// <returns>What to wait for before another try, because an older version is being removed.</returns>
    private Removal AddOrReplace(SeedingTorrent torrent)
    {
        SeedingTorrent? known = Find(torrent.Id);
        if (known is not null && known.IsSameAs(torrent))
        {
            return new Removal(null);
        }

        if (known is not null || removals.ContainsKey(torrent.Id))
        {
            Forget(torrent.Id);
            return new Removal(removals[torrent.Id].Task);
        }

        try
        {
            Add(torrent);
            return new Removal(null);
        }
        catch (ClientException)
        {
            Directory.Delete(torrent.Folder, recursive: true);
            throw;
        }
    }

    private SeedingTorrent? Find(string id) =>
        torrents.Values.FirstOrDefault(known => string.Equals(known.Id, id, StringComparison.Ordinal));

    private void Add(SeedingTorrent torrent)
    {
        if (torrent.Metainfo.IsPrivate && !configuration.PrivateTorrents)
        {
            throw new ClientException(
                $"{torrent.Metainfo.Name} is a private torrent: its tracker may ban clients that differ. Set privateTorrents to seed it.");
        }

        bool isPaid = torrent.Paid is not null;
        var options = new AddTorrentOptions
        {
            SavePath = torrent.ContentFolder,
            UploadOnly = true,
            AllowPrivate = true,
            Trackers = isPaid && configuration is { AnnounceToHub: true, Hub: { } hub } ? [hub.TrimEnd('/') + "/announce"] : [],
            Peers = EngineOptions.Peers(configuration.Peers),
            ReceiptDictionary = isPaid ? PeerExtension.Write(key, trustedHubs) : default(ReadOnlyMemory<byte>),
            DefaultUploadCredit = DefaultCredit,
        };
        try
        {
            torrent.Handle = AddToEngine(torrent, options);
        }
        catch (TorrentException exception)
        {
            throw new ClientException($"{torrent.Metainfo.Name} cannot be seeded: {exception.Message}", exception);
        }

        torrents.Add(torrent.Handle, torrent);
        events.Report(new SeedingStarted(torrent.Metainfo.Name, torrent.Metainfo.InfoHashes.V2, isPaid, torrent.Remark));
    }

    /// <summary>From resume data where there is some that still fits, so that the content need not be hashed
    /// again.</summary>
    private TorrentHandleId AddToEngine(SeedingTorrent torrent, AddTorrentOptions options)
    {
        if (File.Exists(torrent.ResumePath))
        {
            try
            {
                return engine.Add(TorrentSource.ResumeData(File.ReadAllBytes(torrent.ResumePath)), options);
            }
            catch (TorrentException)
            {
                // Of another version, or damaged: the files are hashed instead.
                File.Delete(torrent.ResumePath);
            }
        }

        return engine.Add(TorrentSource.File(torrent.TorrentBytes), options);
    }

    private SeedingTorrent? Forget(string id)
    {
        SeedingTorrent? torrent = Find(id);
        if (torrent is not null)
        {
            torrents.Remove(torrent.Handle);
            removed.Add(torrent.Handle, torrent.Id);
            removals[torrent.Id] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            engine.Remove(torrent.Handle);
        }

        return torrent;
    }

    /// <summary>An older version on its way out; null when there is none.</summary>
    private readonly record struct Removal(Task? Done);

    private long DefaultCredit => configuration.UnpaidPercent == 0 ? 0 : UploadCredit.Unlimited;
}
