using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Http;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Tests.Manifests;
using Xunit;

namespace SeederMesh.Core.Tests.Http;

// Goal: a signed request is accepted as it was signed and refused when anything that it covers, or its time, changes.
public class HttpSignatureTests
{
    private const long Now = 1_800_000_000;

    private static readonly HttpRequestTarget target = new("POST", "127.0.0.1:8080", "/v1/channels", "?a=b");
    private static readonly Digest body = Digest.Of("{}"u8);
    private static readonly HttpSignatureHeaders signed = HttpSignature.Sign(target, body, Samples.Creator, Now);

    [Fact]
    public void Verify_AsSigned_NamesTheKey()
    {
        HttpSignatureVerification verification = Verify();
        Assert.Equal(HttpSignatureResult.Verified, verification.Result);
        Assert.Equal(Samples.Creator.PublicKey, verification.Key);
    }

    [Fact]
    public void Verify_WithoutQueryAndBody_IsVerified()
    {
        HttpRequestTarget bare = new("PUT", "Hub.Example.org", "/v1/seeders/x");
        HttpSignatureHeaders headers = HttpSignature.Sign(bare, Digest.Of([]), Samples.Label, Now);
        HttpSignatureVerification verification = HttpSignature.Verify(
            bare with { Authority = "hub.example.org" }, Digest.Of([]), headers.ContentDigest, headers.SignatureInput, headers.Signature, Now);
        Assert.Equal(HttpSignatureResult.Verified, verification.Result);
    }

    [Fact]
    public void Verify_AnyPartOfTheTargetChanged_DoesNotFit()
    {
        HttpRequestTarget[] changed =
        [
            target with { Method = "PUT" },
            target with { Method = "post" },
            target with { Authority = "127.0.0.1:8081" },
            target with { Path = "/v1/channels/" },
            target with { Query = "?a=c" },
            target with { Query = "" },
        ];
        Assert.All(changed, other => Assert.Equal(HttpSignatureResult.SignatureInvalid, Verify(other).Result));
    }

    [Theory]
    [InlineData(-301, HttpSignatureResult.TimeOutsideWindow)]
    [InlineData(-300, HttpSignatureResult.Verified)]
    [InlineData(300, HttpSignatureResult.Verified)]
    [InlineData(301, HttpSignatureResult.TimeOutsideWindow)]
    public void Verify_Clock_MustBeWithinTheWindow(long offset, HttpSignatureResult expected) =>
        Assert.Equal(expected, Verify(now: Now + offset).Result);

    [Fact]
    public void Verify_AnotherBody_IsAMismatch() =>
        Assert.Equal(
            HttpSignatureResult.ContentMismatch,
            HttpSignature.Verify(target, Digest.Of("{ }"u8), signed.ContentDigest, signed.SignatureInput, signed.Signature, Now).Result);

    [Fact]
    public void Verify_AnotherBodyWithItsDigest_DoesNotFit()
    {
        Digest other = Digest.Of("{ }"u8);
        Assert.Equal(
            HttpSignatureResult.SignatureInvalid,
            HttpSignature.Verify(target, other, ContentDigest.Format(other), signed.SignatureInput, signed.Signature, Now).Result);
    }

    [Fact]
    public void Verify_HeaderMissing_IsSaidFirst()
    {
        Assert.Equal(HttpSignatureResult.HeaderMissing, HttpSignature.Verify(target, body, null, "x", "x", Now).Result);
        Assert.Equal(HttpSignatureResult.HeaderMissing, HttpSignature.Verify(target, body, "x", "", "x", Now).Result);
        Assert.Equal(HttpSignatureResult.HeaderMissing, HttpSignature.Verify(target, body, "x", "x", null, Now).Result);
    }

