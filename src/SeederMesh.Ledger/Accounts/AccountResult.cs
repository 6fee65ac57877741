namespace SeederMesh.Ledger.Accounts;

/// <summary>What became of an account to open, in the order of the checks (TigerBeetle, create_accounts).</summary>
public enum AccountResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The id is zero.</summary>
    IdMustNotBeZero,

    /// <summary>The id is all ones.</summary>
    IdMustNotBeIntMax,

    /// <summary>The account is open with other flags.</summary>
    ExistsWithDifferentFlags,

    /// <summary>The account is open with another kind.</summary>
    ExistsWithDifferentKind,

    /// <summary>The account is open as asked; nothing to do. Not a refusal.</summary>
    Exists,

    /// <summary>Both limits at once.</summary>
    FlagsAreMutuallyExclusive,

    /// <summary>The kind is <see cref="AccountKind.None"/>.</summary>
    KindMustNotBeZero,

    /// <summary>Opened.</summary>
    Opened,
}
