using System.Collections.Concurrent;
using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Sql;
using SeederMesh.Ledger.Transfers;
using SeederMesh.Ledger.Writing;

namespace SeederMesh.Ledger.Reading;

/// <summary>Queries over what is committed. They never block the writer, and see one commit each.</summary>
/// <remarks>
/// Thread safe. Lists are pages of at most <see cref="PageMax"/> rows; the next page starts after the last key of this
/// one. A
/// query throws <see cref="DbException"/> when the database cannot be read.
/// </remarks>
public sealed partial class LedgerReader : IDisposable
{
    /// <summary>Most rows in one page.</summary>
    public const int PageMax = 1000;

    private const string AccountColumns =
        "SELECT id, kind, flags, debits_pending, debits_posted, credits_pending, credits_posted FROM account";

    private readonly SqlDialect dialect;
    private readonly SemaphoreSlim readers;
    private readonly ConcurrentBag<ReadSession> idle = [];

    internal LedgerReader(SqlDialect dialect, int readersMax)
    {
        this.dialect = dialect;
        readers = new SemaphoreSlim(readersMax);
    }

    /// <summary>An account, or null when it is not open.</summary>
    public Task<LedgerAccount?> FindAccountAsync(Id128 id) =>
        FirstAsync($"{AccountColumns} WHERE id = @p0", ReadAccount, id.ToArray());

    /// <summary>Accounts of a kind in the order of their ids.</summary>
    public Task<IReadOnlyList<LedgerAccount>> ListAccountsAsync(AccountKind kind, Id128 after = default, int limit = PageMax) =>
        ListAsync($"{AccountColumns} WHERE kind = @p0 AND id > @p1 ORDER BY id", limit, ReadAccount, (long)kind, after.ToArray());

    /// <summary>A transfer, or null.</summary>
    public Task<PostedTransfer?> FindTransferAsync(Id128 id) =>
        FirstAsync($"SELECT {Statements.TransferColumns} WHERE t.id = @p0", Books.ReadTransfer, id.ToArray());

    /// <summary>All transfers in their order.</summary>
    public Task<IReadOnlyList<PostedTransfer>> ListTransfersAsync(long afterSequence, int limit = PageMax) =>
        ListAsync(
            $"SELECT {Statements.TransferColumns} WHERE t.sequence > @p0 ORDER BY t.sequence",
            limit,
            Books.ReadTransfer,
            afterSequence);

    /// <summary>The transfers of an account, on either side, in their order.</summary>
    public Task<IReadOnlyList<PostedTransfer>> ListTransfersAsync(
        Id128 account, long afterSequence = 0, int limit = PageMax) =>
        ListAsync(
            $"SELECT {Statements.TransferColumns} WHERE t.sequence IN ("
            + "SELECT sequence FROM transfer WHERE debit_account = (SELECT number FROM account WHERE id = @p0) UNION "
            + "SELECT sequence FROM transfer WHERE credit_account = (SELECT number FROM account WHERE id = @p0)) "
            + "AND t.sequence > @p1 ORDER BY t.sequence",
            limit,
            Books.ReadTransfer,
            account.ToArray(),
            afterSequence);

    /// <summary>Whether a posting with this id was accepted.</summary>
    public async Task<bool> HasPostingAsync(Id128 id) =>
        await FirstAsync("SELECT digest FROM posting WHERE id = @p0", row => row.Blob(0), id.ToArray()) is not null;

    /// <summary>A channel, or null.</summary>
    public Task<ChannelRecord?> FindChannelAsync(Id128 id) => FindAsync<ChannelRecord>("id = @p0", id.ToArray());

    /// <summary>Channels of a status in the order of their ids.</summary>
    public Task<IReadOnlyList<ChannelRecord>> ListChannelsAsync(
        ChannelStatus status, Id128 after = default, int limit = PageMax) =>
        ListAsync<ChannelRecord>("status = @p0 AND id > @p1 ORDER BY id", limit, (long)status, after.ToArray());

