using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Channels;

/// <summary>What a downloader and a hub agreed on when the channel was opened; never changes.</summary>
/// <param name="Hub">The hub's key.</param>
/// <param name="Downloader">The downloader's key, fresh for each download so that downloads cannot be linked.</param>
/// <param name="Infohash">The torrent, by its full v2 infohash.</param>
/// <param name="ManifestDigest">The manifest whose split and price apply.</param>
/// <param name="Price">The manifest's price, which every grant carries.</param>
/// <param name="ExpiresUnixMs">When grants stop counting, milliseconds since 1970.</param>
public sealed record ChannelTerms(
    PublicKey Hub,
    PublicKey Downloader,
    Digest Infohash,
    Digest ManifestDigest,
    PricePerMebibyte Price,
    long ExpiresUnixMs)
{
    /// <summary>The channel's id: one for each downloader key at a hub.</summary>
    public Id128 ChannelId => IdFor(Hub, Downloader);

    /// <summary>The id of the channel of <paramref name="downloader"/> at <paramref name="hub"/>.</summary>
    public static Id128 IdFor(PublicKey hub, PublicKey downloader) =>
        Id128.Derive("channel", [.. hub.Span, .. downloader.Span]);
}

/// <summary>Bounds that a hub sets for all its channels.</summary>
/// <param name="ReportGraceMs">How long after expiry, or after a downloader's close, a seeder may still report;
/// milliseconds.</param>
/// <param name="GrantsMax">Open grants a channel may have at once.</param>
/// <param name="ClockSkewMs">How far into the future a receipt's time may lie, milliseconds.</param>
public sealed record ChannelLimits(long ReportGraceMs, int GrantsMax, long ClockSkewMs)
{
    /// <summary>One hour's grace, 256 grants, five minutes of clock skew.</summary>
    public static ChannelLimits Default { get; } = new(3_600_000, 256, 300_000);
}

/// <summary>Where a channel stands.</summary>
public enum ChannelStatus
{
    /// <summary>Never stored.</summary>
    None = 0,

    /// <summary>Grants may be given while the budget covers them.</summary>
    Open = 1,

    /// <summary>No new grants; seeders may report what they still hold until the grace is over.</summary>
    Closing = 2,

    /// <summary>All grants are settled, the carry is handed out, the rest is refunded.</summary>
    Closed = 3,
}
