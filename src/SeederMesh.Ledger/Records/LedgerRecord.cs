namespace SeederMesh.Ledger.Records;

/// <summary>A domain record that is committed with the money it belongs to. Written only inside postings.</summary>
/// <remarks>Records that are not <see cref="RevisedRecord"/>s are evidence: inserted once, never changed, never
/// deleted.</remarks>
public abstract record LedgerRecord
{
    private protected LedgerRecord()
    {
    }

    internal abstract RecordTable Table { get; }

    /// <summary>The values in the order of the table's columns: long, string, byte[] or null.</summary>
    internal abstract object?[] ToFields();
}

/// <summary>A record that changes, one revision at a time, so that no writer overwrites what it has not read.</summary>
public abstract record RevisedRecord : LedgerRecord
{
    private protected RevisedRecord()
    {
    }

    /// <summary>The revision that this is: 1 for a new record (the default), and one more than the stored one for each
    /// later version.
    /// Anything else is refused as <see cref="Postings.PostingOutcome.RecordOutdated"/>.</summary>
    public long Revision { get; init; } = 1;
}
