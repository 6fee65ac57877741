using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Records;

/// <summary>A downloader's prepaid budget at this hub, for one torrent under one manifest.</summary>
/// <remarks>funded = settled + what is open + refunded: the open part is on the channel's, its grants' and its carry
/// account.</remarks>
public sealed record ChannelRecord : RevisedRecord, IStoredRecord<ChannelRecord>
{
    private static readonly RecordTable Definition = new(
        1,
        "channel",
        1,
        IsRevised: true,
        [
            "id", "hub_key", "downloader_key", "infohash", "manifest_digest", "budget_msat",
            "max_price_per_mib_msat", "expires_unix_ms", "status", "funded_msat", "settled_msat",
            "refunded_msat", "refund_destination", "created_unix_ms", "closes_unix_ms", "closed_unix_ms", "mode",
            "dues_ended_unix_ms", "revision",
        ]);

    /// <summary>The channel's id: Id128.Derive("channel", hub key || downloader key).</summary>
    public required Id128 Id { get; init; }

    /// <summary>The hub that it is open at.</summary>
    public required PublicKey HubKey { get; init; }

    /// <summary>The downloader's key, fresh for each download.</summary>
    public required PublicKey DownloaderKey { get; init; }

    /// <summary>The torrent's full v2 infohash.</summary>
    public required Digest Infohash { get; init; }

    /// <summary>The manifest that sets the split.</summary>
    public required Digest ManifestDigest { get; init; }

    /// <summary>The most that the downloader may spend over all grants.</summary>
    public required Msat Budget { get; init; }

    /// <summary>The highest price for 1 MiB that it accepts.</summary>
    public required Msat MaxPricePerMib { get; init; }

    /// <summary>When it ends by itself, unix milliseconds.</summary>
    public required long ExpiresUnixMs { get; init; }

    /// <summary>How far it is.</summary>
    public required ChannelStatus Status { get; init; }

    /// <summary>Paid in so far.</summary>
    public Msat Funded { get; init; }

    /// <summary>Settled so far, over all its grants.</summary>
    public Msat Settled { get; init; }

    /// <summary>What goes back to the downloader: paid, on its way, or left on the channel's account for a refund. Set
    /// at the close, and
    /// for money that came in later.</summary>
    public Msat Refunded { get; init; }

    /// <summary>Where the rest goes at the close; null while unknown.</summary>
    public string? RefundDestination { get; init; }

    /// <summary>When it was created, unix milliseconds.</summary>
    public required long CreatedUnixMs { get; init; }

    /// <summary>When a closing channel closes at the latest, unix milliseconds; null while it is open.</summary>
    public long? ClosesUnixMs { get; init; }

    /// <summary>When it was closed, unix milliseconds.</summary>
    public long? ClosedUnixMs { get; init; }

    /// <summary>Who pays. Default: prepaid. Of a direct channel, <see cref="Funded"/> is what was promised, and
    /// <see cref="Refunded"/> what of it was released.</summary>
    public ChannelMode Mode { get; init; } = ChannelMode.Prepaid;

    /// <summary>Of a direct channel: when everything due was paid or written off, unix milliseconds.</summary>
    public long? DuesEndedUnixMs { get; init; }

    static RecordTable IStoredRecord<ChannelRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static ChannelRecord IStoredRecord<ChannelRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Id(0),
        HubKey = row.Key(1),
        DownloaderKey = row.Key(2),
        Infohash = row.Digest(3),
        ManifestDigest = row.Digest(4),
        Budget = row.Amount(5),
        MaxPricePerMib = row.Amount(6),
        ExpiresUnixMs = row.Number(7),
        Status = (ChannelStatus)row.Number(8),
        Funded = row.Amount(9),
        Settled = row.Amount(10),
        Refunded = row.Amount(11),
        RefundDestination = row.OptionalText(12),
        CreatedUnixMs = row.Number(13),
        ClosesUnixMs = row.OptionalNumber(14),
        ClosedUnixMs = row.OptionalNumber(15),
        Mode = (ChannelMode)row.Number(16),
        DuesEndedUnixMs = row.OptionalNumber(17),
        Revision = row.Number(18),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        HubKey.ToArray(),
        DownloaderKey.ToArray(),
        Infohash.ToArray(),
        ManifestDigest.ToArray(),
        Budget.Value,
        MaxPricePerMib.Value,
        ExpiresUnixMs,
        (long)Status,
        Funded.Value,
        Settled.Value,
        Refunded.Value,
        RefundDestination,
        CreatedUnixMs,
        ClosesUnixMs,
        ClosedUnixMs,
        (long)Mode,
        DuesEndedUnixMs,
        Revision,
    ];
}
