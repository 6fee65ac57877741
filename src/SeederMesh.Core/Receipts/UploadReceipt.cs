using System.Buffers.Binary;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Receipts;

/// <summary>A downloader's word that a seeder supplied bytes of a piece that passed its hash check.</summary>
/// <param name="GrantId">The grant drawn on, which names channel, seeder, torrent and price.</param>
/// <param name="Sequence">1 for the first receipt of a grant, then one more each.</param>
/// <param name="PieceIndex">The piece, by the v2 layout.</param>
/// <param name="PieceBytes">The bytes of this piece that came from this seeder; over all seeders they add up to the
/// piece's length.</param>
/// <param name="PiecesRoot">The BEP 52 pieces root of the file that holds the piece.</param>
/// <param name="CumulativeBytes">All bytes of this grant up to and with this receipt.</param>
/// <param name="CumulativeMsat">Their price: floor(<paramref name="CumulativeBytes"/> x price / MiB).</param>
/// <param name="PreviousHash">Hash of the receipt before; of the grant, for the first. So the newest signature vouches
/// for all.</param>
/// <param name="UnixMs">When the piece passed, by the downloader's clock, milliseconds since 1970.</param>
/// <remarks>
/// Fixed layout, 136 bytes, big-endian: domain "SeederMesh/rcpt1" (16), grant id (16), sequence (8), piece index (4),
/// piece bytes (4),
/// pieces root (32), cumulative bytes (8), cumulative msat (8), previous hash (32), unix ms (8). The signature is
/// Ed25519 by
/// the grant's downloader key over exactly these bytes; nothing that is paid for stands outside them.
/// </remarks>
public readonly record struct UploadReceipt(
    Id128 GrantId,
    long Sequence,
    int PieceIndex,
    int PieceBytes,
    Digest PiecesRoot,
    long CumulativeBytes,
    Msat CumulativeMsat,
    Digest PreviousHash,
    long UnixMs)
{
    /// <summary>Length in bytes of the signed form.</summary>
    public const int Size = 136;

    /// <summary>Separates receipts from everything else that a key may sign.</summary>
    private static ReadOnlySpan<byte> Domain => "SeederMesh/rcpt1"u8;

    /// <summary>Writes the signed form.</summary>
    /// <param name="destination">At least <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        Domain.CopyTo(destination);
        GrantId.Write(destination[16..32]);
        BinaryPrimitives.WriteInt64BigEndian(destination[32..], Sequence);
        BinaryPrimitives.WriteInt32BigEndian(destination[40..], PieceIndex);
        BinaryPrimitives.WriteInt32BigEndian(destination[44..], PieceBytes);
        PiecesRoot.Span.CopyTo(destination[48..]);
        BinaryPrimitives.WriteInt64BigEndian(destination[80..], CumulativeBytes);
        BinaryPrimitives.WriteInt64BigEndian(destination[88..], CumulativeMsat.Value);
        PreviousHash.Span.CopyTo(destination[96..]);
        BinaryPrimitives.WriteInt64BigEndian(destination[128..], UnixMs);
    }

    /// <summary>The SHA-256 of the signed form: what the next receipt names as its previous one.</summary>
    public Digest Hash()
    {
        Span<byte> signed = stackalloc byte[Size];
        Write(signed);
        return Digest.Of(signed);
    }

    /// <summary>Signs with the downloader's key of the grant.</summary>
    public Signature Sign(SigningKey downloader)
    {
        Span<byte> signed = stackalloc byte[Size];
        Write(signed);
        return downloader.Sign(signed);
    }

    /// <summary>Whether <paramref name="signature"/> is the downloader's over this receipt.</summary>
    public bool Verify(PublicKey downloader, in Signature signature)
    {
        Span<byte> signed = stackalloc byte[Size];
        Write(signed);
        return downloader.Verify(signed, signature);
    }
}
