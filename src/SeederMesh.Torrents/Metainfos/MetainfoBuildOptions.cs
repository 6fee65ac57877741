namespace SeederMesh.Torrents.Metainfos;

/// <summary>How to make a torrent.</summary>
public sealed record MetainfoBuildOptions
{
    /// <summary>Bytes in a piece: a power of two from 16 KiB to 128 MiB, or 0 for one that suits the size.</summary>
    public int PieceLength { get; init; }

    /// <summary>
    /// Only v2 metadata: half the hashing, but clients that know only BEP 3 cannot join. Default: hybrid.
    /// </summary>
    public bool V2Only { get; init; }

    /// <summary>Whether only its trackers may name peers (BEP 27). Default: no.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A remark for readers. Default: none.</summary>
    public string Comment { get; init; } = "";

    /// <summary>The program that makes it. Default: SeederMesh.</summary>
    public string Creator { get; init; } = "SeederMesh";

    /// <summary>When it is made; null leaves the field out, so that the same files give the same bytes.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Trackers, by tier.</summary>
    public IReadOnlyList<Tracker> Trackers { get; init; } = [];

    /// <summary>Web servers with the same files (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Threads that hash, 1 to 64; 0 for one a core.</summary>
    public int Threads { get; init; }
}

/// <summary>Why something in the directory is not in the torrent.</summary>
public enum SkipReason
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>A FIFO, a socket or a device.</summary>
    NotARegularFile = 1,

    /// <summary>A symbolic link to something outside the directory.</summary>
    SymlinkLeavesTree = 2,

    /// <summary>A symbolic link to something that is not there.</summary>
    SymlinkDangling = 3,

    /// <summary>A symbolic link to a directory that holds it.</summary>
    SymlinkLoop = 4,

    /// <summary>A name that is not UTF-8.</summary>
    NameNotUtf8 = 5,

    /// <summary>A name with a control character, a backslash or a mark that turns the direction of writing.</summary>
    NameNotPortable = 6,

    /// <summary>A name of 240 bytes or more.</summary>
    NameTooLong = 7,
}

/// <summary>Something in the directory that is not in the torrent.</summary>
/// <param name="Path">Its path in the directory; other bytes than printable ASCII as <c>\xNN</c>.</param>
/// <param name="Reason">Why.</param>
public sealed record SkippedPath(string Path, SkipReason Reason);

/// <summary>How far the hashing is.</summary>
/// <param name="BytesDone">Bytes hashed.</param>
/// <param name="BytesTotal">Bytes to hash; 0 while the directory is being listed.</param>
public readonly record struct MetainfoBuildProgress(long BytesDone, long BytesTotal);

/// <summary>A torrent that was made.</summary>
/// <param name="Torrent">The .torrent file.</param>
/// <param name="Metainfo">What it says.</param>
/// <param name="Skipped">What is not in it, and why.</param>
public sealed record MetainfoBuildResult(byte[] Torrent, Metainfo Metainfo, IReadOnlyList<SkippedPath> Skipped);
