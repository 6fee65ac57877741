using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace Orleans.Embedded;

/// <summary>Where a stored record is: grain class, grain key, record name.</summary>
internal readonly record struct RecordKey(string Grain, string Key, string Name);

/// <summary>The SQLite file of a silo: grain state and reminders.</summary>
/// <remarks>
/// One thread does all work and puts what has come in meanwhile into one transaction, so that many grains share one
/// wait for the disk. An operation's task ends after the commit: what is acknowledged is durable. The queue is as long
/// as
/// the number of running turns, each of which waits for its operation.
/// </remarks>
internal sealed class GrainDatabase : IDisposable
{
    private const int BatchMax = 512;

    private const string Schema = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        CREATE TABLE IF NOT EXISTS grain_state (
          grain TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL,
          version INTEGER NOT NULL CHECK (version > 0), content BLOB NOT NULL,
          PRIMARY KEY (grain, key, name)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS grain_reminder (
          grain TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL,
          first_unix_ms INTEGER NOT NULL, period_ms INTEGER NOT NULL CHECK (period_ms > 0),
          PRIMARY KEY (grain, key, name)) WITHOUT ROWID;
        """;

    private readonly SiloLease lease;
    private readonly SqliteConnection connection;
    private readonly BlockingCollection<Operation> operations = [];
    private readonly Thread worker;

    private GrainDatabase(SiloLease lease, SqliteConnection connection)
    {
        this.lease = lease;
        this.connection = connection;
        worker = new Thread(Work) { IsBackground = true, Name = "grain database" };
        worker.Start();
    }

    /// <summary>Opens the file and takes its lease.</summary>
    /// <exception cref="Runtime.OrleansException">Another process has it.</exception>
    /// <exception cref="SqliteException">It cannot be opened or is no database.</exception>
    internal static GrainDatabase Open(string path)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw new InvalidOperationException("The embedded silo has no database: call UseEmbeddedDatabase(path).");
        }

        SiloLease taken = SiloLease.Take(path);
        SqliteConnection opened = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            opened.Open();
            using SqliteCommand command = opened.CreateCommand();
            command.CommandText = Schema;
            command.ExecuteNonQuery();
            return new GrainDatabase(taken, opened);
        }
        catch
        {
            opened.Dispose();
            taken.Dispose();
            throw;
        }
    }

    /// <summary>Finishes what was asked for, then lets the lease go.</summary>
    public void Dispose()
    {
        if (operations.IsAddingCompleted)
        {
            return;
        }

        operations.CompleteAdding();
        worker.Join();
        operations.Dispose();
        connection.Dispose();
        lease.Dispose();
    }

    internal Task<(long Version, byte[] Content)?> ReadAsync(RecordKey key) => RunAsync<(long, byte[])?>(transaction =>
    {
        using SqliteCommand command = Command(
            transaction, "SELECT version, content FROM grain_state WHERE grain = $grain AND key = $key AND name = $name", key);
        using SqliteDataReader row = command.ExecuteReader();
        return row.Read() ? (row.GetInt64(0), row.GetFieldValue<byte[]>(1)) : null;
    });

    /// <summary>Stores a record over the version that the caller knows, or null for a new one.</summary>
    /// <returns>The new version.</returns>
    internal Task<long> WriteAsync(RecordKey key, long? version, byte[] content) => RunAsync(transaction =>
    {
        using SqliteCommand command = Command(transaction, version is null
            ? "INSERT INTO grain_state VALUES ($grain, $key, $name, 1, $content) ON CONFLICT DO NOTHING"
            : "UPDATE grain_state SET version = version + 1, content = $content "
                + "WHERE grain = $grain AND key = $key AND name = $name AND version = $version", key);
        command.Parameters.AddWithValue("$content", content);
        command.Parameters.AddWithValue("$version", (object?)version ?? DBNull.Value);
        RequireOneRow(command, transaction, key, version, "A grain's state was not written");
        return (version ?? 0) + 1;
    });

    internal Task DeleteAsync(RecordKey key, long? version) => RunAsync(transaction =>
    {
        if (version is not null || StoredVersion(transaction, key) is not null)
        {
            using SqliteCommand command = Command(
                transaction,
                "DELETE FROM grain_state WHERE grain = $grain AND key = $key AND name = $name AND version = $version",
                key);
            command.Parameters.AddWithValue("$version", (object?)version ?? DBNull.Value);
            RequireOneRow(command, transaction, key, version, "A grain's state was not deleted");
        }

        return true;
    });

    internal Task<List<Reminder>> ReadRemindersAsync() => RunAsync(transaction =>
    {
        using SqliteCommand command = transaction.Connection!.CreateCommand();
        command.CommandText = "SELECT grain, key, name, first_unix_ms, period_ms FROM grain_reminder";
        using SqliteDataReader row = command.ExecuteReader();
        List<Reminder> all = [];
        while (row.Read())
        {
            all.Add(new(
                new(row.GetString(0), row.GetString(1), row.GetString(2)),
                DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)).UtcDateTime,
                TimeSpan.FromMilliseconds(row.GetInt64(4))));
        }

        return all;
    });

    internal Task WriteReminderAsync(Reminder reminder) => RunAsync(transaction =>
    {
        using SqliteCommand command = Command(
            transaction, "INSERT OR REPLACE INTO grain_reminder VALUES ($grain, $key, $name, $first, $period)", reminder.Key);
        command.Parameters.AddWithValue("$first", new DateTimeOffset(reminder.First).ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("$period", (long)reminder.Period.TotalMilliseconds);
        return command.ExecuteNonQuery();
    });

    internal Task DeleteReminderAsync(RecordKey key) => RunAsync(transaction =>
    {
        using SqliteCommand command = Command(
            transaction, "DELETE FROM grain_reminder WHERE grain = $grain AND key = $key AND name = $name", key);
        return command.ExecuteNonQuery();
    });

    private static SqliteCommand Command(SqliteTransaction transaction, string text, RecordKey key)
    {
        SqliteCommand command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        command.Parameters.AddWithValue("$grain", key.Grain);
        command.Parameters.AddWithValue("$key", key.Key);
        command.Parameters.AddWithValue("$name", key.Name);
        return command;
    }

    private static void RequireOneRow(
        SqliteCommand command, SqliteTransaction transaction, RecordKey key, long? version, string failure)
    {
        if (command.ExecuteNonQuery() != 1)
        {
            throw new InconsistentStateException(
                $"{failure}: {key.Grain}/{key.Key}, record {key.Name}.",
                StoredVersion(transaction, key)?.ToString(),
                version?.ToString());
        }
    }

    private static long? StoredVersion(SqliteTransaction transaction, RecordKey key)
    {
        using SqliteCommand command = Command(
            transaction, "SELECT version FROM grain_state WHERE grain = $grain AND key = $key AND name = $name", key);
        return (long?)command.ExecuteScalar();
    }

    private Task<T> RunAsync<T>(Func<SqliteTransaction, T> work)
    {
        Operation<T> operation = new(work);
        operations.Add(operation);
        return operation.Task;
    }

    private void Work()
    {
        List<Operation> batch = new(BatchMax);
        foreach (Operation first in operations.GetConsumingEnumerable())
        {
            batch.Add(first);
            while (batch.Count < BatchMax && operations.TryTake(out Operation? more))
            {
                batch.Add(more);
            }

            Exception? failure = null;
            try
            {
                using SqliteTransaction transaction = connection.BeginTransaction();
                batch.ForEach(operation => operation.Run(transaction));
                transaction.Commit();
            }
            catch (SqliteException exception)
            {
                failure = exception;
            }

            batch.ForEach(operation => operation.Complete(failure));
            batch.Clear();
        }
    }

    private abstract class Operation
    {
        internal abstract void Run(SqliteTransaction transaction);

        internal abstract void Complete(Exception? batchFailure);
    }

    private sealed class Operation<T>(Func<SqliteTransaction, T> work) : Operation
    {
        private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? result;
        private Exception? failure;

        internal Task<T> Task => done.Task;

        internal override void Run(SqliteTransaction transaction)
        {
            try
            {
                result = work(transaction);
            }
            catch (Exception exception) when (exception is SqliteException or InconsistentStateException)
            {
                // A statement that fails changes nothing, so that the others of the batch go on.
                failure = exception;
            }
        }

        internal override void Complete(Exception? batchFailure)
        {
            if ((failure ?? batchFailure) is { } exception)
            {
                done.SetException(exception);
            }
            else
            {
                done.SetResult(result!);
            }
        }
    }
}
