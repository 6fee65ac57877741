using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Postings;

/// <summary>What is written together or not at all: accounts to open, transfers, domain records, under
/// expectations.</summary>
/// <remarks>
/// Order of effect: accounts, transfers in their order, records. Nothing in it is looked at after it is handed over, so
/// lists
/// must not change. A repeated posting (same id, same content) is recognised and changes nothing.
/// </remarks>
public sealed record Posting
{
    /// <summary>Most accounts, transfers, records or expectations in one posting, each.</summary>
    public const int MaxParts = 4096;

    /// <summary>The caller's id of this command. May be none only when there are no transfers: such a posting is
    /// guarded by
    /// its records' revisions alone.</summary>
    public required Id128 Id { get; init; }

    /// <summary>Accounts to open, or to find open as described.</summary>
    public IReadOnlyList<AccountOpening> Accounts { get; init; } = [];

    /// <summary>One linked chain: all are posted, or none.</summary>
    public IReadOnlyList<Transfer> Transfers { get; init; } = [];

    /// <summary>Records to insert or to bring to their next revision. At most one for each key.</summary>
    public IReadOnlyList<LedgerRecord> Records { get; init; } = [];

    /// <summary>Records that must be stored at exactly this revision, besides those written here.</summary>
    public IReadOnlyList<LedgerRecord> Expected { get; init; } = [];
}
