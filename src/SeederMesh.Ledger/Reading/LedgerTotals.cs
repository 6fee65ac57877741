using System.Data.Common;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.Reading;

/// <summary>The figures of the live view, all as of one commit.</summary>
/// <param name="LightningIn">Money that ever came in.</param>
/// <param name="LightningOut">Money that ever went out, routing fees included.</param>
/// <param name="InChannels">Left on channels.</param>
/// <param name="InGrants">Set aside by open grants.</param>
/// <param name="OwedToPayees">Owed to payees, payouts on their way included.</param>
/// <param name="Registry">The registry's earnings on the books.</param>
/// <param name="HubRevenue">The hub's earnings on the books.</param>
/// <param name="Carry">Fractions carried.</param>
/// <param name="RoutingFees">Routing fees that the node paid.</param>
/// <param name="Settled">Settled for all grants ever.</param>
/// <param name="SettledBytes">Bytes settled for all grants ever.</param>
/// <param name="Settlements">How many settlements there are.</param>
/// <param name="Payouts">How many payouts succeeded, refunds included.</param>
/// <param name="PaidOut">What they paid, without fees.</param>
/// <param name="Manifests">How many manifests are registered.</param>
public sealed record LedgerTotals(
    Msat LightningIn,
    Msat LightningOut,
    Msat InChannels,
    Msat InGrants,
    Msat OwedToPayees,
    Msat Registry,
    Msat HubRevenue,
    Msat Carry,
    Msat RoutingFees,
    Msat Settled,
    long SettledBytes,
    long Settlements,
    long Payouts,
    Msat PaidOut,
    long Manifests)
{
    internal static string Sql { get; } = "SELECT "
        + Sum(AccountKind.Lightning, "debits_posted") + ", " + Sum(AccountKind.Lightning, "credits_posted") + ", "
        + Balance(AccountKind.Channel) + ", " + Balance(AccountKind.Grant) + ", " + Balance(AccountKind.Payee) + ", "
        + Balance(AccountKind.Registry) + ", " + Balance(AccountKind.HubRevenue) + ", " + Balance(AccountKind.Carry) + ", "
        + Sum(AccountKind.RoutingFees, "debits_posted") + ", "
        + "(SELECT CAST(COALESCE(SUM(settled_msat), 0) AS BIGINT) FROM \"grant\"), "
        + "(SELECT CAST(COALESCE(SUM(settled_bytes), 0) AS BIGINT) FROM \"grant\"), "
        + "(SELECT COUNT(*) FROM settlement), "
        + "(SELECT COUNT(*) FROM payout WHERE status = 3), "
        + "(SELECT CAST(COALESCE(SUM(amount_msat), 0) AS BIGINT) FROM payout WHERE status = 3), "
        + "(SELECT COUNT(*) FROM manifest)";

    internal static LedgerTotals Read(DbDataReader row) => new(
        row.Amount(0),
        row.Amount(1),
        row.Amount(2),
        row.Amount(3),
        row.Amount(4),
        row.Amount(5),
        row.Amount(6),
        row.Amount(7),
        row.Amount(8),
        row.Amount(9),
        row.Number(10),
        row.Number(11),
        row.Number(12),
        row.Amount(13),
        row.Number(14));

    private static string Balance(AccountKind kind) => Sum(kind, "credits_posted - debits_posted");

    private static string Sum(AccountKind kind, string expression) =>
        $"(SELECT CAST(COALESCE(SUM({expression}), 0) AS BIGINT) FROM account WHERE kind = {(int)kind})";
}
