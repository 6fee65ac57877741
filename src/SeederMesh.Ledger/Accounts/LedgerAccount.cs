using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Accounts;

/// <summary>An account as the ledger holds it at one commit (TigerBeetle, Account).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Flags">Its limit.</param>
/// <param name="DebitsPending">Reserved by pending transfers that take from it.</param>
/// <param name="DebitsPosted">Taken from it for good.</param>
/// <param name="CreditsPending">Promised to it by pending transfers.</param>
/// <param name="CreditsPosted">Given to it for good.</param>
public sealed record LedgerAccount(
    Id128 Id,
    AccountKind Kind,
    AccountFlags Flags,
    Msat DebitsPending,
    Msat DebitsPosted,
    Msat CreditsPending,
    Msat CreditsPosted)
{
    /// <summary>Posted credits less posted debits, in msat; negative for an asset account that holds money.</summary>
    public long CreditBalanceMsat => CreditsPosted.Value - DebitsPosted.Value;

    /// <summary>What may still be taken from a liability account: posted credits less posted and pending debits, at
    /// least zero.</summary>
    public Msat Available => Msat.From(Math.Max(0, CreditBalanceMsat - DebitsPending.Value));
}
