using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Core.Exchange;

/// <summary>What a seeder asks of grants, whoever shows them.</summary>
/// <param name="Self">The seeder's key.</param>
/// <param name="Hubs">Hubs whose grants it takes: by default the one it registered with.</param>
/// <param name="LowestPrice">The least that a MiB must pay.</param>
/// <param name="LifetimeMsMin">How long a grant must still run, milliseconds, so that there is time to report.</param>
/// <param name="OwedByHubMax">The most that one hub may owe at any time, reported and unreported receipts
/// together.</param>
public sealed record SeederPolicy(
    PublicKey Self,
    IReadOnlySet<PublicKey> Hubs,
    PricePerMebibyte LowestPrice,
    long LifetimeMsMin,
    Msat OwedByHubMax);

/// <summary>The seeder's side of the receipt protocol on one connection, for one torrent (DESIGN section 7).</summary>
/// <remarks>
/// Pure: the caller passes messages in, stores what is handed out before it calls <see cref="OnStored"/>, and sets the
/// peer's
/// upload credit to <see cref="CreditBytes"/> after every call. One caller at a time.
/// </remarks>
public sealed class SeederSession
{
    private readonly SeederPolicy policy;
    private readonly Digest infohash;
    private readonly Digest manifestDigest;
    private readonly IPieceLayout layout;
    private readonly ExposurePolicy exposure;
    private readonly byte[] nonce;
    private ReceiptChain stored;
    private long receipts;
    private long unpaidBytes;
    private long receiptedBeforeGrant;
    private PieceAccount pieces = new();

    /// <summary>Starts on a fresh connection.</summary>
    /// <param name="policy">What the seeder asks.</param>
    /// <param name="infohash">The torrent's full v2 infohash.</param>
    /// <param name="manifestDigest">The manifest that the seeder serves under.</param>
    /// <param name="layout">The torrent's pieces.</param>
    /// <param name="exposure">How far it trusts.</param>
    /// <param name="nonce">The 16 bytes that it sent in this connection's handshake.</param>
    public SeederSession(
        SeederPolicy policy,
        Digest infohash,
        Digest manifestDigest,
        IPieceLayout layout,
        ExposurePolicy exposure,
        ReadOnlySpan<byte> nonce)
    {
        this.policy = policy;
        this.infohash = infohash;
        this.manifestDigest = manifestDigest;
        this.layout = layout;
        this.exposure = exposure;
        this.nonce = nonce.ToArray();
    }

    /// <summary>The grant in use; null before the first is accepted.</summary>
    public SignedGrant? Grant { get; private set; }

    /// <summary>The chain as received; ahead of what is stored while a run is being written.</summary>
    public ReceiptChain Received { get; private set; }

    /// <summary>Bytes that stored receipts cover, over all grants of this connection.</summary>
    public long ReceiptedBytes => receiptedBeforeGrant + stored.CumulativeBytes;

    /// <summary>How many bytes the peer may have requested on this connection in all; null while it has shown no
    /// grant.</summary>
    /// <remarks>Receipted bytes plus the window, never more than the grant can still pay; counted from the connection's
    /// first byte.</remarks>
    public long? CreditBytes
    {
        get
        {
            if (Grant is null)
            {
                return null;
            }

            long window = ReceiptedBytes + exposure.WindowAfter(receipts, ReceiptedBytes);
            long payable = Grant.Grant.Price.BytesFor(Grant.Grant.Limit);
            long payableOnConnection = payable > long.MaxValue - receiptedBeforeGrant
                ? long.MaxValue
                : receiptedBeforeGrant + payable;
            long credit = Math.Min(window, payableOnConnection);
            return credit > long.MaxValue - unpaidBytes ? long.MaxValue : unpaidBytes + credit;
        }
    }

    /// <summary>A grant is shown.</summary>
    /// <param name="body">The message after its kind byte.</param>
    /// <param name="requestedBytes">Bytes that the peer has requested on this connection so far.</param>
    /// <param name="owedByHub">What a hub owes this seeder, reported and unreported together.</param>
    /// <param name="isUsed">Whether the grant is or was in use on another connection.</param>
    /// <param name="isRefused">Whether the hub refused receipts of a channel.</param>
    /// <param name="nowUnixMs">The seeder's clock.</param>
    public SeederAnswer OnGrant(
        ReadOnlySpan<byte> body,
        long requestedBytes,
        Func<PublicKey, Msat> owedByHub,
        Func<Id128, bool> isUsed,
        Func<Id128, bool> isRefused,
        long nowUnixMs)
    {
        if (!GrantPresentation.TryRead(body, out GrantPresentation? shown, out _))
        {
            return new SeederAnswer(default, SeederVerdict.Malformed, 0);
        }

        Grant grant = shown!.Grant.Grant;
        SeederVerdict verdict = grant switch
        {
            _ when !policy.Hubs.Contains(grant.Hub) => SeederVerdict.UntrustedHub,
            _ when grant.Seeder != policy.Self => SeederVerdict.NotForMe,
            _ when grant.Infohash != infohash || grant.ManifestDigest != manifestDigest => SeederVerdict.OtherTorrent,
            _ when grant.ExpiresUnixMs - policy.LifetimeMsMin < nowUnixMs => SeederVerdict.Expired,
            _ when grant.Price.Msat < policy.LowestPrice.Msat => SeederVerdict.PriceTooLow,
            _ when isUsed(grant.GrantId) => SeederVerdict.AlreadyUsed,
            _ when isRefused(grant.ChannelId) => SeederVerdict.ChannelRefused,
            _ when (Int128)owedByHub(grant.Hub).Value + grant.Limit.Value > policy.OwedByHubMax.Value => SeederVerdict.HubOwesTooMuch,
            _ when !shown.Grant.Verify() || !shown.VerifyProof(nonce) => SeederVerdict.BadSignature,
            _ => SeederVerdict.Accepted,
        };
        if (verdict == SeederVerdict.Accepted)
        {
            // What was served before any grant is not part of what receipts must cover.
            unpaidBytes = Grant is null ? requestedBytes : unpaidBytes;
            receiptedBeforeGrant = ReceiptedBytes;

            // A channel pays for each byte of a piece once, whichever of its grants the receipt names.
            pieces = Grant?.Grant.ChannelId == grant.ChannelId ? pieces : new PieceAccount();
            Grant = shown.Grant;
            stored = Received = ReceiptChain.Start(grant.Hash());
        }

        return new SeederAnswer(grant.GrantId, verdict, 0);
    }

