using System.Text.Json.Serialization;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>What a hub says of itself.</summary>
public sealed record HubInfo
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its key, which signs grants.</summary>
    public required PublicKey PublicKey { get; init; }

    /// <summary>The key of its registry.</summary>
    public PublicKey? RegistryPublicKey { get; init; }

    /// <summary>The Lightning network that it pays on; "play money" for the embedded one.</summary>
    public string Network { get; init; } = "";

    /// <summary>Its Lightning node, 66 hexadecimal digits.</summary>
    public string? NodeId { get; init; }

    /// <summary>Its limits.</summary>
    public HubLimits Limits { get; init; } = new();

    /// <summary>Whether its money is play money.</summary>
    public bool IsPlayMoney => string.Equals(Network, "play money", StringComparison.Ordinal);
}

/// <summary>The limits of a hub, as far as a client needs them.</summary>
public sealed record HubLimits
{
    /// <summary>Bytes of one report.</summary>
    public int ReportBytesMax { get; init; } = 4 << 20;

    /// <summary>Runs in one report.</summary>
    public int ReportRunsMax { get; init; } = 4_096;

    /// <summary>How long a seeder may report after a downloader closed, milliseconds.</summary>
    public long ReportGraceMs { get; init; } = 3_600_000;

    /// <summary>How long a channel may live, milliseconds.</summary>
    public long ChannelLifetimeMsMax { get; init; } = 30L * 86_400_000;

    /// <summary>The largest budget; null for none.</summary>
    public Msat? BudgetMsatMax { get; init; }
}

/// <summary>What a downloader asks for when it opens a channel.</summary>
/// <param name="DownloaderKey">A key drawn for this download.</param>
/// <param name="Infohash">The torrent.</param>
/// <param name="ManifestDigest">The manifest whose price and split apply.</param>
/// <param name="BudgetMsat">What the first invoice asks for.</param>
/// <param name="MaxPricePerMiBMsat">The most that the downloader agreed to, so that nobody changes the price under
/// it.</param>
/// <param name="ExpiresUnixMs">When grants end.</param>
/// <param name="Refund">Where the rest goes; null for a direct channel, which has none.</param>
/// <param name="Mode">"direct" when the downloader's own wallet pays; null when the hub does.</param>
public sealed record OpenChannelRequest(
    PublicKey DownloaderKey,
    Digest Infohash,
    Digest ManifestDigest,
    Msat BudgetMsat,
    Msat MaxPricePerMiBMsat,
    long ExpiresUnixMs,
    string? Refund,
    string? Mode = null);

/// <summary>A channel as its hub sees it.</summary>
public sealed record ChannelInfo
{
    /// <summary>The channel.</summary>
    public required Id128 ChannelId { get; init; }

    /// <summary>"open", "closing" or "closed".</summary>
    public required string State { get; init; }

    /// <summary>The price that its grants carry.</summary>
    public Msat PricePerMiBMsat { get; init; }

    /// <summary>What came in.</summary>
    public Msat FundedMsat { get; init; }

    /// <summary>What is set aside for open grants.</summary>
    public Msat ReservedMsat { get; init; }

    /// <summary>What receipts have settled.</summary>
    public Msat SettledMsat { get; init; }

    /// <summary>What a new grant may take.</summary>
    public Msat AvailableMsat { get; init; }

    /// <summary>What went back or is on its way back.</summary>
    public Msat RefundedMsat { get; init; }

    /// <summary>The first invoice, BOLT 11.</summary>
    public string Invoice { get; init; } = "";

    /// <summary>Its grants.</summary>
    public IReadOnlyList<ChannelGrantInfo> Grants { get; init; } = [];

    /// <summary>Payments of its rest.</summary>
    public IReadOnlyList<RefundInfo> Refunds { get; init; } = [];

    /// <summary>"prepaid", or "direct" when the downloader's own wallet pays: then what is funded is only
    /// promised.</summary>
    public string Mode { get; init; } = "prepaid";

    /// <summary>Whether the downloader's own wallet pays.</summary>
    public bool IsDirect => string.Equals(Mode, "direct", StringComparison.Ordinal);

    /// <summary>Whether it is closed for good.</summary>
    public bool IsClosed => string.Equals(State, "closed", StringComparison.Ordinal);
}

/// <summary>A grant as its hub sees it.</summary>
public sealed record ChannelGrantInfo
{
    /// <summary>The grant.</summary>
    public required Id128 GrantId { get; init; }

    /// <summary>Its seeder.</summary>
    public required PublicKey SeederKey { get; init; }

    /// <summary>The most that it can pay.</summary>
    public Msat LimitMsat { get; init; }

    /// <summary>What it has paid.</summary>
    public Msat SettledMsat { get; init; }

    /// <summary>Whether its rest went back.</summary>
    public bool Closed { get; init; }
}

/// <summary>A payment of a channel's rest.</summary>
public sealed record RefundInfo
{
    /// <summary>How much.</summary>
    public Msat AmountMsat { get; init; }

    /// <summary>"intended", "sent", "succeeded", "failed" or "parked".</summary>
    public string State { get; init; } = "";

    /// <summary>Whether it arrived.</summary>
    public bool IsDone => string.Equals(State, "succeeded", StringComparison.Ordinal);

    /// <summary>What routing it cost the hub.</summary>
    public Msat FeePaidMsat { get; init; }

    /// <summary>Why it failed or waits, or null.</summary>
    public string? Reason { get; init; }
}

