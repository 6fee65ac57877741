using System.Data.Common;
using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Payouts;

namespace SeederMesh.Ledger.Records;

/// <summary>How a payee wants to be paid.</summary>
/// <remarks>Changed only by a call of whoever speaks for the payee, signed later than the one in force. What the only
/// creator that named a payee chose ends when another one names it too: nobody may keep back money that another's work
/// earns.</remarks>
public sealed record PayoutTermsRecord : RevisedRecord, IStoredRecord<PayoutTermsRecord>
{
    private static readonly RecordTable Definition = new(
        16,
        "payout_terms",
        1,
        IsRevised: true,
        [
            "payee_id", "threshold_msat", "schedule", "bearer", "signed_unix_seconds", "revision",
        ]);

    /// <summary>The payee.</summary>
    public required Id128 PayeeId { get; init; }

    /// <summary>What was chosen.</summary>
    public required PayoutTerms Terms { get; init; }

    /// <summary>When the choice in force was signed, unix seconds by the signer's clock; rises with every
    /// change.</summary>
    public required long SignedUnixSeconds { get; init; }

    static RecordTable IStoredRecord<PayoutTermsRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static PayoutTermsRecord IStoredRecord<PayoutTermsRecord>.Read(DbDataReader row)
    {
        Invariant.Require(PayoutSchedule.TryParse(row.Text(2), out PayoutSchedule schedule), "a stored schedule can be read");
        return new PayoutTermsRecord
        {
            PayeeId = row.Id(0),
            Terms = new PayoutTerms(row.Amount(1), schedule, (FeeBearer)row.Number(3)),
            SignedUnixSeconds = row.Number(4),
            Revision = row.Number(5),
        };
    }

    internal override object?[] ToFields() =>
    [
        PayeeId.ToArray(),
        Terms.Threshold.Value,
        Terms.Schedule.ToString(),
        (long)Terms.Bearer,
        SignedUnixSeconds,
        Revision,
    ];
}
