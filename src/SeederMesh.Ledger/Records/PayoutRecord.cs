using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Records;

/// <summary>A payment that leaves the hub: to a payee, or a channel's refund.</summary>
/// <remarks>Its pending transfer has this same id, so that each payout reserves once; a payment hash belongs to one
/// payout.</remarks>
public sealed record PayoutRecord : RevisedRecord, IStoredRecord<PayoutRecord>
{
    private static readonly RecordTable Definition = new(
        6,
        "payout",
        1,
        IsRevised: true,
        [
            "id", "payee_id", "channel_id", "destination", "amount_msat", "fee_limit_msat", "fee_paid_msat",
            "payment_hash", "preimage", "invoice", "status", "reason", "attempts", "next_attempt_unix_ms",
            "created_unix_ms", "finished_unix_ms", "revision",
        ]);

    /// <summary>The payout's id, and the id of its pending transfer.</summary>
    public required Id128 Id { get; init; }

    /// <summary>Who is paid; none for a refund.</summary>
    public Id128 PayeeId { get; init; }

    /// <summary>Whose rest is refunded; none for a payee's payout.</summary>
    public Id128 ChannelId { get; init; }

    /// <summary>Where it goes, as it was when the payout was made.</summary>
    public required string Destination { get; init; }

    /// <summary>What arrives, above zero.</summary>
    public required Msat Amount { get; init; }

    /// <summary>The most that routing may cost.</summary>
    public Msat FeeLimit { get; init; }

    /// <summary>What routing cost.</summary>
    public Msat FeePaid { get; init; }

    /// <summary>SHA-256 of the preimage; null until it is known, then before it is sent.</summary>
    public Digest? PaymentHash { get; init; }

    /// <summary>The 32 bytes that prove the payment; set exactly when it succeeded.</summary>
    public Digest? Preimage { get; init; }

    /// <summary>The invoice that is paid, where the destination gave one.</summary>
    public string? Invoice { get; init; }

    /// <summary>How far it is.</summary>
    public required PayoutStatus Status { get; init; }

    /// <summary>Why it failed or is parked.</summary>
    public string? Reason { get; init; }

    /// <summary>How often it was handed to the node.</summary>
    public long Attempts { get; init; }

    /// <summary>Not to be tried before this, unix milliseconds.</summary>
    public long NextAttemptUnixMs { get; init; }

    /// <summary>When the money was reserved, unix milliseconds.</summary>
    public required long CreatedUnixMs { get; init; }

    /// <summary>When it succeeded or failed, unix milliseconds.</summary>
    public long? FinishedUnixMs { get; init; }

    static RecordTable IStoredRecord<PayoutRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static PayoutRecord IStoredRecord<PayoutRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Id(0),
        PayeeId = row.OptionalId(1),
        ChannelId = row.OptionalId(2),
        Destination = row.Text(3),
        Amount = row.Amount(4),
        FeeLimit = row.Amount(5),
        FeePaid = row.Amount(6),
        PaymentHash = row.OptionalDigest(7),
        Preimage = row.OptionalDigest(8),
        Invoice = row.OptionalText(9),
        Status = (PayoutStatus)row.Number(10),
        Reason = row.OptionalText(11),
        Attempts = row.Number(12),
        NextAttemptUnixMs = row.Number(13),
        CreatedUnixMs = row.Number(14),
        FinishedUnixMs = row.OptionalNumber(15),
        Revision = row.Number(16),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        PayeeId.Bytes(),
        ChannelId.Bytes(),
        Destination,
        Amount.Value,
        FeeLimit.Value,
        FeePaid.Value,
        PaymentHash?.ToArray(),
        Preimage?.ToArray(),
        Invoice,
        (long)Status,
        Reason,
        Attempts,
        NextAttemptUnixMs,
        CreatedUnixMs,
        FinishedUnixMs,
        Revision,
    ];
}
