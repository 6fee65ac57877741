using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Receipts;

/// <summary>What changes from receipt to receipt; the rest of an <see cref="UploadReceipt"/> follows from the
/// chain.</summary>
/// <param name="PieceIndex">The piece.</param>
/// <param name="PieceBytes">The bytes of it, at least 1.</param>
/// <param name="UnixMs">When it passed, milliseconds since 1970.</param>
public readonly record struct ReceiptEntry(int PieceIndex, int PieceBytes, long UnixMs);

/// <summary>Where the receipts of one grant stand: the newest sequence, what it adds up to, and its hash.</summary>
/// <param name="Sequence">Sequence of the newest receipt; 0 before the first.</param>
/// <param name="CumulativeBytes">Bytes up to and with it.</param>
/// <param name="Hash">Its hash; the grant's before the first.</param>
public readonly record struct ReceiptChain(long Sequence, long CumulativeBytes, Digest Hash)
{
    /// <summary>The chain of a grant before its first receipt.</summary>
    public static ReceiptChain Start(Digest grantHash) => new(0, 0, grantHash);

    /// <summary>The receipt that follows in this chain.</summary>
    /// <param name="grantId">The chain's grant.</param>
    /// <param name="price">The grant's price.</param>
    /// <param name="entry">The piece.</param>
    /// <param name="piecesRoot">The pieces root of the piece's file.</param>
    /// <exception cref="OverflowException">The totals leave their range.</exception>
    public UploadReceipt Next(Id128 grantId, PricePerMebibyte price, in ReceiptEntry entry, in Digest piecesRoot)
    {
        long bytes = CumulativeBytes + entry.PieceBytes;
        return new UploadReceipt(
            grantId, Sequence + 1, entry.PieceIndex, entry.PieceBytes, piecesRoot, bytes, price.Of(bytes), Hash, entry.UnixMs);
    }

    /// <summary>The chain after <paramref name="receipt"/>, which <see cref="Next"/> made.</summary>
    public static ReceiptChain After(in UploadReceipt receipt) =>
        new(receipt.Sequence, receipt.CumulativeBytes, receipt.Hash());
}
