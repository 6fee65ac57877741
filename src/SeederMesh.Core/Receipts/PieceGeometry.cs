using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Receipts;

/// <summary>What a receipt needs to know of one piece.</summary>
/// <param name="Root">The BEP 52 pieces root of the file that the piece belongs to.</param>
/// <param name="Length">The bytes of content in the piece, pads not counted; at least 1.</param>
public readonly record struct PieceGeometry(Digest Root, int Length);

/// <summary>The pieces of one torrent, in the order of the v2 layout (BEP 52): file-aligned, empty files have
/// none.</summary>
/// <remarks>Implemented by a manifest's piece map, and by the simulator's uniform torrents. Thread safe.</remarks>
public interface IPieceLayout
{
    /// <summary>How many pieces there are; indices run from 0 to one less.</summary>
    int PieceCount { get; }

    /// <summary>The piece at <paramref name="index"/>, if the torrent has it.</summary>
    bool TryGetPiece(int index, out PieceGeometry piece);
}
