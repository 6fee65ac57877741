namespace SeederMesh.Core.Manifests;

/// <summary>How reading a signed manifest ended, in the order of the checks.</summary>
public enum ManifestResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>More than <see cref="Manifest.SizeMax"/> bytes.</summary>
    TooLarge,

    /// <summary>Not JSON that has one canonical form.</summary>
    NotJson,

    /// <summary>JSON of another type.</summary>
    NotManifest,

    /// <summary>A manifest of a version that is not known here.</summary>
    VersionUnknown,

    /// <summary>A field is missing, of the wrong form or contradicts another.</summary>
    FieldInvalid,

    /// <summary>Nobody signed it.</summary>
    ProofMissing,

    /// <summary>A proof is malformed, of another suite, or stands twice.</summary>
    ProofInvalid,

    /// <summary>A signature does not fit: something was changed after signing.</summary>
    SignatureInvalid,

    /// <summary>Others signed, the creator did not.</summary>
    CreatorDidNotSign,

    /// <summary>Every field is valid, every proof holds, and the creator's is among them.</summary>
    Valid,
}

/// <summary>What came of reading or signing a manifest.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Signed">The manifest, when it is valid.</param>
/// <param name="Path">Where the fault is, such as <c>$.torrent.files[3].path</c>; empty when valid.</param>
/// <param name="Message">What was wrong and what to do, for a person; empty when valid.</param>
public readonly record struct ManifestVerification(ManifestResult Result, SignedManifest? Signed, string Path, string Message)
{
    /// <summary>Message and place in one line.</summary>
    public override string ToString() =>
        Result == ManifestResult.Valid ? "valid" : Path.Length == 0 ? Message : $"{Path}: {Message}";
}