    /// <summary>Channels for a torrent in the order of their ids.</summary>
    public Task<IReadOnlyList<ChannelRecord>> ListChannelsAsync(Digest infohash, Id128 after = default, int limit = PageMax) =>
        ListAsync<ChannelRecord>("infohash = @p0 AND id > @p1 ORDER BY id", limit, infohash.ToArray(), after.ToArray());

    /// <summary>A grant, or null.</summary>
    public Task<GrantRecord?> FindGrantAsync(Id128 id) => FindAsync<GrantRecord>("id = @p0", id.ToArray());

    /// <summary>Grants of a channel in the order of their ids.</summary>
    public Task<IReadOnlyList<GrantRecord>> ListGrantsAsync(Id128 channelId, Id128 after = default, int limit = PageMax) =>
        ListAsync<GrantRecord>("channel_id = @p0 AND id > @p1 ORDER BY id", limit, channelId.ToArray(), after.ToArray());

    /// <summary>Grants of a seeder in the order of their ids.</summary>
    public Task<IReadOnlyList<GrantRecord>> ListGrantsAsync(PublicKey seederKey, Id128 after = default, int limit = PageMax) =>
        ListAsync<GrantRecord>("seeder_key = @p0 AND id > @p1 ORDER BY id", limit, seederKey.ToArray(), after.ToArray());

    /// <summary>A settlement, or null.</summary>
    public Task<SettlementRecord?> FindSettlementAsync(Id128 id) => FindAsync<SettlementRecord>("id = @p0", id.ToArray());

    /// <summary>Settlements of a grant in the order of their receipts.</summary>
    public Task<IReadOnlyList<SettlementRecord>> ListSettlementsAsync(
        Id128 grantId, long afterFirstSequence = 0, int limit = PageMax) =>
        ListAsync<SettlementRecord>(
            "grant_id = @p0 AND first_sequence > @p1 ORDER BY first_sequence", limit, grantId.ToArray(), afterFirstSequence);

    /// <summary>Evidence about a grant in the order of its ids.</summary>
    public Task<IReadOnlyList<EvidenceRecord>> ListEvidenceAsync(Id128 grantId, Id128 after = default, int limit = PageMax) =>
        ListAsync<EvidenceRecord>("grant_id = @p0 AND id > @p1 ORDER BY id", limit, grantId.ToArray(), after.ToArray());

    /// <summary>A payee, or null.</summary>
    public Task<PayeeRecord?> FindPayeeAsync(Id128 id) => FindAsync<PayeeRecord>("id = @p0", id.ToArray());

    /// <summary>Payees of an owner (a DID, a key in hexadecimal) in the order of their ids.</summary>
    public Task<IReadOnlyList<PayeeRecord>> ListPayeesAsync(string owner, Id128 after = default, int limit = PageMax) =>
        ListAsync<PayeeRecord>("owner = @p0 AND id > @p1 ORDER BY id", limit, owner, after.ToArray());

    /// <summary>All payees in the order of their ids.</summary>
    public Task<IReadOnlyList<PayeeRecord>> ListPayeesAsync(Id128 after = default, int limit = PageMax) =>
        ListAsync<PayeeRecord>("id > @p0 ORDER BY id", limit, after.ToArray());

    /// <summary>A payout, or null.</summary>
    public Task<PayoutRecord?> FindPayoutAsync(Id128 id) => FindAsync<PayoutRecord>("id = @p0", id.ToArray());

    /// <summary>Payouts and refunds that are neither paid nor failed, in the order of their ids.</summary>
    public Task<IReadOnlyList<PayoutRecord>> ListUnfinishedPayoutsAsync(Id128 after = default, int limit = PageMax) =>
        ListAsync<PayoutRecord>("status IN (1, 2, 5) AND id > @p0 ORDER BY id", limit, after.ToArray());

    /// <summary>Payouts to a payee in the order of their ids.</summary>
    public Task<IReadOnlyList<PayoutRecord>> ListPayoutsAsync(Id128 payeeId, Id128 after = default, int limit = PageMax) =>
        ListAsync<PayoutRecord>("payee_id = @p0 AND id > @p1 ORDER BY id", limit, payeeId.ToArray(), after.ToArray());

