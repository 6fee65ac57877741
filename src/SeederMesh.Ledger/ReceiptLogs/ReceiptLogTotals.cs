using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.ReceiptLogs;

/// <summary>What a receipt log comes to; its last line.</summary>
/// <param name="Settlements">How many runs.</param>
/// <param name="Receipts">How many receipts in them.</param>
/// <param name="Amount">What they settled.</param>
public readonly record struct ReceiptLogTotals(long Settlements, long Receipts, Msat Amount)
{
    internal ReceiptLogTotals And(SettlementEntry settlement) =>
        new(Settlements + 1, Receipts + settlement.Receipts.Length, Amount + settlement.Amount);
}
