using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Records;

/// <summary>An invoice that the hub made for a channel.</summary>
/// <remarks>One for each request of the downloader's, so that a repeated request gets the same invoice.</remarks>
public sealed record InvoiceRecord : RevisedRecord, IStoredRecord<InvoiceRecord>
{
    private static readonly RecordTable Definition = new(
        8,
        "invoice",
        1,
        IsRevised: true,
        [
            "payment_hash", "channel_id", "request_id", "amount_msat", "bolt11", "status", "paid_msat",
            "pay_index", "created_unix_ms", "expires_unix_ms", "revision",
        ]);

    /// <summary>The invoice's payment hash.</summary>
    public required Digest PaymentHash { get; init; }

    /// <summary>The channel that it funds.</summary>
    public required Id128 ChannelId { get; init; }

    /// <summary>The downloader's id of this funding or top-up.</summary>
    public required Id128 RequestId { get; init; }

    /// <summary>What it asks for, above zero.</summary>
    public required Msat Amount { get; init; }

    /// <summary>The invoice itself.</summary>
    public required string Bolt11 { get; init; }

    /// <summary>How far it is.</summary>
    public required InvoiceStatus Status { get; init; }

    /// <summary>What was received.</summary>
    public Msat Paid { get; init; }

    /// <summary>The node's running number of the payment.</summary>
    public long? PayIndex { get; init; }

    /// <summary>When it was made, unix milliseconds.</summary>
    public required long CreatedUnixMs { get; init; }

    /// <summary>When it can no longer be paid, unix milliseconds.</summary>
    public required long ExpiresUnixMs { get; init; }

    static RecordTable IStoredRecord<InvoiceRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static InvoiceRecord IStoredRecord<InvoiceRecord>.Read(DbDataReader row) => new()
    {
        PaymentHash = row.Digest(0),
        ChannelId = row.Id(1),
        RequestId = row.Id(2),
        Amount = row.Amount(3),
        Bolt11 = row.Text(4),
        Status = (InvoiceStatus)row.Number(5),
        Paid = row.Amount(6),
        PayIndex = row.OptionalNumber(7),
        CreatedUnixMs = row.Number(8),
        ExpiresUnixMs = row.Number(9),
        Revision = row.Number(10),
    };

    internal override object?[] ToFields() =>
    [
        PaymentHash.ToArray(),
        ChannelId.ToArray(),
        RequestId.ToArray(),
        Amount.Value,
        Bolt11,
        (long)Status,
        Paid.Value,
        PayIndex,
        CreatedUnixMs,
        ExpiresUnixMs,
        Revision,
    ];
}
