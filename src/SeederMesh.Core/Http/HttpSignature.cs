using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Http;

/// <summary>How checking a signed request ended, in the order of the checks.</summary>
public enum HttpSignatureResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>A header field is missing.</summary>
    HeaderMissing,

    /// <summary>
    /// A header field is not of the form that RFC 9421 or 9530 gives it, or has more than one signature.
    /// </summary>
    HeaderMalformed,

    /// <summary>Another algorithm than <c>ed25519</c> is named.</summary>
    AlgorithmUnsupported,

    /// <summary>The key id is not a public key in 64 lower-case hexadecimal digits.</summary>
    KeyInvalid,

    /// <summary>A component that must be signed is not, or one is that is not known here.</summary>
    ComponentsInvalid,

    /// <summary>
    /// There is no time of signing, or it is more than <see cref="HttpSignature.AgeMaxSeconds"/> off, or past its
    /// expiry.
    /// </summary>
    TimeOutsideWindow,

    /// <summary>The body is not the one that was signed.</summary>
    ContentMismatch,

    /// <summary>The signature does not fit.</summary>
    SignatureInvalid,

    /// <summary>The key signed this request.</summary>
    Verified,
}

/// <summary>What came of checking a signed request.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Key">Who signed, when verified; else zero.</param>
/// <param name="Message">What was wrong and what to do, for a person; empty when verified.</param>
public readonly record struct HttpSignatureVerification(HttpSignatureResult Result, PublicKey Key, string Message)
{
    /// <summary>When the caller says that it signed, unix seconds; 0 unless verified.</summary>
    public long CreatedUnixSeconds { get; init; }
}

/// <summary>Signs and checks requests by RFC 9421 with Ed25519 and RFC 9530 with SHA-256.</summary>
/// <remarks>
/// Covered, always: <c>@method</c>, <c>@authority</c>, <c>@path</c>, <c>content-digest</c> (of an empty body too), and
/// <c>@query</c> when the
/// request has a query. A signature can be sent again within the window: every command that it carries is idempotent by
/// its own id, or is refused unless it was signed later than what it would replace
/// (<see cref="HttpSignatureVerification.CreatedUnixSeconds"/>).
/// </remarks>
public static class HttpSignature
{
    /// <summary>How far the time of signing may lie from the checker's clock, in seconds, either way.</summary>
    public const long AgeMaxSeconds = 300;

    private const string Label = "sig1";
    private const string Algorithm = "ed25519";
    private const int SignatureLengthMax = 256;

    /// <summary>The header fields of a signed request.</summary>
    /// <param name="target">What it is aimed at.</param>
    /// <param name="body">The SHA-256 of its body; of no bytes when it has none.</param>
    /// <param name="key">The caller's key.</param>
    /// <param name="createdUnixSeconds">The time now.</param>
    public static HttpSignatureHeaders Sign(HttpRequestTarget target, Digest body, SigningKey key, long createdUnixSeconds)
    {
        string contentDigest = ContentDigest.Format(body);
        string components = target.Query.Length > 0
            ? "\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\""
            : "\"@method\" \"@authority\" \"@path\" \"content-digest\"";
        string text = $"{Label}=({components});created={createdUnixSeconds};keyid=\"{key.PublicKey}\";alg=\"{Algorithm}\"";
        SignatureInput? input = SignatureInput.Parse(text);
        byte[]? message = input?.ToSignatureBase(component => ValueOf(component, target, contentDigest));
        Invariant.Require(message is not null, "a request that we sign has plain components");
        string signature = Convert.ToBase64String(key.Sign(message).Span);
        return new HttpSignatureHeaders(contentDigest, text, $"{Label}=:{signature}:");
    }

