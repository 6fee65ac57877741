namespace SeederMesh.Ledger.Transfers;

/// <summary>Why money moved. The number is stored; it is never reused.</summary>
public enum TransferCode
{
    /// <summary>No transfer has this.</summary>
    None = 0,

    /// <summary>A downloader's invoice was paid: lightning to channel.</summary>
    Funding = 1,

    /// <summary>A grant's limit is set aside: channel to grant.</summary>
    GrantOpened = 2,

    /// <summary>A settlement: grant to payees, registry, hub revenue, carry; user data is the settlement's
    /// id.</summary>
    Settlement = 3,

    /// <summary>What is left of a closed grant: grant to channel.</summary>
    GrantClosed = 4,

    /// <summary>Carried fractions that became whole, or are handed out at the close: carry to payees, registry, hub
    /// revenue;
    /// user data is the settlement's id, or the channel's at its close.</summary>
    CarryReleased = 5,

    /// <summary>A payout to a payee, pending until the node knows: payee to lightning; user data is the payout's
    /// id.</summary>
    Payout = 6,

    /// <summary>A refund of a channel's rest, pending until the node knows: channel to lightning; user data is the
    /// payout's id.</summary>
    Refund = 7,

    /// <summary>A routing fee that the node paid: routing fees to lightning; user data is the payout's id.</summary>
    RoutingFeePaid = 8,

    /// <summary>A routing fee charged to the hub: hub revenue to routing fees; user data is the payout's id.</summary>
    RoutingFeeCharged = 9,

    /// <summary>Payment from one of the hub's own accounts: registry or hub revenue to a payee.</summary>
    Withdrawal = 10,

    /// <summary>A direct channel is opened: promised to direct channel; user data is the channel's id.</summary>
    DirectPromised = 11,

    /// <summary>The downloader of a direct channel pays a payee, pending until it proves so: due to promised; user data
    /// is the payment's id.</summary>
    DirectPayment = 12,

    /// <summary>What is left of a direct channel's promise at its close: direct channel to promised; user data is the
    /// channel's id.</summary>
    DirectReleased = 13,

    /// <summary>What was never proved paid: due to promised; user data is the channel's id.</summary>
    DirectWrittenOff = 14,

    /// <summary>The hub's or the registry's own share of a direct channel came in: lightning to registry or hub
    /// revenue; user data is the payment's id.</summary>
    DirectShare = 15,

    /// <summary>Money for a creator came in through its Lightning address: lightning to payees; user data is the
    /// donation's id.</summary>
    Donation = 20,
}
