using Microsoft.Data.Sqlite;
using SeederMesh.Core.Identity;

namespace SeederMesh.Lightning.Embedded;

/// <summary>Checks an embedded network's books from its file alone, while the network runs or after it
/// stopped.</summary>
/// <remarks>
/// Reads one snapshot. What must hold: on each channel both sides and what is in flight add up to what it was opened
/// with; each node holds what it
/// began with, plus what it received and earned by forwarding, less what it paid and has in flight; every preimage
/// hashes to
/// its payment hash; a payment that succeeded has exactly one settled invoice over the same amount, and the other way
/// round.
/// </remarks>
/// <param name="Nodes">How many nodes there are.</param>
/// <param name="Payments">How many payments succeeded.</param>
/// <param name="TotalMsat">All the play money of the network; it never changes but by opening wallets.</param>
/// <param name="FeesMsat">What routing has cost so far.</param>
/// <param name="Findings">What does not hold, one sentence each; empty when the books are true.</param>
public sealed record EmbeddedNetworkAudit(
    long Nodes, long Payments, long TotalMsat, long FeesMsat, IReadOnlyList<string> Findings)
{
    private const int FindingsMax = 100;

    /// <summary>Whether everything held.</summary>
    public bool Holds => Findings.Count == 0;

    /// <summary>Audits the file.</summary>
    /// <exception cref="SqliteException">The file is not an embedded network's.</exception>
    public static EmbeddedNetworkAudit Run(string databasePath)
    {
        using SqliteConnection connection = new(new SqliteConnectionStringBuilder
        {
            DataSource = databasePath,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
        }.ToString());
        connection.Open();
        using SqliteTransaction snapshot = connection.BeginTransaction(deferred: true);
        List<string> findings = [];
        foreach (string query in Contradictions)
        {
            using SqliteCommand command = Command(connection, snapshot, query);
            using SqliteDataReader row = command.ExecuteReader();
            while (row.Read() && findings.Count < FindingsMax)
            {
                findings.Add(row.GetString(0));
            }
        }

        CheckPreimages(connection, snapshot, findings);
        return new EmbeddedNetworkAudit(
            Number(connection, snapshot, "SELECT count(*) FROM node"),
            Number(connection, snapshot, "SELECT count(*) FROM payment WHERE status = 5"),
            Number(connection, snapshot, "SELECT coalesce(sum(initial_a_msat + initial_b_msat), 0) FROM channel"),
            Number(connection, snapshot, "SELECT coalesce(sum(fee_msat), 0) FROM payment WHERE status = 5"),
            findings);
    }

    private static readonly string[] Contradictions =
    [
        """
        SELECT 'Channel ' || c.id || ' was opened with ' || (initial_a_msat + initial_b_msat) || ' msat and holds '
            || (balance_a_msat + balance_b_msat) || ' msat, with ' || coalesce(f.amount, 0) || ' msat in flight.'
        FROM channel c LEFT JOIN (SELECT channel, sum(amount_msat) AS amount FROM htlc GROUP BY channel) f ON f.channel = c.id
        WHERE balance_a_msat + balance_b_msat + coalesce(f.amount, 0) <> initial_a_msat + initial_b_msat
        """,
        """
        WITH side (node, initial, balance) AS (
            SELECT node_a, initial_a_msat, balance_a_msat FROM channel
            UNION ALL SELECT node_b, initial_b_msat, balance_b_msat FROM channel),
        flow (node, amount) AS (
            SELECT node, sum(balance) - sum(initial) FROM side GROUP BY node
            UNION ALL SELECT from_node, amount_msat FROM htlc
            UNION ALL SELECT node, -received_msat FROM invoice WHERE status = 4
            UNION ALL SELECT name, -forwarded_fees_msat FROM node
            UNION ALL SELECT payer, amount_msat + fee_msat FROM payment WHERE status = 5)
        SELECT 'Node ' || node || ' holds ' || sum(amount) || ' msat more than its payments explain.'
        FROM flow GROUP BY node HAVING sum(amount) <> 0
        """,
        """
        SELECT 'Payment ' || hex(p.payment_hash) || ' of ' || p.payer || ' succeeded, and its invoice did not settle with its amount.'
        FROM payment p LEFT JOIN invoice i ON i.payment_hash = p.payment_hash
        WHERE p.status = 5 AND (i.status IS NOT 4 OR i.received_msat <> p.amount_msat OR i.preimage <> p.preimage)
        """,
        """
        SELECT 'Invoice ' || i.label || ' of ' || i.node || ' settled without a payment that succeeded.'
        FROM invoice i WHERE i.status = 4
            AND (SELECT count(*) FROM payment p WHERE p.payment_hash = i.payment_hash AND p.status = 5) <> 1
        """,
        """
        SELECT 'Payment ' || hex(p.payment_hash) || ' of ' || p.payer || ' is pending with nothing in flight.'
        FROM payment p WHERE p.status = 3 AND NOT EXISTS (SELECT 1 FROM htlc h WHERE h.payment_hash = p.payment_hash)
        """,
        """
        SELECT 'Money is in flight under ' || hex(h.payment_hash) || ' without a pending payment.'
        FROM htlc h WHERE NOT EXISTS
            (SELECT 1 FROM payment p WHERE p.payment_hash = h.payment_hash AND p.payer = h.payer AND p.status = 3)
        """,
        """
        SELECT 'Node ' || name || ' counts ' || settled_count || ' settled invoices and has another number.'
        FROM node WHERE settled_count <> (SELECT count(*) FROM invoice WHERE node = name AND status = 4)
        """,
    ];

    private static void CheckPreimages(SqliteConnection connection, SqliteTransaction snapshot, List<string> findings)
    {
        using SqliteCommand command = Command(connection, snapshot, "SELECT payment_hash, preimage FROM invoice");
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read() && findings.Count < FindingsMax)
        {
            Digest hash = new((byte[])row[0]);
            if (new Preimage((byte[])row[1]).PaymentHash != hash)
            {
                findings.Add($"The preimage of {hash} does not hash to it.");
            }
        }
    }

    private static long Number(SqliteConnection connection, SqliteTransaction snapshot, string sql)
    {
        using SqliteCommand command = Command(connection, snapshot, sql);
        return (long)command.ExecuteScalar()!;
    }

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction snapshot, string sql)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = snapshot;
        return command;
    }
}
