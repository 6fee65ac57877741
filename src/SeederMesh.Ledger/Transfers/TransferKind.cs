namespace SeederMesh.Ledger.Transfers;

/// <summary>How a transfer moves money (TigerBeetle, Transfer.flags: pending, post_pending, void_pending). The number
/// is stored.</summary>
public enum TransferKind
{
    /// <summary>At once and for good.</summary>
    Posted = 0,

    /// <summary>Reserves the amount until a later transfer posts or voids it. There is no time limit: unknown is not
    /// failed.</summary>
    Pending = 1,

    /// <summary>Moves up to the pending amount for good and releases the rest.</summary>
    PostPending = 2,

    /// <summary>Releases the pending amount.</summary>
    VoidPending = 3,
}
