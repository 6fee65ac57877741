using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.Reading;

/// <content>What a running hub asks: deadlines, unfinished payouts, and what a payment pays for.</content>
public sealed partial class LedgerReader
{
    /// <summary>The settlement of a grant that holds a receipt, or null.</summary>
    /// <param name="grantId">The grant.</param>
    /// <param name="sequence">The receipt's sequence.</param>
    public async Task<SettlementRecord?> FindSettlementOfAsync(Id128 grantId, long sequence)
    {
        SettlementRecord? found = await FindAsync<SettlementRecord>(
            "grant_id = @p0 AND first_sequence <= @p1 ORDER BY first_sequence DESC", grantId.ToArray(), sequence);
        return found?.LastSequence >= sequence ? found : null;
    }

    /// <summary>Channels that a deadline has passed of: expired before a time, closing before now, or with a grant that
    /// closes before now.</summary>
    /// <param name="nowUnixMs">Now.</param>
    /// <param name="expiredBeforeUnixMs">Open channels, and open grants of closing ones, that expired before this are
    /// overdue.</param>
    /// <param name="limit">Most channels in the answer.</param>
    public Task<IReadOnlyList<Id128Row>> ListOverdueChannelsAsync(long nowUnixMs, long expiredBeforeUnixMs, int limit = PageMax) =>
        ListAsync(
            "SELECT id FROM channel WHERE status IN (1, 2) AND expires_unix_ms < @p1 UNION "
            + "SELECT id FROM channel WHERE status = 3 AND (closes_unix_ms < @p0 OR expires_unix_ms < @p1) UNION "
            + "SELECT channel_id FROM \"grant\" WHERE closes_unix_ms IS NOT NULL AND status = 1 AND closes_unix_ms < @p0",
            limit,
            row => new Id128Row(row.Id(0)),
            nowUnixMs,
            expiredBeforeUnixMs);

    /// <summary>How many payouts a payee ever had.</summary>
    public Task<long> CountPayoutsAsync(Id128 payeeId) =>
        CountAsync("SELECT COUNT(*) FROM payout WHERE payee_id = @p0", payeeId.ToArray());

    /// <summary>How many refunds a channel ever had.</summary>
    public Task<long> CountRefundsAsync(Id128 channelId) =>
        CountAsync("SELECT COUNT(*) FROM payout WHERE channel_id = @p0", channelId.ToArray());

    /// <summary>The payout to a payee that is neither paid nor failed, or null: there is at most one.</summary>
    public Task<PayoutRecord?> FindUnfinishedPayoutAsync(Id128 payeeId) =>
        FindAsync<PayoutRecord>("payee_id = @p0 AND status IN (1, 2, 5) ORDER BY created_unix_ms", payeeId.ToArray());

    /// <summary>The refund of a channel that is neither paid nor failed, or null: there is at most one.</summary>
    public Task<PayoutRecord?> FindUnfinishedRefundAsync(Id128 channelId) =>
        FindAsync<PayoutRecord>("channel_id = @p0 AND status IN (1, 2, 5) ORDER BY created_unix_ms", channelId.ToArray());

    /// <summary>Payouts, newest first.</summary>
    public Task<IReadOnlyList<PayoutRecord>> ListNewestPayoutsAsync(int limit) =>
        ListAsync<PayoutRecord>("1 = 1 ORDER BY created_unix_ms DESC, id", limit);

    /// <summary>Payouts to a payee, newest first.</summary>
    public Task<IReadOnlyList<PayoutRecord>> ListNewestPayoutsAsync(Id128 payeeId, int limit) =>
        ListAsync<PayoutRecord>("payee_id = @p0 ORDER BY created_unix_ms DESC, id", limit, payeeId.ToArray());

    /// <summary>Refunds of a channel, newest first.</summary>
    public Task<IReadOnlyList<PayoutRecord>> ListNewestRefundsAsync(Id128 channelId, int limit) =>
        ListAsync<PayoutRecord>("channel_id = @p0 ORDER BY created_unix_ms DESC, id", limit, channelId.ToArray());

