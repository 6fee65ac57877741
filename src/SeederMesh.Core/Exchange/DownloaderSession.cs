using System.Collections.Immutable;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Core.Exchange;

/// <summary>The downloader's side of the receipt protocol with one seeder (DESIGN section 7).</summary>
/// <remarks>
/// Pure: the caller asks the hub for grants, passes in the pieces that passed their hash check, and sends what it is
/// given, in
/// order. A grant's chain lives in memory only: after a restart the downloader asks for the next generation, because
/// signing
/// a sequence twice would be a conflict. One caller at a time.
/// </remarks>
public sealed class DownloaderSession
{
    private readonly SigningKey key;
    private readonly IPieceLayout layout;
    private readonly Queue<ReceiptEntry> unsigned = [];
    private ReceiptChain chain;

    /// <summary>Starts with a seeder.</summary>
    /// <param name="key">The downloader's key of this download.</param>
    /// <param name="seeder">The seeder's key, from its handshake.</param>
    /// <param name="layout">The torrent's pieces.</param>
    public DownloaderSession(SigningKey key, PublicKey seeder, IPieceLayout layout)
    {
        this.key = key;
        this.layout = layout;
        Seeder = seeder;
    }

    /// <summary>The seeder's key.</summary>
    public PublicKey Seeder { get; }

    /// <summary>The grant in use; null before the first.</summary>
    public SignedGrant? Grant { get; private set; }

    /// <summary>Bytes of passed pieces that no receipt covers yet.</summary>
    public long UnsignedBytes { get; private set; }

    /// <summary>What was signed away on the grant in use.</summary>
    public Msat Signed => Grant is null ? Msat.Zero : Grant.Grant.Price.Of(chain.CumulativeBytes);

    /// <summary>Receipts signed on the grant in use.</summary>
    public long Sequence => chain.Sequence;

    /// <summary>Whether the grant in use covers what is unsigned and <paramref name="aheadBytes"/> more.</summary>
    public bool Covers(long aheadBytes) =>
        Grant is { } grant && grant.Grant.Price.BytesFor(grant.Grant.Limit) - chain.CumulativeBytes >= UnsignedBytes + aheadBytes;

    /// <summary>Takes a grant into use, after <see cref="TryMakeReceipts"/> has nothing more to give on the one
    /// before.</summary>
    /// <param name="grant">From the hub.</param>
    /// <param name="nonce">From the seeder's handshake on this connection.</param>
    /// <returns>The message to send.</returns>
    /// <exception cref="ArgumentException">The grant names another seeder or downloader.</exception>
    public byte[] Present(SignedGrant grant, ReadOnlySpan<byte> nonce)
    {
        if (grant.Grant.Seeder != Seeder || grant.Grant.Downloader != key.PublicKey)
        {
            throw new ArgumentException("The grant names another seeder or downloader.", nameof(grant));
        }

        Grant = grant;
        chain = ReceiptChain.Start(grant.Grant.Hash());
        return GrantPresentation.Make(grant, nonce, key).ToMessage();
    }

    /// <summary>A piece passed its hash check, and this seeder supplied bytes of it.</summary>
    public void OnPiecePassed(int pieceIndex, int bytes, long nowUnixMs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        unsigned.Enqueue(new ReceiptEntry(pieceIndex, bytes, nowUnixMs));
        UnsignedBytes += bytes;
    }

    /// <summary>Signs what is unsigned, as far as the grant covers it.</summary>
    /// <param name="message">The message to send.</param>
    /// <returns>False when there is nothing to sign, or the grant covers no more.</returns>
    public bool TryMakeReceipts(out byte[] message)
    {
        message = [];
        if (Grant is null)
        {
            return false;
        }

        Grant grant = Grant.Grant;
        ReceiptChain anchor = chain;
        var entries = ImmutableArray.CreateBuilder<ReceiptEntry>();
        UploadReceipt tail = default;
        while (entries.Count < ReceiptRun.EntriesMax && unsigned.TryPeek(out ReceiptEntry entry))
        {
            Invariant.Require(layout.TryGetPiece(entry.PieceIndex, out PieceGeometry piece), "a piece that passed exists");
            UploadReceipt next = chain.Next(grant.GrantId, grant.Price, entry, piece.Root);
            if (next.CumulativeMsat > grant.Limit)
            {
                break;
            }

            tail = next;
            chain = ReceiptChain.After(tail);
            entries.Add(unsigned.Dequeue());
            UnsignedBytes -= entry.PieceBytes;
        }

        if (entries.Count == 0)
        {
            return false;
        }

        var run = new ReceiptRun(grant.GrantId, anchor, entries.ToImmutable(), tail.Sign(key));
        message = [(byte)ReceiptMessageKind.Receipts, .. ReceiptRunCodec.Write(run, anchored: false)];
        return true;
    }
}
