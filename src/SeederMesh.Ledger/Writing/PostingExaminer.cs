using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Writing;

/// <summary>Decides on one posting against the books, and stages it when every part is accepted. Checks come before
/// effects.</summary>
/// <remarks>
/// A quick examination takes new ids as new without asking the database, whose unique keys then tell; a refusal, or a
/// group
/// that the database refused, is examined again with every look-up, so that each answer is exact.
/// </remarks>
internal sealed class PostingExaminer(Books books)
{
    private static readonly UInt128 IntMax = UInt128.MaxValue;

    public PostingResult Examine(PreparedPosting prepared)
    {
        PostingResult quick = Examine(prepared, isQuick: true);
        return quick.IsPosted ? quick : Examine(prepared, isQuick: false);
    }

    public PostingResult ExamineCarefully(PreparedPosting prepared) => Examine(prepared, isQuick: false);

    private static PostingResult Refused(AccountResult result, int index, Id128 id) => new(
        PostingOutcome.AccountRefused, index, Account: result, Detail: $"Account {id}: {result}.");

    private PostingResult Examine(PreparedPosting prepared, bool isQuick)
    {
        Posting posting = prepared.Posting;
        if (!posting.Id.IsNone && books.FindPostingDigest(posting.Id) is { } digest)
        {
            return digest.AsSpan().SequenceEqual(prepared.Digest)
                ? PostingResult.PostedBefore
                : new PostingResult(
                    PostingOutcome.Conflict, Detail: $"Posting {posting.Id} was accepted before with other content.");
        }

        if (ExamineRecords(prepared, isQuick) is { } outdated)
        {
            return outdated;
        }

        (int Opened, int Staged) mark = books.Mark;
        PostingResult? refused = OpenAccounts(posting) ?? StageTransfers(posting, isQuick);
        if (refused is not null)
        {
            books.UndoTo(mark);
            return refused;
        }

        foreach (PreparedRecord record in prepared.Records)
        {
            books.Stage(record);
        }

        if (!posting.Id.IsNone)
        {
            books.Stage(prepared);
        }

        return PostingResult.PostedNow;
    }

    private PostingResult? ExamineRecords(PreparedPosting prepared, bool isQuick)
    {
        for (int index = 0; index < prepared.Expected.Length; index++)
        {
            PreparedRecord expected = prepared.Expected[index];
            long stored = books.FindRevision(expected, assumeNew: false);
            if (stored != expected.Revision)
            {
                return new PostingResult(
                    PostingOutcome.RecordOutdated,
                    index,
                    Detail: $"{expected.Table.Name}: revision {expected.Revision} expected, {stored} stored.");
            }
        }

        for (int index = 0; index < prepared.Records.Length; index++)
        {
            PreparedRecord record = prepared.Records[index];
            long stored = books.FindRevision(record, assumeNew: isQuick);
            if (stored + 1 != record.Revision)
            {
                return new PostingResult(
                    record.Table.IsRevised ? PostingOutcome.RecordOutdated : PostingOutcome.RecordExists,
                    index,
                    Detail: record.Table.IsRevised
                        ? $"{record.Table.Name}: revision {record.Revision} to write, {stored} stored."
                        : $"{record.Table.Name}: this record is there already.");
            }
        }

        return null;
    }

    private PostingResult? OpenAccounts(Posting posting)
    {
        for (int index = 0; index < posting.Accounts.Count; index++)
        {
            AccountOpening opening = posting.Accounts[index];
            AccountResult result = Examine(opening);
            if (result == AccountResult.Opened)
            {
                books.Open(opening);
            }
            else if (result != AccountResult.Exists)
            {
                return Refused(result, index, opening.Id);
            }
        }

        return null;
    }

    private AccountResult Examine(AccountOpening opening)
    {
        if (opening.Id.IsNone)
        {
            return AccountResult.IdMustNotBeZero;
        }

        if (opening.Id.Value == IntMax)
        {
            return AccountResult.IdMustNotBeIntMax;
        }

        if (books.FindAccount(opening.Id) is { } account)
        {
            return account.Opening.Flags != opening.Flags ? AccountResult.ExistsWithDifferentFlags
                : account.Opening.Kind != opening.Kind ? AccountResult.ExistsWithDifferentKind
                : AccountResult.Exists;
        }

        return opening.Flags is < AccountFlags.None or > AccountFlags.CreditsMustNotExceedDebits
            ? AccountResult.FlagsAreMutuallyExclusive
            : opening.Kind == AccountKind.None ? AccountResult.KindMustNotBeZero : AccountResult.Opened;
    }

    private PostingResult? StageTransfers(Posting posting, bool isQuick)
    {
        for (int index = 0; index < posting.Transfers.Count; index++)
        {
            Transfer transfer = posting.Transfers[index];
            TransferResult result = Stage(transfer, isQuick);
            if (result != TransferResult.Posted)
            {
                return new PostingResult(
                    PostingOutcome.TransferRefused,
                    index,
                    Transfer: result,
                    Detail: $"Transfer {transfer.Id} ({transfer.Code}, {transfer.Amount}): {result}.");
            }
        }

        return null;
    }

    private TransferResult Stage(Transfer transfer, bool isQuick)
    {
        if (TransferRules.ExamineId(transfer) is var badId and not TransferResult.None)
        {
            return badId;
        }

        if ((!isQuick || books.IsStaged(transfer.Id)) && books.FindTransfer(transfer.Id) is { } existing)
        {
            return TransferRules.Compare(transfer, existing.Transfer);
        }

        if (TransferRules.ExamineFields(transfer) is var badField and not TransferResult.None)
        {
            return badField;
        }

        CachedAccount? debit = books.FindAccount(transfer.DebitAccount);
        if (debit is null)
        {
            return TransferResult.DebitAccountNotFound;
        }

        CachedAccount? credit = books.FindAccount(transfer.CreditAccount);
        if (credit is null)
        {
            return TransferResult.CreditAccountNotFound;
        }

        if (transfer.Kind is TransferKind.PostPending or TransferKind.VoidPending)
        {
            return StageResolution(transfer, debit, credit);
        }

        TransferResult limit = TransferRules.ExamineLimits(transfer, debit, credit);
        if (limit == TransferResult.Posted)
        {
            books.Stage(transfer, debit, credit, released: 0, pending: null);
        }

        return limit;
    }

    private TransferResult StageResolution(Transfer transfer, CachedAccount debit, CachedAccount credit)
    {
        if (books.FindTransfer(transfer.PendingId) is not { } pending)
        {
            return TransferResult.PendingTransferNotFound;
        }

        if (TransferRules.ExamineResolution(transfer, pending.Transfer) is var mismatch and not TransferResult.None)
        {
            return mismatch;
        }

        TransferKind? resolved = books.FindResolution(pending.Sequence);
        if (resolved is not null)
        {
            return resolved == TransferKind.PostPending
                ? TransferResult.PendingTransferAlreadyPosted
                : TransferResult.PendingTransferAlreadyVoided;
        }

        Msat released = pending.Transfer.Amount;
        TransferResult limit = TransferRules.ExamineReservation(debit, credit, released);
        if (limit == TransferResult.Posted)
        {
            books.Stage(transfer, debit, credit, released.Value, pending.Sequence);
        }

        return limit;
    }
}
