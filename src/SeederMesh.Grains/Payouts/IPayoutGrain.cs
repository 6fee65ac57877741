using Orleans;

namespace SeederMesh.Grains.Payouts;

/// <summary>Pays one payee what is owed, or one closed channel's rest. Its key is "payee/" or "channel/" and the
/// id.</summary>
/// <remarks>What is owed stands in the ledger, so that calling it too often, or again after a crash, pays nothing
/// twice.</remarks>
[Alias("seedermesh.payout")]
public interface IPayoutGrain : IGrainWithStringKey
{
    /// <summary>Finishes the payment under way, if there is one, and pays what is owed since, when it is due.</summary>
    [Alias("pay")]
    Task<PayReply> PayAsync();

    /// <summary>How much the payee may withdraw by an invoice of its own now.</summary>
    [Alias("withdraw-terms")]
    Task<WithdrawTermsReply> FindWithdrawTermsAsync();

    /// <summary>Takes a payee's own invoice under a link (LUD-03): reserves its amount under its hash, once a link.
    /// Idempotent for the same link and invoice; <see cref="PayAsync"/> sends it.</summary>
    [Alias("withdraw")]
    Task<WithdrawReply> WithdrawAsync(WithdrawCommand command);

    /// <summary>Pays what is owed now, whatever threshold and schedule say: somebody asked for it. Parked money is
    /// tried again at once, and a payment in flight is asked about.</summary>
    [Alias("pay-now")]
    Task<PayReply> PayNowAsync();

    /// <summary>Notes how the payee wants to be paid. The caller has checked the terms against the hub's bounds.</summary>
    /// <returns>False when other terms, signed in the same second or later, are in force.</returns>
    [Alias("set-terms")]
    Task<bool> SetTermsAsync(SetTermsCommand command);
}

/// <summary>What became of a call, and when to look again.</summary>
[GenerateSerializer]
[Alias("seedermesh.pay-reply")]
public sealed record PayReply
{
    /// <summary>When to call again, unix ms; null when a new earning will say so.</summary>
    [Id(0)]
    public long? AgainAtUnixMs { get; init; }

    /// <summary>Whether an earning before that changes nothing.</summary>
    [Id(1)]
    public bool IgnoresEarnings { get; init; }

    /// <summary>Why nothing was paid, as a sentence for a person; empty when there is nothing to say.</summary>
    [Id(2)]
    public string Reason { get; init; } = "";
}

/// <summary>How a payee wants to be paid.</summary>
[GenerateSerializer]
[Alias("seedermesh.set-terms")]
public sealed record SetTermsCommand
{
    /// <summary>Paid as soon as this much is owed, msat; at least 1.</summary>
    [Id(0)]
    public long ThresholdMsat { get; init; }

    /// <summary>When, as <see cref="Core.Payouts.PayoutSchedule"/> writes it.</summary>
    [Id(1)]
    public string Schedule { get; init; } = "";

    /// <summary>Who pays for routing: the number of <see cref="Core.Payouts.FeeBearer"/>.</summary>
    [Id(2)]
    public int Bearer { get; init; }

    /// <summary>When it was signed, unix seconds by the signer's clock.</summary>
    [Id(3)]
    public long SignedUnixSeconds { get; init; }
}
