using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Tests;

/// <summary>The ledger again, written apart from it: plain dictionaries, whole-state copies, no cache, no database.</summary>
internal sealed class LedgerModel
{
    private Dictionary<Id128, (AccountKind Kind, AccountFlags Flags)> accounts = [];
    private Dictionary<Id128, Transfer> transfers = [];
    private readonly Dictionary<Id128, string> postings = [];

    public IEnumerable<Id128> Accounts => accounts.Keys;

    public (PostingOutcome Outcome, TransferResult Transfer) Post(Posting posting)
    {
        string content = string.Join('|', posting.Accounts) + "#" + string.Join('|', posting.Transfers);
        if (postings.TryGetValue(posting.Id, out string? before))
        {
            return (before == content ? PostingOutcome.AlreadyPosted : PostingOutcome.Conflict, TransferResult.None);
        }

        var accountsBefore = new Dictionary<Id128, (AccountKind, AccountFlags)>(accounts);
        var transfersBefore = new Dictionary<Id128, Transfer>(transfers);
        (PostingOutcome, TransferResult) result = TryPost(posting);
        if (result.Item1 == PostingOutcome.Posted)
        {
            postings.Add(posting.Id, content);
        }
        else
        {
            accounts = accountsBefore;
            transfers = transfersBefore;
        }

        return result;
    }

    /// <summary>Debits pending, debits posted, credits pending, credits posted: summed from the transfers each time.</summary>
    public (long, long, long, long) Balances(Id128 account)
    {
        long debitsPending = 0, debits = 0, creditsPending = 0, credits = 0;
        foreach (Transfer transfer in transfers.Values)
        {
            bool isOpen = transfer.Kind == TransferKind.Pending && !transfers.Values.Any(other => other.PendingId == transfer.Id);
            long posted = transfer.Kind is TransferKind.Posted or TransferKind.PostPending ? transfer.Amount.Value : 0;
            debits += transfer.DebitAccount == account ? posted : 0;
            credits += transfer.CreditAccount == account ? posted : 0;
            debitsPending += transfer.DebitAccount == account && isOpen ? transfer.Amount.Value : 0;
            creditsPending += transfer.CreditAccount == account && isOpen ? transfer.Amount.Value : 0;
        }

        return (debitsPending, debits, creditsPending, credits);
    }

    private (PostingOutcome, TransferResult) TryPost(Posting posting)
    {
        foreach (AccountOpening opening in posting.Accounts)
        {
            if (accounts.TryGetValue(opening.Id, out var open) && open != (opening.Kind, opening.Flags))
            {
                return (PostingOutcome.AccountRefused, TransferResult.None);
            }

            accounts[opening.Id] = (opening.Kind, opening.Flags);
        }

        foreach (Transfer transfer in posting.Transfers)
        {
            TransferResult refusal = Refusal(transfer);
            if (refusal != TransferResult.Posted)
            {
                return (PostingOutcome.TransferRefused, refusal);
            }

            transfers.Add(transfer.Id, transfer);
        }

        return (PostingOutcome.Posted, TransferResult.None);
    }

    private TransferResult Refusal(Transfer asked)
    {
        if (transfers.TryGetValue(asked.Id, out Transfer? same))
        {
            (bool Differs, TransferResult Result)[] order =
            [
                (same.Kind != asked.Kind, TransferResult.ExistsWithDifferentFlags),
                (same.PendingId != asked.PendingId, TransferResult.ExistsWithDifferentPendingId),
                (same.DebitAccount != asked.DebitAccount, TransferResult.ExistsWithDifferentDebitAccountId),
                (same.CreditAccount != asked.CreditAccount, TransferResult.ExistsWithDifferentCreditAccountId),
                (same.Amount != asked.Amount, TransferResult.ExistsWithDifferentAmount),
                (same.UserData != asked.UserData, TransferResult.ExistsWithDifferentUserData),
                (same.Code != asked.Code, TransferResult.ExistsWithDifferentCode),
                (true, TransferResult.Exists),
            ];
            return order.First(item => item.Differs).Result;
        }

        if (asked.DebitAccount == asked.CreditAccount)
        {
            return TransferResult.AccountsMustBeDifferent;
        }

        if (asked.PendingId == asked.Id)
        {
            return TransferResult.PendingIdMustBeDifferent;
        }

        if (!accounts.TryGetValue(asked.DebitAccount, out var debit))
        {
            return TransferResult.DebitAccountNotFound;
        }

        if (!accounts.TryGetValue(asked.CreditAccount, out var credit))
        {
            return TransferResult.CreditAccountNotFound;
        }

        return asked.PendingId.IsNone ? Overdraft(asked, debit.Flags, credit.Flags) : Resolution(asked);
    }

    private TransferResult Overdraft(Transfer asked, AccountFlags debitFlags, AccountFlags creditFlags)
    {
        (long pending, long posted, _, long limit) = Balances(asked.DebitAccount);
        if (debitFlags == AccountFlags.DebitsMustNotExceedCredits && pending + posted + asked.Amount.Value > limit)
        {
            return TransferResult.ExceedsCredits;
        }

        (_, limit, pending, posted) = Balances(asked.CreditAccount);
        return creditFlags == AccountFlags.CreditsMustNotExceedDebits && pending + posted + asked.Amount.Value > limit
            ? TransferResult.ExceedsDebits
            : TransferResult.Posted;
    }

    private TransferResult Resolution(Transfer asked)
    {
        if (!transfers.TryGetValue(asked.PendingId, out Transfer? pending))
        {
            return TransferResult.PendingTransferNotFound;
        }

        Transfer? earlier = transfers.Values.FirstOrDefault(other => other.PendingId == asked.PendingId);
        (bool Holds, TransferResult Result)[] order =
        [
            (pending.Kind != TransferKind.Pending, TransferResult.PendingTransferNotPending),
            (pending.DebitAccount != asked.DebitAccount, TransferResult.PendingTransferHasDifferentDebitAccountId),
            (pending.CreditAccount != asked.CreditAccount, TransferResult.PendingTransferHasDifferentCreditAccountId),
            (pending.Code != asked.Code, TransferResult.PendingTransferHasDifferentCode),
            (asked.Amount.Value > pending.Amount.Value, TransferResult.ExceedsPendingTransferAmount),
            (asked.Kind == TransferKind.VoidPending && asked.Amount != pending.Amount,
                TransferResult.PendingTransferHasDifferentAmount),
            (earlier?.Kind == TransferKind.PostPending, TransferResult.PendingTransferAlreadyPosted),
            (earlier is not null, TransferResult.PendingTransferAlreadyVoided),
            (true, TransferResult.Posted),
        ];
        return order.First(item => item.Holds).Result;
    }
}