    /// <summary>Receipts arrive.</summary>
    /// <remarks>What the hub would refuse is refused here at once, so that a downloader cannot have more against
    /// worthless receipts.</remarks>
    /// <param name="body">The message after its kind byte.</param>
    /// <param name="nowUnixMs">The seeder's clock.</param>
    /// <param name="run">The verified run, to be stored and then given to <see cref="OnStored"/>; null unless
    /// accepted.</param>
    public SeederAnswer OnReceipts(ReadOnlySpan<byte> body, long nowUnixMs, out ReceiptRun? run)
    {
        run = null;
        if (Grant is null)
        {
            return new SeederAnswer(default, SeederVerdict.NoGrant, 0);
        }

        Grant grant = Grant.Grant;
        if (!ReceiptRunCodec.TryRead(body, Received, out ReceiptRun? read, out _))
        {
            return Refuse(SeederVerdict.Malformed);
        }

        if (read!.GrantId != grant.GrantId || read.Anchor != Received)
        {
            return Refuse(SeederVerdict.OutOfSequence);
        }

        long newestUnixMs = Math.Min(grant.ExpiresUnixMs, nowUnixMs + ChannelLimits.Default.ClockSkewMs);
        if (nowUnixMs - ChannelLimits.Default.ClockSkewMs > grant.ExpiresUnixMs || read.Entries.Any(entry => entry.UnixMs > newestUnixMs))
        {
            return Refuse(SeederVerdict.Expired);
        }

        ReceiptChain chain = Received;
        UploadReceipt tail = default;
        var claimed = new Dictionary<int, int>();
        foreach (ReceiptEntry entry in read.Entries)
        {
            int before = claimed.GetValueOrDefault(entry.PieceIndex);
            if (!layout.TryGetPiece(entry.PieceIndex, out PieceGeometry piece)
                || entry.PieceBytes > piece.Length - pieces.PaidBytes(entry.PieceIndex, piece.Length) - before)
            {
                return Refuse(SeederVerdict.WrongPiece);
            }

            claimed[entry.PieceIndex] = before + entry.PieceBytes;

            tail = chain.Next(grant.GrantId, grant.Price, entry, piece.Root);
            if (tail.CumulativeMsat > grant.Limit)
            {
                return Refuse(SeederVerdict.ExceedsGrant);
            }

            chain = ReceiptChain.After(tail);
        }

        if (!tail.Verify(grant.Downloader, read.TailSignature))
        {
            return Refuse(SeederVerdict.BadSignature);
        }

        foreach ((int index, int bytes) in claimed)
        {
            Invariant.Require(layout.TryGetPiece(index, out PieceGeometry piece), "a claimed piece exists");
            pieces.Add(index, piece.Length, bytes);
        }

        Received = chain;
        run = read;
        return new SeederAnswer(grant.GrantId, SeederVerdict.Accepted, chain.Sequence);

        SeederAnswer Refuse(SeederVerdict verdict) => new(grant.GrantId, verdict, Received.Sequence);
    }

    /// <summary>A run that <see cref="OnReceipts"/> handed out is durable: the window grows.</summary>
    public void OnStored(ReceiptRun run)
    {
        if (Grant?.Grant.GrantId != run.GrantId)
        {
            // The run of a grant that was replaced meanwhile: it still counts as receipted.
            receiptedBeforeGrant += run.Entries.Sum(entry => (long)entry.PieceBytes);
            receipts += run.Entries.Length;
            return;
        }

        Invariant.Require(run.Anchor == stored, "runs are stored in order");
        receipts += run.Entries.Length;
        stored = new ReceiptChain(
            run.LastSequence,
            stored.CumulativeBytes + run.Entries.Sum(entry => (long)entry.PieceBytes),
            run.LastSequence == Received.Sequence ? Received.Hash : HashAfter(run));
    }

    private Digest HashAfter(ReceiptRun run)
    {
        ReceiptChain chain = run.Anchor;
        foreach (ReceiptEntry entry in run.Entries)
        {
            Invariant.Require(layout.TryGetPiece(entry.PieceIndex, out PieceGeometry piece), "an accepted piece exists");
            chain = ReceiptChain.After(chain.Next(run.GrantId, Grant!.Grant.Price, entry, piece.Root));
        }

        return chain.Hash;
    }
}
