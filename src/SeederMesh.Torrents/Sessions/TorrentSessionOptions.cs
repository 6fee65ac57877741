namespace SeederMesh.Torrents.Sessions;

/// <summary>Whether connections are obfuscated (MSE/PE).</summary>
public enum EncryptionPolicy
{
    /// <summary>Never.</summary>
    Disabled = 0,

    /// <summary>Where the peer wants it.</summary>
    Enabled = 1,

    /// <summary>Always; others are refused.</summary>
    Required = 2,
}

/// <summary>How a session behaves.</summary>
public sealed record TorrentSessionOptions
{
    /// <summary>
    /// Addresses and ports to listen on, as libtorrent writes them; port 0 is any. Default: any, 6881.
    /// </summary>
    public string ListenInterfaces { get; init; } = "0.0.0.0:6881,[::]:6881";

    /// <summary>What peers and trackers are told. Default: SeederMesh and libtorrent with their versions.</summary>
    public string UserAgent { get; init; } = $"SeederMesh/0.1.0 libtorrent/{TorrentSession.LibtorrentVersion}";

    /// <summary>Bytes a second to all peers, 0 for no limit.</summary>
    public int UploadRateLimit { get; init; }

    /// <summary>Bytes a second from all peers, 0 for no limit.</summary>
    public int DownloadRateLimit { get; init; }

    /// <summary>Connections at once. Default: 500.</summary>
    public int ConnectionLimit { get; init; } = 500;

    /// <summary>The distributed hash table (BEP 5). Default: on.</summary>
    public bool Dht { get; init; } = true;

    /// <summary>Peers of the local network (BEP 14). Default: on.</summary>
    public bool LocalServiceDiscovery { get; init; } = true;

    /// <summary>Opens the port at the router by UPnP. Default: on.</summary>
    public bool Upnp { get; init; } = true;

    /// <summary>Opens the port at the router by NAT-PMP. Default: on.</summary>
    public bool NatPmp { get; init; } = true;

    /// <summary>Learns peers from peers (BEP 11). Default: on.</summary>
    public bool PeerExchange { get; init; } = true;

    /// <summary>Connections over UDP that yield to other traffic (BEP 29). Default: on; slow over loopback.</summary>
    public bool Utp { get; init; } = true;

    /// <summary>Obfuscation. Default: where the peer wants it.</summary>
    public EncryptionPolicy Encryption { get; init; } = EncryptionPolicy.Enabled;

    /// <summary>Whether several peers may share one address. Default: no.</summary>
    public bool SeveralPeersPerAddress { get; init; }

    /// <summary>Where the DHT begins, as <c>host:port</c> with commas. Default: libtorrent's.</summary>
    public string DhtBootstrapNodes { get; init; } = "dht.libtorrent.org:25401";

    /// <summary>Threads for disk access, 0 for libtorrent's default.</summary>
    public int DiskThreads { get; init; }

    /// <summary>Threads for hashing what was downloaded, 0 for libtorrent's default.</summary>
    public int HashingThreads { get; init; }

    /// <summary>What <see cref="TorrentSession.SaveState"/> gave, to rejoin the DHT at once. Default: none.</summary>
    public ReadOnlyMemory<byte> State { get; init; }

    /// <summary>Only this machine: 127.0.0.1 and any port, TCP, no discovery of any kind.</summary>
    public static TorrentSessionOptions Loopback { get; } = new()
    {
        ListenInterfaces = "127.0.0.1:0",
        Dht = false,
        LocalServiceDiscovery = false,
        Upnp = false,
        NatPmp = false,
        Utp = false,
        SeveralPeersPerAddress = true,
    };
}