/// <summary>An invoice that adds money to a channel.</summary>
/// <param name="TopUpId">The caller's id.</param>
/// <param name="AmountMsat">What it asks for.</param>
/// <param name="Invoice">BOLT 11.</param>
public sealed record TopUpInfo(
    [property: JsonRequired] Id128 TopUpId, [property: JsonRequired] Msat AmountMsat, [property: JsonRequired] string Invoice);

/// <summary>A seeder as its hub sees it.</summary>
public sealed record SeederInfo
{
    /// <summary>The seeder.</summary>
    public required PublicKey SeederKey { get; init; }

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Bytes that its settled receipts cover.</summary>
    public long UploadedBytes { get; init; }

    /// <summary>Settled receipts.</summary>
    public long Receipts { get; init; }

    /// <summary>What it earned in all.</summary>
    public Msat EarnedMsat { get; init; }

    /// <summary>What was paid out.</summary>
    public Msat PaidMsat { get; init; }

    /// <summary>Payments under way.</summary>
    public Msat PendingMsat { get; init; }

    /// <summary>What is still owed, payments under way not counted.</summary>
    public Msat OwedMsat { get; init; }

    /// <summary>What downloaders that pay by themselves brought, beside all of the above.</summary>
    public DirectEarnings Direct { get; init; } = new();

    /// <summary>Grants that it may report on, newest first.</summary>
    public IReadOnlyList<SeederGrantInfo> OpenGrants { get; init; } = [];
}

/// <summary>A grant as its seeder's hub lists it.</summary>
public sealed record SeederGrantInfo
{
    /// <summary>The grant.</summary>
    public required Id128 GrantId { get; init; }

    /// <summary>The channel that it draws on.</summary>
    public required Id128 ChannelId { get; init; }

    /// <summary>Whether the downloader pays by itself.</summary>
    public bool Direct { get; init; }
}

/// <summary>What direct channels brought a seeder: earned = paid + due + unpaid.</summary>
public sealed record DirectEarnings
{
    /// <summary>What it earned in all.</summary>
    public Msat EarnedMsat { get; init; }

    /// <summary>What downloaders proved to have paid it.</summary>
    public Msat PaidMsat { get; init; }

    /// <summary>What is still due.</summary>
    public Msat DueMsat { get; init; }

    /// <summary>What was never paid.</summary>
    public Msat UnpaidMsat { get; init; }
}

/// <summary>What is due on a direct channel.</summary>
public sealed record DuesInfo
{
    /// <summary>Each payee.</summary>
    public required IReadOnlyList<DueInfo> Dues { get; init; }

    /// <summary>The invoices to pay.</summary>
    public required IReadOnlyList<DuePaymentInfo> Payments { get; init; }

    /// <summary>What may be granted or due without proof now.</summary>
    public Msat WindowMsat { get; init; }

    /// <summary>What of that may still be granted.</summary>
    public Msat RoomMsat { get; init; }

    /// <summary>Whether nothing is due any more and nothing will be.</summary>
    public bool Ended { get; init; }

    /// <summary>Whether the channel is closed, so that nothing more becomes due.</summary>
    public bool Closed { get; init; }

    /// <summary>Names what there is to act on.</summary>
    public string Version { get; init; } = "";

    /// <summary>What is due and not proved, under an invoice or not.</summary>
    public Msat Unproved => Dues.Aggregate(Msat.Zero, (sum, due) => sum + due.DueMsat + due.UnderWayMsat);
}

/// <summary>What is due to one payee.</summary>
public sealed record DueInfo
{
    /// <summary>The payee.</summary>
    public required Id128 PayeeId { get; init; }

    /// <summary>"creator", "seeder", "registry" or "hub".</summary>
    public string Kind { get; init; } = "";

    /// <summary>What the downloader proved to have paid.</summary>
    public Msat ProvedMsat { get; init; }

    /// <summary>What is under an invoice.</summary>
    public Msat UnderWayMsat { get; init; }

    /// <summary>What is due beside it.</summary>
    public Msat DueMsat { get; init; }

    /// <summary>Why there is no invoice, or null.</summary>
    public string? Remark { get; init; }

    /// <summary>Whether it is less than the payee's address takes.</summary>
    public bool TooSmall { get; init; }
}

/// <summary>An invoice that a direct channel's downloader is to pay.</summary>
public sealed record DuePaymentInfo
{
    /// <summary>The hub's id of the payment.</summary>
    public required Id128 PayoutId { get; init; }

    /// <summary>Who is paid.</summary>
    public required Id128 PayeeId { get; init; }

    /// <summary>What it asks for.</summary>
    public required Msat AmountMsat { get; init; }

    /// <summary>The invoice.</summary>
    public required string Invoice { get; init; }

    /// <summary>Its hash.</summary>
    public required Digest PaymentHash { get; init; }

    /// <summary>When it can no longer be paid, unix ms.</summary>
    public required long ExpiresUnixMs { get; init; }
}

/// <summary>What a registry answered to a manifest.</summary>
/// <param name="AlreadyThere">Whether it had it.</param>
/// <param name="Receipt">The registry's signed receipt, JSON as it came.</param>
public sealed record RegistrationResult(bool AlreadyThere, ReadOnlyMemory<byte> Receipt);

/// <summary>What a hub said to one run of a report.</summary>
/// <param name="Verdict">Its verdict; null when it could not judge the run now, and it is to be reported again.</param>
/// <param name="SettledSequence">Where its chain of that grant stands; 0 when it does not know the grant.</param>
public readonly record struct RunVerdict(Core.Channels.ReceiptVerdict? Verdict, long SettledSequence);
