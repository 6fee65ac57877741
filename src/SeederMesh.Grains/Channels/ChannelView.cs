using Orleans;

namespace SeederMesh.Grains.Channels;

/// <summary>A channel as others see it: funded = settled + reserved + available + refunded, always.</summary>
/// <remarks>Of a direct channel, funded is what was promised and refunded what of it was released: the hub holds
/// nothing.</remarks>
[GenerateSerializer]
[Alias("seedermesh.channel-view")]
public sealed record ChannelView
{
    /// <summary>32 hexadecimal digits.</summary>
    [Id(0)]
    public string ChannelId { get; init; } = "";

    /// <summary>64 hexadecimal digits.</summary>
    [Id(1)]
    public string Downloader { get; init; } = "";

    /// <summary>64 hexadecimal digits.</summary>
    [Id(2)]
    public string Infohash { get; init; } = "";

    /// <summary>64 hexadecimal digits.</summary>
    [Id(3)]
    public string ManifestDigest { get; init; } = "";

    /// <summary>The price, msat a MiB.</summary>
    [Id(4)]
    public long PricePerMiBMsat { get; init; }

    /// <summary>What the first invoice asks for.</summary>
    [Id(5)]
    public long BudgetMsat { get; init; }

    /// <summary>"open", "closing" or "closed".</summary>
    [Id(6)]
    public string State { get; init; } = "";

    /// <summary>All that was paid in.</summary>
    [Id(7)]
    public long FundedMsat { get; init; }

    /// <summary>Set aside for open grants.</summary>
    [Id(8)]
    public long ReservedMsat { get; init; }

    /// <summary>Settled by receipts.</summary>
    [Id(9)]
    public long SettledMsat { get; init; }

    /// <summary>What a new grant may take.</summary>
    [Id(10)]
    public long AvailableMsat { get; init; }

    /// <summary>What went back, or is on its way back.</summary>
    [Id(11)]
    public long RefundedMsat { get; init; }

    /// <summary>When grants stop counting, unix ms.</summary>
    [Id(12)]
    public long ExpiresUnixMs { get; init; }

    /// <summary>When a closing channel closes at the latest, unix ms.</summary>
    [Id(13)]
    public long? ClosesAtUnixMs { get; init; }

    /// <summary>Where the rest goes.</summary>
    [Id(14)]
    public string Refund { get; init; } = "";

    /// <summary>Its invoices, oldest first.</summary>
    [Id(15)]
    public InvoiceView[] Invoices { get; init; } = [];

    /// <summary>Its grants, open and closed.</summary>
    [Id(16)]
    public GrantView[] Grants { get; init; } = [];

    /// <summary>Whether the downloader's own wallet pays.</summary>
    [Id(17)]
    public bool IsDirect { get; init; }

    /// <summary>Of a direct channel: the most that may be granted or due without proof now, msat.</summary>
    [Id(18)]
    public long WindowMsat { get; init; }

    /// <summary>Of a direct channel: what was proved paid, msat.</summary>
    [Id(19)]
    public long ProvedMsat { get; init; }
}

/// <summary>An invoice of a channel.</summary>
[GenerateSerializer]
[Alias("seedermesh.invoice-view")]
public sealed record InvoiceView
{
    /// <summary>The request that it answers, 32 hexadecimal digits.</summary>
    [Id(0)]
    public string TopUpId { get; init; } = "";

    /// <summary>What it asks for, msat.</summary>
    [Id(1)]
    public long AmountMsat { get; init; }

    /// <summary>BOLT 11 text.</summary>
    [Id(2)]
    public string Bolt11 { get; init; } = "";

    /// <summary>64 hexadecimal digits.</summary>
    [Id(3)]
    public string PaymentHash { get; init; } = "";

    /// <summary>Whether it was paid.</summary>
    [Id(4)]
    public bool IsPaid { get; init; }

    /// <summary>What came in, msat.</summary>
    [Id(5)]
    public long PaidMsat { get; init; }

    /// <summary>When it can no longer be paid, unix ms.</summary>
    [Id(6)]
    public long ExpiresUnixMs { get; init; }
}

/// <summary>A grant of a channel.</summary>
[GenerateSerializer]
[Alias("seedermesh.grant-view")]
public sealed record GrantView
{
    /// <summary>32 hexadecimal digits.</summary>
    [Id(0)]
    public string GrantId { get; init; } = "";

    /// <summary>64 hexadecimal digits.</summary>
    [Id(1)]
    public string Seeder { get; init; } = "";

    /// <summary>The most that it pays, msat.</summary>
    [Id(2)]
    public long LimitMsat { get; init; }

    /// <summary>What its receipts have settled, msat.</summary>
    [Id(3)]
    public long SettledMsat { get; init; }

    /// <summary>The bytes that its receipts have settled.</summary>
    [Id(4)]
    public long SettledBytes { get; init; }

    /// <summary>Sequence of the newest settled receipt.</summary>
    [Id(5)]
    public long LastSequence { get; init; }

    /// <summary>Whether its rest went back to the channel.</summary>
    [Id(6)]
    public bool IsClosed { get; init; }

    /// <summary>When it closes because the downloader asked, unix ms.</summary>
    [Id(7)]
    public long? ClosesAtUnixMs { get; init; }
}
