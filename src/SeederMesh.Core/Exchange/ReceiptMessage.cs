using SeederMesh.Core.Channels;
using SeederMesh.Core.Wire;
using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Exchange;

/// <summary>The first byte of each message of the BEP 10 extension <c>sm_receipt</c>.</summary>
public enum ReceiptMessageKind
{
    /// <summary>Never sent.</summary>
    None = 0,

    /// <summary>Downloader to seeder: a <see cref="GrantPresentation"/>.</summary>
    Grant = 1,

    /// <summary>Downloader to seeder: one receipt run, without its anchor.</summary>
    Receipts = 2,

    /// <summary>Seeder to downloader: a <see cref="SeederAnswer"/>.</summary>
    Answer = 3,

    /// <summary>Either way: the sender asks for the manifest.</summary>
    ManifestRequest = 4,

    /// <summary>Either way: a part of the manifest.</summary>
    ManifestPart = 5,
}

/// <summary>A downloader shows a grant and proves that it holds the grant's downloader key, on this
/// connection.</summary>
/// <param name="Grant">The hub's grant.</param>
/// <param name="Proof">The downloader's signature over the seeder's handshake nonce and the grant id: a grant seen on
/// another connection is of no use.</param>
public sealed record GrantPresentation(SignedGrant Grant, Signature Proof)
{
    /// <summary>Length in bytes of a handshake nonce.</summary>
    public const int NonceSize = 16;

    private static ReadOnlySpan<byte> Domain => "SeederMesh/prsn1"u8;

    /// <summary>Makes a presentation for the connection whose seeder sent <paramref name="nonce"/>.</summary>
    public static GrantPresentation Make(SignedGrant grant, ReadOnlySpan<byte> nonce, SigningKey downloader) =>
        new(grant, downloader.Sign(Statement(grant.Grant.GrantId, nonce)));

    /// <summary>Whether the grant's downloader made it for the connection with <paramref name="nonce"/>.</summary>
    public bool VerifyProof(ReadOnlySpan<byte> nonce) =>
        Grant.Grant.Downloader.Verify(Statement(Grant.Grant.GrantId, nonce), Proof);

    /// <summary>The message.</summary>
    public byte[] ToMessage() => [(byte)ReceiptMessageKind.Grant, .. Grant.ToBytes(), .. Proof.Span];

    /// <summary>Reads the body after the kind byte; no signature is verified here.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out GrantPresentation? presentation, out string error)
    {
        var reader = new BinaryReaderSpan(body);
        SignedGrant? grant = SignedGrant.Read(ref reader);
        Signature proof = reader.ReadSignature();
        bool valid = reader.Finish(out error) && grant is not null;
        presentation = valid ? new GrantPresentation(grant!, proof) : null;
        return valid;
    }

    private static byte[] Statement(Id128 grantId, ReadOnlySpan<byte> nonce) =>
        nonce.Length == NonceSize
            ? [.. Domain, .. nonce, .. grantId.ToArray()]
            : throw new ArgumentException($"A nonce has {NonceSize} bytes.", nameof(nonce));
}

/// <summary>A seeder's answer to a grant or to receipts.</summary>
/// <param name="GrantId">The grant that it is about.</param>
/// <param name="Verdict">What it thinks of it.</param>
/// <param name="Sequence">The newest receipt that it has stored.</param>
public readonly record struct SeederAnswer(Id128 GrantId, SeederVerdict Verdict, long Sequence)
{
    /// <summary>The message.</summary>
    public byte[] ToMessage()
    {
        var writer = new BinaryWriterSpan();
        writer.WriteByte((byte)ReceiptMessageKind.Answer);
        writer.WriteByte((byte)Verdict);
        writer.WriteId(GrantId);
        writer.WriteVarint((ulong)Sequence);
        return writer.ToArray();
    }

    /// <summary>Reads the body after the kind byte.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out SeederAnswer answer, out string error)
    {
        var reader = new BinaryReaderSpan(body);
        byte verdict = reader.ReadByte();
        if (verdict is 0 or > (byte)SeederVerdict.ChannelRefused)
        {
            reader.Fail("an unknown verdict");
        }

        answer = new SeederAnswer(reader.ReadId(), (SeederVerdict)verdict, reader.ReadVarintLong(long.MaxValue));
        return reader.Finish(out error);
    }
}

/// <summary>What a seeder says to a grant or to receipts, in the order of its checks.</summary>
public enum SeederVerdict
{
    /// <summary>Never sent.</summary>
    None = 0,

    /// <summary>The bytes are not such a message.</summary>
    Malformed = 1,

    /// <summary>The hub is not one that the seeder accepts.</summary>
    UntrustedHub = 2,

    /// <summary>The grant names another seeder.</summary>
    NotForMe = 3,

    /// <summary>The grant names another torrent or manifest.</summary>
    OtherTorrent = 4,

    /// <summary>The grant's time is over, or too short to be reported; or a receipt's time is after it, or ahead of the
    /// clock.</summary>
    Expired = 5,

    /// <summary>The grant pays less for a MiB than the seeder asks.</summary>
    PriceTooLow = 6,

    /// <summary>The grant was shown on another connection before.</summary>
    AlreadyUsed = 7,

    /// <summary>The hub already owes as much as the seeder lets any hub owe.</summary>
    HubOwesTooMuch = 8,

    /// <summary>The hub's signature, or the proof for this connection, does not verify.</summary>
    BadSignature = 9,

    /// <summary>Receipts came without a grant.</summary>
    NoGrant = 10,

    /// <summary>Receipts for another grant, or not continuing the chain.</summary>
    OutOfSequence = 11,

    /// <summary>A receipt for a piece that is not in the torrent, or with those before it for more bytes than the piece
    /// has.</summary>
    WrongPiece = 12,

    /// <summary>Receipts add up to more than the grant may pay.</summary>
    ExceedsGrant = 13,

    /// <summary>Taken; what was sent is stored.</summary>
    Accepted = 14,

    /// <summary>The hub refused receipts of the grant's channel, so no grant of it is taken any more.</summary>
    ChannelRefused = 15,
}
