using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using SeederMesh.Torrents.Native;

namespace SeederMesh.Torrents.Metainfos;

/// <summary>A magnet link (BEP 9, BEP 52's <c>urn:btmh</c>, BEP 53's <c>so</c>).</summary>
/// <param name="InfoHashes">What it names.</param>
/// <param name="Name">The name to show until the metadata arrives, or "".</param>
/// <param name="Trackers">Announce URLs.</param>
/// <param name="WebSeeds">Web servers with the files.</param>
/// <param name="Peers">Peers to connect to (<c>x.pe</c>).</param>
/// <param name="FilePriorities">A priority for each file, 0 for those that <c>so</c> leaves out; empty for all.</param>
public sealed record MagnetLink(
    InfoHashes InfoHashes,
    string Name,
    IReadOnlyList<string> Trackers,
    IReadOnlyList<string> WebSeeds,
    IReadOnlyList<IPEndPoint> Peers,
    IReadOnlyList<byte> FilePriorities)
{
    /// <summary>Reads a link of at most 64 KiB.</summary>
    /// <returns>False with the reason, named as libtorrent names it.</returns>
    public static unsafe bool TryParse(string text, [NotNullWhen(true)] out MagnetLink? link, out TorrentError error)
    {
        link = null;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* data = bytes)
        {
            int status = NativeMethods.sm_magnet_parse(data, bytes.Length, out nint buffer);
            using NativeBuffer? result = NativeBuffer.TryTake(status, buffer, out error);
            if (result is null)
            {
                return false;
            }

            BlobReader reader = new(result.Bytes);
            link = new MagnetLink(
                InfoHashes.Read(ref reader), reader.ReadString(), Metainfo.ReadStrings(ref reader),
                Metainfo.ReadStrings(ref reader), ReadPeers(ref reader), reader.ReadBytes().ToArray());
            return true;
        }
    }

    private static IPEndPoint[] ReadPeers(ref BlobReader reader)
    {
        IPEndPoint[] peers = new IPEndPoint[reader.ReadCount()];
        for (int i = 0; i < peers.Length; i++)
        {
            peers[i] = new IPEndPoint(IPAddress.Parse(reader.ReadString()), reader.ReadUInt16());
        }

        return peers;
    }
}
