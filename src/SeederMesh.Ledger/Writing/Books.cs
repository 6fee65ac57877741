using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Sql;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Writing;

/// <summary>A transfer that the current group adds.</summary>
internal sealed record StagedTransfer(
    long Sequence, Transfer Transfer, long Posting, CachedAccount Debit, CachedAccount Credit, long Released, long? Pending)
{
    /// <summary>The debit account's newest transfer before this one.</summary>
    public long DebitSequenceBefore { get; } = Debit.LastSequence;

    /// <summary>The credit account's newest transfer before this one.</summary>
    public long CreditSequenceBefore { get; } = Credit.LastSequence;
}

/// <summary>The books as the writer sees them: the database, what is cached of it, and what the current group
/// adds.</summary>
/// <remarks>One writer, so what is cached stays true until a write fails or somebody else writes; then all of it is
/// dropped.</remarks>
internal sealed class Books(WriteSession session)
{
    /// <summary>Accounts, and revisions, kept in memory between groups; some 30 MiB when full.</summary>
    private const int CachedMax = 100_000;

    private readonly Dictionary<Id128, CachedAccount> accounts = [];
    private readonly Dictionary<RecordKey, long> revisions = [];

    private readonly List<CachedAccount> opened = [];
    private readonly List<CachedAccount> moved = [];
    private readonly List<StagedTransfer> staged = [];
    private readonly Dictionary<Id128, StagedTransfer> stagedById = [];
    private readonly Dictionary<long, TransferKind> stagedResolutions = [];
    private readonly List<(long Number, PreparedPosting Posting)> stagedPostings = [];
    private readonly Dictionary<Id128, PreparedPosting> stagedPostingsById = [];
    private readonly Dictionary<RecordKey, (PreparedRecord Record, bool IsNew)> stagedRecords = [];

    private long nextAccount;
    private long nextPosting;
    private long nextSequence;

    /// <summary>Whether the current group has anything to write.</summary>
    public bool HasChanges => stagedPostings.Count > 0 || stagedRecords.Count > 0 || opened.Count > 0;

    /// <summary>A point to go back to when a later part of the same posting is refused.</summary>
    public (int Opened, int Staged) Mark => (opened.Count, staged.Count);

    /// <summary>Forgets everything that is not in the database, and everything that was cached of it.</summary>
    public void Reload()
    {
        accounts.Clear();
        revisions.Clear();
        ForgetGroup();
        nextAccount = session.ReadNumber(Statements.LastAccount)!.Value + 1;
        nextPosting = session.ReadNumber(Statements.LastPosting)!.Value + 1;
        nextSequence = session.ReadNumber(Statements.LastTransfer)!.Value + 1;
    }

    /// <summary>Keeps memory bounded, between groups.</summary>
    public void Trim()
    {
        if (accounts.Count > CachedMax)
        {
            accounts.Clear();
        }

        if (revisions.Count > CachedMax)
        {
            revisions.Clear();
        }
    }

    public CachedAccount? FindAccount(Id128 id)
    {
        if (accounts.TryGetValue(id, out CachedAccount? account))
        {
            return account;
        }

        using DbDataReader row = session.Read(Statements.FindAccount, id.ToArray());
        if (!row.Read())
        {
            return null;
        }

        AccountOpening opening = new(id, (AccountKind)row.Number(1), (AccountFlags)row.Number(2));
        Balances balances = new(row.Number(3), row.Number(4), row.Number(5), row.Number(6));
        account = new CachedAccount(row.Number(0), opening, balances, row.Number(7));
        accounts.Add(id, account);
        return account;
    }

    public PostedTransfer? FindTransfer(Id128 id)
    {
        if (stagedById.TryGetValue(id, out StagedTransfer? added))
        {
            return new PostedTransfer(added.Sequence, added.Transfer);
        }

        using DbDataReader row = session.Read(Statements.FindTransfer, id.ToArray());
        return row.Read() ? ReadTransfer(row) : null;
    }

