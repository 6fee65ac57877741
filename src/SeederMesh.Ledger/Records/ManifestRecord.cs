using System.Data.Common;
using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Records;

/// <summary>A manifest that the registry holds.</summary>
/// <remarks>One body for each torrent and sequence number.</remarks>
public sealed record ManifestRecord : LedgerRecord, IStoredRecord<ManifestRecord>
{
    private static readonly RecordTable Definition = new(
        10,
        "manifest",
        1,
        IsRevised: false,
        [
            "digest", "infohash", "infohash_v1", "sequence", "creator", "body", "receipt",
            "registered_unix_ms",
        ]);

    /// <summary>SHA-256 of the JCS form without its proof.</summary>
    public required Digest Digest { get; init; }

    /// <summary>The torrent's v2 infohash.</summary>
    public required Digest Infohash { get; init; }

    /// <summary>The 20-byte v1 infohash of a hybrid torrent.</summary>
    public byte[]? InfohashV1 { get; init; }

    /// <summary>The manifest's seq, from 0; a new version has a higher one.</summary>
    public required long Sequence { get; init; }

    /// <summary>The creator's DID.</summary>
    public required string Creator { get; init; }

    /// <summary>The .prov file.</summary>
    public required byte[] Body { get; init; }

    /// <summary>The registry's signed receipt.</summary>
    public required byte[] Receipt { get; init; }

    /// <summary>When, unix milliseconds.</summary>
    public required long RegisteredUnixMs { get; init; }

    static RecordTable IStoredRecord<ManifestRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static ManifestRecord IStoredRecord<ManifestRecord>.Read(DbDataReader row) => new()
    {
        Digest = row.Digest(0),
        Infohash = row.Digest(1),
        InfohashV1 = row.OptionalBlob(2),
        Sequence = row.Number(3),
        Creator = row.Text(4),
        Body = row.Blob(5),
        Receipt = row.Blob(6),
        RegisteredUnixMs = row.Number(7),
    };

    internal override object?[] ToFields() =>
    [
        Digest.ToArray(),
        Infohash.ToArray(),
        InfohashV1,
        Sequence,
        Creator,
        Body,
        Receipt,
        RegisteredUnixMs,
    ];
}
