using Microsoft.Data.Sqlite;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Embedded;

/// <summary>An invoice's row.</summary>
internal sealed record InvoiceRow(string Node, Digest Terms, long CreatedMs, long? PayIndex, Invoice Invoice, Preimage Secret)
{
    /// <summary>Whether it is not on the books yet.</summary>
    public bool IsNew { get; init; }
}

/// <summary>The statements of the embedded network, prepared once.</summary>
internal sealed partial class NetworkStore
{
    private const string InvoiceColumns = """
        node, terms, created_ms, pay_index, payment_hash, label, bolt11, description, amount_msat, preimage, status, received_msat,
        expires_ms, settled_ms
        """;

    private const string PaymentColumns =
        "payment_hash, payee, amount_msat, fee_msat, status, failure, reason, preimage, created_ms, completed_ms";

    private readonly HashSet<MapChannel> dirtyChannels = [];
    private readonly HashSet<MapNode> dirtyNodes = [];
    private readonly Dictionary<string, SqliteCommand> prepared = new(StringComparer.Ordinal);

    public void MarkDirty(MapChannel channel) => dirtyChannels.Add(channel);

    public void MarkDirty(MapNode node) => dirtyNodes.Add(node);

    public void InsertNode(MapNode node) => Prepare(
        """
        INSERT INTO node (name, ordinal, public_key, token_hash, online, hold_next, refuse_next, lose_next,
            settled_count, forwarded_fees_msat)
        VALUES ($1, $2, $3, $4, 1, 0, 0, 0, 0, 0)
        """,
        node.Name,
        node.Ordinal,
        node.Id.ToArray(),
        node.TokenHash).ExecuteNonQuery();

    public void InsertChannel(MapChannel channel) => Prepare(
        """
        INSERT INTO channel (id, node_a, node_b, initial_a_msat, initial_b_msat, balance_a_msat, balance_b_msat,
            base_fee_msat, fee_ppm, usable)
        VALUES ($1, $2, $3, $4, $5, $4, $5, $6, $7, 1)
        """,
        channel.Id,
        channel.NodeA.Name,
        channel.NodeB.Name,
        channel.InitialA.Value,
        channel.InitialB.Value,
        channel.BaseFee.Value,
        channel.FeePpm).ExecuteNonQuery();

    public InvoiceRow? FindInvoice(Digest paymentHash) => Single(
        Prepare($"SELECT {InvoiceColumns} FROM invoice WHERE payment_hash = $1", paymentHash.ToArray()), ReadInvoice);

    public InvoiceRow? FindInvoice(string node, string label) => Single(
        Prepare($"SELECT {InvoiceColumns} FROM invoice WHERE node = $1 AND label = $2", node, label), ReadInvoice);

    public List<InvoiceRow> ListInvoices(string node, int limit) => Many(
        Prepare($"SELECT {InvoiceColumns} FROM invoice WHERE node = $1 ORDER BY created_ms DESC, label LIMIT $2", node, limit),
        ReadInvoice);

    public List<SettledInvoice> ListSettled(string node, long afterCursor, int limit) => Many(
        Prepare(
            """
            SELECT pay_index, payment_hash, label, received_msat, settled_ms FROM invoice
            WHERE node = $1 AND pay_index > $2 ORDER BY pay_index LIMIT $3
            """,
            node,
            afterCursor,
            limit),
        row => new SettledInvoice(
            row.GetInt64(0), new Digest((byte[])row[1]), row.GetString(2), Msat.From(row.GetInt64(3)), Time(row.GetInt64(4))));

