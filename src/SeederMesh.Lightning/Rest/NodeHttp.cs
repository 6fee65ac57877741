using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;

namespace SeederMesh.Lightning.Rest;

/// <summary>A node's HTTP interface: the operator's own server, so private addresses are fine; bounded in time and
/// size.</summary>
/// <remarks>Thread safe. No proxy, no redirects. Answers are at most 64 MiB, for listings of busy nodes are
/// long.</remarks>
internal sealed class NodeHttp : IDisposable
{
    private const int AnswerSizeMax = 64 * 1024 * 1024;
    private const int LineLengthMax = 4 * 1024 * 1024;

    private readonly string implementation;
    private readonly string server;
    private readonly ServerTrust trust;
    private readonly NodeCredentials credentials;
    private readonly HttpClient http;

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="implementation">The node's kind, for messages: "LND".</param>
    /// <param name="server">Its address.</param>
    /// <param name="trust">Whose certificate it may show.</param>
    /// <param name="credentials">What the node demands.</param>
    public NodeHttp(string implementation, string server, ServerTrust trust, NodeCredentials credentials)
    {
        (this.implementation, this.trust, this.credentials) = (implementation, trust, credentials);
        this.server = server.TrimEnd('/');
        http = new HttpClient(Handler(trust)) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = AnswerSizeMax };
        if (credentials.Value is { } value)
        {
            http.DefaultRequestHeaders.TryAddWithoutValidation(credentials.Header, value);
        }
    }

    /// <summary>Asks, and gives the answer's JSON.</summary>
    /// <exception cref="NodeRefusedException">The node answered with an error status.</exception>
    /// <exception cref="NodeLostException">The request may have arrived; no answer came.</exception>
    /// <exception cref="LightningNodeException">No connection was made, so nothing arrived; or the credentials were
    /// refused.</exception>
    public async Task<JsonElement> SendAsync(
        HttpMethod method, string path, HttpContent? content, TimeSpan timeLimit, CancellationToken cancellation)
    {
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(timeLimit);
        try
        {
            using HttpRequestMessage request = new(method, $"{server}/{path}") { Content = content };
            using HttpResponseMessage response = await http.SendAsync(request, limited.Token);
            string body = await response.Content.ReadAsStringAsync(limited.Token);
            Require(response, body);
            return Parse(body);
        }
        catch (HttpRequestException exception)
        {
            throw Translate(exception);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NodeLostException($"{implementation} at {server} did not answer in {timeLimit.TotalSeconds:F0} s.");
        }
        catch (IOException exception)
        {
            throw new NodeLostException($"The connection to {implementation} at {server} broke: {exception.Message}");
        }
    }

    /// <summary>Asks, and gives each line of an answer that goes on, as JSON. Started when the head of the answer is
    /// there.</summary>
    public async Task<NodeStream> OpenStreamAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellation)
    {
        try
        {
            using HttpRequestMessage request = new(method, $"{server}/{path}") { Content = content };
            HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                using (response)
                {
                    Require(response, await response.Content.ReadAsStringAsync(cancellation));
                }
            }

            return new NodeStream(response, new StreamReader(await response.Content.ReadAsStreamAsync(cancellation), Encoding.UTF8),
                LineLengthMax);
        }
        catch (HttpRequestException exception)
        {
            throw Translate(exception);
        }
        catch (IOException exception)
        {
            throw new NodeLostException($"The connection to {implementation} at {server} broke: {exception.Message}");
        }
    }

    /// <summary>Listens to what the node tells by itself.</summary>
    /// <exception cref="NodeRefusedException">It has no such thing.</exception>
    /// <exception cref="LightningNodeException">It cannot be reached, or refuses the credentials.</exception>
    public async Task<NodeEvents> OpenEventsAsync(string path, CancellationToken cancellation)
    {
        ClientWebSocket socket = new();
        socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, errors) => trust.Accepts(certificate, errors);
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(20);
        socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(20);
        socket.Options.Proxy = null;
        if (credentials.Value is { } value)
        {
            socket.Options.SetRequestHeader(credentials.Header, value);
        }

        try
        {
            // http becomes ws, https wss.
            await socket.ConnectAsync(new Uri(string.Concat("ws", server.AsSpan("http".Length), "/", path)), cancellation);
            return new NodeEvents(socket);
        }
        catch (WebSocketException exception)
        {
            int status = (int)socket.HttpStatusCode;
            socket.Dispose();
            throw exception.InnerException is HttpRequestException unreachable && status == 0
                ? Translate(unreachable)
                : Refusal(status, exception.Message, path);
        }
    }

    public void Dispose() => http.Dispose();

    internal static JsonElement Parse(string body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 32 });
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new LightningNodeException(NodeFault.MalformedAnswer, "The node answered something that is not JSON.", exception);
        }
    }

    private static SocketsHttpHandler Handler(ServerTrust trust) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        ConnectCallback = ConnectAsync,
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, errors) => trust.Accepts(certificate, errors) },
    };

    // An answer that goes on may say nothing for hours: a peer that vanished without a word is noticed by the probes only.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Require(HttpResponseMessage response, string body)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        string path = response.RequestMessage?.RequestUri?.AbsolutePath.TrimStart('/') ?? "";
        throw Refusal((int)response.StatusCode, body[..Math.Min(body.Length, 500)], path);
    }

    private Exception Refusal(int status, string said, string path) => status is 401 or 403
        || credentials.RefusedWith.Any(words => said.Contains(words, StringComparison.OrdinalIgnoreCase))
        ? new LightningNodeException(
            NodeFault.WrongCredentials,
            $"{implementation} at {server} refuses the credentials for {path} "
            + $"({(credentials.Value is null ? "none were given; " : "")}key {credentials.Key}): {said}")
        : new NodeRefusedException(status, said);

    private Exception Translate(HttpRequestException exception)
    {
        string where = $"{implementation} at {server} (key server)";
        return exception.HttpRequestError switch
        {
            HttpRequestError.SecureConnectionError when exception.InnerException is AuthenticationException => new LightningNodeException(
                NodeFault.WrongCertificate,
                trust.Thumbprint is null
                    ? $"{where} shows a certificate that is not trusted; give certthumbprint or certfilepath of the right one."
                    : $"{where} shows another certificate than the one that certthumbprint or certfilepath names. Is it the right host?",
                exception),
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError =>
                new LightningNodeException(NodeFault.Unreachable, $"{where} cannot be reached: {exception.Message}", exception),
            _ => new NodeLostException($"The connection to {where} broke: {exception.Message}"),
        };
    }
}

