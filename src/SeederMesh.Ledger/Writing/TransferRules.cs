using SeederMesh.Core;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Writing;

/// <summary>The rules for a transfer that need no look-up, in the order of <see cref="TransferResult"/>.</summary>
/// <remarks><see cref="TransferResult.None"/> means "nothing against it so far" in here, and does not leave this
/// folder.</remarks>
internal static class TransferRules
{
    private static readonly UInt128 IntMax = UInt128.MaxValue;

    public static TransferResult ExamineId(Transfer transfer) =>
        transfer.Id.IsNone ? TransferResult.IdMustNotBeZero
        : transfer.Id.Value == IntMax ? TransferResult.IdMustNotBeIntMax
        : TransferResult.None;

    /// <summary>How a transfer differs from the one that has its id.</summary>
    public static TransferResult Compare(Transfer asked, Transfer existing) =>
        asked.Kind != existing.Kind ? TransferResult.ExistsWithDifferentFlags
        : asked.PendingId != existing.PendingId ? TransferResult.ExistsWithDifferentPendingId
        : asked.DebitAccount != existing.DebitAccount ? TransferResult.ExistsWithDifferentDebitAccountId
        : asked.CreditAccount != existing.CreditAccount ? TransferResult.ExistsWithDifferentCreditAccountId
        : asked.Amount != existing.Amount ? TransferResult.ExistsWithDifferentAmount
        : asked.UserData != existing.UserData ? TransferResult.ExistsWithDifferentUserData
        : asked.Code != existing.Code ? TransferResult.ExistsWithDifferentCode
        : TransferResult.Exists;

    public static TransferResult ExamineFields(Transfer transfer)
    {
        bool resolves = transfer.Kind is TransferKind.PostPending or TransferKind.VoidPending;
        return transfer.Kind is < TransferKind.Posted or > TransferKind.VoidPending
                ? TransferResult.FlagsAreMutuallyExclusive
            : transfer.DebitAccount.IsNone ? TransferResult.DebitAccountIdMustNotBeZero
            : transfer.DebitAccount.Value == IntMax ? TransferResult.DebitAccountIdMustNotBeIntMax
            : transfer.CreditAccount.IsNone ? TransferResult.CreditAccountIdMustNotBeZero
            : transfer.CreditAccount.Value == IntMax ? TransferResult.CreditAccountIdMustNotBeIntMax
            : transfer.DebitAccount == transfer.CreditAccount ? TransferResult.AccountsMustBeDifferent
            : !resolves && !transfer.PendingId.IsNone ? TransferResult.PendingIdMustBeZero
            : resolves && transfer.PendingId.IsNone ? TransferResult.PendingIdMustNotBeZero
            : resolves && transfer.PendingId.Value == IntMax ? TransferResult.PendingIdMustNotBeIntMax
            : resolves && transfer.PendingId == transfer.Id ? TransferResult.PendingIdMustBeDifferent
            : transfer.Amount.IsZero ? TransferResult.AmountMustNotBeZero
            : transfer.Code == TransferCode.None ? TransferResult.CodeMustNotBeZero
            : TransferResult.None;
    }

    /// <summary>Whether a post or a void fits the transfer that it names.</summary>
    public static TransferResult ExamineResolution(Transfer transfer, Transfer pending) =>
        pending.Kind != TransferKind.Pending ? TransferResult.PendingTransferNotPending
        : pending.DebitAccount != transfer.DebitAccount ? TransferResult.PendingTransferHasDifferentDebitAccountId
        : pending.CreditAccount != transfer.CreditAccount ? TransferResult.PendingTransferHasDifferentCreditAccountId
        : pending.Code != transfer.Code ? TransferResult.PendingTransferHasDifferentCode
        : transfer.Amount.Value > pending.Amount.Value ? TransferResult.ExceedsPendingTransferAmount
        : transfer.Kind == TransferKind.VoidPending && transfer.Amount != pending.Amount
            ? TransferResult.PendingTransferHasDifferentAmount
        : TransferResult.None;

    /// <summary>Whether both accounts can take a posted or pending transfer.</summary>
    public static TransferResult ExamineLimits(Transfer transfer, CachedAccount debit, CachedAccount credit)
    {
        // No sum here leaves the range of a long: each balance and the amount are at most 2.1e18.
        long amount = transfer.Amount.Value;
        long max = Msat.Max.Value;
        bool isPending = transfer.Kind == TransferKind.Pending;
        Balances from = debit.Balances;
        Balances to = credit.Balances;
        return isPending && amount > max - from.DebitsPending ? TransferResult.OverflowsDebitsPending
            : isPending && amount > max - to.CreditsPending ? TransferResult.OverflowsCreditsPending
            : amount > max - from.DebitsPosted ? TransferResult.OverflowsDebitsPosted
            : amount > max - to.CreditsPosted ? TransferResult.OverflowsCreditsPosted
            : amount > max - from.DebitsPosted - from.DebitsPending ? TransferResult.OverflowsDebits
            : amount > max - to.CreditsPosted - to.CreditsPending ? TransferResult.OverflowsCredits
            : debit.Opening.Flags == AccountFlags.DebitsMustNotExceedCredits
                && amount > from.CreditsPosted - from.DebitsPosted - from.DebitsPending ? TransferResult.ExceedsCredits
            : credit.Opening.Flags == AccountFlags.CreditsMustNotExceedDebits
                && amount > to.DebitsPosted - to.CreditsPosted - to.CreditsPending ? TransferResult.ExceedsDebits
            : TransferResult.Posted;
    }

    /// <summary>A post or a void takes from what the pending transfer reserved, so that it can break no
    /// limit.</summary>
    /// <exception cref="InvariantViolationException">The reservation is not there: the books contradict
    /// themselves.</exception>
    public static TransferResult ExamineReservation(CachedAccount debit, CachedAccount credit, Msat released)
    {
        Invariant.Require(
            released.Value <= debit.Balances.DebitsPending && released.Value <= credit.Balances.CreditsPending,
            "a pending transfer is in the pending balances of both its accounts");
        return TransferResult.Posted;
    }
}
