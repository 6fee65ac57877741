using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.Accounts;

/// <summary>The accounts that one channel moves money between: of money that the hub holds, or of promises that the
/// downloader pays by itself. The two never mix.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="Mode">Who pays.</param>
public readonly record struct ChannelAccounts(Id128 ChannelId, ChannelMode Mode)
{
    private bool IsDirect => Mode == ChannelMode.Direct;

    /// <summary>What is left outside open grants.</summary>
    public AccountOpening Channel => IsDirect ? AccountOpening.DirectChannel(ChannelId) : AccountOpening.Channel(ChannelId);

    /// <summary>The rounding carry.</summary>
    public AccountOpening Carry => IsDirect ? AccountOpening.DirectCarry(ChannelId) : AccountOpening.Carry(ChannelId);

    /// <summary>What the registry earns.</summary>
    public AccountOpening Registry =>
        IsDirect ? AccountOpening.Due(ChannelId, PayeeRecord.RegistryId) : AccountOpening.Registry;

    /// <summary>What the hub earns.</summary>
    public AccountOpening Hub => IsDirect ? AccountOpening.Due(ChannelId, PayeeRecord.HubId) : AccountOpening.HubRevenue;

    /// <summary>What a grant has set aside.</summary>
    public AccountOpening Grant(Id128 grantId) =>
        IsDirect ? AccountOpening.DirectGrant(grantId) : AccountOpening.Grant(grantId);

    /// <summary>What a payee earns.</summary>
    public AccountOpening Payee(Id128 payeeId) =>
        IsDirect ? AccountOpening.Due(ChannelId, payeeId) : AccountOpening.Payee(payeeId);
}
