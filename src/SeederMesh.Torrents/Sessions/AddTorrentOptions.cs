using System.Net;
using System.Text;

namespace SeederMesh.Torrents.Sessions;

/// <summary>What a torrent is added from.</summary>
public sealed record TorrentSource
{
    private TorrentSource(byte kind, ReadOnlyMemory<byte> bytes) => (Kind, Bytes) = (kind, bytes);

    internal byte Kind { get; }

    internal ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>A .torrent file's bytes, at most 64 MiB.</summary>
    public static TorrentSource File(ReadOnlyMemory<byte> torrent) => new(0, torrent);

    /// <summary>A magnet link; the metadata comes from its peers.</summary>
    public static TorrentSource Magnet(string link) => new(1, Encoding.UTF8.GetBytes(link));

    /// <summary>
    /// What <see cref="Events.ResumeDataSaved"/> brought, with everything known about the torrent then.
    /// </summary>
    public static TorrentSource ResumeData(ReadOnlyMemory<byte> data) => new(2, data);
}

/// <summary>How much a new peer may be sent before anything is decided about it.</summary>
public static class UploadCredit
{
    /// <summary>No limit.</summary>
    public const long Unlimited = -1;
}

/// <summary>How a torrent is added.</summary>
public sealed record AddTorrentOptions
{
    /// <summary>
    /// The directory that holds, or will hold, the torrent's file or directory. From resume data if "".
    /// </summary>
    public string SavePath { get; init; } = "";

    /// <summary>Whether it waits for <see cref="TorrentSession.Resume"/>. Default: no.</summary>
    public bool Paused { get; init; }

    /// <summary>Pieces in order, for playing while it loads. Default: rarest first.</summary>
    public bool Sequential { get; init; }

    /// <summary>
    /// Skips the check of files that are known to be complete; each piece is checked when first asked for.
    /// </summary>
    public bool AssumeComplete { get; init; }

    /// <summary>Never downloads. Default: no.</summary>
    public bool UploadOnly { get; init; }

    /// <summary>
    /// Whether a private torrent (BEP 27) may be added; trackers of those often ban modified clients.
    /// </summary>
    public bool AllowPrivate { get; init; }

    /// <summary>Bytes a second to this torrent's peers, 0 for no limit.</summary>
    public int UploadRateLimit { get; init; }

    /// <summary>Bytes a second from this torrent's peers, 0 for no limit.</summary>
    public int DownloadRateLimit { get; init; }

    /// <summary>
    /// 0 (not wanted) to 7 for each file, padding files included; empty for all (or what <c>so=</c> says).
    /// </summary>
    public IReadOnlyList<byte> FilePriorities { get; init; } = [];

    /// <summary>More trackers.</summary>
    public IReadOnlyList<string> Trackers { get; init; } = [];

    /// <summary>Peers to connect to.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>
    /// The bencoded dictionary that peers get under <c>sm</c>, at most 8 KiB; the connection's nonce <c>n</c> is added.
    /// Empty: this torrent does not speak <c>sm_receipt</c>.
    /// </summary>
    public ReadOnlyMemory<byte> ReceiptDictionary { get; init; }

    /// <summary>
    /// Bytes that a new peer may be sent before <see cref="TorrentSession.SetUploadCredit"/>. Default: no limit.
    /// </summary>
    public long DefaultUploadCredit { get; init; } = UploadCredit.Unlimited;
}
