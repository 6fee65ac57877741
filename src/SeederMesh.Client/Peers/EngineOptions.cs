using System.Net;
using System.Net.Sockets;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Client;

/// <summary>The BitTorrent engine's settings, from ours.</summary>
internal static class EngineOptions
{
    public static TorrentSessionOptions Of(ClientConfiguration configuration, string statePath)
    {
        IPAddress address = IPAddress.Parse(configuration.ListenAddress);
        string listen = address.AddressFamily == AddressFamily.InterNetworkV6
            ? $"[{address}]:{configuration.Port}"
            : $"{address}:{configuration.Port}";
        return new TorrentSessionOptions
        {
            ListenInterfaces = address.Equals(IPAddress.Any) ? $"{listen},[::]:{configuration.Port}" : listen,
            UploadRateLimit = (int)configuration.UploadLimit,
            DownloadRateLimit = (int)configuration.DownloadLimit,
            Dht = configuration.Dht && !configuration.Loopback,
            LocalServiceDiscovery = configuration.Lsd && !configuration.Loopback,
            Upnp = !IPAddress.IsLoopback(address),
            NatPmp = !IPAddress.IsLoopback(address),
            PeerExchange = configuration.Pex,
            Utp = configuration.Utp && !configuration.Loopback,
            SeveralPeersPerAddress = configuration.Loopback,
            State = File.Exists(statePath) ? File.ReadAllBytes(statePath) : default(ReadOnlyMemory<byte>),
        };
    }

    public static IReadOnlyList<IPEndPoint> Peers(IEnumerable<string> peers) =>
    [
        .. peers.Select(peer => IPEndPoint.TryParse(peer, out IPEndPoint? end)
            ? end
            : throw new ClientException($"\"{peer}\" is not ADDRESS:PORT.")),
    ];
}

/// <summary>The engine as the receipt protocol sees it.</summary>
internal sealed class EngineLink(TorrentSession engine) : IPeerLink
{
    public void Send(ulong peer, byte[] message) => engine.Send(new PeerHandleId(peer), message);

    public void SetCredit(ulong peer, long? bytes) => engine.SetUploadCredit(new PeerHandleId(peer), bytes ?? UploadCredit.Unlimited);

    public void Disconnect(ulong peer) => engine.Disconnect(new PeerHandleId(peer));
}
