using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.Reading;

/// <content>Direct channels: what is due, and the payments that downloaders make.</content>
public sealed partial class LedgerReader
{
    private const string DueColumns =
        "SELECT d.channel_id, d.payee_id, d.written_off_msat, d.revision, p.kind, p.owner, p.destination, "
        + "a.credits_posted, a.debits_posted, a.debits_pending FROM due d JOIN account a ON a.id = d.id "
        + "JOIN payee p ON p.id = d.payee_id ";

    /// <summary>What the downloader of a direct channel owes each payee, in the order of their ids.</summary>
    public Task<IReadOnlyList<DueBalance>> ListDuesAsync(Id128 channelId, Id128 afterPayee = default, int limit = PageMax) =>
        ListAsync(
            DueColumns + "WHERE d.channel_id = @p0 AND d.payee_id > @p1 ORDER BY d.payee_id",
            limit,
            row => new DueBalance(
                new DueRecord
                {
                    ChannelId = row.Id(0),
                    PayeeId = row.Id(1),
                    WrittenOff = row.Amount(2),
                    Revision = row.Number(3),
                },
                (PayeeKind)row.Number(4),
                row.Text(5),
                row.OptionalText(6),
                row.Amount(7),
                row.Amount(8),
                row.Amount(9)),
            channelId.ToArray(),
            afterPayee.ToArray());

    /// <summary>What direct channels brought a payee, over all of them.</summary>
    public async Task<DirectTotals> SumDuesAsync(Id128 payeeId) =>
        (await FirstAsync(
            "SELECT COUNT(*), CAST(COALESCE(SUM(a.credits_posted), 0) AS BIGINT), "
            + "CAST(COALESCE(SUM(a.debits_posted), 0) AS BIGINT), CAST(COALESCE(SUM(d.written_off_msat), 0) AS BIGINT) "
            + "FROM due d JOIN account a ON a.id = d.id WHERE d.payee_id = @p0",
            row => new DirectTotals(row.Number(0), row.Amount(1), row.Amount(2).Less(row.Amount(3)), row.Amount(3)),
            payeeId.ToArray()))!;

    /// <summary>The direct channels on which a seeder is owed something or has grants, as of one commit.</summary>
    public Task<IReadOnlyList<SeederExposure>> ListExposuresAsync(PublicKey seeder, int limit = PageMax) =>
        ListAsync(
            "SELECT manifest_digest, due, proved, granted FROM (SELECT c.manifest_digest, "
            + "a.credits_posted - a.debits_posted AS due, a.debits_posted AS proved, "
            + "CAST(COALESCE((SELECT SUM(g.limit_msat - g.settled_msat) FROM \"grant\" g WHERE g.channel_id = d.channel_id "
            + "AND g.seeder_key = @p1 AND g.status = 1), 0) AS BIGINT) AS granted "
            + "FROM due d JOIN account a ON a.id = d.id JOIN channel c ON c.id = d.channel_id "
            + "WHERE d.payee_id = @p0 AND c.dues_ended_unix_ms IS NULL) AS open WHERE due + granted > 0",
            limit,
            row => new SeederExposure(row.Digest(0), row.Amount(1), row.Amount(2), row.Amount(3)),
            PayeeRecord.IdOfSeeder(seeder).ToArray(),
            seeder.ToArray());

    /// <summary>What direct channels brought to everybody.</summary>
    public async Task<DirectTotals> SumDuesAsync() =>
        (await FirstAsync(
            "SELECT (SELECT COUNT(*) FROM channel WHERE mode = 2), CAST(COALESCE(SUM(a.credits_posted), 0) AS BIGINT), "
            + "CAST(COALESCE(SUM(a.debits_posted), 0) AS BIGINT), CAST(COALESCE(SUM(d.written_off_msat), 0) AS BIGINT) "
            + "FROM due d JOIN account a ON a.id = d.id",
            row => new DirectTotals(row.Number(0), row.Amount(1), row.Amount(2).Less(row.Amount(3)), row.Amount(3))))!;

    /// <summary>A payment of a downloader's, or null.</summary>
    public Task<DirectPaymentRecord?> FindDirectPaymentAsync(Id128 id) =>
        FindAsync<DirectPaymentRecord>("id = @p0", id.ToArray());

    /// <summary>A payment of a downloader's by its hash, or null.</summary>
    public Task<DirectPaymentRecord?> FindDirectPaymentAsync(Digest paymentHash) =>
        FindAsync<DirectPaymentRecord>("payment_hash = @p0", paymentHash.ToArray());

    /// <summary>The payments of a channel that its downloader has an invoice for and has not proved.</summary>
    public Task<IReadOnlyList<DirectPaymentRecord>> ListOpenDirectPaymentsAsync(Id128 channelId) =>
        ListAsync<DirectPaymentRecord>("channel_id = @p0 AND status = 1 ORDER BY created_unix_ms, id", PageMax, channelId.ToArray());

    /// <summary>How many payments were ever made of a channel to a payee.</summary>
    public Task<long> CountDirectPaymentsAsync(Id128 channelId, Id128 payeeId) => CountAsync(
        "SELECT COUNT(*) FROM direct_payment WHERE channel_id = @p0 AND payee_id = @p1", channelId.ToArray(), payeeId.ToArray());

    /// <summary>Direct channels that were closed before a time, with something due still.</summary>
    public Task<IReadOnlyList<Id128Row>> ListOverdueDuesAsync(long closedBeforeUnixMs, int limit = PageMax) => ListAsync(
        "SELECT id FROM channel WHERE mode = 2 AND dues_ended_unix_ms IS NULL AND closed_unix_ms < @p0 ORDER BY closed_unix_ms",
        limit,
        row => new Id128Row(row.Id(0)),
        closedBeforeUnixMs);
}

/// <summary>What the downloader of a direct channel owes one payee: earned = paid + written off + under way + due.</summary>
/// <param name="Record">Whose it is.</param>
/// <param name="Kind">Who the payee is.</param>
/// <param name="Owner">A DID, or a seeder's public key.</param>
/// <param name="Destinations">Where the payee is paid, one a line; null while unknown.</param>
/// <param name="Earned">All that was ever due.</param>
/// <param name="Gone">What of it was proved paid or written off.</param>
/// <param name="UnderWay">What the downloader has invoices for.</param>
public sealed record DueBalance(
    DueRecord Record, PayeeKind Kind, string Owner, string? Destinations, Msat Earned, Msat Gone, Msat UnderWay)
{
    /// <summary>What was proved paid.</summary>
    public Msat Proved => Gone.Less(Record.WrittenOff);

    /// <summary>What is due and has no invoice yet.</summary>
    public Msat Due => Earned.Less(Gone + UnderWay);
}

/// <summary>Sums over direct channels: earned = proved + written off + what is still due.</summary>
/// <param name="Channels">Over how many channels.</param>
/// <param name="Earned">All that was ever due.</param>
/// <param name="Proved">What was proved paid.</param>
/// <param name="WrittenOff">What nobody paid.</param>
public sealed record DirectTotals(long Channels, Msat Earned, Msat Proved, Msat WrittenOff)
{
    /// <summary>What is still due.</summary>
    public Msat Due => Earned.Less(Proved + WrittenOff);
}

/// <summary>What one seeder has at stake on one direct channel.</summary>
/// <param name="Manifest">Whose split applies.</param>
/// <param name="Due">Its share of what is settled and not proved.</param>
/// <param name="Proved">Its share of what was proved.</param>
/// <param name="Granted">What its open grants may still settle, all shares.</param>
public sealed record SeederExposure(Digest Manifest, Msat Due, Msat Proved, Msat Granted);
