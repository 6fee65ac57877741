using System.Data.Common;
using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Records;

/// <summary>Somebody the hub owes money to.</summary>
/// <remarks>Its account is AccountOpening.Payee(Id).</remarks>
public sealed record PayeeRecord : RevisedRecord, IStoredRecord<PayeeRecord>
{
    private static readonly RecordTable Definition = new(
        5,
        "payee",
        1,
        IsRevised: true,
        [
            "id", "kind", "owner", "destination", "revision",
        ]);

    private const string WithdrawPrefix = "withdraw:";

    /// <summary>The payee's id.</summary>
    public required Id128 Id { get; init; }

    /// <summary>Who it is.</summary>
    public required PayeeKind Kind { get; init; }

    /// <summary>A seeder's public key in hexadecimal; of a manifest's payee the DID of the creator that named it first,
    /// which gives no right to it (<see cref="PayeeNamingRecord"/>).</summary>
    public required string Owner { get; init; }

    /// <summary>Where payouts go (keysend:, lnaddress:, lnurl:, bolt12:); null while unknown.</summary>
    public string? Destination { get; init; }

    /// <summary>The key that speaks for the payee, as a DID: a seeder's own, or the one that an endpoint
    /// <c>withdraw:did:key:...</c> names. Null where nobody can prove to be the payee.</summary>
    public string? OwnDid => Kind == PayeeKind.Seeder
        ? (PublicKey.TryParseHex(Owner, out PublicKey seeder) ? new DidKey(seeder).ToString() : null)
        : Array.Find((Destination ?? "").Split('\n'), line => line.StartsWith(WithdrawPrefix, StringComparison.Ordinal))
            ?[WithdrawPrefix.Length..];

    /// <summary>The payee id of the hub itself, for its share of direct channels.</summary>
    public static Id128 HubId { get; } = Id128.Derive("hub-payee");

    /// <summary>The payee id of the hub's registry, for its share of direct channels.</summary>
    public static Id128 RegistryId { get; } = Id128.Derive("registry-payee");

    /// <summary>The payee id of a seeder: its earnings follow its key, whatever destination it names.</summary>
    public static Id128 IdOfSeeder(PublicKey seeder) => Id128.Derive("seeder-payee", seeder.Span);

    static RecordTable IStoredRecord<PayeeRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static PayeeRecord IStoredRecord<PayeeRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Id(0),
        Kind = (PayeeKind)row.Number(1),
        Owner = row.Text(2),
        Destination = row.OptionalText(3),
        Revision = row.Number(4),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        (long)Kind,
        Owner,
        Destination,
        Revision,
    ];
}