    // what is replaced in Signature-Input -> result, in the order of the checks
    [Theory]
    [InlineData("sig1=", "sig2=", HttpSignatureResult.HeaderMalformed)]
    [InlineData("\"@path\"", "\"@path\";req", HttpSignatureResult.HeaderMalformed)]
    [InlineData("\"@path\"", "\"@path\" \"@path\"", HttpSignatureResult.HeaderMalformed)]
    [InlineData("\" \"", "\"\"", HttpSignatureResult.HeaderMalformed)]
    [InlineData("alg=\"ed25519\"", "alg=\"ed25519\", sig2=()", HttpSignatureResult.HeaderMalformed)]
    [InlineData("alg=\"ed25519\"", "alg=\"ed25519\";alg=\"ed25519\"", HttpSignatureResult.HeaderMalformed)]
    [InlineData("alg=\"ed25519\"", "alg=\"ed25519\";unknown=\"1\"", HttpSignatureResult.HeaderMalformed)]
    [InlineData("created=1800000000", "created=1800000000.5", HttpSignatureResult.HeaderMalformed)]
    [InlineData("created=1800000000", "created=\"1800000000\"", HttpSignatureResult.HeaderMalformed)]
    [InlineData("created=1800000000", "created=1000000000000000", HttpSignatureResult.HeaderMalformed)]
    [InlineData("alg=\"ed25519\"", "alg=\"hmac-sha256\"", HttpSignatureResult.AlgorithmUnsupported)]
    [InlineData("keyid=\"", "keyid=\"00", HttpSignatureResult.KeyInvalid)]
    [InlineData("\"@path\"", "\"date\"", HttpSignatureResult.ComponentsInvalid)]
    [InlineData(" \"content-digest\"", "", HttpSignatureResult.ComponentsInvalid)]
    [InlineData("\"@query\" ", "", HttpSignatureResult.ComponentsInvalid)]
    [InlineData("created=1800000000;", "", HttpSignatureResult.TimeOutsideWindow)]
    [InlineData("created=1800000000", "created=1800000000;expires=1799999999", HttpSignatureResult.TimeOutsideWindow)]
    [InlineData("created=1800000000", "created=1800000001", HttpSignatureResult.SignatureInvalid)]
    [InlineData(";alg=\"ed25519\"", "", HttpSignatureResult.SignatureInvalid)]
    [InlineData(";alg", "; alg", HttpSignatureResult.Verified)]
    [InlineData("(\"@method\" ", "(  \"@method\"  ", HttpSignatureResult.Verified)]
    public void Verify_SignatureInputChanged_GivesTheFirstFault(string from, string to, HttpSignatureResult expected)
    {
        Assert.Contains(from, signed.SignatureInput, StringComparison.Ordinal);
        string changed = signed.SignatureInput.Replace(from, to, StringComparison.Ordinal);
        HttpSignatureVerification verification = HttpSignature.Verify(
            target, body, signed.ContentDigest, changed, signed.Signature, Now);
        Assert.Equal(expected, verification.Result);
        Assert.Equal(expected == HttpSignatureResult.Verified, verification.Key != default);
    }

    [Fact]
    public void Verify_AnyHeaders_GiveAResult()
    {
        Gen<string> piece = Gen.OneOf(
            Gen.Elements("sig1=", "(", ")", "\"@path\"", ";", "created=", "1", ":", "=", "sha-256=:", "AA==", " ", ",", "\"", "\\", "\t"),
            ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""));
        Gen<string> header = piece.ArrayOf().Select(string.Concat);
        Prop.ForAll(header.Zip(header).Zip(header).ToArbitrary(), headers =>
            HttpSignature.Verify(target, body, headers.Item1.Item1, headers.Item1.Item2, headers.Item2, Now).Result
                is not HttpSignatureResult.None and not HttpSignatureResult.Verified).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", true)]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:,sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", false)]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:,", false)]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NM pJWZG3hSuFU=:", false)]
    [InlineData("sha-256=:AA==:", false)]
    [InlineData("sha-512=:AA==:", false)]
    [InlineData("sha-256", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void ContentDigest_Field_IsReadStrictly(string? field, bool expected) =>
        Assert.Equal(expected, ContentDigest.TryParse(field, out _));

    private static HttpSignatureVerification Verify(HttpRequestTarget? other = null, long now = Now) =>
        HttpSignature.Verify(other ?? target, body, signed.ContentDigest, signed.SignatureInput, signed.Signature, now);
}
