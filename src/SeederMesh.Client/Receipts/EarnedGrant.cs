using SeederMesh.Core.Channels;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Client;

/// <summary>A grant that this seeder took, and how far its receipts have come.</summary>
/// <remarks>Changed only by <see cref="ReceiptStore"/>, under its lock.</remarks>
internal sealed class EarnedGrant(SignedGrant signed)
{
    private readonly Queue<ReceiptRun> unreported = [];

    public Grant Grant { get; } = signed.Grant;

    public SignedGrant Signed { get; } = signed;

    /// <summary>Newest durable receipt, and the bytes up to it.</summary>
    public long StoredSequence { get; private set; }

    public long StoredBytes { get; private set; }

    /// <summary>Newest receipt that the hub has settled, and the bytes up to it.</summary>
    public long SettledSequence { get; private set; }

    public long SettledBytes { get; private set; }

    /// <summary>Receipts that the hub refused for good.</summary>
    public long RefusedReceipts { get; private set; }

    /// <summary>Whether the hub was told that nothing more comes.</summary>
    public bool IsClosed { get; private set; }

    public int UnreportedRuns => unreported.Count;

    public long UnreportedReceipts => unreported.Sum(run => (long)run.Entries.Length);

    public Msat Earned => Grant.Price.Of(StoredBytes);

    public Msat Settled => Grant.Price.Of(SettledBytes);

    /// <summary>What the grant could still bring: until it is closed, the hub may come to owe all of its
    /// limit.</summary>
    public Msat Outstanding => IsClosed ? Msat.Zero : Grant.Limit.Less(Msat.Min(Grant.Limit, Settled));

    /// <summary>Runs that the hub has not settled, oldest first.</summary>
    public IEnumerable<ReceiptRun> Unreported => unreported;

    public void Add(ReceiptRun run)
    {
        StoredSequence = run.LastSequence;
        StoredBytes = run.Anchor.CumulativeBytes + BytesOf(run);
        unreported.Enqueue(run);
    }

    /// <summary>Everything up to a receipt is settled.</summary>
    public void Settle(long sequence)
    {
        while (unreported.TryPeek(out ReceiptRun? run) && run.LastSequence <= sequence)
        {
            unreported.Dequeue();
            SettledSequence = run.LastSequence;
            SettledBytes = run.Anchor.CumulativeBytes + BytesOf(run);
        }
    }

    /// <summary>The hub refused everything up to a receipt that it had not settled before.</summary>
    public void Refuse(long sequence)
    {
        while (unreported.TryPeek(out ReceiptRun? run) && run.LastSequence <= sequence)
        {
            unreported.Dequeue();
            RefusedReceipts += run.Entries.Length;
        }
    }

    public void Close() => IsClosed = true;

    /// <summary>Where the receipts stand that are no longer kept one by one: everything before the oldest unreported
    /// run.</summary>
    public (long Sequence, long Bytes) Dropped => unreported.TryPeek(out ReceiptRun? oldest)
        ? (oldest.Anchor.Sequence, oldest.Anchor.CumulativeBytes)
        : (StoredSequence, StoredBytes);

    /// <summary>Restores what a compacted store kept of receipts that it dropped.</summary>
    public void Restore((long Sequence, long Bytes) settled, (long Sequence, long Bytes) dropped, long refusedReceipts, bool isClosed)
    {
        (SettledSequence, SettledBytes) = settled;
        (StoredSequence, StoredBytes) = dropped;
        (RefusedReceipts, IsClosed) = (refusedReceipts, isClosed);
    }

    private static long BytesOf(ReceiptRun run) => run.Entries.Sum(entry => (long)entry.PieceBytes);
}
