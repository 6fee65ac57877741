using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Core.Channels;

/// <summary>Hash of the settled receipt of a grant at a sequence below its newest; null when there is none.</summary>
/// <param name="grantId">The grant.</param>
/// <param name="sequence">The receipt.</param>
public delegate Digest? ReceiptHashLookup(Id128 grantId, long sequence);

/// <summary>A report after the cheap checks: what is refused, and what only its signatures can decide.</summary>
/// <remarks>
/// Signatures are verified by <see cref="VerifySignatures"/>, which may run on any thread and, for many reports, in
/// parallel.
/// </remarks>
public sealed class ExaminedReport
{
    private readonly ReceiptVerdict[] verdicts;
    private readonly List<ExaminedChain> chains;

    internal ExaminedReport(ReceiptVerdict[] verdicts, List<ExaminedChain> chains)
    {
        this.verdicts = verdicts;
        this.chains = chains;
    }

    /// <summary>How many runs are still undecided.</summary>
    public int PendingRuns => verdicts.Count(verdict => verdict == ReceiptVerdict.None);

    /// <summary>Verifies the newest signature of each grant's chain, and older ones only where that is bad.</summary>
    public void VerifySignatures()
    {
        foreach (ExaminedChain chain in chains)
        {
            chain.VerifySignatures();
        }
    }

    /// <summary>One verdict for each run, in the order of the report.</summary>
    internal ImmutableArray<ReceiptVerdict> Conclude()
    {
        foreach (ExaminedChain chain in chains)
        {
            chain.Conclude(verdicts);
        }

        return [.. verdicts];
    }

    internal IEnumerable<ExaminedChain> AcceptedChains => chains.Where(chain => chain.AcceptedCount > 0);
}

/// <summary>The runs of one grant that continue its settled chain without a gap.</summary>
internal sealed class ExaminedChain(GrantAccount account)
{
    private readonly List<(int RunIndex, UploadReceipt Tail, Signature Signature, int EntryCount)> runs = [];
    private readonly List<(int RunIndex, long LastSequence)> repeats = [];
    private readonly List<ReceiptEntry> entries = [];
    private bool verified;

    public GrantAccount Account { get; } = account;

    /// <summary>Where the chain would stand if everything so far is signed.</summary>
    public ReceiptChain Provisional { get; private set; } = account.Chain;

    /// <summary>How many of the runs a valid signature vouches for: all up to the newest that has one.</summary>
    public int AcceptedCount { get; private set; }

    public ImmutableArray<ReceiptEntry> AcceptedEntries() =>
        ImmutableArray.Create(CollectionsMarshal.AsSpan(entries)[..runs[AcceptedCount - 1].EntryCount]);

    public UploadReceipt AcceptedTail => runs[AcceptedCount - 1].Tail;

    public Signature AcceptedSignature => runs[AcceptedCount - 1].Signature;

    public void Add(int runIndex, in UploadReceipt tail, in Signature signature, ReadOnlySpan<ReceiptEntry> fresh)
    {
        entries.AddRange(fresh);
        runs.Add((runIndex, tail, signature, entries.Count));
        Provisional = ReceiptChain.After(tail);
    }

    /// <summary>A run that an earlier one of the same report covers: as good as that one, and never paid
    /// twice.</summary>
    public void AddRepeat(int runIndex, long lastSequence) => repeats.Add((runIndex, lastSequence));

    /// <summary>Newest first: the chain of hashes makes one valid signature vouch for everything before it.</summary>
    public void VerifySignatures()
    {
        AcceptedCount = runs.Count;
        while (AcceptedCount > 0
            && !runs[AcceptedCount - 1].Tail.Verify(Account.Grant.Downloader, runs[AcceptedCount - 1].Signature))
        {
            AcceptedCount--;
        }

        verified = true;
    }

    public void Conclude(ReceiptVerdict[] verdicts)
    {
        Invariant.Require(verified, "signatures are verified before anything is settled");
        for (int index = 0; index < runs.Count; index++)
        {
            verdicts[runs[index].RunIndex] = index < AcceptedCount ? ReceiptVerdict.Accepted : ReceiptVerdict.BadSignature;
        }

        long acceptedSequence = AcceptedCount == 0 ? 0 : AcceptedTail.Sequence;
        foreach ((int runIndex, long lastSequence) in repeats)
        {
            verdicts[runIndex] = lastSequence <= acceptedSequence ? ReceiptVerdict.Duplicate : ReceiptVerdict.BadSignature;
        }
    }
}
