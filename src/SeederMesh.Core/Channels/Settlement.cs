using System.Collections.Immutable;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;

namespace SeederMesh.Core.Channels;

/// <summary>The effect of accepted receipts of one grant: what moves, and the receipts that prove it.</summary>
/// <param name="Seeder">The seeder that is paid.</param>
/// <param name="Receipts">The receipts that it settles, under the newest signature.</param>
/// <param name="ChainAfter">Where the grant's chain stands after it.</param>
/// <param name="Bytes">The bytes that it settles.</param>
/// <param name="Amount">Their price.</param>
/// <param name="Legs">How it is divided; what rounding leaves stays in, or is drawn from, the channel's carry.</param>
public sealed record Settlement(
    PublicKey Seeder,
    ReceiptRun Receipts,
    ReceiptChain ChainAfter,
    long Bytes,
    Msat Amount,
    SplitLegs Legs)
{
    /// <summary>The grant that pays.</summary>
    public Id128 GrantId => Receipts.GrantId;

    /// <summary>The same settlement always has the same id: its grant and its newest sequence.</summary>
    public Id128 Id => IdFor(GrantId, ChainAfter.Sequence);

    /// <summary>Id of the settlement of a grant that ends at a sequence.</summary>
    public static Id128 IdFor(Id128 grantId, long lastSequence)
    {
        Span<byte> content = stackalloc byte[Id128.Size + sizeof(long)];
        grantId.Write(content);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(content[Id128.Size..], lastSequence);
        return Id128.Derive("settlement", content);
    }
}

/// <summary>The answer to a report.</summary>
/// <param name="Verdicts">One for each run, in its order.</param>
/// <param name="Settlements">What is to be stored and applied, at most one for each grant, in this order.</param>
public sealed record ReportDecision(ImmutableArray<ReceiptVerdict> Verdicts, ImmutableArray<Settlement> Settlements);
