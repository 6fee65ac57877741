using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;

namespace SeederMesh.Core.Channels;

/// <content>Closing: grants give back what they did not use, then the carry is handed out and the rest
/// refunded.</content>
public sealed partial class PaymentChannel
{
    /// <summary>Decides on closing a grant.</summary>
    /// <param name="grantId">The grant.</param>
    /// <param name="by">The seeder closes at once; the downloader starts the time in which the seeder may still
    /// report.</param>
    /// <param name="nowUnixMs">The hub's clock.</param>
    /// <param name="effect">What to store and apply, when the result is <see cref="CloseGrantResult.Closed"/> or
    /// <see cref="CloseGrantResult.Closing"/>.</param>
    public CloseGrantResult DecideCloseGrant(Id128 grantId, PublicKey by, long nowUnixMs, out CloseGrantEffect effect)
    {
        effect = default;
        if (!grants.TryGetValue(grantId, out GrantAccount? account))
        {
            return CloseGrantResult.UnknownGrant;
        }

        if (by != account.Grant.Seeder && by != Terms.Downloader)
        {
            return CloseGrantResult.NotAParty;
        }

        if (account.IsClosed)
        {
            return CloseGrantResult.AlreadyClosed;
        }

        if (by == account.Grant.Seeder)
        {
            effect = new CloseGrantEffect(grantId, account.Reserved, ClosesAtUnixMs: null);
            return CloseGrantResult.Closed;
        }

        effect = new CloseGrantEffect(grantId, Msat.Zero, account.ClosesAtUnixMs ?? nowUnixMs + limits.ReportGraceMs);
        return CloseGrantResult.Closing;
    }

    /// <summary>Decides on closing the channel: no new grants, and each open grant has the grace to be reported
    /// on.</summary>
    /// <returns>When it closes at the latest; null when it is closing or closed already.</returns>
    public long? DecideClosing(long nowUnixMs) =>
        Status == ChannelStatus.Open ? nowUnixMs + limits.ReportGraceMs : null;

    /// <summary>Applies the decision to close.</summary>
    public void ApplyClosing(long closesAtUnixMs)
    {
        Invariant.Require(Status == ChannelStatus.Open, "only an open channel starts to close");
        Status = ChannelStatus.Closing;
        ClosesAtUnixMs = closesAtUnixMs;
    }

    /// <summary>The open grants whose time is over: asked to close, with the channel, or expired, and the grace gone
    /// by.</summary>
    public IReadOnlyList<CloseGrantEffect> DecideOverdueGrants(long nowUnixMs) =>
    [
        .. grants.Values
            .Where(account => !account.IsClosed && nowUnixMs > DeadlineOf(account))
            .Select(account => new CloseGrantEffect(account.Grant.GrantId, account.Reserved, ClosesAtUnixMs: null)),
    ];

    /// <summary>When <see cref="DecideOverdueGrants"/> or <see cref="IsExpired"/> next has something to do; null when
    /// nothing is pending.</summary>
    public long? NextDeadlineUnixMs()
    {
        long? deadline = Status == ChannelStatus.Open ? Terms.ExpiresUnixMs + limits.ReportGraceMs : ClosesAtUnixMs;
        foreach (GrantAccount account in grants.Values)
        {
            if (!account.IsClosed && (deadline is null || DeadlineOf(account) < deadline))
            {
                deadline = DeadlineOf(account);
            }
        }

        return Status == ChannelStatus.Closed ? null : deadline;
    }

    /// <summary>Whether an open channel's time, and the grace after it, are over: then it is to be closed.</summary>
    public bool IsExpired(long nowUnixMs) =>
        Status == ChannelStatus.Open && nowUnixMs > Terms.ExpiresUnixMs + limits.ReportGraceMs;

    /// <summary>Applies the closing of a grant, or the time at which it will close.</summary>
    public void Apply(CloseGrantEffect effect)
    {
        GrantAccount before = grants[effect.GrantId];
        Invariant.Require(!before.IsClosed, "a grant is closed once");
        Replace(
            before,
            effect.ClosesAtUnixMs is { } deadline
                ? before with { ClosesAtUnixMs = deadline }
                : before with { IsClosed = true });
    }

    /// <summary>Decides on the end: once the channel is closing and every grant is closed.</summary>
    /// <returns>The carry's last legs and the refund; null while something is open.</returns>
    public ChannelClosedEffect? DecideClosed()
    {
        if (Status != ChannelStatus.Closing || grants.Values.Any(account => !account.IsClosed))
        {
            return null;
        }

        Invariant.Require(reserved.IsZero, "closed grants reserve nothing");
        Msat[] bySeeder = [.. seeders.Select(SettledBy)];
        return new ChannelClosedEffect(split.Close(Settled, bySeeder), Available);
    }

    /// <summary>Applies the end.</summary>
    public void Apply(ChannelClosedEffect effect)
    {
        Invariant.Require(Status == ChannelStatus.Closing && effect.Refund == Available, "a channel is closed once, to the msat");
        Refunded += effect.Refund;
        Status = ChannelStatus.Closed;
        ClosesAtUnixMs = null;
    }

    private long DeadlineOf(GrantAccount account) => Math.Min(
        Math.Min(account.ClosesAtUnixMs ?? long.MaxValue, ClosesAtUnixMs ?? long.MaxValue),
        Terms.ExpiresUnixMs + limits.ReportGraceMs);
}

/// <summary>A grant closes, or is told when it will.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="Released">What goes back to the channel.</param>
/// <param name="ClosesAtUnixMs">When it will close; null when it closes now.</param>
public readonly record struct CloseGrantEffect(Id128 GrantId, Msat Released, long? ClosesAtUnixMs);

/// <summary>The end of a channel.</summary>
/// <param name="Legs">The carry, handed out by largest remainder; the seeders' legs in the order of
/// <see cref="PaymentChannel.Seeders"/>.</param>
/// <param name="Refund">What goes back to the downloader.</param>
public sealed record ChannelClosedEffect(ClosingLegs Legs, Msat Refund);

/// <summary>The answer to a request to close a grant, in the order of the checks.</summary>
public enum CloseGrantResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The channel has given no such grant.</summary>
    UnknownGrant,

    /// <summary>Only the grant's seeder and its downloader may close it.</summary>
    NotAParty,

    /// <summary>It is closed.</summary>
    AlreadyClosed,

    /// <summary>It closes when the seeder closes it or the grace is over.</summary>
    Closing,

    /// <summary>It closes now.</summary>
    Closed,
}
