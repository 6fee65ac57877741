using System.Data.Common;
using System.Text;
using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Records;

/// <summary>That a creator's manifests name a payee. Anybody can register a manifest that names any payee, so it
/// proves nothing about whose the destinations are.</summary>
public sealed record PayeeNamingRecord : LedgerRecord, IStoredRecord<PayeeNamingRecord>
{
    private static readonly RecordTable Definition = new(
        17,
        "payee_naming",
        1,
        IsRevised: false,
        [
            "id", "payee_id", "creator",
        ]);

    /// <summary><see cref="IdOf"/> the two; of what an older hub noted, the payee's id.</summary>
    public required Id128 Id { get; init; }

    /// <summary>The payee.</summary>
    public required Id128 PayeeId { get; init; }

    /// <summary>The creator's DID.</summary>
    public required string Creator { get; init; }

    /// <summary>The id of one creator's naming of one payee.</summary>
    public static Id128 IdOf(Id128 payeeId, string creator) =>
        Id128.Derive("payee-naming", [.. payeeId.ToArray(), .. Encoding.UTF8.GetBytes(creator)]);

    static RecordTable IStoredRecord<PayeeNamingRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static PayeeNamingRecord IStoredRecord<PayeeNamingRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Id(0),
        PayeeId = row.Id(1),
        Creator = row.Text(2),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        PayeeId.ToArray(),
        Creator,
    ];
}
