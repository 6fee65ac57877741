using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Records;

/// <summary>The hub-signed right of one seeder to draw on one channel.</summary>
/// <remarks>What is settled never exceeds the limit; the schema checks it too.</remarks>
public sealed record GrantRecord : RevisedRecord, IStoredRecord<GrantRecord>
{
    private static readonly RecordTable Definition = new(
        2,
        "\"grant\"",
        1,
        IsRevised: true,
        [
            "id", "channel_id", "seeder_key", "limit_msat", "price_per_mib_msat", "expires_unix_ms", "body",
            "status", "last_sequence", "settled_bytes", "settled_msat", "last_receipt_hash",
            "created_unix_ms", "closes_unix_ms", "revision",
        ]);

    /// <summary>The grant's id.</summary>
    public required Id128 Id { get; init; }

    /// <summary>The channel that it draws on.</summary>
    public required Id128 ChannelId { get; init; }

    /// <summary>The seeder that it is for.</summary>
    public required PublicKey SeederKey { get; init; }

    /// <summary>The most that may be settled under it.</summary>
    public required Msat Limit { get; init; }

    /// <summary>The price of 1 MiB.</summary>
    public required Msat PricePerMib { get; init; }

    /// <summary>When receipts under it stop counting, unix milliseconds.</summary>
    public required long ExpiresUnixMs { get; init; }

    /// <summary>The signed grant as it went over the wire.</summary>
    public required byte[] Body { get; init; }

    /// <summary>Whether it may still be drawn on.</summary>
    public required GrantStatus Status { get; init; }

    /// <summary>Sequence of the newest settled receipt; 0 before the first.</summary>
    public long LastSequence { get; init; }

    /// <summary>Cumulative bytes of the newest settled receipt.</summary>
    public long SettledBytes { get; init; }

    /// <summary>Cumulative amount of the newest settled receipt.</summary>
    public Msat Settled { get; init; }

    /// <summary>Hash of the newest settled receipt; zeros before the first.</summary>
    public Digest LastReceiptHash { get; init; }

    /// <summary>When it was signed, unix milliseconds.</summary>
    public required long CreatedUnixMs { get; init; }

    /// <summary>When it closes because the downloader asked, unix milliseconds; null while nobody asked.</summary>
    public long? ClosesUnixMs { get; init; }

    static RecordTable IStoredRecord<GrantRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static GrantRecord IStoredRecord<GrantRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Id(0),
        ChannelId = row.Id(1),
        SeederKey = row.Key(2),
        Limit = row.Amount(3),
        PricePerMib = row.Amount(4),
        ExpiresUnixMs = row.Number(5),
        Body = row.Blob(6),
        Status = (GrantStatus)row.Number(7),
        LastSequence = row.Number(8),
        SettledBytes = row.Number(9),
        Settled = row.Amount(10),
        LastReceiptHash = row.Digest(11),
        CreatedUnixMs = row.Number(12),
        ClosesUnixMs = row.OptionalNumber(13),
        Revision = row.Number(14),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        ChannelId.ToArray(),
        SeederKey.ToArray(),
        Limit.Value,
        PricePerMib.Value,
        ExpiresUnixMs,
        Body,
        (long)Status,
        LastSequence,
        SettledBytes,
        Settled.Value,
        LastReceiptHash.ToArray(),
        CreatedUnixMs,
        ClosesUnixMs,
        Revision,
    ];
}
