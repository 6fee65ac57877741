using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.Reading;

/// <content>The history of payouts: what was paid, and for which receipts under which manifest.</content>
public sealed partial class LedgerReader
{
    private const string HistoryLines =
        "SELECT l.line, l.amount_msat, l.settlement_id, l.manifest_digest, m.sequence, m.infohash, s.grant_id, s.first_sequence, "
        + "s.last_sequence, s.bytes, s.receipts, n.receipts, g.last_sequence, g.last_receipt_hash, g.seeder_key, o.id FROM payout_line l "
        + "LEFT JOIN donation o ON o.id = l.settlement_id "
        + "LEFT JOIN manifest m ON m.digest = l.manifest_digest LEFT JOIN settlement s ON s.id = l.settlement_id "
        + "LEFT JOIN \"grant\" g ON g.id = s.grant_id "
        + "LEFT JOIN settlement n ON n.grant_id = s.grant_id AND n.first_sequence = s.last_sequence + 1";

    /// <summary>Settlements that a downloader's payment names one by one, as a payout does.</summary>
    private const int DirectLinesMax = 512;

    /// <summary>The columns of <see cref="HistoryLines"/>, of what was earned from one amount up to another.</summary>
    private const string ProvedLines =
        "WITH credit AS (SELECT t.sequence, t.user_data, t.amount_msat, SUM(t.amount_msat) OVER (ORDER BY t.sequence) AS upto "
        + "FROM transfer t WHERE t.credit_account = (SELECT number FROM account WHERE id = @p0) AND t.kind IN (0, 2)) "
        + "SELECT k.sequence, CASE WHEN k.upto < @p2 THEN k.upto ELSE @p2 END "
        + "- CASE WHEN k.upto - k.amount_msat > @p1 THEN k.upto - k.amount_msat ELSE @p1 END, "
        + "s.id, c.manifest_digest, m.sequence, c.infohash, s.grant_id, s.first_sequence, "
        + "s.last_sequence, s.bytes, s.receipts, n.receipts, g.last_sequence, g.last_receipt_hash, g.seeder_key, NULL FROM credit k "
        + "JOIN channel c ON c.id = @p3 LEFT JOIN manifest m ON m.digest = c.manifest_digest "
        + "LEFT JOIN settlement s ON s.id = k.user_data LEFT JOIN \"grant\" g ON g.id = s.grant_id "
        + "LEFT JOIN settlement n ON n.grant_id = s.grant_id AND n.first_sequence = s.last_sequence + 1 "
        + "WHERE k.upto > @p1 AND k.upto - k.amount_msat < @p2 ORDER BY k.sequence";

    /// <summary>Payouts and refunds that fit, newest first; of the same time, the lower id first.</summary>
    /// <exception cref="ArgumentException">More than <see cref="PayoutQuery.PayeesMax"/> payees are asked for.</exception>
    public Task<IReadOnlyList<PayoutRecord>> ListPayoutsAsync(PayoutQuery query, int limit = PageMax)
    {
        (string predicate, object[] values) = PredicateOf(query);
        return ListAsync<PayoutRecord>(predicate, limit, values);
    }

    /// <summary>Payments of downloaders that fit, in the same order.</summary>
    /// <exception cref="ArgumentException">More than <see cref="PayoutQuery.PayeesMax"/> payees are asked for.</exception>
    public Task<IReadOnlyList<DirectPaymentRecord>> ListDirectPaymentsAsync(PayoutQuery query, int limit = PageMax)
    {
        (string predicate, object[] values) = PredicateOf(query);
        return ListAsync<DirectPaymentRecord>(predicate, limit, values);
    }

    /// <summary>What a payout pays, each line with the receipts and the manifest's version that it settles.</summary>
    /// <param name="payoutId">The payout.</param>
    public Task<IReadOnlyList<PayoutHistoryLine>> ListHistoryLinesAsync(Id128 payoutId) =>
        ListAsync($"{HistoryLines} WHERE l.payout_id = @p0 ORDER BY l.line", PageMax, ReadLine, payoutId.ToArray());

    /// <summary>What a downloader's payment pays under the manifest of its channel: once it is proved each settlement with
    /// its receipts, what was earned first first; before, or where there are too many, all in one line.</summary>
    public async Task<IReadOnlyList<PayoutHistoryLine>> ListDirectHistoryLinesAsync(DirectPaymentRecord payment)
    {
        IReadOnlyList<PayoutHistoryLine> lines = payment.Status == PayoutStatus.Succeeded ? await ListProvedLinesAsync(payment) : [];
        return lines.Count is > 0 and <= DirectLinesMax
            ? lines
            : await ListAsync(
                "SELECT d.amount_msat, c.manifest_digest, m.sequence, c.infohash FROM direct_payment d "
                + "JOIN channel c ON c.id = d.channel_id LEFT JOIN manifest m ON m.digest = c.manifest_digest WHERE d.id = @p0",
                1,
                row => new PayoutHistoryLine(1, row.Amount(0), default, row.Digest(1), row.OptionalNumber(2), row.Digest(3), null),
                payment.Id.ToArray());
    }

