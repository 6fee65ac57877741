using SeederMesh.Core.Identity;

namespace SeederMesh.Torrents.Metainfos;

/// <summary>One file of a torrent.</summary>
/// <param name="Index">Its index, as file priorities and BEP 53 count: padding files included.</param>
/// <param name="Path">Its path, '/' between elements, beginning with the torrent's name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Offset">Where it begins in the torrent, in bytes; a multiple of the piece length in v2.</param>
/// <param name="PiecesRoot">The root of its merkle tree (BEP 52), if it has v2 metadata and content.</param>
/// <param name="IsPadding">Whether it only fills the space to the next piece (BEP 47).</param>
/// <param name="SymlinkTarget">Where it points, if it is a symbolic link (BEP 47).</param>
public sealed record MetainfoFile(
    int Index, string Path, long Length, long Offset, Digest? PiecesRoot, bool IsPadding, string? SymlinkTarget);

/// <summary>The content of one piece.</summary>
/// <param name="Index">The piece.</param>
/// <param name="File">The file it belongs to; null in a v1 torrent, whose pieces span files.</param>
/// <param name="Length">Bytes of content: padding is not counted in v2 and hybrid torrents.</param>
/// <param name="Offset">Where its content begins in that file, in bytes; in a v1 torrent, in the torrent.</param>
public readonly record struct MetainfoPiece(int Index, MetainfoFile? File, int Length, long Offset);
