using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;

namespace SeederMesh.Grains;

/// <summary>What the operator of a hub decides, the same for all its grains.</summary>
/// <param name="Key">Signs grants.</param>
/// <param name="Limits">Bounds of every channel.</param>
/// <param name="Payouts">What routing may cost.</param>
/// <param name="PayoutSecret">32 bytes from which the preimages of keysends follow, so that none has to be stored
/// before it is revealed.</param>
public sealed record HubSettings(SigningKey Key, ChannelLimits Limits, PayoutPolicy Payouts, byte[] PayoutSecret)
{
    /// <summary>The longest life of a channel, milliseconds. Default: 30 days.</summary>
    public long ChannelLifetimeMsMax { get; init; } = 30L * 24 * 3_600_000;

    /// <summary>The largest budget or top-up. Default: 0.01 BTC.</summary>
    public Msat BudgetMax { get; init; } = Msat.FromSatoshi(1_000_000);

    /// <summary>The least share of the hub's that a manifest may give, basis points. Default: any.</summary>
    public int HubBpsMin { get; init; }

    /// <summary>The least share of the registry's that a manifest may give, basis points. Default: any.</summary>
    public int RegistryBpsMin { get; init; }

    /// <summary>Whether downloaders may pay by themselves. Default: yes.</summary>
    public bool TakesDirect { get; init; } = true;

    /// <summary>How far a downloader that pays by itself is trusted before it proves payments.</summary>
    public DirectPolicy Direct { get; init; } = DirectPolicy.Default;

    /// <summary>How long after its close a direct channel's downloader may still pay what is due, milliseconds; then it
    /// is written off. Default: a day.</summary>
    public long DirectGraceMs { get; init; } = 24L * 3_600_000;

    /// <summary>How payees are paid that chose nothing, and what they may choose. Default: from 1 sat on, as it is
    /// earned.</summary>
    public PayoutBounds Terms { get; init; } = new(PayoutTerms.Default, Msat.FromSatoshi(1), Msat.FromSatoshi(1_000_000));

    /// <summary>What of its revenue the hub spends on routing. Default: all.</summary>
    public RoutingFeeAllowance RoutingFees { get; init; } = RoutingFeeAllowance.All;

    /// <summary>What the Lightning node keeps: payouts leave so much of its outgoing capacity. Default: nothing.</summary>
    public Msat LiquidityReserve { get; init; }

    /// <summary>Whether the node pays BOLT 12 offers; where it does not, nobody can name one as a
    /// destination.</summary>
    public bool PaysOffers { get; init; }

    /// <summary>Invoices of one channel, the first included.</summary>
    public const int InvoicesMax = 64;

    /// <summary>How long an invoice can be paid.</summary>
    public static readonly TimeSpan InvoiceExpiry = TimeSpan.FromHours(1);
}
