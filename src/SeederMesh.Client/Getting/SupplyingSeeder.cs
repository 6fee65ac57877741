using SeederMesh.Core.Channels;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>One seeder that takes receipts, over all of its connections.</summary>
internal sealed class SupplyingSeeder(DownloaderSession session)
{
    public DownloaderSession Session { get; } = session;

    public PublicKey Key => Session.Seeder;

    /// <summary>The connection that grants are shown on; null while it is away.</summary>
    public ulong? Peer { get; set; }

    public string Address { get; set; } = "";

    public byte[] Nonce { get; set; } = [];

    /// <summary>The grant in use on this connection; null before the first and after the connection ended.</summary>
    public SignedGrant? Grant { get; set; }

    /// <summary>A grant that the hub gave and that was not shown yet.</summary>
    public SignedGrant? Spare { get; set; }

    /// <summary>Whether the hub is being asked for a grant.</summary>
    public bool IsAsking { get; set; }

    /// <summary>What the hub was asked for and did not answer: it may have set the money aside, so it is asked for the
    /// same again.</summary>
    public (Msat Limit, int Generation)? Unanswered { get; set; }

    /// <summary>When the hub may be asked again, milliseconds.</summary>
    public long AskAtMs { get; set; }

    /// <summary>When a piece of its passed, or it was shown a grant, milliseconds.</summary>
    public long MovedAtMs { get; set; }

    /// <summary>Grants that it was shown, which makes the next one larger.</summary>
    public int GrantsShown { get; set; }

    /// <summary>How often in a row the hub had not enough free for it: each time the next grant is half as
    /// large.</summary>
    public int Shrinks { get; set; }

    /// <summary>The most that the hub said it would grant of it now; null while it was not refused.</summary>
    public Msat? Trusted { get; set; }

    /// <summary>Whether something has to be paid before there is a grant for it.</summary>
    public bool WaitsForTrust { get; set; }

    /// <summary>Refusals in a row.</summary>
    public int Refusals { get; set; }

    /// <summary>Why it takes no receipts any more; null while it does.</summary>
    public SeederVerdict? Refusal { get; set; }

    /// <summary>Whether the hub gives no grants for it on this channel.</summary>
    public bool IsUnpayable { get; set; }

    public bool TakesReceipts => Refusal is null && !IsUnpayable;

    /// <summary>Newest receipt of the grant in use that it has stored.</summary>
    public long AcceptedSequence { get; set; }

    public long Bytes { get; set; }

    public long ReceiptedBytes { get; set; }

    public long Receipts { get; set; }

    /// <summary>What earlier grants were signed for.</summary>
    public Msat SignedBefore { get; set; }

    public Msat Signed => SignedBefore + (Grant is null ? Msat.Zero : Session.Signed);

    /// <summary>Whether all that can be signed is signed and stored by it.</summary>
    public bool IsSatisfied => Peer is null
        || !TakesReceipts
        || (Grant is not null && Session.UnsignedBytes == 0 && AcceptedSequence >= Session.Sequence);

    public SupplierStatement ToStatement() => new(Key, Address, Bytes, ReceiptedBytes, Receipts, Signed, Refusal);
}
