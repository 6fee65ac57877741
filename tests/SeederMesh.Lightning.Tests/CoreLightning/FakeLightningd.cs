using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SeederMesh.Lightning.Tests.CoreLightning;

/// <summary>lightningd's unix socket as observed on the wire: strict about what it reads, two newlines after each answer, answers in any order.</summary>
internal sealed class FakeLightningd : IAsyncDisposable
{
    // The parameters that lightningd v25.12 knows; others are error -32602.
    private static readonly Dictionary<string, string[]> known = new(StringComparer.Ordinal)
    {
        ["getinfo"] = [],
        ["wait"] = ["subsystem", "indexname", "nextvalue"],
        ["listpeerchannels"] = ["id"],
        ["listfunds"] = ["spent"],
        ["invoice"] = ["amount_msat", "label", "description", "expiry", "fallbacks", "preimage", "exposeprivatechannels", "cltv", "deschashonly"],
        ["listinvoices"] = ["label", "invstring", "payment_hash", "offer_id", "index", "start", "limit"],
        ["waitanyinvoice"] = ["lastpay_index", "timeout"],
        ["xpay"] = ["invstring", "amount_msat", "maxfee", "layers", "retry_for", "partial_msat", "maxdelay", "payer_note"],
        ["pay"] = ["bolt11", "amount_msat", "label", "riskfactor", "maxfeepercent", "retry_for", "maxdelay", "exemptfee", "localinvreqid", "exclude", "maxfee", "description", "partial_msat"],
        ["listpays"] = ["bolt11", "payment_hash", "status", "index", "start", "limit"],
        ["waitsendpay"] = ["payment_hash", "timeout", "partid", "groupid"],
        ["decode"] = ["string"],
        ["fetchinvoice"] = ["offer", "amount_msat", "quantity", "recurrence_counter", "recurrence_start", "recurrence_label", "timeout", "payer_note", "payer_metadata", "bip353", "dev_path_use_scidd", "dev_reply_path"],
        ["getroute"] = ["id", "amount_msat", "riskfactor", "cltv", "fromid", "fuzzpercent", "exclude", "maxhops"],
        ["createonion"] = ["hops", "assocdata", "session_key", "onion_size"],
        ["sendonion"] = ["onion", "first_hop", "payment_hash", "label", "shared_secrets", "partid", "bolt11", "amount_msat", "destination", "localinvreqid", "groupid", "description"],
    };

    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> connections = [];
    private readonly Lock gate = new();
    private readonly Task accepting;

    public FakeLightningd(string path)
    {
        Path = path;
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        accepting = Task.Run(AcceptAsync);
    }

    public string Path { get; }

    /// <summary>What each method does; a method that is not here answers -32601.</summary>
    public Dictionary<string, Func<JsonElement, Task<JsonNode>>> Methods { get; } = new(StringComparer.Ordinal);

    /// <summary>Every call, as "method {parameters}".</summary>
    public List<string> Calls { get; } = [];

    public string CallOf(string method) => Calls.Single(call => call.StartsWith(method + " ", StringComparison.Ordinal));

    public int CountOf(string method)
    {
        lock (gate)
        {
            return Calls.Count(call => call.StartsWith(method + " ", StringComparison.Ordinal));
        }
    }

    public void On(string method, string result) => Methods[method] = _ => Task.FromResult(JsonNode.Parse(result)!);

    public void Fails(string method, int code, string message, string? data = null) =>
        Methods[method] = _ => throw new RpcFault(code, message, data);

    public void DropConnections()
    {
        lock (gate)
        {
            connections.ForEach(connection => connection.Dispose());
            connections.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        DropConnections();
        await accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket connection = await listener.AcceptAsync();
                lock (gate)
                {
                    connections.Add(connection);
                }

                _ = Task.Run(() => ServeAsync(connection));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        // Not disposed here: answers still on their way use them.
        SemaphoreSlim writing = new(1, 1);
        NetworkStream stream = new(connection, ownsSocket: true);
        using StreamReader reader = new(stream, Encoding.UTF8);
        try
        {
            // A request ends where its braces close; the client writes one a line.
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.Length > 0)
                {
                    _ = AnswerAsync(line, stream, writing);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // Dropped by the test or closed by the client.
        }
    }

    private async Task AnswerAsync(string line, NetworkStream stream, SemaphoreSlim writing)
    {
        string id = "null";
        string answer;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            id = document.RootElement.GetProperty("id").GetRawText();
            JsonNode result = await CallAsync(line, document.RootElement.Clone());
            answer = $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result.ToJsonString(new JsonSerializerOptions { WriteIndented = true })}}}";
        }
        catch (RpcFault fault)
        {
            string data = fault.Details is null ? "" : $",\"data\":{fault.Details}";
            answer = $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":{fault.Code},\"message\":{JsonSerializer.Serialize(fault.Message)}{data}}}}}";
        }

        await writing.WaitAsync();
        try
        {
            // In two pieces, as a socket may deliver it.
            byte[] bytes = Encoding.UTF8.GetBytes(answer + "\n\n");
            await stream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
            await stream.FlushAsync();
            await stream.WriteAsync(bytes.AsMemory(bytes.Length / 2));
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The connection was dropped while the call ran.
        }
        finally
        {
            writing.Release();
        }
    }

    private Task<JsonNode> CallAsync(string line, JsonElement request)
    {
        if (!request.TryGetProperty("jsonrpc", out _) || !request.TryGetProperty("params", out JsonElement parameters))
        {
            throw new RpcFault(-32600, "jsonrpc and params are required", null);
        }

        string method = request.GetProperty("method").GetString()!;
        lock (gate)
        {
            Calls.Add($"{method} {parameters.GetRawText()}");
        }

        if (line.Contains("\\u", StringComparison.Ordinal))
        {
            throw new RpcFault(-32602, "description: should be a string: invalid token (escape)", null);
        }

        if (!Methods.TryGetValue(method, out Func<JsonElement, Task<JsonNode>>? answer))
        {
            throw new RpcFault(-32601, $"Unknown command '{method}'", null);
        }

        foreach (JsonProperty parameter in parameters.EnumerateObject())
        {
            if (!known[method].Contains(parameter.Name) || parameter.Value.ValueKind == JsonValueKind.Null)
            {
                throw new RpcFault(-32602, $"unknown parameter: {parameter.Name}", null);
            }

            if (parameter.Name.EndsWith("_msat", StringComparison.Ordinal) && parameter.Value.GetRawText().Contains('.', StringComparison.Ordinal))
            {
                throw new RpcFault(-32602, $"{parameter.Name}: should be a millisatoshi amount", null);
            }
        }

        return answer(parameters);
    }
}

/// <summary>An error that the fake node answers with.</summary>
internal sealed class RpcFault(int code, string message, string? details) : Exception(message)
{
    public int Code { get; } = code;

    public string? Details { get; } = details;
}
