using System.Threading.Channels;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Client;

/// <summary>One hub that a seeder works with: registers there, reports receipts as they come, closes grants that are
/// done.</summary>
/// <remarks>
/// A receipt is reported as soon as it is on the disk, those that come shortly after another report together: reports of one
/// seeder take at most a tenth of the time, so that a busy hub gets fewer and larger ones, at least one a second.
/// What the hub has not confirmed stays in the <see cref="ReceiptStore"/> and is sent again: after a lost answer, after
/// the hub was
/// away, after a crash of either side. The hub recognises repeats, so nothing is lost and nothing is paid twice.
/// </remarks>
internal sealed class SeederHub : IAsyncDisposable
{
    private const int ReportShare = 10;
    private static readonly TimeSpan ReportPauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);

    /// <summary>Reports that were asked for come no closer together, so that each has something in it.</summary>
    private static readonly TimeSpan ReportGap = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan HoldBack = TimeSpan.FromSeconds(10);

    private readonly HubClient client;
    private readonly ReceiptStore store;
    private readonly ClientConfiguration configuration;
    private readonly Func<Task<HashSet<Id128>>> grantsInUse;
    private readonly IProgress<SeedEvent> events;
    private readonly TimeProvider clock;
    private readonly HashSet<Id128> single = [];
    private readonly Dictionary<Id128, DateTimeOffset> heldBack = [];
    private HashSet<Id128> unshown = [];
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly Channel<bool> early =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;
    private TimeSpan pause = ReportPauseMin;
    private bool isRegistered;
    private long startedUnixMs;
    private DateTimeOffset askedAt = DateTimeOffset.MinValue;

    public SeederHub(
        HubClient client,
        HubInfo info,
        ReceiptStore store,
        ClientConfiguration configuration,
        Func<Task<HashSet<Id128>>> grantsInUse,
        IProgress<SeedEvent> events,
        TimeProvider clock)
    {
        (this.client, Info, this.store, this.configuration) = (client, info, store, configuration);
        (this.grantsInUse, this.events, this.clock) = (grantsInUse, events, clock);
    }

    /// <summary>What the hub said of itself.</summary>
    public HubInfo Info { get; }

    /// <summary>Its address.</summary>
    public string Address => client.Address.ToString().TrimEnd('/');

    /// <summary>What it knows of this seeder; null until it was asked.</summary>
    public SeederInfo? Standing { get; private set; }

    /// <summary>Why it cannot be reached; null when it can.</summary>
    public string? Trouble { get; private set; }

    /// <summary>What it owes, receipts that it has not settled and open grants included.</summary>
    public Msat Owed => store.OutstandingAt(Info.PublicKey)
        + (Standing is { } standing ? standing.OwedMsat + standing.PendingMsat : Msat.Zero);

    /// <summary>Has what there is reported without the pause; thread safe, and waits for nothing.</summary>
    public void ReportSoon() => early.Writer.TryWrite(true);

    /// <summary>Starts reporting.</summary>
    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Reports what there is, closes what is done, and asks how things stand. One at a time.</summary>
    /// <exception cref="HubException">The hub is away or refuses.</exception>
    public async Task TurnAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            await RegisterAsync(cancellation);
            while (await ReportAsync(cancellation))
            {
                // A full report: there is more.
            }

            await CloseGrantsAsync(cancellation);
            if (clock.GetUtcNow() - askedAt >= AskEvery)
            {
                askedAt = clock.GetUtcNow();
                Standing = await client.FindSeederAsync(Seeder, cancellation) ?? Standing;
                unshown = await Unshown.GiveBackAsync(client, Standing?.OpenGrants ?? [], unshown, grantsInUse, cancellation);
                await NoticeRestartAsync(cancellation);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    // A tracker keeps its peers in memory: after a restart of the hub nobody is found until each has announced itself
    // anew.
    private async Task NoticeRestartAsync(CancellationToken cancellation)
    {
        long known = startedUnixMs;
        startedUnixMs = await client.FindStartAsync(cancellation) ?? known;
        if (known != 0 && startedUnixMs != known)
        {
            Restarted();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        client.Dispose();
        stopping.Dispose();
        turn.Dispose();
    }

    /// <summary>The seeder's own key, which the client signs with.</summary>
    public required PublicKey Seeder { get; init; }

    /// <summary>Gives back what nobody shows.</summary>
    public required UnshownGrants Unshown { get; init; }

    /// <summary>Called when the hub turns out to have been started anew.</summary>
    public required Action Restarted { get; init; }

    /// <summary>Called with a channel whose receipts the hub refused for good.</summary>
    public required Action<Id128> ChannelRefused { get; init; }

    private async Task RunAsync()
    {
        TimeSpan backOff = ReportEvery;
        while (!stopping.IsCancellationRequested)
        {
            Task stored = store.NextRun;
            TimeSpan? wait = null;
            pause = ReportPauseMin;
            try
            {
                await TurnAsync(stopping.Token);
                if (Trouble is not null)
                {
                    Trouble = null;
                    events.Report(new HubReached(Address));
                }

                backOff = ReportEvery;
            }
            catch (ClientException exception)
            {
                if (Trouble is null)
                {
                    events.Report(new HubAway(Address, exception.Message));
                }

                Trouble = exception.Message;
                wait = backOff = backOff < BackOffMax / 2 ? backOff * 2 : BackOffMax;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The receipt store, which takes nothing more and says so to the uploader too; or a fault of the program.
                // Either way somebody must hear of it, and reporting goes on: what is stored is owed.
                Trouble = exception.Message;
                events.Report(new SeedFault(
                    exception is IOException ? exception.Message : $"Reporting to {Address} failed: {exception}"));
                wait = BackOffMax;
            }

            try
            {
                await (wait is { } failed ? Task.Delay(failed, clock, stopping.Token) : WaitForReceiptsAsync(stored));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Until there is something to report and the hub had its pause, or a report is asked for; at most a second,
    /// because grants that are done are looked for all the same.</summary>
    private async Task WaitForReceiptsAsync(Task stored)
    {
        await Task.Delay(ReportGap, clock, stopping.Token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        await Task.WhenAny(early.Reader.WaitToReadAsync(over.Token).AsTask(), WaitAsync(over.Token));
        await over.CancelAsync();
        early.Reader.TryRead(out _);
        stopping.Token.ThrowIfCancellationRequested();

        async Task WaitAsync(CancellationToken cancellation)
        {
            await Task.Delay(pause - ReportGap, clock, cancellation);
            await stored.WaitAsync(ReportEvery - pause, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RegisterAsync(CancellationToken cancellation)
    {
        if (!isRegistered && configuration.Destination is { } destination)
        {
            Standing = await client.PutSeederAsync(destination, configuration.Name, configuration.TakesDirect, cancellation);
            isRegistered = true;
        }
    }

    /// <summary>Sends one report.</summary>
    /// <returns>Whether it was full.</returns>
    private async Task<bool> ReportAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = clock.GetUtcNow();
        foreach (Id128 due in heldBack.Where(held => held.Value <= now).Select(held => held.Key).ToList())
        {
            heldBack.Remove(due);
        }

        List<ReceiptRun> unreported = store.UnreportedAt(Info.PublicKey, Info.Limits.ReportRunsMax, heldBack.ContainsKey);
        if (unreported.Count == 0)
        {
            return false;
        }

        List<ReceiptRun> report = ReportPlan.Join(unreported, single);
        long started = clock.GetTimestamp();
        IReadOnlyList<RunVerdict> verdicts = await client.ReportAsync(report, cancellation);
        long pauseTicks = ReportShare * clock.GetElapsedTime(started).Ticks;
        pause = TimeSpan.FromTicks(Math.Clamp(pauseTicks, ReportPauseMin.Ticks, ReportEvery.Ticks));
        (long receipts, long bytes) = (0, 0);
        for (int index = 0; index < report.Count; index++)
        {
            if (await HandleAsync(report[index], verdicts[index], unreported))
            {
                receipts += report[index].Entries.Length;
                bytes += report[index].Entries.Sum(entry => (long)entry.PieceBytes);
            }
        }

        if (receipts > 0)
        {
            events.Report(new ReceiptsReported(Address, receipts, bytes));
        }

        return unreported.Count == Info.Limits.ReportRunsMax;
    }

    /// <summary>Notes the hub's verdict on one run.</summary>
    /// <returns>Whether it is settled.</returns>
    private async Task<bool> HandleAsync(ReceiptRun run, RunVerdict verdict, List<ReceiptRun> unreported)
    {
        if (verdict.Verdict is ReceiptVerdict.Accepted or ReceiptVerdict.Duplicate)
        {
            await store.SettleAsync(run.GrantId, run.LastSequence);
            return true;
        }

        if (verdict.Verdict is null)
        {
            // The hub could not judge it now: the receipts of other channels go on meanwhile.
            heldBack[run.GrantId] = clock.GetUtcNow() + HoldBack;
            return false;
        }

        // A joined run is judged as one: let each part have its own verdict before anything is given up.
        bool wasJoined = !unreported.Exists(part =>
            part.GrantId == run.GrantId && part.LastSequence == run.LastSequence && part.Anchor == run.Anchor);
        if (wasJoined && single.Add(run.GrantId))
        {
            return false;
        }

        await store.RefuseAsync(run.GrantId, run.LastSequence, verdict.Verdict!.Value);
        events.Report(new ReceiptsRefused(Address, run.Entries.Length, verdict.Verdict.Value));
        if (store.FindChannel(run.GrantId) is { } channel)
        {
            ChannelRefused(channel);
        }

        return false;
    }

    private async Task CloseGrantsAsync(CancellationToken cancellation)
    {
        List<Grant> closeable = store.CloseableAt(Info.PublicKey);
        if (closeable.Count == 0)
        {
            return;
        }

        HashSet<Id128> inUse = await grantsInUse();
        foreach (Grant grant in closeable.Where(grant => !inUse.Contains(grant.GrantId)))
        {
            // A receipt may have been stored between the two looks.
            if (!store.CloseableAt(Info.PublicKey).Exists(still => still.GrantId == grant.GrantId))
            {
                continue;
            }

            try
            {
                await client.CloseGrantAsync(grant.ChannelId, grant.GrantId, cancellation);
            }
            catch (HubException exception) when (exception.StatusCode is 404 or 409)
            {
                // The hub does not have it, or closed it otherwise: there is nothing left to close.
            }

            await store.CloseAsync(grant.GrantId);
            single.Remove(grant.GrantId);
        }
    }
}