    /// <summary>Payments of one payee on one channel pay what it earned there in the order in which they were proved.</summary>
    private async Task<IReadOnlyList<PayoutHistoryLine>> ListProvedLinesAsync(DirectPaymentRecord payment)
    {
        long from = await CountAsync(
            "SELECT CAST(COALESCE(SUM(d.amount_msat), 0) AS BIGINT) FROM direct_payment d JOIN transfer r ON r.id = d.id "
            + "JOIN transfer t ON t.pending = r.sequence WHERE d.channel_id = @p0 AND d.payee_id = @p1 AND d.status = 3 AND t.sequence < "
            + "(SELECT e.sequence FROM transfer e JOIN transfer f ON e.pending = f.sequence WHERE f.id = @p2)",
            payment.ChannelId.ToArray(),
            payment.PayeeId.ToArray(),
            payment.Id.ToArray());
        IReadOnlyList<PayoutHistoryLine> lines = await ListAsync(
            ProvedLines,
            DirectLinesMax + 1,
            ReadLine,
            AccountOpening.Due(payment.ChannelId, payment.PayeeId).Id.ToArray(),
            from,
            from + payment.Amount.Value,
            payment.ChannelId.ToArray());

        // A settlement's share and the fraction that became whole with it are two credits and one line.
        return
        [
            .. lines.GroupBy(line => line.SettlementId).Select((same, index) => same.First() with
            {
                Line = index + 1,
                Amount = same.Aggregate(Msat.Zero, (sum, line) => sum + line.Amount),
            }),
        ];
    }

    /// <summary>Both tables name alike what they are narrowed by.</summary>
    private static (string Predicate, object[] Values) PredicateOf(PayoutQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Payees.Count, PayoutQuery.PayeesMax, nameof(query));
        var values = new List<object> { query.FromUnixMs, query.BeforeUnixMs };
        string Value(object value)
        {
            values.Add(value);
            return $"@p{values.Count - 1}";
        }

        var conditions = new List<string> { "created_unix_ms >= @p0", "created_unix_ms < @p1" };
        if (query.Payees.Count > 0)
        {
            conditions.Add($"payee_id IN ({string.Join(", ", query.Payees.Select(payee => Value(payee.ToArray())))})");
        }

        if (!query.Channel.IsNone)
        {
            conditions.Add($"channel_id = {Value(query.Channel.ToArray())}");
        }

        if (query.Status != PayoutStatus.None)
        {
            conditions.Add($"status = {Value((long)query.Status)}");
        }

        if (query.After is { } after)
        {
            string created = Value(after.CreatedUnixMs);
            conditions.Add($"(created_unix_ms < {created} OR (created_unix_ms = {created} AND id > {Value(after.Id.ToArray())}))");
        }

        return ($"{string.Join(" AND ", conditions)} ORDER BY created_unix_ms DESC, id", [.. values]);
    }

    private static PayoutHistoryLine ReadLine(DbDataReader row) => new(
        row.Number(0),
        row.Amount(1),
        row.OptionalId(2),
        row.Digest(3),
        row.OptionalNumber(4),
        row.OptionalDigest(5),
        row.OptionalId(6).IsNone ? null : ReadReceipts(row))
    {
        IsDonation = !row.OptionalId(15).IsNone,
    };

    private static SettledReceipts ReadReceipts(DbDataReader row)
    {
        long last = row.Number(8);
        ReceiptChain before = AnchorOf(row.Blob(10));

        // The chain's hash after these receipts stands where the next ones begin, or at the grant when they are the newest.
        Digest? hash = row.OptionalBlob(11) is { } next ? AnchorOf(next).Hash
            : row.Number(12) == last ? row.Digest(13)
            : null;
        return new SettledReceipts(
            row.Id(6),
            row.Key(14),
            row.Number(7),
            last,
            before.CumulativeBytes,
            before.CumulativeBytes + row.Number(9),
            hash);
    }

    private static ReceiptChain AnchorOf(byte[] receipts)
    {
        Core.Invariant.Require(
            ReceiptRunCodec.TryRead(receipts, default, out ReceiptRun? run, out _), "stored receipts can be read");
        return run!.Anchor;
    }
}

/// <summary>One line of a payout: what it pays, and why.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Amount">How much of the payout this is.</param>
/// <param name="SettlementId">The settlement that earned it, or the donation; none when the line sums up a
/// manifest.</param>
/// <param name="ManifestDigest">The manifest whose split says so.</param>
/// <param name="ManifestSequence">The manifest's version; null where the hub does not hold it any more.</param>
/// <param name="Infohash">The torrent; null where the hub does not hold the manifest any more.</param>
/// <param name="Receipts">The receipts that prove it; null when the line sums up a manifest.</param>
public sealed record PayoutHistoryLine(
    long Line,
    Msat Amount,
    Id128 SettlementId,
    Digest ManifestDigest,
    long? ManifestSequence,
    Digest? Infohash,
    SettledReceipts? Receipts)
{
    /// <summary>Whether <see cref="SettlementId"/> is a donation's: money that came through a Lightning address.</summary>
    public bool IsDonation { get; init; }
}

/// <summary>Consecutive receipts of one grant.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="Seeder">Who uploaded.</param>
/// <param name="FirstSequence">The first receipt.</param>
/// <param name="LastSequence">The last receipt.</param>
/// <param name="FromBytes">Bytes that the grant had paid for before them.</param>
/// <param name="ToBytes">Bytes that the grant had paid for with them.</param>
/// <param name="ChainHash">Hash of the last receipt, which binds all before it.</param>
public sealed record SettledReceipts(
    Id128 GrantId, PublicKey Seeder, long FirstSequence, long LastSequence, long FromBytes, long ToBytes, Digest? ChainHash);
