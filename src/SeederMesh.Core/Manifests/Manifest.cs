using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Manifests;

/// <summary>What a creator says about one torrent: its content, licence, rights, and who is paid for it.</summary>
/// <remarks>
/// Rules are checked where a manifest is signed and where it is read (<see cref="ManifestReader"/>), never half: one
/// that comes out of
/// <see cref="SignedManifest"/> keeps them all. Version 1. Everything here is covered by the creator's signature.
/// </remarks>
public sealed record Manifest
{
    /// <summary>The largest sidecar that is read, in bytes: 16 MiB, some 100,000 files.</summary>
    public const int SizeMax = 16 * 1024 * 1024;

    /// <summary>How many files a torrent may have.</summary>
    public const int FilesMax = 200_000;

    /// <summary>The torrent that it describes.</summary>
    public required ManifestTorrent Torrent { get; init; }

    /// <summary>Who made the work; a proof by this key must be there.</summary>
    public required DidKey Creator { get; init; }

    /// <summary>Under which licence it is.</summary>
    public required Licence Licence { get; init; }

    /// <summary>What may be done with it beyond the licence.</summary>
    public required Rights Rights { get; init; }

    /// <summary>What is asked for it and who gets it; null when the creator asks nothing.</summary>
    public ManifestPayment? Payment { get; init; }

    /// <summary>When it was made, in whole seconds, as the creator claims.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// The version of the manifest of this torrent: 1, then one more each time. Range: 1 to 2^53 - 1.
    /// </summary>
    public long Sequence { get; init; } = 1;

    /// <summary>
    /// The digest of the manifest that this one replaces; there exactly when <see cref="Sequence"/> is above 1.
    /// </summary>
    public Digest? Previous { get; init; }

    /// <summary>
    /// Statements kept elsewhere, named by digest so that they can be erased and the signature still holds. At most 64.
    /// </summary>
    public IReadOnlyList<Assertion> Assertions { get; init; } = [];
}

/// <summary>The torrent that a manifest describes, file for file.</summary>
public sealed record ManifestTorrent
{
    /// <summary>The full v2 infohash (BEP 52).</summary>
    public required Digest InfohashV2 { get; init; }

    /// <summary>The v1 infohash, when the torrent is a hybrid.</summary>
    public InfohashV1? InfohashV1 { get; init; }

    /// <summary>The torrent's name: of its root folder, or of its only file. At most 255 bytes of UTF-8.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of a piece: a power of two from 16 KiB to 128 MiB.</summary>
    public required int PieceLength { get; init; }

    /// <summary>
    /// The files in the torrent's own order, which numbers the pieces. Pad files are left out. 1 to 200,000.
    /// </summary>
    public required IReadOnlyList<ManifestFile> Files { get; init; }
}

/// <summary>One file of the torrent.</summary>
public sealed record ManifestFile
{
    /// <summary>
    /// Its path in the file tree (BEP 52), with <c>/</c> between the parts and without the torrent's name in front; of
    /// a torrent that is a
    /// single file, its name. At most 4,096 bytes of UTF-8, 255 a part, 64 parts.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>Its length in bytes: 0 to 2^53 - 1.</summary>
    public required long Length { get; init; }

    /// <summary>The root of its Merkle tree (BEP 52 <c>pieces root</c>); null exactly when the file is empty.</summary>
    public Digest? PiecesRoot { get; init; }

    /// <summary>The SHA-256 of its bytes, when the creator gives it.</summary>
    public Digest? Sha256 { get; init; }

    /// <summary>Its IPFS CID as text, when the creator gives it. 8 to 128 letters and digits.</summary>
    public string? Cid { get; init; }
}
