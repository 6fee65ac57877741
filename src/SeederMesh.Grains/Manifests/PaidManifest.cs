using System.Collections.Immutable;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;

namespace SeederMesh.Grains.Manifests;

/// <summary>A registered manifest that asks a price, in the form in which channels use it. Immutable, shared by all
/// channels.</summary>
/// <param name="Digest">The manifest's digest.</param>
/// <param name="Infohash">The torrent's full v2 infohash.</param>
/// <param name="Name">The torrent's name.</param>
/// <param name="Creator">The creator's DID.</param>
/// <param name="Price">What a MiB costs.</param>
/// <param name="Split">How it is divided.</param>
/// <param name="Payees">The named payees, in the order of the split.</param>
/// <param name="Pieces">The torrent's pieces.</param>
public sealed record PaidManifest(
    Digest Digest,
    Digest Infohash,
    string Name,
    string Creator,
    PricePerMebibyte Price,
    SplitPolicy Split,
    ImmutableArray<Payee> Payees,
    PieceMap Pieces)
{
    /// <summary>Reads what channels need from a manifest.</summary>
    /// <param name="digest">Its digest.</param>
    /// <param name="manifest">A verified manifest.</param>
    /// <param name="refusal">Why it cannot be settled here; None when it can.</param>
    public static PaidManifest? TryFrom(Digest digest, Manifest manifest, out ManifestRefusal refusal)
    {
        refusal = manifest.Payment switch
        {
            null or { PricePerMiB.IsZero: true } => ManifestRefusal.AsksNothing,
            { } payment when payment.Payees.DistinctBy(payee => payee.Id).Count() != payment.Payees.Count => ManifestRefusal.PayeeTwice,
            _ => ManifestRefusal.None,
        };
        if (refusal != ManifestRefusal.None)
        {
            return null;
        }

        ManifestPayment asked = manifest.Payment!;
        return new PaidManifest(
            digest,
            manifest.Torrent.InfohashV2,
            manifest.Torrent.Name,
            manifest.Creator.ToString(),
            new PricePerMebibyte(asked.PricePerMiB.Value),
            asked.ToSplitPolicy(),
            [.. asked.Payees],
            new PieceMap(manifest.Torrent));
    }
}

/// <summary>Why no channel can be opened for a manifest.</summary>
public enum ManifestRefusal
{
    /// <summary>One can.</summary>
    None = 0,

    /// <summary>It asks no price: there is nothing to settle.</summary>
    AsksNothing,

    /// <summary>It names the same payee twice.</summary>
    PayeeTwice,
}
