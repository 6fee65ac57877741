using SeederMesh.Torrents.Native;

namespace SeederMesh.Torrents.Sessions;

/// <content>What a session can be asked about its torrents.</content>
public sealed partial class TorrentSession
{
    /// <summary>All torrents at this moment.</summary>
    public IReadOnlyList<TorrentStatus> GetStatus()
    {
        using NativeBuffer result = NativeBuffer.Take(
            NativeMethods.sm_torrents_status(handle, out nint buffer), buffer);
        BlobReader reader = new(result.Bytes);
        TorrentStatus[] all = new TorrentStatus[reader.ReadCount()];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = new TorrentStatus(ref reader);
        }

        return all;
    }

    /// <summary>One torrent at this moment, or null when it is not there.</summary>
    public TorrentStatus? GetStatus(TorrentHandleId torrent) =>
        GetStatus().FirstOrDefault(status => status.Torrent == torrent);

    /// <summary>Its connected peers at this moment.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public IReadOnlyList<PeerStatus> GetPeers(TorrentHandleId torrent)
    {
        using NativeBuffer result = Query(torrent, TorrentQuery.Peers);
        BlobReader reader = new(result.Bytes);
        PeerStatus[] peers = new PeerStatus[reader.ReadCount()];
        for (int i = 0; i < peers.Length; i++)
        {
            peers[i] = PeerStatus.Read(ref reader);
        }

        return peers;
    }

    /// <summary>For each piece, whether it is there and checked; empty before the metadata arrived.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public IReadOnlyList<bool> GetPieces(TorrentHandleId torrent)
    {
        using NativeBuffer result = Query(torrent, TorrentQuery.Pieces);
        BlobReader reader = new(result.Bytes);
        bool[] pieces = new bool[reader.ReadCount()];
        for (int i = 0; i < pieces.Length; i++)
        {
            pieces[i] = reader.ReadFlag();
        }

        return pieces;
    }

    /// <summary>For each piece, how many connected peers have it; empty while seeding.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public IReadOnlyList<int> GetPieceAvailability(TorrentHandleId torrent)
    {
        using NativeBuffer result = Query(torrent, TorrentQuery.Availability);
        BlobReader reader = new(result.Bytes);
        int[] counts = new int[reader.ReadCount()];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = reader.ReadInt32();
        }

        return counts;
    }

    /// <summary>For each file, the bytes that are there, including those of unfinished pieces.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public IReadOnlyList<long> GetFileProgress(TorrentHandleId torrent)
    {
        using NativeBuffer result = Query(torrent, TorrentQuery.FileProgress);
        BlobReader reader = new(result.Bytes);
        long[] bytes = new long[reader.ReadCount()];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = reader.ReadInt64();
        }

        return bytes;
    }

    /// <summary>The .torrent, as far as it is known: of a magnet, piece layers arrive while it downloads.</summary>
    /// <exception cref="TorrentException">
    /// There is no such torrent, or no metadata yet (<c>no_metadata</c>).
    /// </exception>
    public byte[] GetTorrentFile(TorrentHandleId torrent)
    {
        using NativeBuffer result = Query(torrent, TorrentQuery.TorrentFile);
        return result.Bytes.ToArray();
    }

    /// <summary>The info dictionary, whose SHA-256 is the v2 infohash.</summary>
    /// <exception cref="TorrentException">
    /// There is no such torrent, or no metadata yet (<c>no_metadata</c>).
    /// </exception>
    public byte[] GetInfoDictionary(TorrentHandleId torrent)
    {
        using NativeBuffer result = Query(torrent, TorrentQuery.Info);
        return result.Bytes.ToArray();
    }

    private NativeBuffer Query(TorrentHandleId torrent, TorrentQuery query) =>
        NativeBuffer.Take(
            NativeMethods.sm_torrent_query(handle, torrent.Value, (int)query, out nint buffer), buffer);
}
