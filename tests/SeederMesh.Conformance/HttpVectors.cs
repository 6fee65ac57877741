using System.Text.Json;
using SeederMesh.Core.Http;
using SeederMesh.Core.Identity;
using Xunit;

namespace SeederMesh.Conformance;

// Goal: RFC 9421 appendix B.2.6 (Ed25519) and the digests of RFC 9530, byte for byte.
public class HttpVectors
{
    [Fact]
    public void SignatureBase_AppendixB26_IsThePublishedOneAndVerifies()
    {
        JsonElement vectors = Vectors.Json("http-signatures/rfc9421_appendixB.json");
        JsonElement test = vectors.GetProperty("cases").EnumerateArray()
            .Single(entry => entry.String("signatureInput").StartsWith("sig-b26=", StringComparison.Ordinal));
        string[] head = vectors.String("testRequest").ReplaceLineEndings("\n").Split("\n\n")[0].Split('\n');
        Dictionary<string, string> headers = head.Skip(1).Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);

        SignatureInput? input = SignatureInput.Parse(test.String("signatureInput"));
        byte[]? message = input?.ToSignatureBase(component => component switch
        {
            "@method" => "POST",
            "@path" => "/foo",
            "@authority" => "example.com",
            _ => headers.GetValueOrDefault(component),
        });

        Assert.NotNull(message);
        Assert.Equal(test.String("signatureBase").ReplaceLineEndings("\n"), System.Text.Encoding.UTF8.GetString(message));
        Assert.Equal("test-key-ed25519", input!.KeyId);
        Assert.Equal(1_618_884_473, input.Created);

        using SigningKey key = SigningKey.FromSeed(Seed(vectors));
        StructuredFieldReader reader = new(test.String("signature"));
        Assert.Equal("sig-b26", reader.ReadKey());
        reader.Take('=');
        Signature published = new(reader.ReadBytes());
        Assert.False(reader.Failed);
        Assert.Equal(published, key.Sign(message));
        Assert.True(key.PublicKey.Verify(message, published));
    }

    [Fact]
    public void ContentDigest_PublishedBodies_HaveThePublishedDigests()
    {
        foreach (JsonElement body in Vectors.Json("http-digest/rfc9530_examples.json").GetProperty("bodies").EnumerateArray())
        {
            Digest digest = Digest.Of(System.Text.Encoding.UTF8.GetBytes(body.String("content")));
            string field = $"sha-256=:{body.String("sha256")}:";

            Assert.Equal(field, ContentDigest.Format(digest));
            Assert.True(ContentDigest.TryParse(field, out Digest read));
            Assert.Equal(digest, read);
            Assert.True(ContentDigest.TryParse($"sha-512=:{body.String("sha512")}:, {field}", out Digest second));
            Assert.Equal(digest, second);
        }
    }

    [Fact]
    public void ContentDigest_PublishedFields_AreReadExactlyWhenTheyHoldASha256()
    {
        int read = 0;
        foreach (JsonElement field in Vectors.Json("http-digest/rfc9530_examples.json").GetProperty("fieldValues").EnumerateArray())
        {
            string value = field[1].GetString()!;

            // Preferences (sha-256=1) are of the Want- fields; "g==" and "\r\n" are a slip of the RFC's own text.
            bool expected = value.Contains("sha-256=:", StringComparison.Ordinal) && !value.Contains("==:", StringComparison.Ordinal);
            bool both = value.Contains("sha-256=:", StringComparison.Ordinal) && value.Contains("sha-512=:", StringComparison.Ordinal);
            Assert.Equal(expected || both, ContentDigest.TryParse(value, out _));
            read += expected || both ? 1 : 0;
        }

        Assert.Equal(12, read);
    }

    private static byte[] Seed(JsonElement vectors)
    {
        string jwk = vectors.GetProperty("keys").GetProperty("test-key-ed25519")[1].GetString()!;
        string d = JsonDocument.Parse(jwk).RootElement.String("d").Replace('-', '+').Replace('_', '/');
        return Convert.FromBase64String(d + "=");
    }
}
