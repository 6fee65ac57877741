using System.Net;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Torrents.Native;

/// <summary>Reads the events that native/events.h queues.</summary>
internal static class EventReader
{
    private const int NonceBytes = 16;

    /// <summary>Reads one event and moves past it.</summary>
    public static TorrentEvent ReadNext(ref BlobReader batch)
    {
        BlobReader reader = new(batch.ReadBytes());
        byte kind = reader.ReadByte();
        return kind switch
        {
            13 => new ListenSucceeded(PeerStatus.ReadEndPoint(ref reader), reader.ReadFlag()),
            14 => new ListenFailed(reader.ReadString(), reader.ReadString()),
            18 => new AlertsDropped(),
            < 20 => ReadTorrentEvent(kind, ReadTorrent(ref reader), ref reader),
            24 => ReadPiecePassed(ref reader),
            25 => new PieceFailed(ReadTorrent(ref reader), reader.ReadInt32()),
            _ => ReadPeerEvent(kind, new PeerHandleId(reader.ReadUInt64()), ReadTorrent(ref reader), ref reader),
        };
    }

    private static TorrentEvent ReadTorrentEvent(
        byte kind, TorrentHandleId torrent, ref BlobReader reader) => kind switch
        {
            1 => new TorrentAdded(torrent),
            2 => new TorrentRemoved(torrent),
            3 => new TorrentDataDeleted(torrent, reader.ReadString()),
            4 => new MetadataReceived(torrent),
            5 => new TorrentFinished(torrent),
            6 => new TorrentChecked(torrent),
            7 => new TorrentFailed(torrent, ReadError(ref reader), reader.ReadString()),
            8 => new FileFailed(torrent, ReadError(ref reader), reader.ReadString()),
            9 => new ResumeDataSaved(torrent, reader.ReadBytes().ToArray()),
            10 => new ResumeDataFailed(torrent, ReadError(ref reader)),
            11 => new TrackerFailed(torrent, reader.ReadString(), reader.ReadString()),
            12 => new TrackerReplied(torrent, reader.ReadString(), reader.ReadInt32()),
            15 => new TorrentStateChanged(torrent, (TorrentState)reader.ReadByte()),
            16 => new TorrentPaused(torrent),
            17 => new TorrentResumed(torrent),
            _ => throw new InvalidOperationException($"The native library sent an event of the unknown kind {kind}."),
        };

    private static TorrentEvent ReadPeerEvent(
        byte kind, PeerHandleId peer, TorrentHandleId torrent, ref BlobReader reader)
    {
        switch (kind)
        {
            case 20:
                IPEndPoint endPoint = PeerStatus.ReadEndPoint(ref reader);
                bool isOutgoing = reader.ReadFlag();
                bool isWebSeed = reader.ReadFlag();
                return new PeerConnected(
                    torrent, peer, endPoint, isOutgoing, isWebSeed, reader.Take(NonceBytes).ToArray());
            case 21:
                return new PeerExtensionHandshake(
                    torrent, peer, reader.ReadFlag(), reader.ReadString(), reader.ReadBytes().ToArray());
            case 22:
                return new PeerMessage(torrent, peer, reader.ReadBytes().ToArray());
            case 23:
                return new PeerDisconnected(torrent, peer, reader.ReadInt64(), reader.ReadString());
            case 26:
                return new PeerCreditExhausted(torrent, peer, reader.ReadInt64(), reader.ReadInt64());
            case 27:
                return new PeerUploaded(torrent, peer, reader.ReadInt64());
            default:
                throw new InvalidOperationException($"The native library sent an event of the unknown kind {kind}.");
        }
    }

    private static PiecePassed ReadPiecePassed(ref BlobReader reader)
    {
        TorrentHandleId torrent = ReadTorrent(ref reader);
        int piece = reader.ReadInt32();
        int length = reader.ReadInt32();
        PieceShare[] shares = new PieceShare[reader.ReadCount()];
        for (int i = 0; i < shares.Length; i++)
        {
            shares[i] = new PieceShare(new PeerHandleId(reader.ReadUInt64()), reader.ReadInt32());
        }

        return new PiecePassed(torrent, piece, length, shares);
    }

    private static TorrentHandleId ReadTorrent(ref BlobReader reader) => new(reader.ReadUInt32());

    private static TorrentError ReadError(ref BlobReader reader) =>
        new(TorrentErrorKind.Engine, reader.ReadString(), reader.ReadString());
}
