using Orleans;

namespace SeederMesh.Grains.Payouts;

/// <summary>Pays one payee what is owed, or one closed channel's rest. Its key is "payee/" or "channel/" and the
/// id.</summary>
/// <remarks>What is owed stands in the ledger, so that calling it too often, or again after a crash, pays nothing
/// twice.</remarks>
[Alias("seedermesh.payout")]
public interface IPayoutGrain : IGrainWithStringKey
{
    /// <summary>Finishes the payment under way, if there is one, and pays what is owed since.</summary>
    [Alias("pay")]
    Task<PayReply> PayAsync();

    /// <summary>How much the payee may withdraw by an invoice of its own now.</summary>
    [Alias("withdraw-terms")]
    Task<WithdrawTermsReply> FindWithdrawTermsAsync();

    /// <summary>Takes a payee's own invoice under a link (LUD-03): reserves its amount under its hash, once a link.
    /// Idempotent for the same link and invoice; <see cref="PayAsync"/> sends it.</summary>
    [Alias("withdraw")]
    Task<WithdrawReply> WithdrawAsync(WithdrawCommand command);
}

/// <summary>When to look again.</summary>
[GenerateSerializer]
[Alias("seedermesh.pay-reply")]
public sealed record PayReply
{
    /// <summary>When to call again, unix ms; null when a new earning will say so.</summary>
    [Id(0)]
    public long? AgainAtUnixMs { get; init; }
}
