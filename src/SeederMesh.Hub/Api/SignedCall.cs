using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SeederMesh.Core.Http;
using SeederMesh.Core.Identity;

namespace SeederMesh.Hub.Api;

/// <summary>A call whose RFC 9421 signature holds: who made it, and its body.</summary>
/// <param name="Caller">The key that signed.</param>
/// <param name="Body">The body's bytes.</param>
/// <param name="SignedUnixSeconds">When the caller signed, by its own clock.</param>
internal sealed record SignedCall(PublicKey Caller, byte[] Body, long SignedUnixSeconds)
{
    /// <summary>The largest JSON body in bytes.</summary>
    public const int JsonBytesMax = 16 * 1024;

    // The resolver is named since ASP.NET would add one at the first use, which fails where two are the first.
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
    };

    /// <summary>Reads the body and checks the signature over it.</summary>
    /// <exception cref="ProblemException">The body is too large, or the signature is missing, wrong or too
    /// old.</exception>
    public static async Task<SignedCall> ReadAsync(HttpContext http, int bytesMax = JsonBytesMax)
    {
        byte[] body = await ReadBodyAsync(http, bytesMax);
        HttpSignatureVerification verified = Verify(http, body);
        return verified.Result switch
        {
            HttpSignatureResult.Verified => new SignedCall(verified.Key, body, verified.CreatedUnixSeconds),
            HttpSignatureResult.HeaderMissing =>
                throw new ProblemException(401, "signature-missing", "The call is not signed", verified.Message),
            HttpSignatureResult.TimeOutsideWindow =>
                throw new ProblemException(401, "signature-expired", "The signature is too old or from the future", verified.Message),
            _ => throw new ProblemException(401, "signature-invalid", "The signature does not hold", verified.Message),
        };
    }

    /// <summary>Who signed a call that need not be signed; null when nobody did.</summary>
    public static PublicKey? FindCaller(HttpContext http) =>
        Verify(http, []) is { Result: HttpSignatureResult.Verified } verified ? verified.Key : null;

    /// <summary>The body as JSON of one shape.</summary>
    /// <exception cref="ProblemException">It is not that.</exception>
    public T Read<T>()
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Body, Json) ?? throw ProblemException.Malformed("The body is null.");
        }
        catch (JsonException exception)
        {
            throw ProblemException.Malformed($"The body is not the JSON that this call takes: {exception.Message}");
        }
    }

    private static HttpSignatureVerification Verify(HttpContext http, byte[] body)
    {
        string target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        target = target.Length == 0 ? http.Request.Path.ToUriComponent() + http.Request.QueryString.ToUriComponent() : target;
        int query = target.IndexOf('?', StringComparison.Ordinal);
        string host = http.Request.Host.Value ?? "";
        string authority = host.EndsWith(":80", StringComparison.Ordinal) && !http.Request.IsHttps ? host[..^3] : host;
        return HttpSignature.Verify(
            new HttpRequestTarget(
                http.Request.Method,
                authority,
                query < 0 ? target : target[..query],
                query < 0 ? "" : target[query..]),
            Digest.Of(body),
            http.Request.Headers["Content-Digest"],
            http.Request.Headers["Signature-Input"],
            http.Request.Headers["Signature"],
            http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeSeconds());
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContext http, int bytesMax)
    {
        if (http.Request.ContentLength > bytesMax)
        {
            throw TooLarge(bytesMax);
        }

        var body = new ArrayBufferWriter<byte>((int)Math.Max(256, http.Request.ContentLength ?? 0));
        while (true)
        {
            int read = await http.Request.Body.ReadAsync(body.GetMemory(256), http.RequestAborted);
            if (read == 0)
            {
                return body.WrittenSpan.ToArray();
            }

            body.Advance(read);
            if (body.WrittenCount > bytesMax)
            {
                throw TooLarge(bytesMax);
            }
        }
    }

    private static ProblemException TooLarge(int bytesMax) =>
        new(413, "payload-too-large", "The body is too large", $"This call takes at most {bytesMax} bytes.");
}