    /// <summary>Liability accounts of a kind from which at least so much may be taken, in the order of their
    /// ids.</summary>
    public Task<IReadOnlyList<LedgerAccount>> ListAccountsWithAsync(
        AccountKind kind, Msat least, Id128 after = default, int limit = PageMax) =>
        ListAsync(
            $"{AccountColumns} WHERE kind = @p0 AND id > @p1 AND credits_posted - debits_posted - debits_pending >= @p2 ORDER BY id",
            limit,
            ReadAccount,
            (long)kind,
            after.ToArray(),
            least.Value);

    /// <summary>What was credited to an account after a transfer, in order, and which settlement and manifest earned
    /// it.</summary>
    /// <param name="account">A payee's account.</param>
    /// <param name="afterSequence">The last transfer that is known; 0 for all.</param>
    /// <param name="limit">Most rows in the answer.</param>
    public Task<IReadOnlyList<EarnedCredit>> ListEarnedCreditsAsync(Id128 account, long afterSequence, int limit = PageMax) =>
        ListAsync(
            "SELECT t.sequence, t.amount_msat, COALESCE(s.id, n.id), "
            + "COALESCE(c.manifest_digest, d.manifest_digest, n.manifest_digest) FROM transfer t "
            + "LEFT JOIN donation n ON n.id = t.user_data "
            + "LEFT JOIN settlement s ON s.id = t.user_data LEFT JOIN \"grant\" g ON g.id = s.grant_id "
            + "LEFT JOIN channel c ON c.id = g.channel_id LEFT JOIN channel d ON d.id = t.user_data "
            + "WHERE t.credit_account = (SELECT number FROM account WHERE id = @p0) AND t.kind IN (0, 2) AND t.sequence > @p1 "
            + "ORDER BY t.sequence",
            limit,
            row => new EarnedCredit(row.Number(0), row.Amount(1), row.OptionalId(2), row.OptionalDigest(3)),
            account.ToArray(),
            afterSequence);

    /// <summary>The open grants of a seeder, newest first, with the torrent of each.</summary>
    public Task<IReadOnlyList<OpenGrant>> ListOpenGrantsAsync(PublicKey seederKey, int limit = PageMax) =>
        ListAsync(
            "SELECT g.id, g.channel_id, c.infohash, g.limit_msat, g.settled_msat, g.last_sequence, "
            + "g.expires_unix_ms, g.closes_unix_ms, c.mode FROM \"grant\" g "
            + "JOIN channel c ON c.id = g.channel_id WHERE g.seeder_key = @p0 AND g.status = 1 ORDER BY g.created_unix_ms DESC, g.id",
            limit,
            row => new OpenGrant(
                row.Id(0),
                row.Id(1),
                row.Digest(2),
                row.Amount(3),
                row.Amount(4),
                row.Number(5),
                row.Number(6),
                row.OptionalNumber(7),
                (ChannelMode)row.Number(8)),
            seederKey.ToArray());

    /// <summary>What the channels of a manifest have settled.</summary>
    public async Task<ManifestTotals> SumManifestAsync(Digest infohash, Digest manifestDigest) =>
        (await FirstAsync(
            "SELECT COUNT(DISTINCT c.id), CAST(COALESCE(SUM(g.settled_msat), 0) AS BIGINT), "
            + "CAST(COALESCE(SUM(g.settled_bytes), 0) AS BIGINT), CAST(COALESCE(SUM(g.last_sequence), 0) AS BIGINT) "
            + "FROM channel c LEFT JOIN \"grant\" g ON g.channel_id = c.id WHERE c.infohash = @p0 AND c.manifest_digest = @p1",
            row => new ManifestTotals(row.Number(0), row.Amount(1), row.Number(2), row.Number(3)),
            infohash.ToArray(),
            manifestDigest.ToArray()))!;

    /// <summary>What succeeded payouts and refunds paid.</summary>
    public async Task<OutgoingTotals> SumOutgoingAsync() =>
        (await FirstAsync(
            "SELECT CAST(COALESCE(SUM(CASE WHEN payee_id IS NOT NULL THEN amount_msat ELSE 0 END), 0) AS BIGINT), "
            + "CAST(COALESCE(SUM(CASE WHEN channel_id IS NOT NULL THEN amount_msat ELSE 0 END), 0) AS BIGINT) "
            + "FROM payout WHERE status = 3",
            row => new OutgoingTotals(row.Amount(0), row.Amount(1))))!;

