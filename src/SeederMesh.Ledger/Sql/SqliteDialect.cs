using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace SeederMesh.Ledger.Sql;

/// <summary>SQLite 3.37 or later (strict tables), in WAL mode with synchronous=FULL: a commit is on the disk when it
/// returns.</summary>
/// <param name="path">The database file; it is created when missing, its folder is not.</param>
/// <param name="lockTimeoutSeconds">How long to wait for a lock of another program's.</param>
internal class SqliteDialect(string path, int lockTimeoutSeconds) : SqlDialect
{
    /// <summary>"SMLG": marks the file as a ledger of this program's (PRAGMA application_id).</summary>
    private const long ApplicationId = 0x534D4C47;

    private const string SchemaSql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL";
    private const int Busy = 5;
    private const int Full = 13;
    private const int Constraint = 19;
    private const int NotADatabase = 26;

    public override string MigrationFolder => "Sqlite";

    public override string Description => path;

    public override SqlStatement Begin { get; } = new("BEGIN IMMEDIATE");

    public override SqlStatement ChangeCounter { get; } = new("PRAGMA data_version");

    public override DbTransaction BeginSnapshot(DbConnection connection) =>
        ((SqliteConnection)connection).BeginTransaction(deferred: true);

    public override DbConnection OpenWriter()
    {
        SqliteConnection connection = Connect(SqliteOpenMode.ReadWriteCreate, pooling: false);
        try
        {
            connection.Open();
            RefuseForeign(connection);
            // The page cache holds the hot part of the indexes; a checkpoint every 64 MiB of log writes hot pages
            // seldom and keeps recovery short.
            Run(connection, "PRAGMA journal_mode = WAL");
            Run(connection, "PRAGMA synchronous = FULL");
            Run(connection, "PRAGMA foreign_keys = ON");
            Run(connection, "PRAGMA cache_size = -65536");
            Run(connection, "PRAGMA wal_autocheckpoint = 16384");
            return connection;
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode == NotADatabase)
        {
            connection.Dispose();
            throw new LedgerDatabaseException($"{path} is not a SQLite database. Move it away, or name another file.", failure);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override DbConnection OpenReader()
    {
        SqliteConnection connection = Connect(SqliteOpenMode.ReadOnly, pooling: true);
        connection.Open();
        return connection;
    }

    public override void CloseReaders()
    {
        using SqliteConnection connection = Connect(SqliteOpenMode.ReadOnly, pooling: true);
        SqliteConnection.ClearPool(connection);
    }

    public override IDisposable TakeWriterLock()
    {
        try
        {
            // FileShare.None is an advisory lock of the kernel's: it goes with the process, however that ends.
            return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure)
        {
            throw new LedgerInUseException(
                $"The ledger {path} is in use by another process. Stop that one first, or name another file.", failure);
        }
    }

    public override bool IsRefusal(Exception failure) => failure is SqliteException { SqliteErrorCode: Constraint };

    public override WriteOutcome OutcomeOfFailedCommit(Exception failure) =>
        failure is SqliteException { SqliteErrorCode: Busy or Full } ? WriteOutcome.NotWritten : WriteOutcome.Unknown;

    public override IEnumerable<string> FindDamage(DbConnection connection)
    {
        foreach (string problem in Texts(connection, "PRAGMA integrity_check(5)").Where(text => text is not "ok"))
        {
            yield return problem;
        }

        using SqliteConnection pristine = new("Data Source=:memory:;Pooling=False");
        pristine.Open();
        Migrations.Apply(pristine, this);
        HashSet<string> actual = [.. Texts(connection, SchemaSql)];
        foreach (string missing in Texts(pristine, SchemaSql).Where(text => !actual.Contains(text)))
        {
            yield return $"missing or changed in the schema: {missing.Split('(', '\n')[0].Trim()}";
        }
    }

    private static List<string> Texts(DbConnection connection, string sql)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using DbDataReader row = command.ExecuteReader();
        List<string> texts = [];
        while (row.Read())
        {
            texts.Add(row.GetString(0));
        }

        return texts;
    }

    private static void Run(SqliteConnection connection, string sql) => _ = Number(connection, sql);

    private static long Number(DbConnection connection, string sql)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is long number ? number : 0;
    }

    private void RefuseForeign(SqliteConnection connection)
    {
        long application = Number(connection, "PRAGMA application_id");
        bool isEmpty = Number(connection, "SELECT COUNT(*) FROM sqlite_master") == 0;
        if (application != ApplicationId && !isEmpty)
        {
            throw new LedgerDatabaseException(
                $"{path} is a SQLite database of another program. Name another file for the ledger.");
        }

        if (application != ApplicationId)
        {
            Run(connection, $"PRAGMA application_id = {ApplicationId}");
        }
    }

    private SqliteConnection Connect(SqliteOpenMode mode, bool pooling) => new(new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = mode,
        Pooling = pooling,
        DefaultTimeout = lockTimeoutSeconds,
    }.ToString());
}
