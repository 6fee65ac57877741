using Microsoft.Data.Sqlite;
using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Embedded;

/// <summary>The embedded network's SQLite file and the map that mirrors it. Only the commit loop uses it once it is
/// open.</summary>
/// <remarks>
/// WAL with <c>synchronous=FULL</c>: each commit is fsynced, so what was acknowledged survives SIGKILL and power loss;
/// group commit pays
/// for it (hundreds of payments share one fsync). A lock file keeps a second process out, because balances are held in
/// memory too.
/// </remarks>
internal sealed partial class NetworkStore : IDisposable
{
    private const int SchemaVersion = 1;

    private readonly SqliteConnection connection;
    private readonly FileStream lockFile;
    private readonly HashSet<MapNode> changed = [];
    private readonly List<SqliteCommand> commands = [];
    private SqliteTransaction? transaction;

    private NetworkStore(SqliteConnection connection, FileStream lockFile)
    {
        this.connection = connection;
        this.lockFile = lockFile;
    }

    public NetworkMap Map { get; } = new();

    public byte[] Seed { get; private set; } = [];

    /// <summary>Opens the file, makes it when it is not there, and loads nodes and channels.</summary>
    public static NetworkStore Open(EmbeddedNetworkOptions options)
    {
        string path = Path.GetFullPath(options.DatabasePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        FileStream exclusive = Lock(path + ".lock");
        using (File.Open(path, PrivateFile(FileMode.OpenOrCreate)))
        {
            // Made before SQLite opens it, so that the keys are never readable by others.
        }

        SqliteConnection file = new(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            DefaultTimeout = 5,
        }.ToString());
        NetworkStore store = new(file, exclusive);
        try
        {
            file.Open();
            store.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
            store.CreateSchema(options);
            store.Load();
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    public void Begin()
    {
        changed.Clear();
        transaction = connection.BeginTransaction(deferred: true);
    }

    public void Commit()
    {
        foreach (MapChannel channel in dirtyChannels)
        {
            SaveChannel(channel);
        }

        foreach (MapNode node in dirtyNodes)
        {
            SaveNode(node);
        }

        dirtyChannels.Clear();
        dirtyNodes.Clear();
        transaction!.Commit();
        transaction.Dispose();
        transaction = null;
    }

    /// <summary>Tells, after the commit, those who wait at a node that something changed there.</summary>
    public void MarkChanged(MapNode node) => changed.Add(node);

    public void PulseChanged()
    {
        foreach (MapNode node in changed)
        {
            node.Changed.Pulse();
        }
    }

    public void Dispose()
    {
        transaction?.Dispose();
        commands.ForEach(command => command.Dispose());
        connection.Dispose();
        lockFile.Dispose();
    }

    private static FileStreamOptions PrivateFile(FileMode mode) => new()
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };

    private static FileStream Lock(string path)
    {
        try
        {
            return File.Open(path, PrivateFile(FileMode.OpenOrCreate));
        }
        catch (IOException exception)
        {
            throw new LightningNodeException(
                NodeFault.Refused,
                $"Another process has the play-money Lightning network open ({path} is locked).",
                exception);
        }
    }

    private void CreateSchema(EmbeddedNetworkOptions options)
    {
        long version = (long)Scalar("PRAGMA user_version")!;
        if (version == 0)
        {
            using SqliteTransaction creation = connection.BeginTransaction();
            Execute(Schema);
            byte[] seed = options.Seed ?? System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
            using SqliteCommand insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO network (id, seed) VALUES (1, $seed)";
            insert.Parameters.AddWithValue("$seed", seed);
            insert.ExecuteNonQuery();
            Execute($"PRAGMA user_version = {SchemaVersion}");
            creation.Commit();
        }
        else if (version != SchemaVersion)
        {
            throw new LightningNodeException(
                NodeFault.Refused,
                $"The play-money Lightning database has version {version}; this program knows version {SchemaVersion}.");
        }

        Seed = (byte[])Scalar("SELECT seed FROM network WHERE id = 1")!;
    }

    private void Load()
    {
        using SqliteCommand nodes = connection.CreateCommand();
        nodes.CommandText = """
            SELECT name, ordinal, token_hash, online, hold_next, refuse_next, lose_next, settled_count, forwarded_fees_msat
            FROM node ORDER BY ordinal
            """;
        using (SqliteDataReader row = nodes.ExecuteReader())
        {
            while (row.Read())
            {
                Map.Add(new MapNode(row.GetString(0), row.GetInt32(1), NodeSecret(row.GetString(0)), (byte[])row[2])
                {
                    Online = row.GetBoolean(3),
                    HoldNext = row.GetInt32(4),
                    RefuseNext = row.GetInt32(5),
                    LoseNext = row.GetInt32(6),
                    SettledCount = row.GetInt64(7),
                    ForwardedFees = Msat.From(row.GetInt64(8)),
                });
            }
        }

        using SqliteCommand channels = connection.CreateCommand();
        channels.CommandText = """
            SELECT id, node_a, node_b, initial_a_msat, initial_b_msat, base_fee_msat, fee_ppm, balance_a_msat, balance_b_msat, usable
            FROM channel ORDER BY id
            """;
        using SqliteDataReader channelRow = channels.ExecuteReader();
        while (channelRow.Read())
        {
            Map.Add(new MapChannel(
                channelRow.GetInt64(0),
                Map.Find(channelRow.GetString(1))!,
                Map.Find(channelRow.GetString(2))!,
                Msat.From(channelRow.GetInt64(3)),
                Msat.From(channelRow.GetInt64(4)),
                Msat.From(channelRow.GetInt64(5)),
                channelRow.GetInt32(6))
            {
                BalanceA = Msat.From(channelRow.GetInt64(7)),
                BalanceB = Msat.From(channelRow.GetInt64(8)),
                Usable = channelRow.GetBoolean(9),
            });
        }
    }

    /// <summary>A node's key, from the network's seed: the same seed and name give the same node.</summary>
    public byte[] NodeSecret(string name)
    {
        // The chance that a hash is no scalar is 2^-128; counting up keeps the rule total.
        for (int attempt = 0; ; attempt++)
        {
            byte[] secret = Derive($"node/{attempt}/{name}");
            if (Secp256k1.IsSecretKey(secret))
            {
                return secret;
            }
        }
    }

    /// <summary>32 secret bytes for a purpose: HMAC-SHA-256 under the network's seed.</summary>
    public byte[] Derive(string purpose) =>
        System.Security.Cryptography.HMACSHA256.HashData(Seed, System.Text.Encoding.UTF8.GetBytes(purpose));

    private void Execute(string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private object? Scalar(string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private const string Schema = """
        CREATE TABLE network (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            seed BLOB NOT NULL CHECK (length(seed) >= 16)
        ) STRICT;
        CREATE TABLE node (
            name TEXT PRIMARY KEY,
            ordinal INTEGER NOT NULL UNIQUE,
            public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 33),
            token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
            online INTEGER NOT NULL,
            hold_next INTEGER NOT NULL CHECK (hold_next >= 0),
            refuse_next INTEGER NOT NULL CHECK (refuse_next >= 0),
            lose_next INTEGER NOT NULL CHECK (lose_next >= 0),
            settled_count INTEGER NOT NULL CHECK (settled_count >= 0),
            forwarded_fees_msat INTEGER NOT NULL CHECK (forwarded_fees_msat >= 0)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE channel (
            id INTEGER PRIMARY KEY,
            node_a TEXT NOT NULL REFERENCES node (name),
            node_b TEXT NOT NULL REFERENCES node (name),
            initial_a_msat INTEGER NOT NULL CHECK (initial_a_msat >= 0),
            initial_b_msat INTEGER NOT NULL CHECK (initial_b_msat >= 0),
            balance_a_msat INTEGER NOT NULL CHECK (balance_a_msat >= 0),
            balance_b_msat INTEGER NOT NULL CHECK (balance_b_msat >= 0),
            base_fee_msat INTEGER NOT NULL CHECK (base_fee_msat >= 0),
            fee_ppm INTEGER NOT NULL CHECK (fee_ppm >= 0),
            usable INTEGER NOT NULL,
            CHECK (balance_a_msat + balance_b_msat <= initial_a_msat + initial_b_msat)
        ) STRICT;
        CREATE TABLE invoice (
            payment_hash BLOB PRIMARY KEY CHECK (length(payment_hash) = 32),
            node TEXT NOT NULL REFERENCES node (name),
            label TEXT NOT NULL,
            bolt11 TEXT NOT NULL,
            description TEXT NOT NULL,
            terms BLOB NOT NULL,
            amount_msat INTEGER CHECK (amount_msat > 0),
            preimage BLOB NOT NULL CHECK (length(preimage) = 32),
            status INTEGER NOT NULL CHECK (status IN (1, 3, 4)),
            received_msat INTEGER NOT NULL CHECK (received_msat >= 0),
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            settled_ms INTEGER,
            pay_index INTEGER,
            UNIQUE (node, label),
            UNIQUE (node, pay_index),
            CHECK ((status = 4) = (pay_index IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE payment (
            payer TEXT NOT NULL REFERENCES node (name),
            payment_hash BLOB NOT NULL CHECK (length(payment_hash) = 32),
            payee BLOB NOT NULL,
            amount_msat INTEGER NOT NULL CHECK (amount_msat >= 0),
            fee_msat INTEGER NOT NULL CHECK (fee_msat >= 0),
            status INTEGER NOT NULL CHECK (status IN (3, 4, 5)),
            failure INTEGER NOT NULL,
            reason TEXT NOT NULL,
            preimage BLOB,
            created_ms INTEGER NOT NULL,
            completed_ms INTEGER,
            PRIMARY KEY (payer, payment_hash),
            CHECK ((status = 5) = (preimage IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX payment_time ON payment (payer, created_ms);
        CREATE UNIQUE INDEX payment_live ON payment (payment_hash) WHERE status <> 4;
        CREATE TABLE htlc (
            payment_hash BLOB NOT NULL,
            hop INTEGER NOT NULL,
            payer TEXT NOT NULL,
            channel INTEGER NOT NULL REFERENCES channel (id),
            from_node TEXT NOT NULL REFERENCES node (name),
            amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
            PRIMARY KEY (payment_hash, hop)
        ) STRICT, WITHOUT ROWID;
        """;
}