    /// <summary>The newest manifest of a torrent, by the first 20 bytes of its v2 infohash as trackers use it (BEP 52),
    /// or null.</summary>
    public Task<ManifestRecord?> FindManifestOfTruncatedAsync(ReadOnlyMemory<byte> truncated)
    {
        byte[] from = new byte[Digest.Size];
        byte[] to = new byte[Digest.Size];
        truncated.CopyTo(from);
        truncated.CopyTo(to);
        Array.Fill(to, (byte)0xff, truncated.Length, Digest.Size - truncated.Length);
        return FindAsync<ManifestRecord>("infohash >= @p0 AND infohash <= @p1 ORDER BY infohash, sequence DESC", from, to);
    }

    /// <summary>All receipts that were ever settled.</summary>
    public Task<long> CountReceiptsAsync() =>
        CountAsync("SELECT CAST(COALESCE(SUM(last_sequence), 0) AS BIGINT) FROM \"grant\"");

    /// <summary>How many channels, and how many payouts, there are of each status.</summary>
    public async Task<StatusCounts> CountStatusesAsync()
    {
        IReadOnlyList<long[]> rows = await ListAsync(
            "SELECT 1, status, COUNT(*) FROM channel GROUP BY status UNION ALL SELECT 2, status, COUNT(*) FROM payout GROUP BY status",
            PageMax,
            row => new[] { row.Number(0), row.Number(1), row.Number(2) });
        return new StatusCounts(
            rows.Where(row => row[0] == 1).ToDictionary(row => (ChannelStatus)row[1], row => row[2]),
            rows.Where(row => row[0] == 2).ToDictionary(row => (PayoutStatus)row[1], row => row[2]));
    }

    private async Task<long> CountAsync(string sql, params object[] values) =>
        (await FirstAsync(sql, row => new Id128Row(default, row.Number(0)), values))!.Count;
}

/// <summary>An id that a query found.</summary>
/// <param name="Id">The id.</param>
/// <param name="Count">How many, where the query counts.</param>
public sealed record Id128Row(Id128 Id, long Count = 0);

/// <summary>A grant that its seeder may still report on.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="ChannelId">The channel that pays.</param>
/// <param name="Infohash">The torrent.</param>
/// <param name="Limit">The most that it pays.</param>
/// <param name="Settled">What is settled.</param>
/// <param name="LastSequence">The newest settled receipt.</param>
/// <param name="ExpiresUnixMs">When receipts stop counting.</param>
/// <param name="ClosesUnixMs">When it closes because the downloader asked.</param>
/// <param name="Mode">Who pays.</param>
public sealed record OpenGrant(
    Id128 GrantId,
    Id128 ChannelId,
    Digest Infohash,
    Msat Limit,
    Msat Settled,
    long LastSequence,
    long ExpiresUnixMs,
    long? ClosesUnixMs,
    ChannelMode Mode);

/// <summary>What the channels of one manifest have settled.</summary>
/// <param name="Channels">How many channels.</param>
/// <param name="Settled">What downloaders paid, before the split.</param>
/// <param name="Bytes">For so many bytes.</param>
/// <param name="Receipts">Proved by so many receipts.</param>
public sealed record ManifestTotals(long Channels, Msat Settled, long Bytes, long Receipts);

/// <summary>What left the hub, without fees.</summary>
/// <param name="Paid">To payees.</param>
/// <param name="Refunded">To downloaders.</param>
public sealed record OutgoingTotals(Msat Paid, Msat Refunded);

/// <summary>Money that a payee earned.</summary>
/// <param name="Sequence">The transfer's place in the order of all transfers.</param>
/// <param name="Amount">How much.</param>
/// <param name="SettlementId">The settlement that earned it, or the donation; none for a channel's last legs.</param>
/// <param name="ManifestDigest">The manifest whose split says so; null for money that is no earning.</param>
public sealed record EarnedCredit(long Sequence, Msat Amount, Id128 SettlementId, Digest? ManifestDigest);

/// <summary>How many there are of each status; a status without any is missing.</summary>
/// <param name="Channels">Channels.</param>
/// <param name="Payouts">Payouts and refunds.</param>
public sealed record StatusCounts(
    IReadOnlyDictionary<ChannelStatus, long> Channels, IReadOnlyDictionary<PayoutStatus, long> Payouts);
