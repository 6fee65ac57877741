using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SeederMesh.Torrents.Tests;

/// <summary>The least tracker there is: it names the same peers to everyone (BEP 3, 23).</summary>
internal sealed class TestTracker : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly byte[] answer;
    private readonly Task serving;

    public TestTracker(params IPEndPoint[] peers)
    {
        byte[] compact =
        [
            .. peers.SelectMany(peer =>
                (byte[])[.. peer.Address.GetAddressBytes(), (byte)(peer.Port >> 8), (byte)(peer.Port & 0xff)]),
        ];
        byte[] body = [.. Encoding.ASCII.GetBytes($"d8:intervali60e5:peers{compact.Length}:"), .. compact, (byte)'e'];
        answer =
        [
            .. Encoding.ASCII.GetBytes($"HTTP/1.0 200 OK\r\nContent-Length: {body.Length}\r\n\r\n"),
            .. body,
        ];
        listener.Start();
        serving = Task.Run(ServeAsync);
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/announce";

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                using StreamReader reader = new(client.GetStream(), Encoding.ASCII, false, 1024, leaveOpen: true);
                while (await reader.ReadLineAsync() is { Length: > 0 })
                {
                    // The request does not matter.
                }

                await client.GetStream().WriteAsync(answer);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }
}
