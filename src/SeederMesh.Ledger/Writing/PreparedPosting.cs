using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Writing;

/// <summary>A posting with what the caller's thread can work out before the writer sees it: fields, keys, the
/// digest.</summary>
internal sealed class PreparedPosting
{
    private readonly TaskCompletionSource<PostingResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PreparedPosting(Posting posting)
    {
        RefuseMany(posting.Accounts.Count, "accounts", nameof(posting));
        RefuseMany(posting.Transfers.Count, "transfers", nameof(posting));
        RefuseMany(posting.Records.Count, "records", nameof(posting));
        RefuseMany(posting.Expected.Count, "expectations", nameof(posting));
        if (posting.Id.IsNone && posting.Transfers.Count > 0)
        {
            throw new ArgumentException("A posting with transfers has an id of its caller's.", nameof(posting));
        }

        Posting = posting;
        Records = [.. posting.Records.Select(record => new PreparedRecord(record))];
        Expected = [.. posting.Expected.Select(record => new PreparedRecord(record))];
        if (Records.Length > 1 && Records.DistinctBy(record => record.Key).Count() < Records.Length)
        {
            throw new ArgumentException("A posting writes each record once.", nameof(posting));
        }

        if (Expected.Any(record => !record.Table.IsRevised))
        {
            throw new ArgumentException("Only records with a revision can be expected at one.", nameof(posting));
        }

        Digest = posting.Id.IsNone ? [] : HashContent();
    }

    public Posting Posting { get; }

    public PreparedRecord[] Records { get; }

    public PreparedRecord[] Expected { get; }

    /// <summary>SHA-256 of everything in the posting: what "the same posting" means.</summary>
    public byte[] Digest { get; }

    public PostingResult? Result { get; set; }

    public Task<PostingResult> Completion => completion.Task;

    public void Complete() => completion.TrySetResult(Result!);

    public void Fail(Exception failure) => completion.TrySetException(failure);

    private static void RefuseMany(int count, string part, string argument)
    {
        if (count > Posting.MaxParts)
        {
            throw new ArgumentException($"A posting has at most {Posting.MaxParts} {part}, not {count}.", argument);
        }
    }

    private byte[] HashContent()
    {
        ContentHash content = new();
        foreach (AccountOpening account in Posting.Accounts)
        {
            content.Add('A').Add(account.Id).Add((long)account.Kind).Add((long)account.Flags);
        }

        foreach (Transfer transfer in Posting.Transfers)
        {
            content.Add('T').Add(transfer.Id).Add(transfer.DebitAccount).Add(transfer.CreditAccount);
            content.Add(transfer.Amount.Value).Add((long)transfer.Code).Add((long)transfer.Kind);
            content.Add(transfer.PendingId).Add(transfer.UserData);
        }

        foreach (PreparedRecord record in Records)
        {
            content.Add('R').Add(record.Table.Order).Add(record.Fields);
        }

        return content.Finish();
    }
}

/// <summary>Hashes values without ambiguity: each has a fixed length or its length in front.</summary>
internal sealed class ContentHash
{
    private readonly ArrayBufferWriter<byte> buffer = new(1024);

    public ContentHash Add(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(sizeof(long)), value);
        buffer.Advance(sizeof(long));
        return this;
    }

    public ContentHash Add(Id128 id)
    {
        id.Write(buffer.GetSpan(Id128.Size)[..Id128.Size]);
        buffer.Advance(Id128.Size);
        return this;
    }

    public ContentHash Add(object?[] fields)
    {
        foreach (object? field in fields)
        {
            switch (field)
            {
                case null:
                    Add(-1);
                    break;
                case long number:
                    Add(sizeof(long)).Add(number);
                    break;
                case string text:
                    Add(Encoding.UTF8.GetByteCount(text));
                    Encoding.UTF8.GetBytes(text, buffer);
                    break;
                default:
                    Add(((byte[])field).Length);
                    buffer.Write((byte[])field);
                    break;
            }
        }

        return this;
    }

    public byte[] Finish() => SHA256.HashData(buffer.WrittenSpan);
}

/// <summary>A record as columns.</summary>
internal sealed class PreparedRecord
{
    public PreparedRecord(LedgerRecord record)
    {
        Table = record.Table;
        Fields = record.ToFields();
        Key = RecordKey.Of(Table, Fields);
        Revision = record is RevisedRecord revised ? revised.Revision : 1;
    }

    public RecordTable Table { get; }

    public object?[] Fields { get; }

    public RecordKey Key { get; }

    /// <summary>The revision to write, or to expect; 1 for records that never change.</summary>
    public long Revision { get; }
}
