using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SeederMesh.Core.Http;
using SeederMesh.Core.Identity;

namespace SeederMesh.Hub.Tests.Support;

/// <summary>Calls a hub as one key, and can spoil a call in one way.</summary>
internal sealed class HubCaller(Uri hub, SigningKey key) : IDisposable
{
    private readonly HttpClient http = new() { BaseAddress = hub };

    public SigningKey Key => key;

    /// <summary>How far the caller's clock is ahead of the machine's.</summary>
    public TimeSpan Ahead { get; set; }

    public Task<HubReply> PostAsync(string path, object? body, Action<HttpRequestMessage>? spoil = null) =>
        SendAsync(HttpMethod.Post, path, Bytes(body), "application/json", spoil);

    public Task<HubReply> PutAsync(string path, object body, Action<HttpRequestMessage>? spoil = null) =>
        SendAsync(HttpMethod.Put, path, Bytes(body), "application/json", spoil);

    public Task<HubReply> PostBytesAsync(string path, byte[] body, string type, Action<HttpRequestMessage>? spoil = null) =>
        SendAsync(HttpMethod.Post, path, body, type, spoil);

    public async Task<HubReply> GetAsync(string path, bool isSigned = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (isSigned)
        {
            Sign(request, path, [], DateTimeOffset.UtcNow + Ahead);
        }

        return await ReadAsync(await http.SendAsync(request));
    }

    public void Sign(HttpRequestMessage request, string path, byte[] body, DateTimeOffset created)
    {
        int query = path.IndexOf('?', StringComparison.Ordinal);
        HttpSignatureHeaders headers = HttpSignature.Sign(
            new HttpRequestTarget(
                request.Method.Method, hub.Authority, query < 0 ? path : path[..query], query < 0 ? "" : path[query..]),
            Digest.Of(body),
            key,
            created.ToUnixTimeSeconds());
        request.Headers.Remove("Signature-Input");
        request.Headers.Remove("Signature");
        request.Headers.Remove("Content-Digest");
        request.Headers.TryAddWithoutValidation("Content-Digest", headers.ContentDigest);
        request.Headers.TryAddWithoutValidation("Signature-Input", headers.SignatureInput);
        request.Headers.TryAddWithoutValidation("Signature", headers.Signature);
    }

    public void Dispose() => http.Dispose();

    private static byte[] Bytes(object? body) =>
        body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(body, JsonSerializerOptions.Web);

    private async Task<HubReply> SendAsync(HttpMethod method, string path, byte[] body, string type, Action<HttpRequestMessage>? spoil)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        Sign(request, path, body, DateTimeOffset.UtcNow + Ahead);
        spoil?.Invoke(request);
        return await ReadAsync(await http.SendAsync(request));
    }

    private static async Task<HubReply> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            return new HubReply(response.StatusCode, await response.Content.ReadAsByteArrayAsync());
        }
    }
}

/// <summary>What a hub answered.</summary>
internal sealed record HubReply(HttpStatusCode Status, byte[] Body)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

    /// <summary>The last part of the problem's type; empty when it is no problem.</summary>
    public string Problem => (int)Status < 400 ? "" : Json.GetProperty("type").GetString()!.Split(':')[^1];

    public string Text(string name) => Json.GetProperty(name).GetString()!;

    public long Msat(string name) => long.Parse(Text(name));

    /// <summary>This reply, when it is a success.</summary>
    public HubReply Required() =>
        (int)Status < 300 ? this : throw new InvalidOperationException($"{Status}: {System.Text.Encoding.UTF8.GetString(Body)}");
}
