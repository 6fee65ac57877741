namespace SeederMesh.Core.Proofs;

/// <summary>How checking the proofs of a document ended, in the order of the checks.</summary>
public enum ProofResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The document has no proof.</summary>
    Missing,

    /// <summary>More than <see cref="DataIntegrity.ProofsMax"/> proofs.</summary>
    TooMany,

    /// <summary>A proof lacks a member, has one that is not known, or one of the wrong form.</summary>
    Malformed,

    /// <summary>
    /// A proof of another suite than <c>eddsa-jcs-2022</c>, or for another purpose than <c>assertionMethod</c>.
    /// </summary>
    Unsupported,

    /// <summary>A proof's <c>@context</c> is not the document's.</summary>
    ContextMismatch,

    /// <summary>Two proofs are by the same key.</summary>
    DuplicateSigner,

    /// <summary>A signature does not fit the document.</summary>
    SignatureInvalid,

    /// <summary>Every proof holds.</summary>
    Verified,
}
