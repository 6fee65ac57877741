using System.Buffers.Binary;
using System.Threading.Channels;
using SeederMesh.Core;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Client;

/// <summary>The receipts that a seeder earned: appended, checksummed, on the disk before the uploader trusts any
/// further.</summary>
/// <remarks>
/// <para>
/// One file, <c>receipts/NNNNNNNN.smj</c>, is appended to; records that arrive together share one flush. When most of
/// it is settled,
/// what is still needed is written to the next file and the old one deleted: a grant is kept while receipts of it are
/// unreported, it is not closed, or it has not expired (so that it cannot be shown twice).
/// </para>
/// <para>
/// Recovery cuts a torn tail and says so. Damage in the middle is never passed over silently: what is whole is kept,
/// the file is
/// copied to <c>NNNNNNNN.damaged</c>, and <see cref="Recovery"/> names the place. Thread safe. After a failed write
/// nothing
/// more is accepted: what is on the disk is then unknown.
/// </para>
/// </remarks>
internal sealed class ReceiptStore : IAsyncDisposable
{
    private const int CompactBytesMin = 4 << 20;
    private const int GroupMax = 1_024;

    private readonly Lock gate = new();
    private readonly Dictionary<Id128, EarnedGrant> grants = [];
    private readonly Dictionary<PublicKey, EarnedTotals> forgotten = [];
    private readonly Channel<Entry> entries = Channel.CreateBounded<Entry>(
        new BoundedChannelOptions(8 * GroupMax) { SingleReader = true });
    private readonly string folder;
    private readonly TimeProvider clock;
    private readonly Task writing;
    private FileStream file;
    private int fileNumber;
    private long compactAtBytes = CompactBytesMin;
    private volatile Exception? fault;
    private volatile TaskCompletionSource nextRun = NewSignal();

    private ReceiptStore(string folder, TimeProvider clock)
    {
        this.folder = folder;
        this.clock = clock;
        var recovery = new ReceiptRecovery(folder, grants, forgotten);
        Recovery = recovery.Run(out fileNumber);
        file = Recovery.Damage.Count > 0 || fileNumber == 0
            ? StartFile()
            : new FileStream(ReceiptRecovery.PathOf(folder, fileNumber), FileMode.Append, FileAccess.Write, FileShare.Read, 0);
        writing = Task.Run(WriteAsync);
    }

    /// <summary>What was found when the store was opened.</summary>
    public ReceiptRecoveryReport Recovery { get; }

    /// <summary>Completes when receipts are on the disk that are not there yet.</summary>
    public Task NextRun => nextRun.Task;

    /// <summary>Opens a store, recovers what is there, and cuts a torn tail.</summary>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    public static ReceiptStore Open(string folder, TimeProvider clock)
    {
        Directory.CreateDirectory(folder);
        return new ReceiptStore(folder, clock);
    }

    /// <summary>Whether a grant was taken before, on whatever connection.</summary>
    public bool IsUsed(Id128 grantId)
    {
        lock (gate)
        {
            return grants.ContainsKey(grantId);
        }
    }

    /// <summary>The channel that a grant draws on; null when the grant is not known any more.</summary>
    public Id128? FindChannel(Id128 grantId)
    {
        lock (gate)
        {
            return grants.TryGetValue(grantId, out EarnedGrant? grant) ? grant.Grant.ChannelId : null;
        }
    }

    /// <summary>What a hub may come to owe from grants that are not closed, and what it has not confirmed.</summary>
    public Msat OutstandingAt(PublicKey hub)
    {
        lock (gate)
        {
            return grants.Values.Where(grant => grant.Grant.Hub == hub).Aggregate(Msat.Zero, (sum, grant) => sum + grant.Outstanding);
        }
    }

    /// <summary>Everything that a hub's receipts have come to, grants long finished included.</summary>
    public EarnedTotals TotalsAt(PublicKey hub)
    {
        lock (gate)
        {
            return grants.Values
                .Where(grant => grant.Grant.Hub == hub)
                .Aggregate(forgotten.GetValueOrDefault(hub), (sum, grant) => sum.With(grant));
        }
    }

    /// <summary>Runs to report to a hub, oldest first within each grant, at most <paramref name="runsMax"/>.</summary>
    /// <param name="hub">The hub.</param>
    /// <param name="runsMax">How many at most.</param>
    /// <param name="heldBack">Grants that are left out.</param>
    public List<ReceiptRun> UnreportedAt(PublicKey hub, int runsMax, Func<Id128, bool>? heldBack = null)
    {
        lock (gate)
        {
            return
            [
                .. grants.Values
                    .Where(grant => grant.Grant.Hub == hub && heldBack?.Invoke(grant.Grant.GrantId) != true)
                    .SelectMany(grant => grant.Unreported)
                    .Take(runsMax),
            ];
        }
    }

    /// <summary>Grants of a hub that are not closed although all of their receipts are reported.</summary>
    public List<Grant> CloseableAt(PublicKey hub)
    {
        lock (gate)
        {
            return
            [
                .. grants.Values
                    .Where(grant => grant.Grant.Hub == hub && !grant.IsClosed && grant.UnreportedRuns == 0)
                    .Select(grant => grant.Grant),
            ];
        }
    }

    /// <summary>A grant is taken into use. It is durable at the latest with its first receipt.</summary>
    public Task AddGrantAsync(SignedGrant grant)
    {
        // Known at once, so that a second connection cannot show it while the record is being written.
        lock (gate)
        {
            Invariant.Require(grants.TryAdd(grant.Grant.GrantId, new EarnedGrant(grant)), "a grant is taken once");
        }

        return AppendAsync(ReceiptRecordKind.Grant, grant.ToBytes(), mustFlush: false, static () => { });
    }

