using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Records;

/// <summary>A run of receipts of one grant that was settled in one posting: what proves every millisatoshi of
/// it.</summary>
/// <remarks>Its legs are the transfers with code Settlement or CarryReleased whose user data is this id; those from the
/// grant's account add up to the amount.</remarks>
public sealed record SettlementRecord : LedgerRecord, IStoredRecord<SettlementRecord>
{
    private static readonly RecordTable Definition = new(
        3,
        "settlement",
        1,
        IsRevised: false,
        [
            "id", "grant_id", "first_sequence", "last_sequence", "bytes", "amount_msat", "receipts",
            "tail_signature", "settled_unix_ms",
        ]);

    /// <summary>The settlement's id, the user data of its transfers.</summary>
    public required Id128 Id { get; init; }

    /// <summary>The grant that it draws on.</summary>
    public required Id128 GrantId { get; init; }

    /// <summary>Sequence of its first receipt, from 1.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>Sequence of its last receipt.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Bytes that the run adds.</summary>
    public required long Bytes { get; init; }

    /// <summary>Amount that the run adds.</summary>
    public required Msat Amount { get; init; }

    /// <summary>The run in compact form, enough to rebuild every receipt's hash.</summary>
    public required byte[] Receipts { get; init; }

    /// <summary>The downloader's signature of the last receipt.</summary>
    public required Signature TailSignature { get; init; }

    /// <summary>When, unix milliseconds.</summary>
    public required long SettledUnixMs { get; init; }

    static RecordTable IStoredRecord<SettlementRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static SettlementRecord IStoredRecord<SettlementRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Id(0),
        GrantId = row.Id(1),
        FirstSequence = row.Number(2),
        LastSequence = row.Number(3),
        Bytes = row.Number(4),
        Amount = row.Amount(5),
        Receipts = row.Blob(6),
        TailSignature = row.Signature(7),
        SettledUnixMs = row.Number(8),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        GrantId.ToArray(),
        FirstSequence,
        LastSequence,
        Bytes,
        Amount.Value,
        Receipts,
        TailSignature.ToArray(),
        SettledUnixMs,
    ];
}
