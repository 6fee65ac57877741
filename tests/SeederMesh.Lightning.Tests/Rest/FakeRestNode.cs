using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SeederMesh.Lightning.Tests.Rest;

/// <summary>The HTTP of phoenixd and Eclair: basic authentication, forms whose every field is known, a WebSocket.</summary>
internal sealed class FakeRestNode : IAsyncDisposable
{
    public const string Password = "correct horse=+/";
    public const string LimitedPassword = "battery staple";

    private readonly WebApplication app;
    private readonly IReadOnlyDictionary<string, string[]> known;
    private readonly string socketPath;
    private readonly Func<string, string> wrap;
    private readonly List<WebSocket> sockets = [];
    private readonly SemaphoreSlim connected = new(0);

    private FakeRestNode(WebApplication app, IReadOnlyDictionary<string, string[]> known, string socketPath, Func<string, string> wrap) =>
        (this.app, this.known, this.socketPath, this.wrap) = (app, known, socketPath, wrap);

    /// <summary>What each call answers: status and body.</summary>
    public Dictionary<string, Func<IReadOnlyDictionary<string, string>, (int Status, string Body)>> Calls { get; } = new(StringComparer.Ordinal);

    /// <summary>Every call that came, with its fields.</summary>
    public List<(string Call, IReadOnlyDictionary<string, string> Fields)> Log { get; } = [];

    public string Server => app.Urls.Single();

    /// <summary>What the limited password may not call.</summary>
    public HashSet<string> FullAccessOnly { get; } = new(StringComparer.Ordinal);

    /// <summary>What is answered to a call that the node does not know.</summary>
    public required string UnknownCall { get; init; }

    /// <summary>Whether the WebSocket is refused, as a proxy may.</summary>
    public bool LacksWebSocket { get; set; }

    /// <summary>Starts it.</summary>
    /// <param name="known">The fields that each "METHOD path" takes.</param>
    /// <param name="socketPath">Where the WebSocket is.</param>
    /// <param name="wrap">An error's body.</param>
    /// <param name="unknownCall">What is said to a call that is not known.</param>
    public static async Task<FakeRestNode> StartAsync(
        IReadOnlyDictionary<string, string[]> known, string socketPath, Func<string, string> wrap, string unknownCall)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication built = builder.Build();
        FakeRestNode node = new(built, known, socketPath, wrap) { UnknownCall = unknownCall };
        built.UseWebSockets();
        built.Run(node.ServeAsync);
        await built.StartAsync();
        return node;
    }

    public void On(string call, string body, int status = 200) => Calls[call] = _ => (status, body);

    /// <summary>Answers a list in pages, cut before rows that are not told (null) are left out.</summary>
    public void Lists(string call, string limit, string offset, params string?[] rows) => Calls[call] = fields => (200, "["
        + string.Join(',', rows.Skip(Number(fields, offset, 0)).Take(Number(fields, limit, 20)).Where(row => row is not null)) + "]");

    public int CountOf(string call)
    {
        lock (Log)
        {
            return Log.Count(one => one.Call == call);
        }
    }

    /// <summary>The fields of the first such call.</summary>
    public IReadOnlyDictionary<string, string> FieldsOf(string call)
    {
        lock (Log)
        {
            return Log.First(one => one.Call == call).Fields;
        }
    }

    /// <summary>Waits until somebody listens.</summary>
    public Task ListenedToAsync() => connected.WaitAsync();

    public async Task TellAsync(string message)
    {
        foreach (WebSocket socket in sockets)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, CancellationToken.None);
        }
    }

    public void DropSockets() => sockets.ForEach(Abort);

    public async ValueTask DisposeAsync()
    {
        sockets.ForEach(Abort);
        await app.DisposeAsync();
        connected.Dispose();
    }

    private static void Abort(WebSocket socket)
    {
        try
        {
            socket.Abort();
        }
        catch (ObjectDisposedException)
        {
            // The client was faster.
        }
    }

    private async Task ServeAsync(HttpContext http)
    {
        string call = $"{http.Request.Method} {http.Request.Path.Value!.TrimStart('/')}";
        if (!IsAllowed(http, Password) && (FullAccessOnly.Contains(call) || !IsAllowed(http, LimitedPassword)))
        {
            await AnswerAsync(http, 401, wrap("Invalid authentication"));
            return;
        }

        if (call == "GET " + socketPath && http.WebSockets.IsWebSocketRequest && !LacksWebSocket)
        {
            await ListenAsync(await http.WebSockets.AcceptWebSocketAsync());
            return;
        }

        Dictionary<string, string> fields = http.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        if (http.Request.HasFormContentType)
        {
            foreach ((string key, Microsoft.Extensions.Primitives.StringValues value) in await http.Request.ReadFormAsync())
            {
                fields.Add(key, value.ToString());
            }
        }

        lock (Log)
        {
            Log.Add((call, fields));
        }

        // The last part of a path may be an id.
        string general = call[..(call.LastIndexOf('/') + 1)] + "*";
        string[]? allowed = known.GetValueOrDefault(call) ?? known.GetValueOrDefault(general);
        string? unknown = allowed is null ? null : fields.Keys.FirstOrDefault(field => !allowed.Contains(field));
        (int status, string body) = this switch
        {
            _ when allowed is null => (404, wrap(UnknownCall)),
            _ when !Calls.ContainsKey(call) => (404, wrap("Not found")),
            _ when unknown is not null => (400, wrap($"unknown field {unknown}")),
            _ => Calls[call](fields),
        };
        if (status == 0)
        {
            http.Abort();
            return;
        }

        await AnswerAsync(http, status, body);
    }

    private static bool IsAllowed(HttpContext http, string password) =>
        http.Request.Headers.Authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(":" + password));

    private static int Number(IReadOnlyDictionary<string, string> fields, string name, int usual) =>
        fields.TryGetValue(name, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : usual;

    private async Task ListenAsync(WebSocket socket)
    {
        sockets.Add(socket);
        connected.Release();
        try
        {
            await socket.ReceiveAsync(new byte[16], CancellationToken.None);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            // Dropped by the test, or closed by the client.
        }
    }

    private static Task AnswerAsync(HttpContext http, int status, string body)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(body);
    }
}
