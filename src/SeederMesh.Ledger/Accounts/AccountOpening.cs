using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Accounts;

/// <summary>An account to open, or to find open with the same kind and flags.</summary>
/// <remarks>
/// The factories name every account of DESIGN section 6.4, with the flags that each always has. The id is
/// Id128.Derive("account", kind byte || owner's 16 bytes); accounts that a hub has one of have no owner.
/// </remarks>
/// <param name="Id">Its id; not zero and not all ones.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Flags">Its limit.</param>
public sealed record AccountOpening(Id128 Id, AccountKind Kind, AccountFlags Flags)
{
    /// <summary>The hub's Lightning node. Money cannot go out that did not come in.</summary>
    public static AccountOpening Lightning { get; } =
        Of(AccountKind.Lightning, default, AccountFlags.CreditsMustNotExceedDebits);

    /// <summary>The registry's earnings.</summary>
    public static AccountOpening Registry { get; } =
        Of(AccountKind.Registry, default, AccountFlags.DebitsMustNotExceedCredits);

    /// <summary>The hub's earnings.</summary>
    public static AccountOpening HubRevenue { get; } =
        Of(AccountKind.HubRevenue, default, AccountFlags.DebitsMustNotExceedCredits);

    /// <summary>Routing fees paid and charged. Its debit balance is what revenue has not covered yet.</summary>
    public static AccountOpening RoutingFees { get; } =
        Of(AccountKind.RoutingFees, default, AccountFlags.CreditsMustNotExceedDebits);

    /// <summary>The accounts that every hub has, for its first posting.</summary>
    public static IReadOnlyList<AccountOpening> OfHub { get; } = [Lightning, Registry, HubRevenue, RoutingFees];

    /// <summary>The account of a channel.</summary>
    public static AccountOpening Channel(Id128 channelId) =>
        Of(AccountKind.Channel, channelId, AccountFlags.DebitsMustNotExceedCredits);

    /// <summary>The escrow account of a grant.</summary>
    public static AccountOpening Grant(Id128 grantId) =>
        Of(AccountKind.Grant, grantId, AccountFlags.DebitsMustNotExceedCredits);

    /// <summary>The account of a payee: what the hub owes it.</summary>
    public static AccountOpening Payee(Id128 payeeId) =>
        Of(AccountKind.Payee, payeeId, AccountFlags.DebitsMustNotExceedCredits);

    /// <summary>The rounding carry of a channel.</summary>
    public static AccountOpening Carry(Id128 channelId) =>
        Of(AccountKind.Carry, channelId, AccountFlags.DebitsMustNotExceedCredits);

    /// <summary>What a direct channel's downloader has promised. No more of it can be proved, released or written off
    /// than was promised.</summary>
    public static AccountOpening Promised(Id128 channelId) =>
        Of(AccountKind.Promised, channelId, AccountFlags.CreditsMustNotExceedDebits);

    /// <summary>What is left of a direct channel's promise.</summary>
    public static AccountOpening DirectChannel(Id128 channelId) =>
        Of(AccountKind.DirectChannel, channelId, AccountFlags.DebitsMustNotExceedCredits);

    /// <summary>The limit that a direct channel's grant sets aside.</summary>
    public static AccountOpening DirectGrant(Id128 grantId) =>
        Of(AccountKind.DirectGrant, grantId, AccountFlags.DebitsMustNotExceedCredits);

    /// <summary>What a direct channel's downloader owes a payee.</summary>
    public static AccountOpening Due(Id128 channelId, Id128 payeeId) => Of(
        AccountKind.Due,
        Id128.Derive("due", [.. channelId.ToArray(), .. payeeId.ToArray()]),
        AccountFlags.DebitsMustNotExceedCredits);

    /// <summary>The rounding carry of a direct channel.</summary>
    public static AccountOpening DirectCarry(Id128 channelId) =>
        Of(AccountKind.DirectCarry, channelId, AccountFlags.DebitsMustNotExceedCredits);

    private static AccountOpening Of(AccountKind kind, Id128 owner, AccountFlags flags)
    {
        Span<byte> content = stackalloc byte[1 + Id128.Size];
        content[0] = (byte)kind;
        owner.Write(content[1..]);
        ReadOnlySpan<byte> named = owner.IsNone ? content[..1] : content;
        return new AccountOpening(Id128.Derive("account", named), kind, flags);
    }
}
