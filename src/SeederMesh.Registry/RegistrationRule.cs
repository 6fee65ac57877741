using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Registry;

/// <summary>What a registry knows of the newest manifest of a torrent.</summary>
/// <param name="Digest">Its digest.</param>
/// <param name="Creator">Its creator's DID.</param>
/// <param name="Sequence">Its version.</param>
internal readonly record struct KnownManifest(Digest Digest, string Creator, long Sequence);

/// <summary>Decides whether a valid manifest is new; pure.</summary>
internal static class RegistrationRule
{
    /// <summary>What to do with <paramref name="submitted"/>, which itself is not stored yet.</summary>
    /// <param name="submitted">A valid manifest.</param>
    /// <param name="newest">The newest one of the same torrent, or null. The first may have any version: earlier ones
    /// may be elsewhere.</param>
    public static (RegistrationResult Result, string Message) Decide(SignedManifest submitted, KnownManifest? newest)
    {
        Manifest manifest = submitted.Manifest;
        if (newest is not { } known)
        {
            return (RegistrationResult.Registered, "");
        }

        if (!string.Equals(known.Creator, manifest.Creator.ToString(), StringComparison.Ordinal))
        {
            return (
                RegistrationResult.CreatorDiffers,
                $"This torrent is registered by {known.Creator}; only that creator can register a new version.");
        }

        if (manifest.Sequence < known.Sequence)
        {
            return (RegistrationResult.Older, $"Version {known.Sequence} is registered, which is newer than {manifest.Sequence}.");
        }

        if (manifest.Sequence == known.Sequence)
        {
            return (
                RegistrationResult.Conflict,
                $"Another manifest is registered as version {known.Sequence}: publish yours as version {known.Sequence + 1}.");
        }

        // A version that names another one as the one before it would hide what was changed.
        return manifest.Sequence == known.Sequence + 1 && manifest.Previous == known.Digest
            ? (RegistrationResult.Registered, "")
            : (
                RegistrationResult.DoesNotFollow,
                $"The next version is {known.Sequence + 1} with \"previous\" {known.Digest}; register those between first.");
    }
}
