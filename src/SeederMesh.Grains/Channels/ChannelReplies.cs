using Orleans;

namespace SeederMesh.Grains.Channels;

/// <summary>What became of a command to a channel, in the order of the checks.</summary>
[GenerateSerializer]
[Alias("seedermesh.channel-outcome")]
public enum ChannelOutcome
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The channel was never opened.</summary>
    UnknownChannel,

    /// <summary>The caller's key may not do this.</summary>
    WrongKey,

    /// <summary>The hub's registry does not have the manifest, or it belongs to another torrent.</summary>
    UnknownManifest,

    /// <summary>The creator asks nothing: there is nothing to pay for.</summary>
    ManifestAsksNothing,

    /// <summary>The manifest's price is above the downloader's limit.</summary>
    PriceTooHigh,

    /// <summary>The manifest gives the hub or its registry less than they ask.</summary>
    SharesTooLow,

    /// <summary>The expiry is past, or too far ahead.</summary>
    ExpiryOutOfRange,

    /// <summary>The amount is zero or above the hub's limit.</summary>
    AmountOutOfRange,

    /// <summary>The hub opens no direct channels, or somebody whom the manifest pays cannot prove a payment.</summary>
    NotOfferedDirect,

    /// <summary>A direct channel has no invoices: its downloader pays by itself.</summary>
    PaidByDownloader,

    /// <summary>The refund destination cannot be paid.</summary>
    InvalidDestination,

    /// <summary>It was done before with other terms.</summary>
    Conflict,

    /// <summary>The channel is closing or closed.</summary>
    ChannelClosed,

    /// <summary>The channel's time is over.</summary>
    ChannelExpired,

    /// <summary>A downloader cannot draw on its own channel.</summary>
    SeederIsDownloader,

    /// <summary>A paid grant of nothing.</summary>
    LimitIsZero,

    /// <summary>The channel has as many open grants, or as many invoices, as it may.</summary>
    TooMany,

    /// <summary>The budget does not cover it beside the other open grants.</summary>
    InsufficientFunds,

    /// <summary>The seeder takes no direct channels, or has no destination where a payment can be proved.</summary>
    SeederNotDirect,

    /// <summary>More would be granted or due on the direct channel than is trusted without proof of payment.</summary>
    TooMuchUnpaid,

    /// <summary>The channel has given no such grant.</summary>
    UnknownGrant,

    /// <summary>The Lightning node did not make an invoice; ask again.</summary>
    LightningUnavailable,

    /// <summary>It was done before; the same answer again.</summary>
    Repeated,

    /// <summary>Done, and durable.</summary>
    Done,
}

/// <summary>The answer to a request to open.</summary>
[GenerateSerializer]
[Alias("seedermesh.open-channel-reply")]
public sealed record OpenChannelReply
{
    /// <summary>What became of it.</summary>
    [Id(0)]
    public ChannelOutcome Outcome { get; init; }

    /// <summary>The channel, when there is one.</summary>
    [Id(1)]
    public ChannelView? Channel { get; init; }

    /// <summary>What a person reads when it was refused.</summary>
    [Id(2)]
    public string Detail { get; init; } = "";
}

/// <summary>The answer to a request for one more invoice.</summary>
[GenerateSerializer]
[Alias("seedermesh.top-up-reply")]
public sealed record TopUpReply
{
    /// <summary>What became of it.</summary>
    [Id(0)]
    public ChannelOutcome Outcome { get; init; }

    /// <summary>The invoice, when there is one.</summary>
    [Id(1)]
    public InvoiceView? Invoice { get; init; }
}

/// <summary>What became of money that came in.</summary>
[GenerateSerializer]
[Alias("seedermesh.fund-outcome")]
public enum FundOutcome
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>This channel has no such invoice.</summary>
    UnknownInvoice,

    /// <summary>It was booked before.</summary>
    Repeated,

    /// <summary>The channel is closed: it is booked and goes back.</summary>
    Refunded,

    /// <summary>Booked.</summary>
    Booked,
}

/// <summary>The answer to a request for a grant.</summary>
[GenerateSerializer]
[Alias("seedermesh.grant-reply")]
public sealed record GrantReply
{
    /// <summary>What became of it.</summary>
    [Id(0)]
    public ChannelOutcome Outcome { get; init; }

    /// <summary>The signed grant, 296 bytes; empty when refused.</summary>
    [Id(1)]
    public byte[] SignedGrant { get; init; } = [];

    /// <summary>What a new grant may still take, msat.</summary>
    [Id(2)]
    public long AvailableMsat { get; init; }
}

/// <summary>The answer to a report.</summary>
[GenerateSerializer]
[Alias("seedermesh.report-reply")]
public sealed record ReportReply
{
    /// <summary>One verdict for each run, in order: values of <see cref="Core.Channels.ReceiptVerdict"/>.</summary>
    [Id(0)]
    public byte[] Verdicts { get; init; } = [];

    /// <summary>Where the chain of each run's grant stands now; 0 for a grant that is not this channel's.</summary>
    [Id(1)]
    public long[] SettledSequences { get; init; } = [];

    /// <summary>The price of what was accepted, msat.</summary>
    [Id(2)]
    public long SettledMsat { get; init; }

    /// <summary>The bytes that were accepted.</summary>
    [Id(3)]
    public long SettledBytes { get; init; }
}

/// <summary>The answer to a request to close a grant.</summary>
[GenerateSerializer]
[Alias("seedermesh.close-grant-reply")]
public sealed record CloseGrantReply
{
    /// <summary>What became of it.</summary>
    [Id(0)]
    public ChannelOutcome Outcome { get; init; }

    /// <summary>The grant, when there is one.</summary>
    [Id(1)]
    public GrantView? Grant { get; init; }
}

/// <summary>The answer to a request to close the channel.</summary>
[GenerateSerializer]
[Alias("seedermesh.close-channel-reply")]
public sealed record CloseChannelReply
{
    /// <summary>What became of it.</summary>
    [Id(0)]
    public ChannelOutcome Outcome { get; init; }

    /// <summary>The channel, when there is one.</summary>
    [Id(1)]
    public ChannelView? Channel { get; init; }
}
