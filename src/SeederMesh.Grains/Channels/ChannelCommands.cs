using Orleans;

namespace SeederMesh.Grains.Channels;

/// <summary>Terms of a channel to open. The caller's key is the downloader's.</summary>
[GenerateSerializer]
[Alias("seedermesh.open-channel")]
public sealed record OpenChannelCommand
{
    /// <summary>The downloader's key, 32 bytes.</summary>
    [Id(0)]
    public byte[] Downloader { get; init; } = [];

    /// <summary>The torrent's full v2 infohash, 32 bytes.</summary>
    [Id(1)]
    public byte[] Infohash { get; init; } = [];

    /// <summary>The manifest whose price and split apply, 32 bytes.</summary>
    [Id(2)]
    public byte[] ManifestDigest { get; init; } = [];

    /// <summary>What the first invoice asks for, msat.</summary>
    [Id(3)]
    public long BudgetMsat { get; init; }

    /// <summary>The highest price for a MiB that the downloader accepts, msat.</summary>
    [Id(4)]
    public long MaxPricePerMiBMsat { get; init; }

    /// <summary>When grants stop counting, unix ms.</summary>
    [Id(5)]
    public long ExpiresUnixMs { get; init; }

    /// <summary>Where the rest goes at the close.</summary>
    [Id(6)]
    public string Refund { get; init; } = "";

    /// <summary>Whether the downloader's own wallet pays: then the budget is a promise, and there is no
    /// invoice.</summary>
    [Id(7)]
    public bool IsDirect { get; init; }
}

/// <summary>A request for one more invoice.</summary>
[GenerateSerializer]
[Alias("seedermesh.top-up")]
public sealed record TopUpCommand
{
    /// <summary>Who asks, 32 bytes.</summary>
    [Id(0)]
    public byte[] Caller { get; init; } = [];

    /// <summary>The caller's id of this request, 16 bytes.</summary>
    [Id(1)]
    public byte[] TopUpId { get; init; } = [];

    /// <summary>What the invoice asks for, msat.</summary>
    [Id(2)]
    public long AmountMsat { get; init; }
}

/// <summary>An invoice of this channel was paid.</summary>
[GenerateSerializer]
[Alias("seedermesh.fund")]
public sealed record FundCommand
{
    /// <summary>The invoice's payment hash, 32 bytes.</summary>
    [Id(0)]
    public byte[] PaymentHash { get; init; } = [];

    /// <summary>What came in, msat: more or less than was asked.</summary>
    [Id(1)]
    public long AmountMsat { get; init; }

    /// <summary>The node's running number of the payment.</summary>
    [Id(2)]
    public long PayIndex { get; init; }
}

/// <summary>A request for a grant.</summary>
[GenerateSerializer]
[Alias("seedermesh.request-grant")]
public sealed record GrantCommand
{
    /// <summary>Who asks, 32 bytes.</summary>
    [Id(0)]
    public byte[] Caller { get; init; } = [];

    /// <summary>Who may draw, 32 bytes.</summary>
    [Id(1)]
    public byte[] Seeder { get; init; } = [];

    /// <summary>How much, msat.</summary>
    [Id(2)]
    public long LimitMsat { get; init; }

    /// <summary>0 for the seeder's first grant on this channel, then one more each.</summary>
    [Id(3)]
    public int Generation { get; init; }
}

/// <summary>A seeder's report on grants of this channel.</summary>
[GenerateSerializer]
[Alias("seedermesh.report")]
public sealed record ReportCommand
{
    /// <summary>Whose signed call brought it, 32 bytes.</summary>
    [Id(0)]
    public byte[] Reporter { get; init; } = [];

    /// <summary>The runs, as <see cref="Core.Receipts.ReceiptRunCodec"/> writes a report.</summary>
    [Id(1)]
    public byte[] Report { get; init; } = [];
}

/// <summary>A request to close a grant.</summary>
[GenerateSerializer]
[Alias("seedermesh.close-grant")]
public sealed record CloseGrantCommand
{
    /// <summary>Who asks, 32 bytes: the grant's seeder or its downloader.</summary>
    [Id(0)]
    public byte[] Caller { get; init; } = [];

    /// <summary>The grant, 16 bytes.</summary>
    [Id(1)]
    public byte[] GrantId { get; init; } = [];
}

/// <summary>A request to close the channel.</summary>
[GenerateSerializer]
[Alias("seedermesh.close-channel")]
public sealed record CloseChannelCommand
{
    /// <summary>Who asks, 32 bytes.</summary>
    [Id(0)]
    public byte[] Caller { get; init; } = [];

    /// <summary>Another destination for the rest than was given at the opening; null keeps that one.</summary>
    [Id(1)]
    public string? Refund { get; init; }
}
