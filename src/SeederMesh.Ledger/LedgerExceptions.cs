namespace SeederMesh.Ledger;

/// <summary>What is known of a posting whose write failed.</summary>
public enum WriteOutcome
{
    /// <summary>Never used.</summary>
    None = 0,

    /// <summary>Certainly nothing was written: it may be posted again.</summary>
    NotWritten,

    /// <summary>The commit itself failed in a way that may leave it written: post the same again, the id
    /// tells.</summary>
    Unknown,
}

/// <summary>The database could not take a group of postings: disk full, input/output error, locked, connection
/// lost.</summary>
/// <remarks>The ledger goes on as soon as the database does; the same posting may always be tried again.</remarks>
public sealed class LedgerUnavailableException(string message, WriteOutcome outcome, Exception? inner)
    : Exception(message, inner)
{
    /// <summary>What is known of the posting.</summary>
    public WriteOutcome Outcome { get; } = outcome;
}

/// <summary>The database cannot be used as a ledger: not a database, another program's, damaged, or of a newer
/// version.</summary>
public sealed class LedgerDatabaseException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Another process writes to this ledger; there is one writer at a time.</summary>
public sealed class LedgerInUseException(string message, Exception? inner = null) : Exception(message, inner);
