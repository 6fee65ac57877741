using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Reading;

/// <content>What the payout engine asks.</content>
public sealed partial class LedgerReader
{
    /// <summary>The terms of a payee that were chosen last, in force or not; null where nobody chose any.</summary>
    public Task<PayoutTermsRecord?> FindPayoutTermsAsync(Id128 payeeId) =>
        FindAsync<PayoutTermsRecord>("payee_id = @p0", payeeId.ToArray());

    /// <summary>Whether a creator's manifests are known to name a payee.</summary>
    public async Task<bool> IsNamedByAsync(Id128 payeeId, string creator) =>
        await CountAsync("SELECT COUNT(*) FROM payee_naming WHERE payee_id = @p0 AND creator = @p1", payeeId.ToArray(), creator) > 0;

    /// <summary>How many creators are known to name a payee in their manifests.</summary>
    public Task<long> CountNamingsAsync(Id128 payeeId) =>
        CountAsync("SELECT COUNT(*) FROM payee_naming WHERE payee_id = @p0", payeeId.ToArray());

    /// <summary>When an account was credited first, unix milliseconds; 0 when it never was.</summary>
    public async Task<long> FindFirstCreditAsync(Id128 account) =>
        (await FirstAsync(
            "SELECT p.posted_unix_ms FROM transfer t JOIN posting p ON p.number = t.posting "
            + "WHERE t.credit_account = (SELECT number FROM account WHERE id = @p0) ORDER BY t.sequence",
            row => new Id128Row(default, row.Number(0)),
            account.ToArray()))?.Count ?? 0;

    /// <summary>When a payment to a payee that arrived was started last, unix milliseconds; null when none did.</summary>
    public async Task<long?> FindLastPaidAsync(Id128 payeeId) =>
        (await FirstAsync(
            "SELECT created_unix_ms FROM payout WHERE payee_id = @p0 AND status = 3 ORDER BY created_unix_ms DESC",
            row => new Id128Row(default, row.Number(0)),
            payeeId.ToArray()))?.Count;

    /// <summary>Routing that the hub's revenue paid: since a time, and ever.</summary>
    public async Task<RoutingFeeTotals> SumRoutingFeesAsync(long sinceUnixMs) =>
        (await FirstAsync(
            "SELECT CAST(COALESCE(SUM(CASE WHEN p.posted_unix_ms >= @p1 THEN t.amount_msat ELSE 0 END), 0) AS BIGINT), "
            + "CAST(COALESCE(SUM(t.amount_msat), 0) AS BIGINT) FROM transfer t JOIN posting p ON p.number = t.posting "
            + "WHERE t.debit_account = (SELECT number FROM account WHERE id = @p0) "
            + $"AND t.code = {(int)TransferCode.RoutingFeeCharged}",
            row => new RoutingFeeTotals(row.Amount(0), row.Amount(1)),
            AccountOpening.HubRevenue.Id.ToArray(),
            sinceUnixMs))!;

    /// <summary>Payouts and refunds that wait for a person, oldest first.</summary>
    public Task<IReadOnlyList<PayoutRecord>> ListParkedPayoutsAsync(int limit = PageMax) =>
        ListAsync<PayoutRecord>("status = 5 ORDER BY created_unix_ms, id", limit);
}

/// <summary>Routing that the hub's revenue paid.</summary>
/// <param name="Since">Since the time that was asked for.</param>
/// <param name="Ever">In all.</param>
public sealed record RoutingFeeTotals(Msat Since, Msat Ever);