    public bool IsStaged(Id128 transferId) => stagedById.ContainsKey(transferId);

    /// <summary>How a pending transfer was resolved; null while it is pending.</summary>
    public TransferKind? FindResolution(long pendingSequence) =>
        stagedResolutions.TryGetValue(pendingSequence, out TransferKind kind)
            ? kind
            : (TransferKind?)session.ReadNumber(Statements.FindResolution, pendingSequence);

    public byte[]? FindPostingDigest(Id128 id)
    {
        if (stagedPostingsById.TryGetValue(id, out PreparedPosting? posting))
        {
            return posting.Digest;
        }

        using DbDataReader row = session.Read(Statements.FindPosting, id.ToArray());
        return row.Read() ? row.Blob(0) : null;
    }

    /// <summary>The stored revision: 0 when there is no such record. Records that never change have 0 when missing and
    /// 1 when there.</summary>
    /// <param name="record">Whose key.</param>
    /// <param name="assumeNew">Answers 0 for an unknown first revision without asking: the primary key will
    /// tell.</param>
    public long FindRevision(PreparedRecord record, bool assumeNew)
    {
        if (stagedRecords.TryGetValue(record.Key, out (PreparedRecord Record, bool IsNew) added))
        {
            return added.Record.Revision;
        }

        if (revisions.TryGetValue(record.Key, out long revision))
        {
            return revision;
        }

        if (assumeNew && record.Revision == 1)
        {
            return 0;
        }

        ReadOnlySpan<object?> key = record.Fields.AsSpan(0, record.Table.KeyColumns);
        long? stored = session.ReadNumber(record.Table.FindRevision, key);
        revision = stored is null ? 0 : Math.Max(1, stored.Value);
        if (record.Table.IsRevised && revision > 0)
        {
            revisions.Add(record.Key, revision);
        }

        return revision;
    }

    public void Open(AccountOpening opening)
    {
        CachedAccount account = new(nextAccount++, opening, default, 0);
        accounts.Add(opening.Id, account);
        opened.Add(account);
    }

    /// <summary>Ends an accepted posting: the transfers staged since the last one are its.</summary>
    public void Stage(PreparedPosting posting)
    {
        stagedPostings.Add((nextPosting, posting));
        stagedPostingsById.Add(posting.Posting.Id, posting);
        nextPosting++;
    }

    public void Stage(Transfer transfer, CachedAccount debit, CachedAccount credit, long released, long? pending)
    {
        StagedTransfer added = new(nextSequence++, transfer, nextPosting, debit, credit, released, pending);
        staged.Add(added);
        stagedById.Add(transfer.Id, added);
        if (pending is { } sequence)
        {
            stagedResolutions.Add(sequence, transfer.Kind);
        }

        Apply(added, sign: 1);
        foreach (CachedAccount account in (ReadOnlySpan<CachedAccount>)[debit, credit])
        {
            if (account.LastSequence == account.StoredSequence)
            {
                moved.Add(account);
            }

            account.LastSequence = added.Sequence;
        }
    }

    public void Stage(PreparedRecord record)
    {
        bool isNew = record.Revision == 1
            || (stagedRecords.TryGetValue(record.Key, out (PreparedRecord Record, bool IsNew) added) && added.IsNew);
        stagedRecords[record.Key] = (record, isNew);
        if (record.Table.IsRevised)
        {
            revisions[record.Key] = record.Revision;
        }
    }