    /// <summary>Refunds of a channel in the order of their ids.</summary>
    public Task<IReadOnlyList<PayoutRecord>> ListRefundsAsync(Id128 channelId, Id128 after = default, int limit = PageMax) =>
        ListAsync<PayoutRecord>("channel_id = @p0 AND id > @p1 ORDER BY id", limit, channelId.ToArray(), after.ToArray());

    /// <summary>What a payout pays.</summary>
    public Task<IReadOnlyList<PayoutLineRecord>> ListPayoutLinesAsync(Id128 payoutId, long afterLine = 0, int limit = PageMax) =>
        ListAsync<PayoutLineRecord>("payout_id = @p0 AND line > @p1 ORDER BY line", limit, payoutId.ToArray(), afterLine);

    /// <summary>An invoice, or null.</summary>
    public Task<InvoiceRecord?> FindInvoiceAsync(Digest paymentHash) =>
        FindAsync<InvoiceRecord>("payment_hash = @p0", paymentHash.ToArray());

    /// <summary>The invoice that answered a request of a channel's, or null.</summary>
    public Task<InvoiceRecord?> FindInvoiceAsync(Id128 channelId, Id128 requestId) =>
        FindAsync<InvoiceRecord>("channel_id = @p0 AND request_id = @p1", channelId.ToArray(), requestId.ToArray());

    /// <summary>Invoices of a channel in the order of their payment hashes.</summary>
    public Task<IReadOnlyList<InvoiceRecord>> ListInvoicesAsync(Id128 channelId, Digest after = default, int limit = PageMax) =>
        ListAsync<InvoiceRecord>(
            "channel_id = @p0 AND payment_hash > @p1 ORDER BY payment_hash", limit, channelId.ToArray(), after.ToArray());

    /// <summary>How far a node's paid invoices are booked, or null.</summary>
    public Task<InvoiceCursorRecord?> FindInvoiceCursorAsync(Id128 id) =>
        FindAsync<InvoiceCursorRecord>("id = @p0", id.ToArray());

    /// <summary>The manifest with a digest, or null.</summary>
    public Task<ManifestRecord?> FindManifestAsync(Digest digest) =>
        FindAsync<ManifestRecord>("digest = @p0", digest.ToArray());

    /// <summary>The newest manifest of a torrent, by its v2 infohash, or null.</summary>
    public Task<ManifestRecord?> FindManifestOfTorrentAsync(Digest infohash) =>
        FindAsync<ManifestRecord>("infohash = @p0 ORDER BY sequence DESC", infohash.ToArray());

    /// <summary>The newest manifest of a hybrid torrent, by its 20-byte v1 infohash, or null.</summary>
    public Task<ManifestRecord?> FindManifestOfTorrentAsync(ReadOnlyMemory<byte> infohashV1) =>
        FindAsync<ManifestRecord>("infohash_v1 = @p0 ORDER BY sequence DESC", infohashV1.ToArray());

    /// <summary>All manifests in the order of their digests.</summary>
    public Task<IReadOnlyList<ManifestRecord>> ListManifestsAsync(Digest after = default, int limit = PageMax) =>
        ListAsync<ManifestRecord>("digest > @p0 ORDER BY digest", limit, after.ToArray());

    /// <summary>Manifests of a creator in the order of their digests.</summary>
    public Task<IReadOnlyList<ManifestRecord>> ListManifestsAsync(string creator, Digest after = default, int limit = PageMax) =>
        ListAsync<ManifestRecord>("creator = @p0 AND digest > @p1 ORDER BY digest", limit, creator, after.ToArray());

    /// <summary>A seeder's registration, or null.</summary>
    public Task<SeederRecord?> FindSeederAsync(PublicKey key) => FindAsync<SeederRecord>("public_key = @p0", key.ToArray());

    /// <summary>All registered seeders in the order of their keys.</summary>
    public Task<IReadOnlyList<SeederRecord>> ListSeedersAsync(PublicKey after = default, int limit = PageMax) =>
        ListAsync<SeederRecord>("public_key > @p0 ORDER BY public_key", limit, after.ToArray());

