namespace SeederMesh.Ledger;

/// <summary>Limits of a <see cref="LedgerStore"/>.</summary>
public sealed record LedgerOptions
{
    /// <summary>Postings that may wait for the writer; more callers wait for a place. Default 8,192.</summary>
    public int QueueMax { get; init; } = 8192;

    /// <summary>Queries that may run at once; more wait. Default 8.</summary>
    public int ReadersMax { get; init; } = 8;

    /// <summary>How long to wait for a lock that another program holds on the database. Default 5 seconds.</summary>
    public int LockTimeoutSeconds { get; init; } = 5;

    /// <summary>Stamps postings. Default: the system's clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