    /// <summary>Takes back what the posting under examination has staged since <paramref name="mark"/>.</summary>
    public void UndoTo((int Opened, int Staged) mark)
    {
        for (int index = staged.Count - 1; index >= mark.Staged; index--)
        {
            StagedTransfer added = staged[index];
            Apply(added, sign: -1);
            added.Debit.LastSequence = added.DebitSequenceBefore;
            added.Credit.LastSequence = added.CreditSequenceBefore;
            nextSequence = added.Sequence;
            stagedById.Remove(added.Transfer.Id);
            if (added.Pending is { } sequence)
            {
                stagedResolutions.Remove(sequence);
            }
        }

        staged.RemoveRange(mark.Staged, staged.Count - mark.Staged);
        for (int index = opened.Count - 1; index >= mark.Opened; index--)
        {
            accounts.Remove(opened[index].Id);
        }

        opened.RemoveRange(mark.Opened, opened.Count - mark.Opened);
        moved.RemoveAll(account => account.LastSequence == account.StoredSequence);
    }

    /// <summary>Writes what the group added, each account and record once, in the order that references need.</summary>
    public void Write(long nowUnixMs)
    {
        foreach ((long number, PreparedPosting posting) in stagedPostings)
        {
            session.Write(Statements.InsertPosting, number, posting.Posting.Id.ToArray(), posting.Digest, nowUnixMs);
        }

        foreach (CachedAccount account in opened)
        {
            session.Write(
                Statements.InsertAccount,
                account.Number,
                account.Id.ToArray(),
                (long)account.Opening.Kind,
                (long)account.Opening.Flags);
        }

        foreach (StagedTransfer added in staged)
        {
            Write(added);
        }

        foreach (CachedAccount account in moved)
        {
            Balances balances = account.Balances;
            session.Write(
                Statements.UpdateAccount,
                account.Number,
                balances.DebitsPending,
                balances.DebitsPosted,
                balances.CreditsPending,
                balances.CreditsPosted,
                account.LastSequence);
        }

        foreach ((PreparedRecord record, bool isNew) in stagedRecords.Values.OrderBy(item => item.Record.Table.Order))
        {
            session.Write(isNew ? record.Table.Insert : record.Table.Update, record.Fields);
        }

        session.Flush();
    }

    /// <summary>The group is in the database: what it added is no longer ahead of it.</summary>
    public void ForgetGroup()
    {
        foreach (CachedAccount account in moved)
        {
            account.StoredSequence = account.LastSequence;
        }

        opened.Clear();
        moved.Clear();
        staged.Clear();
        stagedById.Clear();
        stagedResolutions.Clear();
        stagedPostings.Clear();
        stagedPostingsById.Clear();
        stagedRecords.Clear();
    }

    internal static PostedTransfer ReadTransfer(DbDataReader row) => new(
        row.Number(0),
        new Transfer(row.Id(1), row.Id(2), row.Id(3), row.Amount(4), (TransferCode)row.Number(5))
        {
            Kind = (TransferKind)row.Number(6),
            PendingId = row.OptionalId(7),
            UserData = row.OptionalId(8),
        });

    private static void Apply(StagedTransfer added, int sign)
    {
        long amount = added.Transfer.Amount.Value * sign;
        long posted = added.Transfer.Kind is TransferKind.Posted or TransferKind.PostPending ? amount : 0;
        long pending = added.Transfer.Kind == TransferKind.Pending ? amount : -added.Released * sign;
        Balances debit = added.Debit.Balances;
        Balances credit = added.Credit.Balances;
        added.Debit.Balances = debit with
        {
            DebitsPosted = debit.DebitsPosted + posted,
            DebitsPending = debit.DebitsPending + pending,
        };
        added.Credit.Balances = credit with
        {
            CreditsPosted = credit.CreditsPosted + posted,
            CreditsPending = credit.CreditsPending + pending,
        };
    }

    private void Write(StagedTransfer added)
    {
        Transfer transfer = added.Transfer;
        session.Write(
            Statements.InsertTransfer,
            added.Sequence,
            transfer.Id.ToArray(),
            added.Posting,
            added.Debit.Number,
            added.Credit.Number,
            transfer.Amount.Value,
            added.Released,
            (long)transfer.Code,
            (long)transfer.Kind,
            added.Pending,
            transfer.UserData.Bytes());
    }
}
