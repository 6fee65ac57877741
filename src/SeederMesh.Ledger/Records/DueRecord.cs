using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;

namespace SeederMesh.Ledger.Records;

/// <summary>Somebody whom the downloader of a direct channel owes money: says whose an account of kind Due is.</summary>
/// <remarks>Written before anything can be due; how much is due stands on the account.</remarks>
public sealed record DueRecord : RevisedRecord, IStoredRecord<DueRecord>
{
    private static readonly RecordTable Definition = new(
        14,
        "due",
        1,
        IsRevised: true,
        [
            "id", "channel_id", "payee_id", "written_off_msat", "revision",
        ]);

    /// <summary>The account's id: AccountOpening.Due(channel, payee).</summary>
    public Id128 Id => AccountOpening.Due(ChannelId, PayeeId).Id;

    /// <summary>The channel.</summary>
    public required Id128 ChannelId { get; init; }

    /// <summary>The payee.</summary>
    public required Id128 PayeeId { get; init; }

    /// <summary>What was never proved paid and was given up.</summary>
    public Msat WrittenOff { get; init; }

    static RecordTable IStoredRecord<DueRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static DueRecord IStoredRecord<DueRecord>.Read(DbDataReader row) => new()
    {
        ChannelId = row.Id(1),
        PayeeId = row.Id(2),
        WrittenOff = row.Amount(3),
        Revision = row.Number(4),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        ChannelId.ToArray(),
        PayeeId.ToArray(),
        WrittenOff.Value,
        Revision,
    ];
}
