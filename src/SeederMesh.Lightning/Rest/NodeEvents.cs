using System.Net.WebSockets;

namespace SeederMesh.Lightning.Rest;

/// <summary>What a node tells by itself over a WebSocket. What it says is not read: that it says something is a reason to
/// look.</summary>
/// <remarks>A node may drop messages when they come fast (Eclair keeps ten), so that none of them is relied on.</remarks>
internal sealed class NodeEvents(ClientWebSocket socket) : IDisposable
{
    private readonly byte[] buffer = new byte[64 * 1024];
    private Task<bool>? reading;

    /// <summary>Waits for the next message, but not longer than asked.</summary>
    /// <exception cref="LightningNodeException">The connection is gone.</exception>
    public async Task WaitAsync(TimeSpan patience, TimeProvider clock, CancellationToken cancellation)
    {
        // A read that was begun goes on over several waits: it cannot be taken back without closing the socket.
        reading ??= ReadAsync();
        await Task.WhenAny(reading, Task.Delay(patience, clock, cancellation));
        cancellation.ThrowIfCancellationRequested();
        if (!reading.IsCompleted)
        {
            return;
        }

        bool open = await reading;
        reading = null;
        if (!open)
        {
            throw new LightningNodeException(NodeFault.Unreachable, "The node ended the stream of its events.");
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task<bool> ReadAsync()
    {
        try
        {
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            }
            while (!received.EndOfMessage && received.MessageType != WebSocketMessageType.Close);

            return received.MessageType != WebSocketMessageType.Close;
        }
        catch (Exception exception) when (
            exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }
}
