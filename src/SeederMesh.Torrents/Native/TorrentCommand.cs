namespace SeederMesh.Torrents.Native;

/// <summary>What <c>sm_torrent_command</c> does; native/torrents.cpp has the same numbers.</summary>
internal enum TorrentCommand
{
    Pause = 1,
    Resume = 2,
    Recheck = 3,
    SaveResumeData = 4,
    ConnectPeer = 5,
    FilePriorities = 6,
    Sequential = 7,
    PieceDeadline = 8,
    ClearDeadlines = 9,
    RateLimits = 10,
    AddTracker = 11,
    Reannounce = 12,
    UploadOnly = 13,
}

/// <summary>What <c>sm_torrent_query</c> answers; native/torrents.cpp has the same numbers.</summary>
internal enum TorrentQuery
{
    Pieces = 1,
    Availability = 2,
    FileProgress = 3,
    TorrentFile = 4,
    Info = 5,
    Peers = 6,
}
