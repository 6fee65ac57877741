using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.Reading;

/// <content>Webhooks, and what they are told.</content>
public sealed partial class LedgerReader
{
    /// <summary>Of payments that downloaders make only those that happened are told: that one did not is their
    /// business.</summary>
    private const string EndedPayouts =
        "SELECT t.sequence, t.id, r.id FROM transfer t JOIN transfer r ON r.sequence = t.pending LEFT JOIN payout p ON p.id = r.id "
        + "LEFT JOIN direct_payment d ON d.id = r.id AND d.status = 3";

    private const string EndedAfter = " WHERE t.pending IS NOT NULL AND t.sequence > @p0 AND (p.id IS NOT NULL OR d.id IS NOT NULL)";

    /// <summary>A webhook, or null.</summary>
    public Task<WebhookRecord?> FindWebhookAsync(Id128 id) => FindAsync<WebhookRecord>("id = @p0", id.ToArray());

    /// <summary>Webhooks to be told at a time, in the order of their ids.</summary>
    /// <param name="nowUnixMs">Now.</param>
    /// <param name="waitMsMax">No webhook waits for longer than this: one that seems to was told before the clock was set
    /// back.</param>
    /// <param name="after">The last one of the page before.</param>
    /// <param name="limit">Most rows in the answer.</param>
    public Task<IReadOnlyList<WebhookRecord>> ListDueWebhooksAsync(
        long nowUnixMs, long waitMsMax, Id128 after = default, int limit = PageMax) =>
        ListAsync<WebhookRecord>(
            "status = 1 AND (next_attempt_unix_ms <= @p0 OR next_attempt_unix_ms > @p1) AND id > @p2 ORDER BY id",
            limit,
            nowUnixMs,
            nowUnixMs + waitMsMax,
            after.ToArray());

    /// <summary>Payouts that ended, and payments of downloaders that were proved, after a place in the order of all
    /// transfers, in that order.</summary>
    /// <param name="owners">Owners of the payees, or creators that name them, one or two; none for everybody's and
    /// refunds.</param>
    /// <param name="afterSequence">The place.</param>
    /// <param name="limit">Most rows in the answer.</param>
    public Task<IReadOnlyList<EndedPayout>> ListEndedPayoutsAsync(IReadOnlyList<string> owners, long afterSequence, int limit)
    {
        string conditions = owners.Count == 0
            ? EndedAfter
            : " JOIN payee y ON y.id = COALESCE(p.payee_id, d.payee_id)" + EndedAfter + " AND (y.owner IN (@p1, @p2) "
                + "OR EXISTS (SELECT 1 FROM payee_naming n WHERE n.payee_id = y.id AND n.creator IN (@p1, @p2)))";
        object[] values = owners.Count == 0 ? [afterSequence] : [afterSequence, owners[0], owners[^1]];
        return ListAsync(
            $"{EndedPayouts}{conditions} ORDER BY t.sequence",
            limit,
            row => new EndedPayout(row.Number(0), row.Id(1), row.Id(2)),
            values);
    }

    /// <summary>The newest transfer's place in the order of all; 0 when there is none.</summary>
    public Task<long> FindLastSequenceAsync() => CountAsync("SELECT COALESCE(MAX(sequence), 0) FROM transfer");
}

/// <summary>A payout or refund that succeeded, or failed for good; or a downloader's payment that was proved.</summary>
/// <param name="Sequence">The place of the transfer that resolved it in the order of all.</param>
/// <param name="EventId">That transfer's id: the id of what happened.</param>
/// <param name="PayoutId">The payout, or the downloader's payment.</param>
public sealed record EndedPayout(long Sequence, Id128 EventId, Id128 PayoutId);