    /// <summary>Stores receipts; completes when they are on the disk.</summary>
    /// <exception cref="IOException">They could not be written; the store takes nothing more.</exception>
    public Task AddAsync(ReceiptRun run) =>
        AppendAsync(ReceiptRecordKind.Run, ReceiptRunCodec.Write(run, anchored: true), mustFlush: true, () => grants[run.GrantId].Add(run));

    /// <summary>The hub has settled a grant's receipts up to a sequence.</summary>
    /// <remarks>Forgetting this is harmless: a repeated report is a duplicate.</remarks>
    public Task SettleAsync(Id128 grantId, long sequence) =>
        AppendAsync(
            ReceiptRecordKind.Acknowledged,
            WithNumber(grantId, sequence),
            mustFlush: false,
            () => grants[grantId].Settle(sequence));

    /// <summary>The hub refused a grant's receipts for good, up to a sequence.</summary>
    public Task RefuseAsync(Id128 grantId, long sequence, ReceiptVerdict verdict) =>
        AppendAsync(
            ReceiptRecordKind.Refused,
            [.. WithNumber(grantId, sequence), (byte)verdict],
            mustFlush: false,
            () => grants[grantId].Refuse(sequence));

    /// <summary>The hub has closed a grant.</summary>
    public Task CloseAsync(Id128 grantId) =>
        AppendAsync(ReceiptRecordKind.GrantClosed, grantId.ToArray(), mustFlush: false, () => grants[grantId].Close());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        entries.Writer.TryComplete();
        await writing;
        await file.DisposeAsync();
    }

    internal static byte[] WithNumber(Id128 id, long number)
    {
        byte[] payload = new byte[Id128.Size + sizeof(long)];
        id.Write(payload);
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(Id128.Size), number);
        return payload;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task AppendAsync(ReceiptRecordKind kind, byte[] payload, bool mustFlush, Action apply)
    {
        if (fault is { } earlier)
        {
            throw new IOException($"The receipt store stopped: {earlier.Message}", earlier);
        }

        var entry = new Entry(
            ReceiptJournal.Frame(kind, payload),
            mustFlush,
            apply,
            NewSignal());
        await entries.Writer.WriteAsync(entry);
        await entry.Done.Task;
    }

    /// <summary>The one writer: everything that waits goes out together, under one flush.</summary>
    private async Task WriteAsync()
    {
        var group = new List<Entry>(GroupMax);
        while (await entries.Reader.WaitToReadAsync())
        {
            group.Clear();
            while (group.Count < GroupMax && entries.Reader.TryRead(out Entry? entry))
            {
                group.Add(entry);
            }

            try
            {
                Write(group);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // After a failed write or flush nobody knows what is on the disk: nothing more may be promised. Whatever it
                // was, those who wait are told, and the loop goes on telling.
                fault ??= exception;
                var failure = new IOException($"Receipts could not be stored: {exception.Message}", exception);
                group.ForEach(entry => entry.Done.TrySetException(failure));
            }
        }
    }

    private void Write(List<Entry> group)
    {
        if (fault is { } earlier)
        {
            throw new IOException(earlier.Message, earlier);
        }

        foreach (Entry entry in group)
        {
            file.Write(entry.Frame);
        }

        if (group.Exists(entry => entry.MustFlush))
        {
            file.Flush(flushToDisk: true);
        }

        lock (gate)
        {
            group.ForEach(entry => entry.Apply());
        }

        group.ForEach(entry => entry.Done.TrySetResult());
        if (group.Exists(entry => entry.MustFlush))
        {
            TaskCompletionSource stored = nextRun;
            nextRun = NewSignal();
            stored.TrySetResult();
        }

        if (file.Length > compactAtBytes)
        {
            FileStream old = file;
            file = StartFile();
            old.Dispose();
        }
    }

    /// <summary>Writes what is still needed to the next file, makes it durable, then deletes the older ones.</summary>
    private FileStream StartFile()
    {
        int number = fileNumber + 1;
        string path = ReceiptRecovery.PathOf(folder, number);
        string temporary = path + ".new";
        File.Delete(temporary);
        long length;
        using (var next = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
        {
            next.Write(ReceiptJournal.Frame(ReceiptRecordKind.Start, [1]));
            lock (gate)
            {
                ReceiptSnapshot.Write(next, grants, forgotten, clock.GetUtcNow().ToUnixTimeMilliseconds());
            }

            next.Flush(flushToDisk: true);
            length = next.Length;
        }

        File.Move(temporary, path);
        DurableFile.FlushFolder(folder);
        ReceiptRecovery.DeleteBefore(folder, number);
        fileNumber = number;
        compactAtBytes = Math.Max(CompactBytesMin, 4 * length);
        return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, 0);
    }

    private sealed record Entry(byte[] Frame, bool MustFlush, Action Apply, TaskCompletionSource Done);
}

/// <summary>What the receipts of one hub have come to.</summary>
/// <param name="Receipts">Receipts stored.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Earned">Their price.</param>
/// <param name="Settled">What of it the hub has confirmed.</param>
/// <param name="Unreported">Receipts that the hub has not confirmed.</param>
/// <param name="Refused">Receipts that the hub refused for good.</param>
internal readonly record struct EarnedTotals(long Receipts, long Bytes, Msat Earned, Msat Settled, long Unreported, long Refused)
{
    public EarnedTotals With(EarnedGrant grant) => new(
        Receipts + grant.StoredSequence,
        Bytes + grant.StoredBytes,
        Earned + grant.Earned,
        Settled + grant.Settled,
        Unreported + grant.UnreportedReceipts,
        Refused + grant.RefusedReceipts);
}
