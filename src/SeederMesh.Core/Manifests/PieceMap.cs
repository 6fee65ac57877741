using SeederMesh.Core.Identity;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Core.Manifests;

/// <summary>Where one piece of a torrent lies.</summary>
/// <param name="FileIndex">The file, counted from 0 in the manifest's order.</param>
/// <param name="PieceInFile">The piece's number within that file, from 0.</param>
/// <param name="PiecesRoot">The root of that file's Merkle tree.</param>
/// <param name="Length">The content bytes of the piece: the piece length, or less at the end of the file; at least
/// 1.</param>
public readonly record struct PieceLocation(int FileIndex, int PieceInFile, Digest PiecesRoot, int Length);

/// <summary>
/// Which piece belongs to which file, in the v2 layout (BEP 52): each file starts a new piece, empty files have none.
/// </summary>
/// <remarks>
/// A hybrid torrent numbers its pieces in the same way; its pad files fill what a last piece leaves and are not
/// content. Looking a piece
/// up takes a binary search over the files. Immutable, thread safe.
/// </remarks>
public sealed class PieceMap : IPieceLayout
{
    private readonly ManifestFile[] files;
    private readonly int[] fileIndices;
    private readonly int[] firstPieces;
    private readonly int pieceLength;

    /// <summary>Lays out the files of <paramref name="torrent"/>.</summary>
    /// <exception cref="OverflowException">There are more than 2^31 - 1 pieces, which no valid manifest
    /// has.</exception>
    public PieceMap(ManifestTorrent torrent)
    {
        pieceLength = torrent.PieceLength;
        int count = torrent.Files.Count(file => file.Length > 0);
        files = new ManifestFile[count];
        fileIndices = new int[count];
        firstPieces = new int[count];
        int next = 0;
        int slot = 0;
        for (int i = 0; i < torrent.Files.Count; i++)
        {
            ManifestFile file = torrent.Files[i];
            if (file.Length == 0)
            {
                continue;
            }

            files[slot] = file;
            fileIndices[slot] = i;
            firstPieces[slot] = next;
            slot++;
            next += (int)(((file.Length - 1) / pieceLength) + 1);
            TotalBytes += file.Length;
        }

        PieceCount = next;
    }

    /// <inheritdoc/>
    public int PieceCount { get; }

    /// <summary>Bytes of a full piece.</summary>
    public int PieceLength => pieceLength;

    /// <summary>The content bytes of all files, pads not counted.</summary>
    public long TotalBytes { get; }

    /// <summary>Finds the piece numbered <paramref name="index"/>; false when the torrent has no such piece.</summary>
    public bool TryLocate(int index, out PieceLocation location)
    {
        if (index < 0 || index >= PieceCount)
        {
            location = default;
            return false;
        }

        // Where no file starts at this piece, the search gives the complement of the next larger one.
        int found = Array.BinarySearch(firstPieces, index);
        int slot = found >= 0 ? found : ~found - 1;
        ManifestFile file = files[slot];
        int pieceInFile = index - firstPieces[slot];
        long left = file.Length - ((long)pieceInFile * pieceLength);
        location = new PieceLocation(
            fileIndices[slot], pieceInFile, file.PiecesRoot.GetValueOrDefault(), (int)Math.Min(left, pieceLength));
        return true;
    }

    /// <inheritdoc/>
    public bool TryGetPiece(int index, out PieceGeometry piece)
    {
        bool found = TryLocate(index, out PieceLocation location);
        piece = new PieceGeometry(location.PiecesRoot, location.Length);
        return found;
    }

    /// <summary>The pieces of one file: from the first, so many; none when the file is empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The file index is negative.</exception>
    public (int First, int Count) PiecesOf(int fileIndex)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fileIndex);
        int slot = Array.BinarySearch(fileIndices, fileIndex);
        if (slot < 0)
        {
            return (0, 0);
        }

        int end = slot + 1 < firstPieces.Length ? firstPieces[slot + 1] : PieceCount;
        return (firstPieces[slot], end - firstPieces[slot]);
    }
}
