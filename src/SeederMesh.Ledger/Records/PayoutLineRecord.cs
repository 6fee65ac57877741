using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Records;

/// <summary>What a payout pays: one line for a settlement, or for all of one manifest.</summary>
/// <remarks>The lines of a payout, where it has any, add up to its amount.</remarks>
public sealed record PayoutLineRecord : LedgerRecord, IStoredRecord<PayoutLineRecord>
{
    private static readonly RecordTable Definition = new(
        7,
        "payout_line",
        2,
        IsRevised: false,
        [
            "payout_id", "line", "settlement_id", "manifest_digest", "amount_msat",
        ]);

    /// <summary>The payout.</summary>
    public required Id128 PayoutId { get; init; }

    /// <summary>From 1.</summary>
    public required long Line { get; init; }

    /// <summary>The settlement that earned it, or the donation; none when the line sums up a manifest.</summary>
    public Id128 SettlementId { get; init; }

    /// <summary>The manifest whose split says so.</summary>
    public required Digest ManifestDigest { get; init; }

    /// <summary>How much of the payout this is, above zero.</summary>
    public required Msat Amount { get; init; }

    static RecordTable IStoredRecord<PayoutLineRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static PayoutLineRecord IStoredRecord<PayoutLineRecord>.Read(DbDataReader row) => new()
    {
        PayoutId = row.Id(0),
        Line = row.Number(1),
        SettlementId = row.OptionalId(2),
        ManifestDigest = row.Digest(3),
        Amount = row.Amount(4),
    };

    internal override object?[] ToFields() =>
    [
        PayoutId.ToArray(),
        Line,
        SettlementId.Bytes(),
        ManifestDigest.ToArray(),
        Amount.Value,
    ];
}
