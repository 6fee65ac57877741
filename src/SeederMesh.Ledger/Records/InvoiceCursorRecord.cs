using System.Data.Common;
using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Records;

/// <summary>How far the node's stream of paid invoices has been booked.</summary>
/// <remarks>Moves in the same posting that books the payment.</remarks>
public sealed record InvoiceCursorRecord : RevisedRecord, IStoredRecord<InvoiceCursorRecord>
{
    private static readonly RecordTable Definition = new(
        9,
        "invoice_cursor",
        1,
        IsRevised: true,
        [
            "id", "pay_index", "revision",
        ]);

    /// <summary>Which node: Id128.Derive("invoice-cursor", node id).</summary>
    public required Id128 Id { get; init; }

    /// <summary>The last running number that is booked.</summary>
    public required long PayIndex { get; init; }

    static RecordTable IStoredRecord<InvoiceCursorRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static InvoiceCursorRecord IStoredRecord<InvoiceCursorRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Id(0),
        PayIndex = row.Number(1),
        Revision = row.Number(2),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        PayIndex,
        Revision,
    ];
}
