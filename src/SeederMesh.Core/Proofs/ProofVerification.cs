using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Proofs;

/// <summary>What came of checking the proofs of a document.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Signers">Who signed, in the order of the proofs, when every proof holds; else empty.</param>
/// <param name="Path">Where the fault is, such as <c>$.proof[1].created</c>; empty when verified.</param>
/// <param name="Message">What was wrong, for a person; empty when verified.</param>
public readonly record struct ProofVerification(
    ProofResult Result, IReadOnlyList<DidKey> Signers, string Path, string Message);
