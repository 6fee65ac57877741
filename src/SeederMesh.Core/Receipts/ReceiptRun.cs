using System.Collections.Immutable;
using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Receipts;

/// <summary>Consecutive receipts of one grant under one signature, that of the newest.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="Anchor">The chain before the first entry: the first receipt's sequence is one more.</param>
/// <param name="Entries">1 to <see cref="EntriesMax"/> receipts, oldest first.</param>
/// <param name="TailSignature">The downloader's signature over the newest receipt, which vouches for the whole
/// chain.</param>
public sealed record ReceiptRun(
    Id128 GrantId, ReceiptChain Anchor, ImmutableArray<ReceiptEntry> Entries, Signature TailSignature)
{
    /// <summary>At most so many receipts in one run.</summary>
    public const int EntriesMax = 4_096;

    /// <summary>Sequence of the oldest receipt.</summary>
    public long FirstSequence => Anchor.Sequence + 1;

    /// <summary>Sequence of the newest receipt.</summary>
    public long LastSequence => Anchor.Sequence + Entries.Length;
}
