using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Accounts;

namespace SeederMesh.Ledger.Writing;

/// <summary>The four balances of an account, in msat, none negative.</summary>
internal readonly record struct Balances(long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted);

/// <summary>An account as the writer knows it, ahead of the database by what the current group has not
/// committed.</summary>
internal sealed class CachedAccount(long number, AccountOpening opening, Balances balances, long lastSequence)
{
    /// <summary>Its row; small, so that transfers and their indexes are.</summary>
    public long Number { get; } = number;

    public AccountOpening Opening { get; } = opening;

    public Id128 Id => Opening.Id;

    public Balances Balances { get; set; } = balances;

    /// <summary>The newest transfer in the balances.</summary>
    public long LastSequence { get; set; } = lastSequence;

    /// <summary>The newest transfer in the balances that the database has.</summary>
    public long StoredSequence { get; set; } = lastSequence;
}
