namespace SeederMesh.Torrents.Sessions;

/// <summary>A torrent of a session; never used again in that session.</summary>
/// <param name="Value">Counts from 1.</param>
public readonly record struct TorrentHandleId(uint Value);

/// <summary>One connection to a peer; a peer that comes back has a new one.</summary>
/// <param name="Value">Counts from 1 in each session.</param>
public readonly record struct PeerHandleId(ulong Value);
