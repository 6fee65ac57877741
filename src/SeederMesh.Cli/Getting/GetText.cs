using SeederMesh.Cli.Terminal;
using SeederMesh.Client;

namespace SeederMesh.Cli.Getting;

/// <summary>What a person reads of a download: while it runs, and of its money at the end.</summary>
internal static class GetText
{
    /// <summary>A moment, in one line.</summary>
    public static string Line(GetSnapshot snapshot)
    {
        double share = snapshot.WantedBytes == 0 ? 0 : (double)snapshot.DoneBytes / snapshot.WantedBytes;
        string money = snapshot switch
        {
            { Budget.IsZero: true } => "",
            { IsDirect: true } => $"  your wallet paid {snapshot.Paid} of {snapshot.Budget}, {snapshot.Due} is due; the hub holds nothing; "
                + $"at most you can lose {snapshot.AtMostLost}, {snapshot.Receipts} receipts",
            _ => $"  spent {snapshot.Signed} of {snapshot.Budget}, at most you can lose {snapshot.AtMostLost}, "
                + $"{snapshot.Receipts} receipts",
        };
        return $"{snapshot.Phase.ToString().ToLowerInvariant()} {share:P0}  "
            + $"{Units.Bytes(snapshot.DoneBytes)} of {Units.Bytes(snapshot.WantedBytes)}"
            + $"  {Units.Bytes(snapshot.DownloadRate)}/s from {snapshot.Peers} peers{money}";
    }

    /// <summary>What a download cost, and what is left to happen.</summary>
    public static string Paid(GetStatement statement) => statement.IsDirect
        ? $"paid      {statement.Paid} for {Units.Bytes(statement.ReceiptedBytes)} by your own wallet, routing {statement.RoutingFees}"
            + (statement.DueRemark is { } remark ? $"; {remark}" : "")
        : $"paid      {statement.Signed} for {Units.Bytes(statement.ReceiptedBytes)}"
            + (statement.Settled > statement.Signed ? $", {statement.Settled} with what earlier runs received" : "")
            + $"; refunded {statement.Refunded}"
            + (statement.IsRefundPending ? $"; a refund is still on its way: {statement.RefundRemark}" : "");
}
