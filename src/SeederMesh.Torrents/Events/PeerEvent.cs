using System.Net;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Torrents.Events;

/// <summary>Something that happened on one connection.</summary>
/// <param name="Torrent">Its torrent.</param>
/// <param name="Peer">The connection.</param>
public abstract record PeerEvent(TorrentHandleId Torrent, PeerHandleId Peer) : TorrentEventOf(Torrent);

/// <summary>A peer of the torrent is connected.</summary>
/// <param name="Torrent">Its torrent.</param>
/// <param name="Peer">The connection.</param>
/// <param name="EndPoint">Its address.</param>
/// <param name="IsOutgoing">Whether we made the connection.</param>
/// <param name="IsWebSeed">Whether it is a web server.</param>
/// <param name="Nonce">The 16 random bytes that the peer gets as <c>n</c> on this connection alone.</param>
public sealed record PeerConnected(
    TorrentHandleId Torrent, PeerHandleId Peer, IPEndPoint EndPoint, bool IsOutgoing, bool IsWebSeed, byte[] Nonce)
    : PeerEvent(Torrent, Peer);

/// <summary>The peer said what it can do. May come again on one connection; the newest counts.</summary>
/// <param name="Torrent">Its torrent.</param>
/// <param name="Peer">The connection.</param>
/// <param name="SpeaksReceipts">
/// Whether it offers <c>sm_receipt</c> and sent an <c>sm</c> dictionary of up to 8 KiB.
/// </param>
/// <param name="Client">The program it says it is; not trustworthy.</param>
/// <param name="ReceiptDictionary">The bencoded <c>sm</c> dictionary as it came, or empty.</param>
public sealed record PeerExtensionHandshake(
    TorrentHandleId Torrent, PeerHandleId Peer, bool SpeaksReceipts, string Client, byte[] ReceiptDictionary)
    : PeerEvent(Torrent, Peer);

/// <summary>A message of <c>sm_receipt</c>.</summary>
/// <param name="Torrent">Its torrent.</param>
/// <param name="Peer">The connection.</param>
/// <param name="Payload">1 to 65,534 bytes, unchecked.</param>
public sealed record PeerMessage(TorrentHandleId Torrent, PeerHandleId Peer, byte[] Payload) : PeerEvent(Torrent, Peer);

/// <summary>The connection is closed.</summary>
/// <param name="Torrent">Its torrent.</param>
/// <param name="Peer">The connection.</param>
/// <param name="Uploaded">Bytes of content that it was sent in all.</param>
/// <param name="Reason">libtorrent's name of the reason.</param>
public sealed record PeerDisconnected(TorrentHandleId Torrent, PeerHandleId Peer, long Uploaded, string Reason)
    : PeerEvent(Torrent, Peer);

/// <summary>
/// The peer asked for more than its credit. It gets what the credit covers, is then choked, and is unchoked when
/// <see cref="TorrentSession.SetUploadCredit"/> raises the credit.
/// </summary>
/// <param name="Torrent">Its torrent.</param>
/// <param name="Peer">The connection.</param>
/// <param name="Uploaded">Bytes of content that it was sent so far.</param>
/// <param name="Credit">Its credit.</param>
public sealed record PeerCreditExhausted(TorrentHandleId Torrent, PeerHandleId Peer, long Uploaded, long Credit)
    : PeerEvent(Torrent, Peer);

/// <summary>How much the peer was sent, each second that it changes and each MiB.</summary>
/// <param name="Torrent">Its torrent.</param>
/// <param name="Peer">The connection.</param>
/// <param name="Uploaded">Bytes of content in all, without padding.</param>
public sealed record PeerUploaded(TorrentHandleId Torrent, PeerHandleId Peer, long Uploaded) : PeerEvent(Torrent, Peer);
