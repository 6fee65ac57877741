namespace SeederMesh.Ledger.Postings;

/// <summary>What became of a posting, in the order of the checks.</summary>
public enum PostingOutcome
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The same posting was accepted before; nothing was written now. As good as
    /// <see cref="Posted"/>.</summary>
    AlreadyPosted,

    /// <summary>The id was used for other content; nothing was written.</summary>
    Conflict,

    /// <summary>A record that was expected, or is to be written, is at another revision; load it again.</summary>
    RecordOutdated,

    /// <summary>A record that never changes is there already.</summary>
    RecordExists,

    /// <summary>An account could not be opened: see <see cref="PostingResult.Account"/>.</summary>
    AccountRefused,

    /// <summary>A transfer was refused: see <see cref="PostingResult.Transfer"/>.</summary>
    TransferRefused,

    /// <summary>A rule of the schema refused it (a foreign key, a unique column, a check): see
    /// <see cref="PostingResult.Detail"/>.</summary>
    RefusedByDatabase,

    /// <summary>Written and durable.</summary>
    Posted,
}