    /// <summary>What each seeder has given to one torrent, most bytes first.</summary>
    public Task<IReadOnlyList<Contribution>> ListContributionsAsync(Digest infohash, int limit = PageMax) =>
        ListAsync(
            "SELECT g.seeder_key, CAST(SUM(g.settled_bytes) AS BIGINT), CAST(SUM(g.settled_msat) AS BIGINT), COUNT(*), "
            + "CAST(SUM(g.last_sequence) AS BIGINT) FROM \"grant\" g JOIN channel c ON c.id = g.channel_id WHERE c.infohash = @p0 "
            + "GROUP BY g.seeder_key ORDER BY 2 DESC, 1",
            limit,
            row => new Contribution(row.Key(0), row.Number(1), row.Amount(2), row.Number(3), row.Number(4)),
            infohash.ToArray());

    /// <summary>What one seeder has given to all torrents.</summary>
    public async Task<Contribution> SumContributionsAsync(PublicKey seederKey) =>
        (await FirstAsync(
            "SELECT CAST(COALESCE(SUM(settled_bytes), 0) AS BIGINT), CAST(COALESCE(SUM(settled_msat), 0) AS BIGINT), COUNT(*), "
            + "CAST(COALESCE(SUM(last_sequence), 0) AS BIGINT) FROM \"grant\" WHERE seeder_key = @p0",
            row => new Contribution(seederKey, row.Number(0), row.Amount(1), row.Number(2), row.Number(3)),
            seederKey.ToArray()))!;

    /// <summary>The totals of the live view, as of one commit.</summary>
    public async Task<LedgerTotals> SumAsync() => (await FirstAsync(LedgerTotals.Sql, LedgerTotals.Read))!;

    /// <summary>Closes the pooled connections.</summary>
    public void Dispose()
    {
        readers.Dispose();
        while (idle.TryTake(out ReadSession? session))
        {
            session.Dispose();
        }

        dialect.CloseReaders();
    }

    private static LedgerAccount ReadAccount(DbDataReader row) => new(
        row.Id(0),
        (AccountKind)row.Number(1),
        (AccountFlags)row.Number(2),
        row.Amount(3),
        row.Amount(4),
        row.Amount(5),
        row.Amount(6));

    private static string SelectFrom(RecordTable table, string predicate) =>
        $"SELECT {table.SelectColumns} FROM {table.Name} WHERE {predicate}";

    private static TRecord ReadRecord<TRecord>(DbDataReader row)
        where TRecord : LedgerRecord, IStoredRecord<TRecord> => TRecord.Read(row);

    private Task<TRecord?> FindAsync<TRecord>(string predicate, params object[] values)
        where TRecord : LedgerRecord, IStoredRecord<TRecord> =>
        FirstAsync(SelectFrom(TRecord.StoredIn, predicate), ReadRecord<TRecord>, values);

    private Task<IReadOnlyList<TRecord>> ListAsync<TRecord>(string predicate, int limit, params object[] values)
        where TRecord : LedgerRecord, IStoredRecord<TRecord> =>
        ListAsync(SelectFrom(TRecord.StoredIn, predicate), limit, ReadRecord<TRecord>, values);

    private async Task<TRow?> FirstAsync<TRow>(string sql, Func<DbDataReader, TRow> read, params object[] values)
        where TRow : class
    {
        IReadOnlyList<TRow> rows = await ListAsync(sql, 1, read, values);
        return rows.Count > 0 ? rows[0] : null;
    }

    private async Task<IReadOnlyList<TRow>> ListAsync<TRow>(
        string sql, int limit, Func<DbDataReader, TRow> read, params object[] values)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, PageMax);
        await readers.WaitAsync();
        ReadSession? session = null;
        try
        {
            session = idle.TryTake(out ReadSession? used) ? used : new ReadSession(dialect);
            List<TRow> rows = [];
            await using (DbDataReader row = await session.Bind($"{sql} LIMIT {limit}", values).ExecuteReaderAsync())
            {
                while (await row.ReadAsync())
                {
                    rows.Add(read(row));
                }
            }

            // A connection that failed is not used again.
            idle.Add(session);
            session = null;
            return rows;
        }
        finally
        {
            session?.Dispose();
            readers.Release();
        }
    }
}
