using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SeederMesh.Ledger;

namespace SeederMesh.Hub.Tracker;

/// <summary>A tracker (BEP 3) with compact answers (BEP 23, BEP 7), for torrents whose manifest is registered
/// here.</summary>
/// <remarks>A peer is listed under the address that it calls from; an address in the query is not believed.</remarks>
internal sealed class TrackerEndpoint(HubOptions options, Swarms swarms, LedgerStore ledger)
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/announce", (Delegate)AnnounceAsync).ExcludeFromDescription();

    private async Task<IResult> AnnounceAsync(HttpContext http)
    {
        if (AnnounceQuery.Read(http.Request.QueryString.Value ?? "", out string reason) is not { } query)
        {
            return Fail(reason);
        }

        if (!options.OpenTracker && !swarms.Knows(query.Infohash) && !await IsRegisteredAsync(query.Infohash))
        {
            return Fail("no manifest of this torrent is registered here");
        }

        IPAddress address = http.Connection.RemoteIpAddress ?? IPAddress.Loopback;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        SwarmAnswer? answer = swarms.Announce(
            query.Infohash,
            new Announce(new IPEndPoint(address, query.Port), query.IsComplete, query.IsStopped, query.Wanted));
        return answer is null ? Fail("the tracker is full, try again later") : Answer(answer);
    }

    private async Task<bool> IsRegisteredAsync(string infohash)
    {
        byte[] bytes = Convert.FromHexString(infohash);
        return await ledger.Reader.FindManifestOfTruncatedAsync(bytes) is not null
            || await ledger.Reader.FindManifestOfTorrentAsync((ReadOnlyMemory<byte>)bytes) is not null;
    }

    private static IResult Fail(string reason) => Bencoded([.. Encoding.ASCII.GetBytes($"d14:failure reason{reason.Length}:{reason}e")]);

    private IResult Answer(SwarmAnswer answer)
    {
        byte[] peers = Compact(answer.Peers, AddressFamily.InterNetwork);
        byte[] peers6 = Compact(answer.Peers, AddressFamily.InterNetworkV6);
        string head = $"d8:completei{answer.Complete}e10:incompletei{answer.Incomplete}e"
            + $"8:intervali{options.AnnounceIntervalSeconds}e5:peers{peers.Length}:";
        return Bencoded(
        [
            .. Encoding.ASCII.GetBytes(head), .. peers, .. Encoding.ASCII.GetBytes($"6:peers6{peers6.Length}:"), .. peers6, (byte)'e',
        ]);
    }

    private static byte[] Compact(IReadOnlyList<IPEndPoint> peers, AddressFamily family)
    {
        var bytes = new List<byte>();
        Span<byte> port = stackalloc byte[2];
        foreach (IPEndPoint peer in peers)
        {
            if (peer.AddressFamily == family)
            {
                bytes.AddRange(peer.Address.GetAddressBytes());
                BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)peer.Port);
                bytes.AddRange(port);
            }
        }

        return [.. bytes];
    }

    private static IResult Bencoded(byte[] body) => Results.Bytes(body, "text/plain");
}
