using System.Net;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Torrents.Events;

/// <summary>Something that happened in a session, in the order of its happening.</summary>
public abstract record TorrentEvent;

/// <summary>The session accepts connections.</summary>
/// <param name="EndPoint">Where.</param>
/// <param name="IsUtp">Over UDP.</param>
public sealed record ListenSucceeded(IPEndPoint EndPoint, bool IsUtp) : TorrentEvent;

/// <summary>The session cannot listen there.</summary>
/// <param name="Interface">Where.</param>
/// <param name="Message">Why.</param>
public sealed record ListenFailed(string Interface, string Message) : TorrentEvent;

/// <summary>More happened than libtorrent's queue of 100,000 holds: ask for the status of what matters.</summary>
public sealed record AlertsDropped : TorrentEvent;

/// <summary>Something that happened to one torrent.</summary>
/// <param name="Torrent">Which.</param>
public abstract record TorrentEventOf(TorrentHandleId Torrent) : TorrentEvent;

/// <summary>The torrent was added.</summary>
/// <inheritdoc/>
public sealed record TorrentAdded(TorrentHandleId Torrent) : TorrentEventOf(Torrent);

/// <summary>The torrent was removed; its id means nothing any more.</summary>
/// <inheritdoc/>
public sealed record TorrentRemoved(TorrentHandleId Torrent) : TorrentEventOf(Torrent);

/// <summary>The files of a torrent that was removed with its data are gone.</summary>
/// <param name="Torrent">Which.</param>
/// <param name="Error">Why they are not, or "".</param>
public sealed record TorrentDataDeleted(TorrentHandleId Torrent, string Error) : TorrentEventOf(Torrent);

/// <summary>A magnet's metadata arrived and matches its infohash.</summary>
/// <inheritdoc/>
public sealed record MetadataReceived(TorrentHandleId Torrent) : TorrentEventOf(Torrent);

/// <summary>All that is wanted of the torrent is there and checked.</summary>
/// <inheritdoc/>
public sealed record TorrentFinished(TorrentHandleId Torrent) : TorrentEventOf(Torrent);

/// <summary>The torrent's files have been checked.</summary>
/// <inheritdoc/>
public sealed record TorrentChecked(TorrentHandleId Torrent) : TorrentEventOf(Torrent);

/// <summary>The torrent stopped because of an error.</summary>
/// <param name="Torrent">Which.</param>
/// <param name="Error">libtorrent's name and sentence.</param>
/// <param name="File">The file it concerns, or "".</param>
public sealed record TorrentFailed(TorrentHandleId Torrent, TorrentError Error, string File) : TorrentEventOf(Torrent);

/// <summary>A file cannot be read or written.</summary>
/// <param name="Torrent">Which.</param>
/// <param name="Error">libtorrent's name and sentence.</param>
/// <param name="File">Which file.</param>
public sealed record FileFailed(TorrentHandleId Torrent, TorrentError Error, string File) : TorrentEventOf(Torrent);

/// <summary>Resume data that was asked for.</summary>
/// <param name="Torrent">Which.</param>
/// <param name="Data">For <see cref="TorrentSource.ResumeData"/>.</param>
public sealed record ResumeDataSaved(TorrentHandleId Torrent, byte[] Data) : TorrentEventOf(Torrent);

/// <summary>Resume data that was asked for cannot be had.</summary>
/// <param name="Torrent">Which.</param>
/// <param name="Error">libtorrent's name and sentence.</param>
public sealed record ResumeDataFailed(TorrentHandleId Torrent, TorrentError Error) : TorrentEventOf(Torrent);

/// <summary>A tracker could not be asked, or refused.</summary>
/// <param name="Torrent">Which.</param>
/// <param name="Url">The tracker.</param>
/// <param name="Message">Why.</param>
public sealed record TrackerFailed(TorrentHandleId Torrent, string Url, string Message) : TorrentEventOf(Torrent);

/// <summary>A tracker answered.</summary>
/// <param name="Torrent">Which.</param>
/// <param name="Url">The tracker.</param>
/// <param name="PeerCount">How many peers it named.</param>
public sealed record TrackerReplied(TorrentHandleId Torrent, string Url, int PeerCount) : TorrentEventOf(Torrent);

/// <summary>The torrent does something else now.</summary>
/// <param name="Torrent">Which.</param>
/// <param name="State">What.</param>
public sealed record TorrentStateChanged(TorrentHandleId Torrent, TorrentState State) : TorrentEventOf(Torrent);

/// <summary>The torrent is paused, and no peer is connected.</summary>
/// <inheritdoc/>
public sealed record TorrentPaused(TorrentHandleId Torrent) : TorrentEventOf(Torrent);

/// <summary>The torrent goes on.</summary>
/// <inheritdoc/>
public sealed record TorrentResumed(TorrentHandleId Torrent) : TorrentEventOf(Torrent);

/// <summary>Bytes of a piece that one peer delivered.</summary>
/// <param name="Peer">Who; it may have left since.</param>
/// <param name="Bytes">Content, without padding.</param>
public readonly record struct PieceShare(PeerHandleId Peer, int Bytes);

/// <summary>A downloaded piece passed its hash check.</summary>
/// <param name="Torrent">Which torrent.</param>
/// <param name="Piece">Which piece.</param>
/// <param name="Length">Its content in bytes, without padding.</param>
/// <param name="Shares">
/// Who delivered it. They add up to the length, unless blocks were there from before (resume data): those are nobody's.
/// </param>
public sealed record PiecePassed(
    TorrentHandleId Torrent, int Piece, int Length, IReadOnlyList<PieceShare> Shares) : TorrentEventOf(Torrent);

/// <summary>A downloaded piece failed its hash check, and is downloaded again.</summary>
/// <param name="Torrent">Which torrent.</param>
/// <param name="Piece">Which piece.</param>
public sealed record PieceFailed(TorrentHandleId Torrent, int Piece) : TorrentEventOf(Torrent);
