using System.Diagnostics.CodeAnalysis;
using SeederMesh.Core.Identity;
using SeederMesh.Torrents.Native;

namespace SeederMesh.Torrents.Metainfos;

/// <summary>A tracker of a torrent.</summary>
/// <param name="Url">Its announce URL.</param>
/// <param name="Tier">Trackers of a lower tier are asked first (BEP 12).</param>
public sealed record Tracker(string Url, byte Tier = 0);

/// <summary>What a .torrent says (BEP 3, 12, 19, 47, 52).</summary>
/// <remarks>
/// Bounds of what is read: 64 MiB, 2,097,152 pieces, 100 levels. Immutable and safe to share between threads.
/// </remarks>
public sealed class Metainfo
{
    private readonly MetainfoFile[] filesWithPieces;

    private Metainfo(ref BlobReader reader)
    {
        InfoHashes = InfoHashes.Read(ref reader);
        Name = reader.ReadString();
        PieceLength = reader.ReadInt32();
        PieceCount = reader.ReadInt32();
        IsPrivate = reader.ReadFlag();
        Comment = reader.ReadString();
        Creator = reader.ReadString();
        long created = reader.ReadInt64();
        Created = created is > 0 and <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(created) : null;
        Trackers = ReadTrackers(ref reader);
        WebSeeds = ReadStrings(ref reader);
        Files = ReadFiles(ref reader);
        Length = Files.Sum(file => file.IsPadding ? 0 : file.Length);
        filesWithPieces = InfoHashes.V2 is null
            ? []
            : [.. Files.Where(file => !file.IsPadding && file.Length > 0).OrderBy(file => file.Offset)];
    }

    /// <summary>Its infohashes.</summary>
    public InfoHashes InfoHashes { get; }

    /// <summary>Its name: the file, or the directory that holds the files.</summary>
    public string Name { get; }

    /// <summary>Bytes in a piece; the last of a file (v2) or of the torrent (v1) may be shorter.</summary>
    public int PieceLength { get; }

    /// <summary>How many pieces.</summary>
    public int PieceCount { get; }

    /// <summary>Bytes of content, padding not counted.</summary>
    public long Length { get; }

    /// <summary>Whether only its trackers may name peers (BEP 27).</summary>
    public bool IsPrivate { get; }

    /// <summary>What its creator wrote, or "".</summary>
    public string Comment { get; }

    /// <summary>The program that made it, or "".</summary>
    public string Creator { get; }

    /// <summary>When it was made, if it says so.</summary>
    public DateTimeOffset? Created { get; }

    /// <summary>Its trackers.</summary>
    public IReadOnlyList<Tracker> Trackers { get; }

    /// <summary>Web servers with the same files (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; }

    /// <summary>Its files in order, padding included.</summary>
    public IReadOnlyList<MetainfoFile> Files { get; }

    /// <summary>Reads a .torrent.</summary>
    /// <returns>False with the reason, named as libtorrent names it.</returns>
    public static bool TryParse(
        ReadOnlySpan<byte> torrent, [NotNullWhen(true)] out Metainfo? metainfo, out TorrentError error) =>
        TryParse(torrent, infoOnly: false, out metainfo, out error);

    /// <summary>Reads a bare info dictionary, as the peers of a magnet send it (BEP 9).</summary>
    /// <returns>False with the reason, named as libtorrent names it.</returns>
    public static bool TryParseInfo(
        ReadOnlySpan<byte> info, [NotNullWhen(true)] out Metainfo? metainfo, out TorrentError error) =>
        TryParse(info, infoOnly: true, out metainfo, out error);

    /// <summary>The content of a piece.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public MetainfoPiece GetPiece(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, PieceCount);
        long start = (long)index * PieceLength;
        if (InfoHashes.V2 is null)
        {
            long total = Files.Count == 0 ? 0 : Files[^1].Offset + Files[^1].Length;
            return new MetainfoPiece(index, null, (int)Math.Min(PieceLength, total - start), start);
        }

        int low = 0;
        for (int high = filesWithPieces.Length - 1; low < high;)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = filesWithPieces[middle].Offset <= start ? (middle, high) : (low, middle - 1);
        }

        MetainfoFile file = filesWithPieces[low];
        long within = start - file.Offset;
        return new MetainfoPiece(index, file, (int)Math.Min(PieceLength, file.Length - within), within);
    }

    private static unsafe bool TryParse(
        ReadOnlySpan<byte> bytes, bool infoOnly, [NotNullWhen(true)] out Metainfo? metainfo, out TorrentError error)
    {
        metainfo = null;
        fixed (byte* data = bytes)
        {
            int status = NativeMethods.sm_metainfo_inspect(data, bytes.Length, infoOnly ? 1 : 0, out nint buffer);
            using NativeBuffer? result = NativeBuffer.TryTake(status, buffer, out error);
            if (result is null)
            {
                return false;
            }

            BlobReader reader = new(result.Bytes);
            metainfo = new Metainfo(ref reader);
            return true;
        }
    }

    private static Tracker[] ReadTrackers(ref BlobReader reader)
    {
        Tracker[] trackers = new Tracker[reader.ReadCount()];
        for (int i = 0; i < trackers.Length; i++)
        {
            trackers[i] = new Tracker(reader.ReadString(), reader.ReadByte());
        }

        return trackers;
    }

    internal static string[] ReadStrings(ref BlobReader reader)
    {
        string[] texts = new string[reader.ReadCount()];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.ReadString();
        }

        return texts;
    }

    private static MetainfoFile[] ReadFiles(ref BlobReader reader)
    {
        const byte Padding = 1;
        const byte Symlink = 2;
        MetainfoFile[] files = new MetainfoFile[reader.ReadCount()];
        for (int i = 0; i < files.Length; i++)
        {
            string path = reader.ReadString();
            long length = reader.ReadInt64();
            long offset = reader.ReadInt64();
            byte flags = reader.ReadByte();
            Digest root = reader.ReadDigest();
            string target = reader.ReadString();
            files[i] = new MetainfoFile(
                i, path, length, offset, root == default ? null : root, (flags & Padding) != 0,
                (flags & Symlink) != 0 ? target : null);
        }

        return files;
    }
}
