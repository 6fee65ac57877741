using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;

namespace SeederMesh.Core.Channels;

/// <summary>A downloader's prepaid budget at a hub, and everything drawn on it.</summary>
/// <remarks>
/// <para>
/// Every change comes in two steps: a <c>Decide…</c> method looks and answers without changing anything, its effect is
/// made
/// durable by the caller, and <c>Apply</c> then changes the state. An effect that could not be stored is never applied.
/// Loading a
/// channel applies its stored effects again, so that what is loaded is what was decided.
/// </para>
/// <para>Invariant at every step: funded = settled + reserved for open grants + refunded + available. One caller at a
/// time.</para>
/// </remarks>
public sealed partial class PaymentChannel
{
    private readonly Dictionary<Id128, GrantAccount> grants = [];
    private readonly Dictionary<PublicKey, Msat> settledBySeeder = [];
    private readonly Dictionary<PublicKey, Msat> provedToSeeder = [];
    private readonly List<PublicKey> seeders = [];
    private readonly PieceAccount pieces;
    private readonly IPieceLayout layout;
    private readonly SplitPolicy split;
    private readonly ChannelLimits limits;
    private Msat reserved;

    /// <summary>A channel as it is opened, without money.</summary>
    /// <param name="terms">What was agreed.</param>
    /// <param name="split">The manifest's split.</param>
    /// <param name="layout">The torrent's pieces.</param>
    /// <param name="limits">The hub's bounds.</param>
    /// <param name="direct">How far its downloader, which pays by itself, is trusted; null where it pays in
    /// advance.</param>
    public PaymentChannel(
        ChannelTerms terms, SplitPolicy split, IPieceLayout layout, ChannelLimits limits, DirectWindow? direct = null)
    {
        Terms = terms;
        Direct = direct;
        this.split = split;
        this.layout = layout;
        this.limits = limits;
        pieces = new PieceAccount();
        Id = terms.ChannelId;
    }

    /// <summary>The channel's id.</summary>
    public Id128 Id { get; }

    /// <summary>What was agreed when it was opened.</summary>
    public ChannelTerms Terms { get; }

    /// <summary>Where it stands.</summary>
    public ChannelStatus Status { get; private set; } = ChannelStatus.Open;

    /// <summary>How far the downloader of a direct channel is trusted; null for a channel that is paid in
    /// advance.</summary>
    public DirectWindow? Direct { get; }

    /// <summary>Of a direct channel: what was proved paid.</summary>
    public Msat Proved { get; private set; }

    /// <summary>Of a direct channel: what a downloader that pays nothing more leaves unpaid, open grants
    /// included.</summary>
    public Msat Exposed => (Settled + reserved).Less(Msat.Min(Proved, Settled + reserved));

    /// <summary>All that was paid in; of a direct channel, all that was promised.</summary>
    public Msat Funded { get; private set; }

    /// <summary>All that receipts have settled.</summary>
    public Msat Settled { get; private set; }

    /// <summary>All that went back, or is on its way back, to the downloader.</summary>
    public Msat Refunded { get; private set; }

    /// <summary>What is set aside for open grants.</summary>
    public Msat Reserved => reserved;

    /// <summary>What a new grant may still take.</summary>
    public Msat Available => Funded.Less(Settled + reserved + Refunded);

    /// <summary>When a closing channel closes even if a seeder has not reported; null while it is open.</summary>
    public long? ClosesAtUnixMs { get; private set; }

    /// <summary>The grants, open and closed.</summary>
    public IReadOnlyCollection<GrantAccount> Grants => grants.Values;

    /// <summary>The seeders that have been paid, in the order of their first settlement.</summary>
    public IReadOnlyList<PublicKey> Seeders => seeders;

    /// <summary>The grant of that id, if this channel has given it.</summary>
    public GrantAccount? FindGrant(Id128 grantId) => grants.GetValueOrDefault(grantId);

    /// <summary>What the receipts of one seeder have settled.</summary>
    public Msat SettledBy(PublicKey seeder) => settledBySeeder.GetValueOrDefault(seeder);

    /// <summary>Decides on money that came in. Money is never refused: what a closed channel receives is
    /// refunded.</summary>
    /// <param name="amount">What the invoice received, more or less than was asked.</param>
    public FundingEffect DecideFunding(Msat amount) => new(amount, RefundNow: Status == ChannelStatus.Closed ? amount : Msat.Zero);

    /// <summary>Applies money that came in; the caller has stored it under the invoice's payment hash, once.</summary>
    public void Apply(FundingEffect effect)
    {
        Funded += effect.Amount;
        Refunded += effect.RefundNow;
    }

    /// <summary>Notes what the downloader of a direct channel has proved to have paid; it never falls.</summary>
    /// <param name="proved">All of it, as the books have it.</param>
    public void NoteProved(Msat proved) => Proved = proved > Proved ? proved : Proved;

    /// <summary>Notes what of it went to one seeder; it never falls.</summary>
    /// <param name="seeder">Whom.</param>
    /// <param name="share">What it received, as the books have it: its share of what its receipts settled.</param>
    public void NoteProved(PublicKey seeder, Msat share)
    {
        if (share > provedToSeeder.GetValueOrDefault(seeder))
        {
            provedToSeeder[seeder] = share;
        }
    }

