using System.Data.Common;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Sql;
using SeederMesh.Ledger.Writing;

namespace SeederMesh.Ledger;

/// <summary>The double-entry ledger: one writer with group commit, and readers that never block it.</summary>
/// <remarks>
/// Thread safe. A task of <see cref="PostAsync"/> completes after the commit is durable (write-ahead log and fsync).
/// The
/// database enforces the rules too: unique ids, checks, foreign keys, and triggers that let balances move only by
/// transfers.
/// </remarks>
public sealed class LedgerStore : IDisposable
{
    private readonly IDisposable writerLock;
    private readonly GroupWriter writer;

    internal LedgerStore(SqlDialect dialect, LedgerOptions options)
    {
        writerLock = dialect.TakeWriterLock();
        try
        {
            using (DbConnection connection = dialect.OpenWriter())
            {
                Migrations.Apply(connection, dialect);
            }

            Reader = new LedgerReader(dialect, options.ReadersMax);
            writer = new GroupWriter(dialect, options.Clock, options.QueueMax);
        }
        catch
        {
            writerLock.Dispose();
            throw;
        }
    }

    /// <summary>Typed queries over what is committed.</summary>
    public LedgerReader Reader { get; }

    /// <summary>Opens a ledger in a SQLite file, makes or upgrades its schema, and keeps other writers out until
    /// disposed.</summary>
    /// <param name="path">The database file; created when missing. Its folder must exist.</param>
    /// <param name="options">Limits; null takes the defaults.</param>
    /// <exception cref="LedgerInUseException">Another process, or another store of this one, writes to it.</exception>
    /// <exception cref="LedgerDatabaseException">The file is not a ledger of this program's, or of a newer
    /// one.</exception>
    public static LedgerStore OpenSqlite(string path, LedgerOptions? options = null)
    {
        LedgerOptions chosen = options ?? new LedgerOptions();
        return new LedgerStore(new SqliteDialect(path, chosen.LockTimeoutSeconds), chosen);
    }

    /// <summary>Writes a posting: all of it or nothing.</summary>
    /// <returns>After it is durable, or refused; a refusal has left nothing.</returns>
    /// <param name="posting">What to write.</param>
    /// <param name="cancellation">Stops waiting for a place in the queue; a posting that is queued is carried
    /// out.</param>
    /// <exception cref="ArgumentException">The posting is malformed: too large, transfers without an id, a record
    /// twice.</exception>
    /// <exception cref="LedgerUnavailableException">The database could not write; the same posting may be tried
    /// again.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before it was queued; nothing was written.</exception>
    public Task<PostingResult> PostAsync(Posting posting, CancellationToken cancellation = default) =>
        writer.PostAsync(new PreparedPosting(posting), cancellation);

    /// <summary>Writes what is queued, then closes.</summary>
    public void Dispose()
    {
        // The writer closes last: only it may carry the write-ahead log over into the file.
        Reader.Dispose();
        writer.Dispose();
        writerLock.Dispose();
    }
}
