using SeederMesh.Core.Identity;
using SeederMesh.Torrents.Native;

namespace SeederMesh.Torrents.Metainfos;

/// <summary>The infohashes of a torrent: v1, v2, or both when it is hybrid.</summary>
/// <param name="V1">The SHA-1 infohash, if the torrent has v1 metadata.</param>
/// <param name="V2">The full 32-byte SHA-256 infohash (BEP 52), if it has v2 metadata.</param>
public sealed record InfoHashes(InfoHashV1? V1, Digest? V2)
{
    /// <summary>Whether the torrent has both kinds of metadata.</summary>
    public bool IsHybrid => V1 is not null && V2 is not null;

    internal static InfoHashes Read(ref BlobReader reader)
    {
        bool hasV1 = reader.ReadFlag();
        InfoHashV1 v1 = new(reader.Take(InfoHashV1.Size));
        bool hasV2 = reader.ReadFlag();
        Digest v2 = reader.ReadDigest();
        return new InfoHashes(hasV1 ? v1 : null, hasV2 ? v2 : null);
    }
}
