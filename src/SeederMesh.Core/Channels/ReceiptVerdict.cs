namespace SeederMesh.Core.Channels;

/// <summary>What a hub says to one run of receipts, in the order of the checks.</summary>
public enum ReceiptVerdict
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The channel has given no such grant.</summary>
    UnknownGrant = 1,

    /// <summary>Reported by somebody else than the seeder that the grant names.</summary>
    NotTheSeeder = 2,

    /// <summary>All of it was settled before; nothing is paid again.</summary>
    Duplicate = 3,

    /// <summary>It contradicts receipts that were settled before; kept as evidence when the downloader signed
    /// it.</summary>
    Conflict = 4,

    /// <summary>The grant is closed: its rest went back to the channel.</summary>
    GrantClosed = 5,

    /// <summary>A receipt's time lies after the grant's expiry, or the time to report is over.</summary>
    GrantExpired = 6,

    /// <summary>Receipts before it are missing.</summary>
    SequenceGap = 7,

    /// <summary>A receipt's time lies too far in the future.</summary>
    TimeInFuture = 8,

    /// <summary>The torrent has no such piece.</summary>
    UnknownPiece = 9,

    /// <summary>More bytes of a piece than the piece has, over all seeders of the channel.</summary>
    PieceOverclaimed = 10,

    /// <summary>It adds up to more than the grant may pay.</summary>
    ExceedsGrant = 11,

    /// <summary>The signature is not the downloader's over this chain.</summary>
    BadSignature = 12,

    /// <summary>Settled.</summary>
    Accepted = 13,
}
