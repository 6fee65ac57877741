using SeederMesh.Core.Http;
using SeederMesh.Core.Identity;

namespace SeederMesh.Client;

/// <summary>Puts a caller's signature on a request (RFC 9421).</summary>
internal static class RequestSignature
{
    public static void Add(HttpRequestMessage request, ReadOnlySpan<byte> body, SigningKey caller, DateTimeOffset now)
    {
        Uri uri = request.RequestUri!;
        var target = new HttpRequestTarget(request.Method.Method, uri.Authority, uri.AbsolutePath, uri.Query);
        HttpSignatureHeaders headers = HttpSignature.Sign(target, Digest.Of(body), caller, now.ToUnixTimeSeconds());
        if (request.Content is { } content)
        {
            content.Headers.Add("Content-Digest", headers.ContentDigest);
        }
        else
        {
            // A call without a body signs the digest of nothing.
            request.Headers.Add("Content-Digest", headers.ContentDigest);
        }

        request.Headers.Add("Signature-Input", headers.SignatureInput);
        request.Headers.Add("Signature", headers.Signature);
    }
}
