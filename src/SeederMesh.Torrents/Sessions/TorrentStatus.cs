using System.Net;
using SeederMesh.Torrents.Metainfos;
using SeederMesh.Torrents.Native;

namespace SeederMesh.Torrents.Sessions;

/// <summary>What a torrent is doing.</summary>
public enum TorrentState
{
    /// <summary>Its files are being hashed.</summary>
    CheckingFiles = 1,

    /// <summary>It waits for its metadata from peers.</summary>
    DownloadingMetadata = 2,

    /// <summary>Pieces are missing.</summary>
    Downloading = 3,

    /// <summary>All that is wanted is there.</summary>
    Finished = 4,

    /// <summary>Everything is there.</summary>
    Seeding = 5,

    /// <summary>Its resume data is being checked against the files.</summary>
    CheckingResumeData = 6,
}

/// <summary>A torrent at one moment.</summary>
/// <remarks>Bytes, bytes a second, and millionths. "Wanted" is what file priorities ask for.</remarks>
public sealed record TorrentStatus
{
    internal TorrentStatus(ref BlobReader reader)
    {
        Torrent = new TorrentHandleId(reader.ReadUInt32());
        InfoHashes = InfoHashes.Read(ref reader);
        Name = reader.ReadString();
        SavePath = reader.ReadString();
        State = (TorrentState)reader.ReadByte();
        IsPaused = reader.ReadFlag();
        HasMetadata = reader.ReadFlag();
        IsFinished = reader.ReadFlag();
        IsSeeding = reader.ReadFlag();
        ProgressPpm = reader.ReadInt32();
        BytesTotal = reader.ReadInt64();
        BytesDone = reader.ReadInt64();
        BytesWanted = reader.ReadInt64();
        BytesWantedDone = reader.ReadInt64();
        Uploaded = reader.ReadInt64();
        Downloaded = reader.ReadInt64();
        UploadedEver = reader.ReadInt64();
        DownloadedEver = reader.ReadInt64();
        Failed = reader.ReadInt64();
        Redundant = reader.ReadInt64();
        UploadRate = reader.ReadInt32();
        DownloadRate = reader.ReadInt32();
        PeerCount = reader.ReadInt32();
        SeedCount = reader.ReadInt32();
        PieceCountDone = reader.ReadInt32();
        Error = reader.ReadString();
    }

    /// <summary>Which torrent.</summary>
    public TorrentHandleId Torrent { get; }

    /// <summary>Its infohashes.</summary>
    public InfoHashes InfoHashes { get; }

    /// <summary>Its name, or what the magnet calls it.</summary>
    public string Name { get; }

    /// <summary>Where its files are.</summary>
    public string SavePath { get; }

    /// <summary>What it is doing.</summary>
    public TorrentState State { get; }

    /// <summary>Whether it is paused.</summary>
    public bool IsPaused { get; }

    /// <summary>Whether its metadata is known.</summary>
    public bool HasMetadata { get; }

    /// <summary>Whether all that is wanted is there.</summary>
    public bool IsFinished { get; }

    /// <summary>Whether everything is there.</summary>
    public bool IsSeeding { get; }

    /// <summary>Of what is wanted, or of the check.</summary>
    public int ProgressPpm { get; }

    /// <summary>Content, without padding where libtorrent knows it.</summary>
    public long BytesTotal { get; }

    /// <summary>There and checked.</summary>
    public long BytesDone { get; }

    /// <summary>What file priorities ask for.</summary>
    public long BytesWanted { get; }

    /// <summary>Of that, there and checked.</summary>
    public long BytesWantedDone { get; }

    /// <summary>Content sent in this session.</summary>
    public long Uploaded { get; }

    /// <summary>Content received in this session.</summary>
    public long Downloaded { get; }

    /// <summary>Content sent ever.</summary>
    public long UploadedEver { get; }

    /// <summary>Content received ever.</summary>
    public long DownloadedEver { get; }

    /// <summary>Received, and failed its hash.</summary>
    public long Failed { get; }

    /// <summary>Received more than once.</summary>
    public long Redundant { get; }

