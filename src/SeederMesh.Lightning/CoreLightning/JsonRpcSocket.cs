using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace SeederMesh.Lightning.CoreLightning;

/// <summary>JSON-RPC 2.0 over Core Lightning's unix socket: one connection, many calls in flight, answers in any
/// order.</summary>
/// <remarks>
/// Answers are matched by id and are at most <see cref="AnswerSizeMax"/> bytes. When the connection breaks, every call
/// in flight ends with
/// <see cref="RpcLostException"/>: it was sent, and its fate is unknown. The next call connects again. Thread safe.
/// </remarks>
internal sealed class JsonRpcSocket(string path) : IAsyncDisposable
{
    /// <summary>Longest answer in bytes: listings of a busy node are long.</summary>
    public const int AnswerSizeMax = 64 * 1024 * 1024;

    /// <summary>Most calls in flight; lightningd serves them one after another anyway.</summary>
    public const int CallsMax = 256;

    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly SemaphoreSlim slots = new(CallsMax, CallsMax);
    private Connection? current;
    private long lastId;

    /// <summary>Calls a method and gives its result.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">Its parameters by name.</param>
    /// <param name="timeLimit">How long to wait for the answer.</param>
    /// <param name="cancellation">Gives up waiting; the node goes on with what it was told.</param>
    /// <exception cref="RpcErrorException">The node answered with an error.</exception>
    /// <exception cref="RpcLostException">The request was sent, and no answer came.</exception>
    /// <exception cref="LightningNodeException">The socket cannot be connected: nothing was sent.</exception>
    public async Task<JsonElement> CallAsync(
        string method, RpcParameters parameters, TimeSpan timeLimit, CancellationToken cancellation)
    {
        await slots.WaitAsync(cancellation);
        try
        {
            Connection connection = await ConnectAsync(cancellation);
            string id = string.Create(CultureInfo.InvariantCulture, $"seedermesh-{Interlocked.Increment(ref lastId)}");
            return await connection.CallAsync(id, method, parameters, timeLimit, cancellation);
        }
        finally
        {
            slots.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (current is not null)
        {
            await current.DisposeAsync();
        }

        gate.Dispose();
        slots.Dispose();
    }

    private async Task<Connection> ConnectAsync(CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation);
        try
        {
            if (current is { IsOpen: true })
            {
                return current;
            }

            if (current is not null)
            {
                await current.DisposeAsync();
            }

            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            }
            catch (Exception exception) when (exception is SocketException or ArgumentException)
            {
                socket.Dispose();
                throw new LightningNodeException(
                    NodeFault.Unreachable,
                    $"Core Lightning's socket {path} (key server) cannot be connected: "
                    + $"{(System.IO.Path.Exists(path) ? exception.Message : "there is no such file")}. Is lightningd running, "
                    + "and may this user read and write the socket?",
                    exception);
            }

            current = new Connection(new NetworkStream(socket, ownsSocket: true));
            return current;
        }
        finally
        {
            gate.Release();
        }
    }

    private sealed class Connection : IAsyncDisposable
    {
        private readonly NetworkStream stream;
        private readonly SemaphoreSlim writing = new(1, 1);
        private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> calls = new(StringComparer.Ordinal);
        private readonly Task reading;
        private volatile bool open = true;

        public Connection(NetworkStream stream)
        {
            this.stream = stream;
            reading = Task.Run(ReadLoopAsync);
        }

        public bool IsOpen => open;

        public async Task<JsonElement> CallAsync(
            string id, string method, RpcParameters parameters, TimeSpan timeLimit, CancellationToken cancellation)
        {
            TaskCompletionSource<JsonElement> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            calls[id] = answer;
            try
            {
                await SendAsync(id, method, parameters, cancellation);
                if (!open)
                {
                    // The reader may have ended between the look-up of this connection and the entry above.
                    answer.TrySetException(new RpcLostException($"The connection to Core Lightning broke during {method}."));
                }

                return await answer.Task.WaitAsync(timeLimit, cancellation);
            }
            catch (TimeoutException)
            {
                throw new RpcLostException($"Core Lightning did not answer {method} in {timeLimit.TotalSeconds:F0} s.");
            }
            catch (IOException exception)
            {
                open = false;
                throw new RpcLostException($"The connection to Core Lightning broke during {method}: {exception.Message}.");
            }
            finally
            {
                calls.TryRemove(id, out _);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await stream.DisposeAsync();
            await reading;
            writing.Dispose();
        }

        private async Task SendAsync(string id, string method, RpcParameters parameters, CancellationToken cancellation)
        {
            byte[] bytes = parameters.ToRequest(id, method);
            await writing.WaitAsync(cancellation);
            try
            {
                // Not cancellable: half a request would spoil the connection for every other call.
                await stream.WriteAsync(bytes, CancellationToken.None);
            }
            finally
            {
                writing.Release();
            }
        }

        // Ends when the node closes the connection or answers nonsense; then every waiting call is lost.
        private async Task ReadLoopAsync()
        {
            string why = "the node closed it";
            ArrayBufferWriter<byte> buffer = new(64 * 1024);
            try
            {
                while (true)
                {
                    int read = await stream.ReadAsync(buffer.GetMemory(16 * 1024));
                    if (read == 0)
                    {
                        break;
                    }

                    buffer.Advance(read);

                    // An answer ends with a brace; lightningd writes two newlines after it. Looking only then keeps
                    // long listings linear.
                    ReadOnlySpan<byte> tail = buffer.WrittenSpan[^read..];
                    if (tail.IndexOf("\n\n"u8) >= 0 || tail.TrimEnd("\n\r "u8).EndsWith("}"u8) || tail.Trim("\n\r "u8).IsEmpty)
                    {
                        TakeAnswers(buffer);
                    }

                    if (buffer.WrittenCount > AnswerSizeMax)
                    {
                        why = $"an answer exceeds {AnswerSizeMax} bytes";
                        break;
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException or JsonException)
            {
                why = exception.Message;
            }

            open = false;
            foreach (TaskCompletionSource<JsonElement> call in calls.Values)
            {
                call.TrySetException(new RpcLostException($"The connection to Core Lightning broke: {why}."));
            }
        }

        private void TakeAnswers(ArrayBufferWriter<byte> buffer)
        {
            ReadOnlyMemory<byte> rest = buffer.WrittenMemory;
            while (TryTake(ref rest, out JsonElement answer))
            {
                Dispatch(answer);
            }

            if (rest.Length != buffer.WrittenCount)
            {
                byte[] left = rest.ToArray();
                buffer.ResetWrittenCount();
                buffer.Write(left);
            }
        }

        private static bool TryTake(ref ReadOnlyMemory<byte> rest, out JsonElement answer)
        {
            ReadOnlySpan<byte> trimmed = rest.Span.TrimStart("\r\n\t "u8);
            rest = rest[(rest.Length - trimmed.Length)..];
            Utf8JsonReader reader = new(trimmed, isFinalBlock: false, default);
            answer = default;
            if (trimmed.IsEmpty || !JsonDocument.TryParseValue(ref reader, out JsonDocument? document))
            {
                return false;
            }

            using (document)
            {
                answer = document.RootElement.Clone();
            }

            rest = rest[(int)reader.BytesConsumed..];
            return true;
        }

        private void Dispatch(JsonElement answer)
        {
            if (answer.ValueKind != JsonValueKind.Object
                || !answer.TryGetProperty("id", out JsonElement id)
                || !calls.TryGetValue(id.ToString(), out TaskCompletionSource<JsonElement>? call))
            {
                return; // a notification, or the late answer to a call that gave up
            }

            if (answer.TryGetProperty("error", out JsonElement error) && error.ValueKind == JsonValueKind.Object)
            {
                call.TrySetException(RpcErrorException.From(error));
            }
            else if (answer.TryGetProperty("result", out JsonElement result))
            {
                call.TrySetResult(result);
            }
            else
            {
                call.TrySetException(new LightningNodeException(
                    NodeFault.MalformedAnswer, "Core Lightning answered with neither a result nor an error."));
            }
        }
    }
}

/// <summary>The node answered with a JSON-RPC error.</summary>
internal sealed class RpcErrorException(int code, string message, JsonElement? data) : Exception(message)
{
    public int Code { get; } = code;

    public JsonElement? Details { get; } = data;

    public static RpcErrorException From(JsonElement error) => new(
        error.TryGetProperty("code", out JsonElement code) && code.TryGetInt32(out int number) ? number : 0,
        error.TryGetProperty("message", out JsonElement message) ? message.ToString() : "unknown error",
        error.TryGetProperty("data", out JsonElement data) ? data : null);
}

/// <summary>A request was sent, and its answer never came.</summary>
internal sealed class RpcLostException(string message) : Exception(message);
