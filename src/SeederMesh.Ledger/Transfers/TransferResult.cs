namespace SeederMesh.Ledger.Transfers;

/// <summary>What became of a transfer, in the order of the checks (TigerBeetle, create_transfers, "descending
/// precedence").</summary>
/// <remarks>TigerBeetle's values about ledgers, time-outs, balancing and imports do not exist here, because those do
/// not.</remarks>
public enum TransferResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The id is zero.</summary>
    IdMustNotBeZero,

    /// <summary>The id is all ones.</summary>
    IdMustNotBeIntMax,

    /// <summary>The id is taken by a transfer of another kind.</summary>
    ExistsWithDifferentFlags,

    /// <summary>The id is taken by a transfer that resolves another pending one.</summary>
    ExistsWithDifferentPendingId,

    /// <summary>The id is taken by a transfer from another account.</summary>
    ExistsWithDifferentDebitAccountId,

    /// <summary>The id is taken by a transfer to another account.</summary>
    ExistsWithDifferentCreditAccountId,

    /// <summary>The id is taken by a transfer of another amount.</summary>
    ExistsWithDifferentAmount,

    /// <summary>The id is taken by a transfer with other user data.</summary>
    ExistsWithDifferentUserData,

    /// <summary>The id is taken by a transfer with another code.</summary>
    ExistsWithDifferentCode,

    /// <summary>The very same transfer was posted before, in another posting.</summary>
    Exists,

    /// <summary>The kind is not one of the four.</summary>
    FlagsAreMutuallyExclusive,

    /// <summary>The debit account's id is zero.</summary>
    DebitAccountIdMustNotBeZero,

    /// <summary>The debit account's id is all ones.</summary>
    DebitAccountIdMustNotBeIntMax,

    /// <summary>The credit account's id is zero.</summary>
    CreditAccountIdMustNotBeZero,

    /// <summary>The credit account's id is all ones.</summary>
    CreditAccountIdMustNotBeIntMax,

    /// <summary>An account cannot pay itself.</summary>
    AccountsMustBeDifferent,

    /// <summary>Only a post or a void names a pending transfer.</summary>
    PendingIdMustBeZero,

    /// <summary>A post or a void must name a pending transfer.</summary>
    PendingIdMustNotBeZero,

    /// <summary>The pending transfer's id is all ones.</summary>
    PendingIdMustNotBeIntMax,

    /// <summary>A transfer cannot resolve itself.</summary>
    PendingIdMustBeDifferent,

    /// <summary>The amount is zero.</summary>
    AmountMustNotBeZero,

    /// <summary>The code is <see cref="TransferCode.None"/>.</summary>
    CodeMustNotBeZero,

    /// <summary>The debit account is not open.</summary>
    DebitAccountNotFound,

    /// <summary>The credit account is not open.</summary>
    CreditAccountNotFound,

    /// <summary>There is no transfer with the pending id.</summary>
    PendingTransferNotFound,

    /// <summary>The transfer with the pending id is not a pending one.</summary>
    PendingTransferNotPending,

    /// <summary>The pending transfer takes from another account.</summary>
    PendingTransferHasDifferentDebitAccountId,

    /// <summary>The pending transfer gives to another account.</summary>
    PendingTransferHasDifferentCreditAccountId,

    /// <summary>The pending transfer has another code.</summary>
    PendingTransferHasDifferentCode,

    /// <summary>A post moves more than was pending.</summary>
    ExceedsPendingTransferAmount,

    /// <summary>A void's amount is not the pending amount.</summary>
    PendingTransferHasDifferentAmount,

    /// <summary>The pending transfer was posted before.</summary>
    PendingTransferAlreadyPosted,

    /// <summary>The pending transfer was voided before.</summary>
    PendingTransferAlreadyVoided,

    /// <summary>Pending debits would exceed all the bitcoin there can be.</summary>
    OverflowsDebitsPending,

    /// <summary>Pending credits would exceed all the bitcoin there can be.</summary>
    OverflowsCreditsPending,

    /// <summary>Posted debits would exceed all the bitcoin there can be.</summary>
    OverflowsDebitsPosted,

    /// <summary>Posted credits would exceed all the bitcoin there can be.</summary>
    OverflowsCreditsPosted,

    /// <summary>Pending and posted debits together would exceed all the bitcoin there can be.</summary>
    OverflowsDebits,

    /// <summary>Pending and posted credits together would exceed all the bitcoin there can be.</summary>
    OverflowsCredits,

    /// <summary>The debit account may not be overdrawn.</summary>
    ExceedsCredits,

    /// <summary>The credit account may not be overdrawn.</summary>
    ExceedsDebits,

    /// <summary>Posted.</summary>
    Posted,
}