    /// <summary>Checks the signature of a request.</summary>
    /// <param name="target">What it is aimed at, from the request itself.</param>
    /// <param name="body">The SHA-256 of the body that came.</param>
    /// <param name="contentDigest">The field <c>Content-Digest</c>, or null; field lines joined by a comma are
    /// refused.</param>
    /// <param name="signatureInput">The field <c>Signature-Input</c>, or null.</param>
    /// <param name="signature">The field <c>Signature</c>, or null.</param>
    /// <param name="nowUnixSeconds">The time now.</param>
    public static HttpSignatureVerification Verify(
        HttpRequestTarget target,
        Digest body,
        string? contentDigest,
        string? signatureInput,
        string? signature,
        long nowUnixSeconds)
    {
        if (string.IsNullOrEmpty(contentDigest) || string.IsNullOrEmpty(signatureInput) || string.IsNullOrEmpty(signature))
        {
            return Refuse(
                HttpSignatureResult.HeaderMissing,
                "This call must be signed: send Content-Digest, Signature-Input and Signature (RFC 9421).");
        }

        SignatureInput? input = SignatureInput.Parse(signatureInput);
        if (input is null
            || !TryReadSignature(signature, input.Label, out Signature value)
            || !ContentDigest.TryParse(contentDigest, out Digest signedBody))
        {
            return Refuse(
                HttpSignatureResult.HeaderMalformed,
                "Signature-Input, Signature or Content-Digest is malformed; send one signature and one sha-256.");
        }

        if (input.Algorithm is not null and not Algorithm)
        {
            return Refuse(HttpSignatureResult.AlgorithmUnsupported, "The only algorithm is alg=\"ed25519\".");
        }

        bool lower = input.KeyId is not null && input.KeyId.AsSpan().IndexOfAnyExcept(Hexadecimal.LowerDigits) < 0;
        if (!lower || !PublicKey.TryParseHex(input.KeyId, out PublicKey key))
        {
            return Refuse(HttpSignatureResult.KeyInvalid, "keyid must be the public key: 64 lower-case hexadecimal digits.");
        }

        byte[]? message = input.ToSignatureBase(component => ValueOf(component, target, contentDigest));
        if (message is null || !CoversAll(input, target))
        {
            return Refuse(
                HttpSignatureResult.ComponentsInvalid,
                "Sign \"@method\" \"@authority\" \"@path\" \"content-digest\", \"@query\" where there is one, and nothing else.");
        }

        return Decide(input, value, key, message, body == signedBody, nowUnixSeconds);
    }

    private static HttpSignatureVerification Decide(
        SignatureInput input, in Signature value, PublicKey key, byte[] message, bool sameBody, long nowUnixSeconds)
    {
        bool inTime = input.Created is { } created && Int128.Abs((Int128)nowUnixSeconds - created) <= AgeMaxSeconds;
        if (!inTime || input.Expires < nowUnixSeconds)
        {
            return Refuse(
                HttpSignatureResult.TimeOutsideWindow,
                $"The signature must be made within {AgeMaxSeconds} seconds of now; check the clock and sign again.");
        }

        if (!sameBody)
        {
            return Refuse(HttpSignatureResult.ContentMismatch, "The body does not have the Content-Digest that came with it.");
        }

        return key.Verify(message, value)
            ? new HttpSignatureVerification(HttpSignatureResult.Verified, key, "") { CreatedUnixSeconds = input.Created!.Value }
            : Refuse(
                HttpSignatureResult.SignatureInvalid,
                "The signature does not fit; a proxy may have changed method, host, path or query.");
    }

    private static bool CoversAll(SignatureInput input, HttpRequestTarget target) =>
        input.Components.Contains("@method", StringComparer.Ordinal)
        && input.Components.Contains("@authority", StringComparer.Ordinal)
        && input.Components.Contains("@path", StringComparer.Ordinal)
        && input.Components.Contains("content-digest", StringComparer.Ordinal)
        && (target.Query.Length == 0 || input.Components.Contains("@query", StringComparer.Ordinal));

    private static string? ValueOf(string component, HttpRequestTarget target, string contentDigest) => component switch
    {
        "@method" => target.Method,
        "@authority" => target.Authority.ToLowerInvariant(),
        "@path" => target.Path.Length == 0 ? "/" : target.Path,
        "@query" => target.Query.Length == 0 ? "?" : target.Query,
        "content-digest" => contentDigest.Trim(' '),
        _ => null,
    };

    private static bool TryReadSignature(string field, string label, out Signature signature)
    {
        signature = default;
        if (field.Length > SignatureLengthMax)
        {
            return false;
        }

        StructuredFieldReader reader = new(field);
        string key = reader.ReadKey();
        reader.Take('=');
        byte[] bytes = reader.ReadBytes();
        bool valid = !reader.Failed
            && reader.AtEnd
            && bytes.Length == Signature.Size
            && string.Equals(key, label, StringComparison.Ordinal);
        signature = valid ? new Signature(bytes) : default;
        return valid;
    }

    private static HttpSignatureVerification Refuse(HttpSignatureResult result, string message) => new(result, default, message);
}