    /// <summary>Content sent, a second.</summary>
    public int UploadRate { get; }

    /// <summary>Content received, a second.</summary>
    public int DownloadRate { get; }

    /// <summary>Connected peers.</summary>
    public int PeerCount { get; }

    /// <summary>Of those, with everything.</summary>
    public int SeedCount { get; }

    /// <summary>Pieces there and checked.</summary>
    public int PieceCountDone { get; }

    /// <summary>What stopped it, or "".</summary>
    public string Error { get; }
}

/// <summary>Properties of a connection.</summary>
[Flags]
public enum PeerFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>It has everything.</summary>
    Seed = 1,

    /// <summary>It has what we want.</summary>
    Interesting = 2,

    /// <summary>We choke it.</summary>
    ChokedByUs = 4,

    /// <summary>It wants what we have.</summary>
    InterestedInUs = 8,

    /// <summary>It chokes us.</summary>
    ChokesUs = 16,

    /// <summary>We made the connection.</summary>
    Outgoing = 32,

    /// <summary>Over uTP.</summary>
    Utp = 64,

    /// <summary>Obfuscated.</summary>
    Encrypted = 128,

    /// <summary>A web server (BEP 17, 19).</summary>
    WebSeed = 256,
}

/// <summary>A connected peer at one moment. Bytes, and bytes a second.</summary>
/// <param name="Peer">Which connection.</param>
/// <param name="EndPoint">Its address.</param>
/// <param name="Client">The program it says it is; not trustworthy.</param>
/// <param name="Flags">Properties of the connection.</param>
/// <param name="SpeaksReceipts">Whether it offered <c>sm_receipt</c>.</param>
/// <param name="UploadRate">Content sent to it, a second.</param>
/// <param name="DownloadRate">Content received from it, a second.</param>
/// <param name="Uploaded">Content sent to it.</param>
/// <param name="Downloaded">Content received from it.</param>
/// <param name="ProgressPpm">How much of the torrent it has.</param>
/// <param name="UploadedContent">Content sent to it without padding, which is what the credit counts.</param>
/// <param name="UploadCredit">What it may be sent in all, or <see cref="Sessions.UploadCredit.Unlimited"/>.</param>
/// <param name="IsCreditExhausted">Whether it asked for more than that.</param>
public sealed record PeerStatus(
    PeerHandleId Peer,
    IPEndPoint EndPoint,
    string Client,
    PeerFlags Flags,
    bool SpeaksReceipts,
    int UploadRate,
    int DownloadRate,
    long Uploaded,
    long Downloaded,
    int ProgressPpm,
    long UploadedContent,
    long UploadCredit,
    bool IsCreditExhausted)
{
    internal static PeerStatus Read(ref BlobReader reader) => new(
        new PeerHandleId(reader.ReadUInt64()), ReadEndPoint(ref reader), reader.ReadString(),
        (PeerFlags)reader.ReadUInt32(), reader.ReadFlag(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64(),
        reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadFlag());

    internal static IPEndPoint ReadEndPoint(ref BlobReader reader)
    {
        // Of a scoped IPv6 address (fe80::1%eth0) the scope is of no use here.
        string address = reader.ReadString().Split('%')[0];
        return new IPEndPoint(IPAddress.Parse(address), reader.ReadUInt16());
    }
}

/// <summary>A session at one moment. Bytes of content, and bytes a second.</summary>
/// <param name="Uploaded">Sent by its present torrents.</param>
/// <param name="Downloaded">Received by its present torrents.</param>
/// <param name="UploadRate">Sent, a second.</param>
/// <param name="DownloadRate">Received, a second.</param>
/// <param name="TorrentCount">Its torrents.</param>
/// <param name="PeerCount">Their connected peers.</param>
/// <param name="ListenPort">The TCP port that peers can reach, 0 while there is none.</param>
/// <param name="IsDhtRunning">Whether the DHT runs.</param>
public sealed record SessionTotals(
    long Uploaded,
    long Downloaded,
    int UploadRate,
    int DownloadRate,
    int TorrentCount,
    int PeerCount,
    int ListenPort,
    bool IsDhtRunning);
