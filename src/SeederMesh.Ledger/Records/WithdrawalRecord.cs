using System.Data.Common;
using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Records;

/// <summary>A link by which a payee may withdraw once what it is owed (LUD-03).</summary>
/// <remarks>Names its payout from the posting on that reserves the money: so a link pays once, whatever happens
/// after.</remarks>
public sealed record WithdrawalRecord : RevisedRecord, IStoredRecord<WithdrawalRecord>
{
    private static readonly RecordTable Definition = new(
        20,
        "withdrawal",
        1,
        IsRevised: true,
        [
            "id", "payee_id", "payout_id", "created_unix_ms", "expires_unix_ms", "revision",
        ]);

    /// <summary>SHA-256 of the secret that the link holds (LUD-03's k1), which itself is not stored.</summary>
    public required Digest Id { get; init; }

    /// <summary>Who withdraws.</summary>
    public required Id128 PayeeId { get; init; }

    /// <summary>The payout that it became; none while it can be used.</summary>
    public Id128 PayoutId { get; init; }

    /// <summary>When it was made, unix milliseconds.</summary>
    public required long CreatedUnixMs { get; init; }

    /// <summary>From when on it cannot be used, unix milliseconds.</summary>
    public required long ExpiresUnixMs { get; init; }

    static RecordTable IStoredRecord<WithdrawalRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static WithdrawalRecord IStoredRecord<WithdrawalRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Digest(0),
        PayeeId = row.Id(1),
        PayoutId = row.OptionalId(2),
        CreatedUnixMs = row.Number(3),
        ExpiresUnixMs = row.Number(4),
        Revision = row.Number(5),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        PayeeId.ToArray(),
        PayoutId.Bytes(),
        CreatedUnixMs,
        ExpiresUnixMs,
        Revision,
    ];
}
