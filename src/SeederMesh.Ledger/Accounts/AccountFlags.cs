namespace SeederMesh.Ledger.Accounts;

/// <summary>Limits on an account's balance, at most one of them (TigerBeetle, Account.flags). The number is
/// stored.</summary>
[Flags]
public enum AccountFlags
{
    /// <summary>No limit.</summary>
    None = 0,

    /// <summary>Pending and posted debits together may not exceed posted credits: a liability that cannot be
    /// overdrawn.</summary>
    DebitsMustNotExceedCredits = 1,

    /// <summary>Pending and posted credits together may not exceed posted debits: an asset that cannot be
    /// overdrawn.</summary>
    CreditsMustNotExceedDebits = 2,
}
