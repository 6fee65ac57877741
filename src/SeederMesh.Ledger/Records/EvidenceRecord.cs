using System.Data.Common;
using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Records;

/// <summary>Two signed messages that contradict each other, kept.</summary>
/// <remarks>Never deleted: a dispute reads it.</remarks>
public sealed record EvidenceRecord : LedgerRecord, IStoredRecord<EvidenceRecord>
{
    private static readonly RecordTable Definition = new(
        4,
        "evidence",
        1,
        IsRevised: false,
        [
            "id", "grant_id", "reason", "first", "second", "observed_unix_ms",
        ]);

    /// <summary>Derived from the two messages, so that the same evidence is kept once.</summary>
    public required Id128 Id { get; init; }

    /// <summary>The grant that it is about.</summary>
    public required Id128 GrantId { get; init; }

    /// <summary>What contradicts, as a verdict's name.</summary>
    public required string Reason { get; init; }

    /// <summary>The message that was accepted.</summary>
    public required byte[] First { get; init; }

    /// <summary>The message that contradicts it.</summary>
    public required byte[] Second { get; init; }

    /// <summary>When it was seen, unix milliseconds.</summary>
    public required long ObservedUnixMs { get; init; }

    static RecordTable IStoredRecord<EvidenceRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static EvidenceRecord IStoredRecord<EvidenceRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Id(0),
        GrantId = row.Id(1),
        Reason = row.Text(2),
        First = row.Blob(3),
        Second = row.Blob(4),
        ObservedUnixMs = row.Number(5),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        GrantId.ToArray(),
        Reason,
        First,
        Second,
        ObservedUnixMs,
    ];
}