    public void InsertInvoice(InvoiceRow row) => Prepare(
        """
        INSERT INTO invoice (payment_hash, node, label, bolt11, description, terms, amount_msat, preimage, status, received_msat,
            created_ms, expires_ms, settled_ms, pay_index)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        row.Invoice.PaymentHash.ToArray(),
        row.Node,
        row.Invoice.Label,
        row.Invoice.Bolt11,
        row.Invoice.Description,
        row.Terms.ToArray(),
        row.Invoice.Amount is { } amount ? amount.Value : DBNull.Value,
        row.Secret.ToArray(),
        (int)row.Invoice.Status,
        row.Invoice.Received.Value,
        row.CreatedMs,
        row.Invoice.ExpiresAt.ToUnixTimeMilliseconds(),
        row.Invoice.SettledAt is { } settled ? settled.ToUnixTimeMilliseconds() : DBNull.Value,
        row.PayIndex is { } index ? index : DBNull.Value).ExecuteNonQuery();

    public void UpdateInvoice(Digest paymentHash, InvoiceStatus status, Msat received, long? settledMs, long? payIndex) => Prepare(
        "UPDATE invoice SET status = $2, received_msat = $3, settled_ms = $4, pay_index = $5 WHERE payment_hash = $1",
        paymentHash.ToArray(),
        (int)status,
        received.Value,
        settledMs is { } time ? time : DBNull.Value,
        payIndex is { } index ? index : DBNull.Value).ExecuteNonQuery();

    public void DeleteInvoice(Digest paymentHash) =>
        Prepare("DELETE FROM invoice WHERE payment_hash = $1", paymentHash.ToArray()).ExecuteNonQuery();

    public Payment? FindPayment(string payer, Digest paymentHash) => Single(
        Prepare($"SELECT {PaymentColumns} FROM payment WHERE payer = $1 AND payment_hash = $2", payer, paymentHash.ToArray()),
        ReadPayment);

    public List<Payment> ListPayments(string payer, int limit) => Many(
        Prepare($"SELECT {PaymentColumns} FROM payment WHERE payer = $1 ORDER BY created_ms DESC, payment_hash LIMIT $2", payer, limit),
        ReadPayment);

    public void SavePayment(string payer, Payment payment) => Prepare(
        """
        INSERT INTO payment (payer, payment_hash, payee, amount_msat, fee_msat, status, failure, reason, preimage, created_ms, completed_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (payer, payment_hash) DO UPDATE SET
            payee = excluded.payee, amount_msat = excluded.amount_msat, fee_msat = excluded.fee_msat, status = excluded.status,
            failure = excluded.failure, reason = excluded.reason, preimage = excluded.preimage, completed_ms = excluded.completed_ms
        """,
        payer,
        payment.PaymentHash.ToArray(),
        payment.Destination!.ToArray(),
        payment.Amount.Value,
        payment.Fee.Value,
        (int)payment.Status,
        (int)payment.Failure,
        payment.Reason,
        payment.Preimage is { } preimage ? preimage.ToArray() : DBNull.Value,
        payment.CreatedAt!.Value.ToUnixTimeMilliseconds(),
        payment.CompletedAt is { } completed ? completed.ToUnixTimeMilliseconds() : DBNull.Value).ExecuteNonQuery();

    public void InsertHtlc(Digest paymentHash, int hop, string payer, RouteHop step) => Prepare(
        "INSERT INTO htlc (payment_hash, hop, payer, channel, from_node, amount_msat) VALUES ($1, $2, $3, $4, $5, $6)",
        paymentHash.ToArray(),
        hop,
        payer,
        step.Channel.Id,
        step.From.Name,
        step.Amount.Value).ExecuteNonQuery();

    /// <summary>The payer and the steps of a payment in flight; an empty list when none is under this hash.</summary>
    public (string Payer, List<RouteHop> Route) TakeHtlcs(Digest paymentHash)
    {
        string payer = "";
        List<RouteHop> route = Many(
            Prepare("SELECT payer, channel, from_node, amount_msat FROM htlc WHERE payment_hash = $1 ORDER BY hop", paymentHash.ToArray()),
            row =>
            {
                payer = row.GetString(0);
                return new RouteHop(
                    Map.FindChannel(row.GetInt64(1))!, Map.Find(row.GetString(2))!, Msat.From(row.GetInt64(3)));
            });
        Prepare("DELETE FROM htlc WHERE payment_hash = $1", paymentHash.ToArray()).ExecuteNonQuery();
        return (payer, route);
    }

    private void SaveNode(MapNode node) => Prepare(
        """
        UPDATE node SET online = $2, hold_next = $3, refuse_next = $4, lose_next = $5, settled_count = $6, forwarded_fees_msat = $7
        WHERE name = $1
        """,
        node.Name,
        node.Online ? 1 : 0,
        node.HoldNext,
        node.RefuseNext,
        node.LoseNext,
        node.SettledCount,
        node.ForwardedFees.Value).ExecuteNonQuery();

    private void SaveChannel(MapChannel channel) => Prepare(
        "UPDATE channel SET balance_a_msat = $2, balance_b_msat = $3, usable = $4 WHERE id = $1",
        channel.Id,
        channel.BalanceA.Value,
        channel.BalanceB.Value,
        channel.Usable ? 1 : 0).ExecuteNonQuery();

    private static InvoiceRow ReadInvoice(SqliteDataReader row)
    {
        Preimage secret = new((byte[])row[9]);
        InvoiceStatus status = (InvoiceStatus)row.GetInt32(10);
        return new InvoiceRow(
            row.GetString(0),
            new Digest((byte[])row[1]),
            row.GetInt64(2),
            row.IsDBNull(3) ? null : row.GetInt64(3),
            new Invoice
            {
                PaymentHash = new Digest((byte[])row[4]),
                Label = row.GetString(5),
                Bolt11 = row.GetString(6),
                Description = row.GetString(7),
                Amount = row.IsDBNull(8) ? null : Msat.From(row.GetInt64(8)),
                Preimage = status == InvoiceStatus.Settled ? secret : null,
                Status = status,
                Received = Msat.From(row.GetInt64(11)),
                ExpiresAt = Time(row.GetInt64(12)),
                SettledAt = row.IsDBNull(13) ? null : Time(row.GetInt64(13)),
            },
            secret);
    }

    private static Payment ReadPayment(SqliteDataReader row) => new()
    {
        PaymentHash = new Digest((byte[])row[0]),
        Destination = NodeId.From((byte[])row[1]),
        Amount = Msat.From(row.GetInt64(2)),
        Fee = Msat.From(row.GetInt64(3)),
        Status = (PaymentStatus)row.GetInt32(4),
        Failure = (PaymentFailure)row.GetInt32(5),
        Reason = row.GetString(6),
        Preimage = row.IsDBNull(7) ? null : new Preimage((byte[])row[7]),
        CreatedAt = Time(row.GetInt64(8)),
        CompletedAt = row.IsDBNull(9) ? null : Time(row.GetInt64(9)),
    };

    private static DateTimeOffset Time(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs);

    private static T? Single<T>(SqliteCommand command, Func<SqliteDataReader, T> read)
        where T : class
    {
        using SqliteDataReader row = command.ExecuteReader();
        return row.Read() ? read(row) : null;
    }

    private static List<T> Many<T>(SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        List<T> items = [];
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            items.Add(read(row));
        }

        return items;
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<object> values)
    {
        if (!prepared.TryGetValue(sql, out SqliteCommand? command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (int i = 0; i < values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter($"${i + 1}", values[i]));
            }

            prepared.Add(sql, command);
            commands.Add(command);
        }

        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        command.Transaction = transaction;
        return command;
    }
}
