using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Manifests;

/// <summary>The licence of a work.</summary>
/// <param name="Spdx">An SPDX licence id such as <c>CC-BY-NC-4.0</c>, or <c>LicenseRef-</c> and a name of one's own. At
/// most 128 characters.</param>
/// <param name="Url">Where its text is, https or http; needed with <c>LicenseRef-</c>.</param>
/// <param name="Sha256">The SHA-256 of that text, so that it cannot change later.</param>
public sealed record Licence(string Spdx, string? Url = null, Digest? Sha256 = null);

/// <summary>A statement kept outside the manifest.</summary>
/// <param name="Label">What kind of statement it is, such as <c>cawg.training-mining</c>. 1 to 128 characters.</param>
/// <param name="Sha256">The SHA-256 of its bytes.</param>
/// <param name="Url">Where it may be found, or null.</param>
public sealed record Assertion(string Label, Digest Sha256, string? Url = null);
