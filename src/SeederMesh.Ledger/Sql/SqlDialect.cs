using System.Data.Common;

namespace SeederMesh.Ledger.Sql;

/// <summary>Everything that differs between the databases that a ledger can live in. There is one ledger; this is the
/// seam.</summary>
internal abstract class SqlDialect
{
    /// <summary>The folder of Migrations whose files make the schema.</summary>
    public abstract string MigrationFolder { get; }

    /// <summary>What to call the database in a message, without secrets.</summary>
    public abstract string Description { get; }

    /// <summary>Starts a transaction that may write.</summary>
    public abstract SqlStatement Begin { get; }

    /// <summary>Selects a number that changes when anybody else has committed, or a constant where that is not to be
    /// had.</summary>
    public abstract SqlStatement ChangeCounter { get; }

    /// <summary>Opens the one connection that writes: durable commits, foreign keys on.</summary>
    /// <exception cref="LedgerDatabaseException">It is not a ledger, and not empty; nothing was written to
    /// it.</exception>
    public abstract DbConnection OpenWriter();

    /// <summary>Opens, or takes from the pool, a connection that only reads and never blocks the writer.</summary>
    public abstract DbConnection OpenReader();

    /// <summary>Closes the connections that the pool keeps.</summary>
    public abstract void CloseReaders();

    /// <summary>Keeps every other writer out until disposed, also those of other processes.</summary>
    /// <exception cref="LedgerInUseException">Somebody else writes.</exception>
    public abstract IDisposable TakeWriterLock();

    /// <summary>Starts a read-only transaction all of whose queries see the same commit.</summary>
    public abstract DbTransaction BeginSnapshot(DbConnection connection);

    /// <summary>Damage of the file, and rules of the schema that are missing or changed, each as a sentence.</summary>
    public abstract IEnumerable<string> FindDamage(DbConnection connection);

    /// <summary>Whether a statement was refused by a rule of the schema, which says nothing against the rest of its
    /// group.</summary>
    public abstract bool IsRefusal(Exception failure);

    /// <summary>What a failed COMMIT leaves behind.</summary>
    public abstract WriteOutcome OutcomeOfFailedCommit(Exception failure);
}

/// <summary>A statement that is prepared once a connection and run many times. Parameters are @p0, @p1 ...</summary>
internal sealed class SqlStatement(string text, int parameterCount = 0)
{
    public string Text { get; } = text;

    public int ParameterCount { get; } = parameterCount;
}