    /// <summary>Decides on a request for a grant.</summary>
    /// <param name="seeder">Who may draw.</param>
    /// <param name="limit">How much, at least 1 msat unless the price is zero.</param>
    /// <param name="generation">The seeder's first grant is 0, the next 1, and so on; the same again gives the same
    /// grant.</param>
    /// <param name="nowUnixMs">The hub's clock.</param>
    /// <param name="grant">The grant to sign, when given or already given.</param>
    public GrantResult DecideGrant(PublicKey seeder, Msat limit, int generation, long nowUnixMs, out Grant? grant)
    {
        Id128 grantId = Grant.IdFor(Id, seeder, generation);
        grant = null;
        if (grants.TryGetValue(grantId, out GrantAccount? given))
        {
            if (given.Grant.Limit != limit)
            {
                return GrantResult.ConflictsWithEarlier;
            }

            grant = given.Grant;
            return GrantResult.AlreadyGiven;
        }

        GrantResult result = this switch
        {
            { Status: not ChannelStatus.Open } => GrantResult.ChannelClosed,
            _ when nowUnixMs >= Terms.ExpiresUnixMs => GrantResult.ChannelExpired,
            _ when seeder == Terms.Downloader => GrantResult.SeederIsDownloader,
            _ when limit.IsZero && Terms.Price.Msat != 0 => GrantResult.LimitIsZero,
            _ when grants.Values.Count(open => !open.IsClosed) >= limits.GrantsMax => GrantResult.TooManyGrants,
            _ when limit > Available => GrantResult.InsufficientFunds,
            { Direct: not null } when limit > RoomFor(seeder) => GrantResult.TooMuchUnpaid,
            _ => GrantResult.Given,
        };
        if (result == GrantResult.Given)
        {
            grant = new Grant(
                grantId, Id, Terms.Hub, Terms.Downloader, seeder, Terms.Infohash, Terms.ManifestDigest, Terms.Price, limit,
                Terms.ExpiresUnixMs);
        }

        return result;
    }

    /// <summary>The most that a new grant of a seeder may allow now: what is left of the channel, and on a direct one of
    /// the trust of all together and of that seeder.</summary>
    /// <remarks>A seeder by itself trusts by what it was paid itself. Without this, proofs of a seeder that is the
    /// downloader's own would open the window to the others.</remarks>
    public Msat RoomFor(PublicKey seeder)
    {
        if (Direct is not { } window)
        {
            return Available;
        }

        Msat room = Msat.Min(Available, Left(window.After(Proved), Exposed));
        if (split.Seeders.Value == 0)
        {
            return room;
        }

        (Msat atStake, Msat proved) = StakeOf(seeder);
        return Msat.Min(room, Left(window.After(proved), atStake));

        static Msat Left(Msat window, Msat taken) => window.Less(Msat.Min(window, taken));
    }

    /// <summary>By how much a grant makes what a seeder has at stake on a direct channel exceed what it was paid there: its
    /// share.</summary>
    public Msat UnbackedBy(PublicKey seeder, Msat limit)
    {
        (Msat atStake, Msat proved) = StakeOf(seeder);
        Msat before = atStake.Less(Msat.Min(atStake, proved));
        Msat after = atStake + limit;
        return split.Seeders.Of(after.Less(Msat.Min(after, proved)).Less(before));
    }

    /// <summary>What is granted to a seeder, or settled by it and not proved; and what was proved, as the whole that its share
    /// is the share of.</summary>
    private (Msat AtStake, Msat Proved) StakeOf(PublicKey seeder)
    {
        // One msat up: a share is rounded down, so what it is the share of is a little more than it seems.
        Msat settled = SettledBy(seeder);
        Msat share = provedToSeeder.GetValueOrDefault(seeder);
        Int128 whole = share.IsZero || split.Seeders.Value == 0
            ? 0
            : ((Int128)share.Value + 1) * BasisPoints.Whole / split.Seeders.Value;
        Msat proved = Msat.From((long)Int128.Min(whole, settled.Value));
        long granted = grants.Values.Where(grant => grant.Grant.Seeder == seeder).Sum(grant => grant.Reserved.Value);
        return (settled.Less(proved) + Msat.From(granted), proved);
    }

    /// <summary>Applies a grant whose reservation is stored.</summary>
    public void Apply(Grant grant)
    {
        Invariant.Require(grant.ChannelId == Id && grant.Limit <= Available, "a grant is covered by its channel");
        grants.Add(grant.GrantId, GrantAccount.Open(grant));
        reserved += grant.Limit;
    }

    private void Replace(GrantAccount before, GrantAccount after)
    {
        reserved = reserved.Less(before.Reserved) + after.Reserved;
        grants[after.Grant.GrantId] = after;
    }
}

/// <summary>Money that came in.</summary>
/// <param name="Amount">All of it.</param>
/// <param name="RefundNow">What of it goes straight back, because the channel is closed.</param>
public readonly record struct FundingEffect(Msat Amount, Msat RefundNow);

/// <summary>The answer to a request for a grant, in the order of the checks.</summary>
public enum GrantResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The same grant was given before.</summary>
    AlreadyGiven,

    /// <summary>A grant of that generation was given with another limit.</summary>
    ConflictsWithEarlier,

    /// <summary>The channel is closing or closed.</summary>
    ChannelClosed,

    /// <summary>The channel's time is over.</summary>
    ChannelExpired,

    /// <summary>A downloader cannot draw on its own channel.</summary>
    SeederIsDownloader,

    /// <summary>A paid grant of nothing.</summary>
    LimitIsZero,

    /// <summary>The channel has as many open grants as it may.</summary>
    TooManyGrants,

    /// <summary>The budget does not cover it beside the other open grants.</summary>
    InsufficientFunds,

    /// <summary>Of a direct channel: with it, more would be granted or due than is trusted without proof.</summary>
    TooMuchUnpaid,

    /// <summary>Given; the amount is to be set aside.</summary>
    Given,
}
