using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Client;

/// <summary>A torrent that receipts are taken for.</summary>
/// <param name="Manifest">Its verified manifest, which asks a price.</param>
/// <param name="Layout">Its pieces.</param>
/// <param name="Exposure">How far its peers are trusted.</param>
internal sealed record PaidTorrent(SignedManifest Manifest, PieceMap Layout, ExposurePolicy Exposure)
{
    public Digest Infohash => Manifest.Manifest.Torrent.InfohashV2;

    public int PieceLength => Manifest.Manifest.Torrent.PieceLength;

    public static PaidTorrent Of(SignedManifest manifest) => new(
        manifest, new PieceMap(manifest.Manifest.Torrent), ExposurePolicy.For(manifest.Manifest.Torrent.PieceLength));

    /// <summary>Whether a manifest asks for money.</summary>
    public static bool AsksMoney(SignedManifest manifest) => manifest.Manifest.Payment is { PricePerMiB.IsZero: false };
}
