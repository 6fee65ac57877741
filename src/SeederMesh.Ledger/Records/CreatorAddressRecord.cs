using System.Data.Common;
using System.Text;
using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Records;

/// <summary>A Lightning address <c>NAME@HOST</c> that a creator claimed at this hub.</summary>
/// <remarks>A name stays with its creator for ever: what is sent to an old address must not reach somebody else.</remarks>
public sealed record CreatorAddressRecord : RevisedRecord, IStoredRecord<CreatorAddressRecord>
{
    private static readonly RecordTable Definition = new(
        22,
        "creator_address",
        1,
        IsRevised: true,
        [
            "id", "name", "creator", "payee_id", "signed_unix_seconds", "revision",
        ]);

    /// <summary><see cref="IdOf"/> its name.</summary>
    public Id128 Id => IdOf(Name);

    /// <summary>What stands before the host.</summary>
    public required string Name { get; init; }

    /// <summary>The creator's DID.</summary>
    public required string Creator { get; init; }

    /// <summary>The payee who gets all; none where it is divided as the manifest says.</summary>
    public Id128 PayeeId { get; init; }

    /// <summary>When the claim in force was signed, unix seconds.</summary>
    public required long SignedUnixSeconds { get; init; }

    /// <summary>The id of a name.</summary>
    public static Id128 IdOf(string name) => Id128.Derive("creator-address", Encoding.UTF8.GetBytes(name));

    static RecordTable IStoredRecord<CreatorAddressRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static CreatorAddressRecord IStoredRecord<CreatorAddressRecord>.Read(DbDataReader row) => new()
    {
        Name = row.Text(1),
        Creator = row.Text(2),
        PayeeId = row.OptionalId(3),
        SignedUnixSeconds = row.Number(4),
        Revision = row.Number(5),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        Name,
        Creator,
        PayeeId.Bytes(),
        SignedUnixSeconds,
        Revision,
    ];
}
