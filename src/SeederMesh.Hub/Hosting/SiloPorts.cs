#if !ORLEANS_EMBEDDED
using System.Net;
using System.Net.Sockets;

namespace SeederMesh.Hub.Hosting;

/// <summary>Ports of the silo, which nobody outside this machine calls: free ones, so that several hubs can run on one
/// machine.</summary>
internal static class SiloPorts
{
    /// <summary>Two ports that nobody listens on now, never the same.</summary>
    public static (int Silo, int Gateway) TakeFree()
    {
        using var silo = new TcpListener(IPAddress.Loopback, 0);
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        return (((IPEndPoint)silo.LocalEndpoint).Port, ((IPEndPoint)gateway.LocalEndpoint).Port);
    }
}
#endif
