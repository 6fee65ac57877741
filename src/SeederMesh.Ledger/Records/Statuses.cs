namespace SeederMesh.Ledger.Records;

/// <summary>How far a payment channel is. The number is stored.</summary>
public enum ChannelStatus
{
    /// <summary>No channel has this.</summary>
    None = 0,

    /// <summary>Waiting for its first payment.</summary>
    Opening = 1,

    /// <summary>Funded: grants may be opened.</summary>
    Open = 2,

    /// <summary>No new grants; the refund is on its way.</summary>
    Closing = 3,

    /// <summary>Settled, refunded, final.</summary>
    Closed = 4,
}

/// <summary>Who pays what a channel settles. The number is stored.</summary>
public enum ChannelMode
{
    /// <summary>No channel has this.</summary>
    None = 0,

    /// <summary>The hub, out of money that the downloader paid in before.</summary>
    Prepaid = 1,

    /// <summary>The downloader's own wallet: the hub keeps the books and holds nothing.</summary>
    Direct = 2,
}

/// <summary>Whether a grant may still be drawn on. The number is stored.</summary>
public enum GrantStatus
{
    /// <summary>No grant has this.</summary>
    None = 0,

    /// <summary>Its limit is set aside.</summary>
    Open = 1,

    /// <summary>What was left went back to the channel.</summary>
    Closed = 2,
}

/// <summary>Who a payee is. The number is stored.</summary>
public enum PayeeKind
{
    /// <summary>No payee has this.</summary>
    None = 0,

    /// <summary>A payee of a manifest's split; the owner is the creator's DID, or what the split names.</summary>
    Creator = 1,

    /// <summary>A seeder; the owner is its public key in hexadecimal.</summary>
    Seeder = 2,

    /// <summary>A registry operator.</summary>
    Registry = 3,

    /// <summary>The hub itself.</summary>
    Hub = 4,
}

/// <summary>How far a payout is. The number is stored.</summary>
public enum PayoutStatus
{
    /// <summary>No payout has this.</summary>
    None = 0,

    /// <summary>The money is reserved; nothing was sent.</summary>
    Intended = 1,

    /// <summary>Handed to the node under its payment hash: the outcome is asked for by that hash, never
    /// guessed.</summary>
    Sent = 2,

    /// <summary>Paid; the preimage proves it.</summary>
    Succeeded = 3,

    /// <summary>Failed for good; the money went back to the account that it came from.</summary>
    Failed = 4,

    /// <summary>Held for a person, with a reason; the money stays reserved.</summary>
    Parked = 5,
}

/// <summary>How far an invoice of the hub's is. The number is stored.</summary>
public enum InvoiceStatus
{
    /// <summary>No invoice has this.</summary>
    None = 0,

    /// <summary>Not paid yet.</summary>
    Unpaid = 1,

    /// <summary>Paid and booked.</summary>
    Paid = 2,

    /// <summary>Expired unpaid.</summary>
    Expired = 3,
}
