using System.Collections.Concurrent;
using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Manifests;

/// <summary>The registered manifests that ask a price, read once and shared while a channel uses them.</summary>
/// <remarks>Thread safe. Holds them weakly: memory is that of the manifests with channels in memory.</remarks>
public sealed class ManifestCatalog(LedgerStore ledger)
{
    /// <summary>Entries, dead ones included, at which dead ones are dropped.</summary>
    private const int EntriesMax = 4_096;

    private readonly ConcurrentDictionary<Digest, WeakReference<PaidManifest>> known = new();

    /// <summary>The manifest of that digest, or why there is none to pay for.</summary>
    public async Task<(PaidManifest? Manifest, ManifestRefusal? Refusal)> FindAsync(Digest digest)
    {
        if (known.TryGetValue(digest, out WeakReference<PaidManifest>? held) && held.TryGetTarget(out PaidManifest? manifest))
        {
            return (manifest, ManifestRefusal.None);
        }

        if (await ledger.Reader.FindManifestAsync(digest) is not { } record)
        {
            return (null, null);
        }

        ManifestVerification read = SignedManifest.Verify(record.Body);
        Invariant.Require(read.Signed?.Digest == digest, "a registered manifest verifies");
        manifest = PaidManifest.TryFrom(digest, read.Signed.Manifest, out ManifestRefusal refusal);
        if (manifest is not null)
        {
            known[digest] = new WeakReference<PaidManifest>(manifest);
            DropDead();
        }

        return (manifest, refusal);
    }

    private void DropDead()
    {
        if (known.Count < EntriesMax)
        {
            return;
        }

        foreach ((Digest digest, WeakReference<PaidManifest> held) in known)
        {
            if (!held.TryGetTarget(out _))
            {
                known.TryRemove(digest, out _);
            }
        }
    }
}
