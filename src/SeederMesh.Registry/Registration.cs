using SeederMesh.Core.Manifests;

namespace SeederMesh.Registry;

/// <summary>What a registry does with a submitted manifest, in the order of the checks.</summary>
public enum RegistrationResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The submitter, or all together, submitted too much in this minute. Nothing was looked at.</summary>
    TooManySubmissions,

    /// <summary>It is no valid manifest; <see cref="Registration.Verification"/> says why.</summary>
    ManifestInvalid,

    /// <summary>This very manifest is there already; its first receipt is given again.</summary>
    AlreadyThere,

    /// <summary>The torrent has a manifest by another creator. Who came first stays; a dispute decides, not a higher
    /// number.</summary>
    CreatorDiffers,

    /// <summary>A newer version is there.</summary>
    Older,

    /// <summary>Another manifest with the same version number is there.</summary>
    Conflict,

    /// <summary>It is newer, but does not follow the version that is there: <c>seq</c> or <c>previous</c> does not
    /// fit.</summary>
    DoesNotFollow,

    /// <summary>It is stored, and the receipt says so.</summary>
    Registered,
}

/// <summary>A registry's answer to a submission.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Receipt">The receipt, when the manifest is there now or was before.</param>
/// <param name="Verification">The check of the manifest; <c>default</c> when it was not made.</param>
/// <param name="Message">What was wrong and what to do, for a person; empty when a receipt is given.</param>
public sealed record Registration(
    RegistrationResult Result, RegistryReceipt? Receipt, ManifestVerification Verification, string Message)
{
    /// <summary>Whether the registry has the manifest.</summary>
    public bool IsThere => Result is RegistrationResult.Registered or RegistrationResult.AlreadyThere;
}
