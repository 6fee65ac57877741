using Orleans;

namespace SeederMesh.Grains.Direct;

/// <summary>What became of a command about dues, in the order of the checks.</summary>
[GenerateSerializer]
[Alias("seedermesh.dues-outcome")]
public enum DuesOutcome
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The channel was never opened.</summary>
    UnknownChannel,

    /// <summary>The channel is prepaid: its hub pays.</summary>
    NotDirect,

    /// <summary>Only the channel's downloader may.</summary>
    WrongKey,

    /// <summary>The channel has no such payment.</summary>
    UnknownPayment,

    /// <summary>The preimage does not hash to the payment's hash.</summary>
    WrongPreimage,

    /// <summary>The payment was given up, or its due written off, before it was proved.</summary>
    GivenUp,

    /// <summary>The invoice can still be paid, or was paid: it is not given up.</summary>
    StillPayable,

    /// <summary>The hub's own node cannot say yet; send it again.</summary>
    LightningUnavailable,

    /// <summary>It was done before.</summary>
    Repeated,

    /// <summary>Done, and durable.</summary>
    Done,
}

/// <summary>The downloader asks what it owes.</summary>
[GenerateSerializer]
[Alias("seedermesh.ask-dues")]
public sealed record AskDuesCommand
{
    /// <summary>Who asks, 32 bytes.</summary>
    [Id(0)]
    public byte[] Caller { get; init; } = [];

    /// <summary>Whether the caller's wallet pays BOLT 12 invoices.</summary>
    [Id(1)]
    public bool PaysOffers { get; init; }

    /// <summary>Payees whose routes the caller found dear.</summary>
    [Id(2)]
    public DueLeast[] Least { get; init; } = [];
}

/// <summary>What is not worth less than a payment to a payee, because of its route.</summary>
[GenerateSerializer]
[Alias("seedermesh.due-least")]
public sealed record DueLeast
{
    /// <summary>The payee, 16 bytes.</summary>
    [Id(0)]
    public byte[] PayeeId { get; init; } = [];

    /// <summary>From how much on a payment is worth its route, msat.</summary>
    [Id(1)]
    public long Msat { get; init; }
}

/// <summary>The downloader proves a payment.</summary>
[GenerateSerializer]
[Alias("seedermesh.prove-due")]
public sealed record ProveDueCommand
{
    /// <summary>Who proves, 32 bytes.</summary>
    [Id(0)]
    public byte[] Caller { get; init; } = [];

    /// <summary>The payment, 16 bytes.</summary>
    [Id(1)]
    public byte[] PaymentId { get; init; } = [];

    /// <summary>Its preimage, 32 bytes.</summary>
    [Id(2)]
    public byte[] Preimage { get; init; } = [];
}

/// <summary>The downloader says that a payment did not happen and will not.</summary>
[GenerateSerializer]
[Alias("seedermesh.give-up-due")]
public sealed record GiveUpDueCommand
{
    /// <summary>Who says so, 32 bytes.</summary>
    [Id(0)]
    public byte[] Caller { get; init; } = [];

    /// <summary>The payment, 16 bytes.</summary>
    [Id(1)]
    public byte[] PaymentId { get; init; } = [];

    /// <summary>Why, in the words of the downloader's node.</summary>
    [Id(2)]
    public string Reason { get; init; } = "";
}

/// <summary>The hub's node received a share of its own.</summary>
[GenerateSerializer]
[Alias("seedermesh.receive-share")]
public sealed record ReceiveShareCommand
{
    /// <summary>The payment, 16 bytes.</summary>
    [Id(0)]
    public byte[] PaymentId { get; init; } = [];
}

/// <summary>What a downloader owes.</summary>
[GenerateSerializer]
[Alias("seedermesh.dues-reply")]
public sealed record DuesReply
{
    /// <summary>What became of the asking.</summary>
    [Id(0)]
    public DuesOutcome Outcome { get; init; }

    /// <summary>Each payee of the channel, by id.</summary>
    [Id(1)]
    public DueView[] Dues { get; init; } = [];

    /// <summary>The invoices to pay and prove, oldest first.</summary>
    [Id(2)]
    public DirectPaymentView[] Payments { get; init; } = [];

    /// <summary>The most that may be granted or due without proof now, msat.</summary>
    [Id(3)]
    public long WindowMsat { get; init; }

    /// <summary>Whether nothing is due any more and nothing will be.</summary>
    [Id(4)]
    public bool IsEnded { get; init; }

    /// <summary>What of the window may still be granted, msat.</summary>
    [Id(5)]
    public long RoomMsat { get; init; }

    /// <summary>Whether payees are being asked for invoices at this moment.</summary>
    [Id(6)]
    public bool IsAsking { get; init; }

    /// <summary>When a payee that failed to give an invoice may be asked again, milliseconds from now; 0 when none
    /// did.</summary>
    [Id(7)]
    public long AgainInMs { get; init; }

    /// <summary>Whether the channel is closed, so that nothing more becomes due.</summary>
    [Id(8)]
    public bool IsClosed { get; init; }
}

/// <summary>What is due to one payee: earned = proved + written off + under way + due.</summary>
[GenerateSerializer]
[Alias("seedermesh.due-view")]
public sealed record DueView
{
    /// <summary>32 hexadecimal digits.</summary>
    [Id(0)]
    public string PayeeId { get; init; } = "";

    /// <summary>"creator", "seeder", "registry" or "hub".</summary>
    [Id(1)]
    public string Kind { get; init; } = "";

    /// <summary>All that this channel earned it, msat.</summary>
    [Id(2)]
    public long EarnedMsat { get; init; }

    /// <summary>Proved paid, msat.</summary>
    [Id(3)]
    public long ProvedMsat { get; init; }

    /// <summary>Under an invoice that is not proved, msat.</summary>
    [Id(4)]
    public long UnderWayMsat { get; init; }

    /// <summary>Without an invoice, msat.</summary>
    [Id(5)]
    public long DueMsat { get; init; }

    /// <summary>Never paid and given up, msat.</summary>
    [Id(6)]
    public long WrittenOffMsat { get; init; }

    /// <summary>Why there is no invoice; empty where there is one or none is needed.</summary>
    [Id(7)]
    public string Remark { get; init; } = "";

    /// <summary>Whether what is due is less than the payee's address takes.</summary>
    [Id(8)]
    public bool IsTooSmall { get; init; }
}

/// <summary>An invoice that the downloader is to pay.</summary>
[GenerateSerializer]
[Alias("seedermesh.direct-payment-view")]
public sealed record DirectPaymentView
{
    /// <summary>32 hexadecimal digits.</summary>
    [Id(0)]
    public string PaymentId { get; init; } = "";

    /// <summary>32 hexadecimal digits.</summary>
    [Id(1)]
    public string PayeeId { get; init; } = "";

    /// <summary>What it asks for, msat.</summary>
    [Id(2)]
    public long AmountMsat { get; init; }

    /// <summary>BOLT 11, or BOLT 12 where the caller pays that.</summary>
    [Id(3)]
    public string Invoice { get; init; } = "";

    /// <summary>64 hexadecimal digits.</summary>
    [Id(4)]
    public string PaymentHash { get; init; } = "";

    /// <summary>When it can no longer be paid, unix ms.</summary>
    [Id(5)]
    public long ExpiresUnixMs { get; init; }
}
