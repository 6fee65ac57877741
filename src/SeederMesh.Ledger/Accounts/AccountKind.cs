namespace SeederMesh.Ledger.Accounts;

/// <summary>What an account is for. The number is stored; it is never reused.</summary>
public enum AccountKind
{
    /// <summary>No account has this.</summary>
    None = 0,

    /// <summary>The hub's Lightning node, an asset: debits are money that came in, credits money that went
    /// out.</summary>
    Lightning = 1,

    /// <summary>What is left of a downloader's prepaid budget outside open grants.</summary>
    Channel = 2,

    /// <summary>What is left of the limit that an open grant has set aside for one seeder.</summary>
    Grant = 3,

    /// <summary>What is owed to a payee: a creator's, a seeder.</summary>
    Payee = 4,

    /// <summary>What the registry has earned.</summary>
    Registry = 5,

    /// <summary>What the hub has earned, less the routing fees charged to it.</summary>
    HubRevenue = 6,

    /// <summary>Fractions of a split that are not yet a whole millisatoshi for anybody, for each channel.</summary>
    Carry = 7,

    /// <summary>Routing fees: debits are what the node paid, credits what was charged to the hub's revenue.</summary>
    RoutingFees = 8,

    /// <summary>What the downloader of a direct channel has promised to pay by itself, a contra asset: debits are
    /// promises, credits what of them was proved paid, released or written off. The hub holds none of it.</summary>
    Promised = 9,

    /// <summary>What is left of a direct channel's promise outside open grants.</summary>
    DirectChannel = 10,

    /// <summary>What is left of the limit that an open grant of a direct channel has set aside for one
    /// seeder.</summary>
    DirectGrant = 11,

    /// <summary>What the downloader of one direct channel owes one payee: for each channel and payee.</summary>
    Due = 12,

    /// <summary>Fractions of a direct channel's split that are not yet a whole millisatoshi for anybody.</summary>
    DirectCarry = 13,
}
