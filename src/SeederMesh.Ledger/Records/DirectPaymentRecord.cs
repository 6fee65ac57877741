using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Records;

/// <summary>A payment that the downloader of a direct channel is to make to a payee: the payee's invoice, and in the end
/// the preimage that proves it paid.</summary>
/// <remarks>Its pending transfer has this same id. The hub never sends it; what routing cost, only the downloader
/// knows.</remarks>
public sealed record DirectPaymentRecord : RevisedRecord, IStoredRecord<DirectPaymentRecord>
{
    private static readonly RecordTable Definition = new(
        15,
        "direct_payment",
        1,
        IsRevised: true,
        [
            "id", "channel_id", "payee_id", "destination", "amount_msat", "payment_hash", "preimage", "invoice",
            "status", "reason", "created_unix_ms", "expires_unix_ms", "finished_unix_ms", "revision",
        ]);

    /// <summary>The payment's id, and the id of its pending transfer.</summary>
    public required Id128 Id { get; init; }

    /// <summary>Whose downloader pays.</summary>
    public required Id128 ChannelId { get; init; }

    /// <summary>Who is paid.</summary>
    public required Id128 PayeeId { get; init; }

    /// <summary>Where the invoice came from; "own" for the hub's own node.</summary>
    public required string Destination { get; init; }

    /// <summary>What arrives, above zero.</summary>
    public required Msat Amount { get; init; }

    /// <summary>The invoice's payment hash.</summary>
    public required Digest PaymentHash { get; init; }

    /// <summary>The 32 bytes that prove the payment; set exactly when it succeeded.</summary>
    public Digest? Preimage { get; init; }

    /// <summary>The invoice.</summary>
    public required string Invoice { get; init; }

    /// <summary>How far it is: intended while the downloader has it, succeeded once proved, failed once it can no longer
    /// happen.</summary>
    public required PayoutStatus Status { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was made, unix milliseconds.</summary>
    public required long CreatedUnixMs { get; init; }

    /// <summary>When the invoice can no longer be paid, unix milliseconds.</summary>
    public required long ExpiresUnixMs { get; init; }

    /// <summary>When it was proved or failed, unix milliseconds.</summary>
    public long? FinishedUnixMs { get; init; }

    static RecordTable IStoredRecord<DirectPaymentRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static DirectPaymentRecord IStoredRecord<DirectPaymentRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Id(0),
        ChannelId = row.Id(1),
        PayeeId = row.Id(2),
        Destination = row.Text(3),
        Amount = row.Amount(4),
        PaymentHash = row.Digest(5),
        Preimage = row.OptionalDigest(6),
        Invoice = row.Text(7),
        Status = (PayoutStatus)row.Number(8),
        Reason = row.OptionalText(9),
        CreatedUnixMs = row.Number(10),
        ExpiresUnixMs = row.Number(11),
        FinishedUnixMs = row.OptionalNumber(12),
        Revision = row.Number(13),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        ChannelId.ToArray(),
        PayeeId.ToArray(),
        Destination,
        Amount.Value,
        PaymentHash.ToArray(),
        Preimage?.ToArray(),
        Invoice,
        (long)Status,
        Reason,
        CreatedUnixMs,
        ExpiresUnixMs,
        FinishedUnixMs,
        Revision,
    ];
}
