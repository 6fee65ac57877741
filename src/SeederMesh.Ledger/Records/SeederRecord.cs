using System.Data.Common;
using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Records;

/// <summary>A seeder's registration.</summary>
/// <remarks>Changed only by the seeder's own signed request.</remarks>
public sealed record SeederRecord : RevisedRecord, IStoredRecord<SeederRecord>
{
    private static readonly RecordTable Definition = new(
        11,
        "seeder",
        1,
        IsRevised: true,
        [
            "public_key", "name", "destination", "registered_unix_ms", "signed_unix_seconds", "takes_direct", "revision",
        ]);

    /// <summary>The seeder's key.</summary>
    public required PublicKey PublicKey { get; init; }

    /// <summary>What the operator calls it.</summary>
    public required string Name { get; init; }

    /// <summary>Where it wants to be paid.</summary>
    public required string Destination { get; init; }

    /// <summary>When it was first seen, unix milliseconds.</summary>
    public required long RegisteredUnixMs { get; init; }

    /// <summary>When the registration in force was signed, unix seconds by the seeder's clock; rises with every
    /// change.</summary>
    public required long SignedUnixSeconds { get; init; }

    /// <summary>Whether it uploads to downloaders that pay by themselves, on trust up to a small window. Default:
    /// yes.</summary>
    public bool TakesDirect { get; init; } = true;

    static RecordTable IStoredRecord<SeederRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static SeederRecord IStoredRecord<SeederRecord>.Read(DbDataReader row) => new()
    {
        PublicKey = row.Key(0),
        Name = row.Text(1),
        Destination = row.Text(2),
        RegisteredUnixMs = row.Number(3),
        SignedUnixSeconds = row.Number(4),
        TakesDirect = row.Number(5) != 0,
        Revision = row.Number(6),
    };

    internal override object?[] ToFields() =>
    [
        PublicKey.ToArray(),
        Name,
        Destination,
        RegisteredUnixMs,
        SignedUnixSeconds,
        TakesDirect ? 1L : 0L,
        Revision,
    ];
}