/// <summary>An answer that goes on: one JSON value a line.</summary>
internal sealed class NodeStream(HttpResponseMessage response, StreamReader reader, int lineLengthMax) : IDisposable
{
    /// <summary>The next value, or null when the node has ended the answer.</summary>
    /// <exception cref="NodeLostException">The connection broke.</exception>
    public async Task<JsonElement?> NextAsync(CancellationToken cancellation)
    {
        try
        {
            while (await reader.ReadLineAsync(cancellation) is { } line)
            {
                if (line.Length > lineLengthMax)
                {
                    throw new LightningNodeException(NodeFault.MalformedAnswer, "The node sent a line that is too long.");
                }

                if (line.Length > 0)
                {
                    return NodeHttp.Parse(line);
                }
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new NodeLostException($"The node's answer broke off: {exception.Message}");
        }
    }

    public void Dispose()
    {
        reader.Dispose();
        response.Dispose();
    }
}

/// <summary>The node answered with an error status: it read the request and did not do it.</summary>
internal sealed class NodeRefusedException(int status, string body) : Exception(body)
{
    public int Status { get; } = status;

    /// <summary>Whether the answer contains these words, in any case.</summary>
    public bool Says(string words) => Message.Contains(words, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A request may have arrived, and its answer never came.</summary>
internal sealed class NodeLostException(string message) : Exception(message);
