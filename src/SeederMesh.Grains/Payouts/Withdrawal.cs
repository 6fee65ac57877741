using Orleans;

namespace SeederMesh.Grains.Payouts;

/// <summary>A payee's own invoice, sent by a wallet that holds the secret of a link (LUD-03).</summary>
[GenerateSerializer]
[Alias("seedermesh.withdraw-command")]
public sealed record WithdrawCommand
{
    /// <summary>SHA-256 of the link's secret: 32 bytes.</summary>
    [Id(0)]
    public byte[] LinkId { get; init; } = [];

    /// <summary>The BOLT 11 invoice.</summary>
    [Id(1)]
    public string Invoice { get; init; } = "";
}

/// <summary>What became of a payee's invoice.</summary>
[GenerateSerializer]
[Alias("seedermesh.withdraw-reply")]
public sealed record WithdrawReply
{
    /// <summary>The outcome.</summary>
    [Id(0)]
    public WithdrawOutcome Outcome { get; init; }

    /// <summary>A sentence for a person; empty when the invoice is taken.</summary>
    [Id(1)]
    public string Reason { get; init; } = "";
}

/// <summary>What a link may be used for now.</summary>
[GenerateSerializer]
[Alias("seedermesh.withdraw-terms")]
public sealed record WithdrawTermsReply
{
    /// <summary>The least, msat; zero when nothing can be withdrawn.</summary>
    [Id(0)]
    public long LeastMsat { get; init; }

    /// <summary>The most, msat.</summary>
    [Id(1)]
    public long MostMsat { get; init; }
}

/// <summary>Outcomes of a withdrawal, in the order of the checks. The number crosses grain calls.</summary>
[GenerateSerializer]
[Alias("seedermesh.withdraw-outcome")]
public enum WithdrawOutcome
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>There is no such link for this payee.</summary>
    UnknownLink = 1,

    /// <summary>The invoice cannot be read.</summary>
    InvoiceMalformed = 2,

    /// <summary>The link has paid, or is paying, another invoice.</summary>
    LinkUsed = 3,

    /// <summary>The link is too old.</summary>
    LinkExpired = 4,

    /// <summary>The invoice names no amount.</summary>
    AmountMissing = 5,

    /// <summary>The invoice expires before it could be paid.</summary>
    InvoiceExpired = 6,

    /// <summary>A payment to the payee is under way, whose fate decides what is owed.</summary>
    Busy = 7,

    /// <summary>What is owed does not cover the invoice and its route.</summary>
    AmountTooHigh = 8,

    /// <summary>The invoice was paid before, by this hub.</summary>
    InvoiceUsed = 9,

    /// <summary>The money is reserved under the invoice's hash: it is paid, or comes back when it cannot be.</summary>
    Taken = 10,
}
