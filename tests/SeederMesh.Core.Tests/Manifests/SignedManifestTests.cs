using SeederMesh.Core.Identity;
using SeederMesh.Core.Json;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Proofs;
using Xunit;

namespace SeederMesh.Core.Tests.Manifests;

// Goal: a manifest that is signed reads back as the same manifest, and every change of what was signed is refused.
public class SignedManifestTests
{
    [Fact]
    public void Verify_WhatWasSigned_IsTheSameManifest()
    {
        SignedManifest signed = Samples.Signed();
        ManifestVerification again = SignedManifest.Verify(signed.Bytes.Span);

        Assert.Equal(ManifestResult.Valid, again.Result);
        Assert.Equal(signed.Digest, again.Signed!.Digest);
        Assert.Equal(signed.Bytes.ToArray(), again.Signed.Bytes.ToArray());
        Assert.Equivalent(Samples.Album(), again.Signed.Manifest, strict: true);
        Assert.Equal([Samples.Album().Creator], again.Signed.Signers);
        Assert.Equal(Samples.Album().Torrent.InfohashV2 + ".prov", again.Signed.FileName);
    }

    [Fact]
    public void Sign_SameInput_GivesSameBytes() =>
        Assert.Equal(Samples.Signed().Bytes.ToArray(), Samples.Signed().Bytes.ToArray());

    [Fact]
    public void Cosign_AnotherKey_KeepsTheDigest()
    {
        SignedManifest one = Samples.Signed();
        ManifestVerification two = one.Cosign(Samples.Label, Samples.Now);

        Assert.Equal(ManifestResult.Valid, two.Result);
        Assert.Equal(one.Digest, two.Signed!.Digest);
        Assert.Equal([new DidKey(Samples.Creator.PublicKey), new DidKey(Samples.Label.PublicKey)], two.Signed.Signers);
        Assert.Equal(ManifestResult.Valid, SignedManifest.Verify(two.Signed.Bytes.Span).Result);
        Assert.Equal(ManifestResult.ProofInvalid, two.Signed.Cosign(Samples.Label, Samples.Now).Result);
    }

    [Fact]
    public void Sign_KeyIsNotTheCreators_IsRefused() =>
        Assert.Equal(
            ManifestResult.CreatorDidNotSign,
            SignedManifest.Sign(Samples.Album(), Samples.Label, Samples.Now).Result);

    [Theory]
    [InlineData("\"bps\":6000", "\"bps\":6001", ManifestResult.FieldInvalid)]
    [InlineData("\"pricePerMiB\":\"1000\"", "\"pricePerMiB\":\"1001\"", ManifestResult.SignatureInvalid)]
    [InlineData("anna@example.org", "mallory@example.org", ManifestResult.SignatureInvalid)]
    [InlineData("\"seq\":1", "\"seq\":1.0", ManifestResult.Valid)]
    [InlineData("2026-11-22T08:00:00Z\",\"creator", "2026-11-22T08:00:01Z\",\"creator", ManifestResult.SignatureInvalid)]
    [InlineData("\"created\":\"2026-11-22T08:00:00Z", "\"created\":\"2026-11-22T08:00:01Z", ManifestResult.SignatureInvalid)]
    [InlineData("\"proofPurpose\":\"assertionMethod\"", "\"proofPurpose\":\"authentication\"", ManifestResult.ProofInvalid)]
    [InlineData("eddsa-jcs-2022", "eddsa-rdfc-2022", ManifestResult.ProofInvalid)]
    [InlineData("\"proof\":{", "\"proof\":{\"nonce\":\"x\",", ManifestResult.ProofInvalid)]
    [InlineData("\"version\":1", "\"version\":2", ManifestResult.VersionUnknown)]
    [InlineData("SeederMeshManifest", "Manifest", ManifestResult.NotManifest)]
    [InlineData("{", "[", ManifestResult.NotJson)]
    public void Verify_TextChanged_IsRefusedByTheFirstCheckThatFails(string from, string to, ManifestResult expected)
    {
        string text = System.Text.Encoding.UTF8.GetString(Samples.Signed().Bytes.Span);
        int at = text.IndexOf(from, StringComparison.Ordinal);
        Assert.True(at >= 0, from);

        string changed = string.Concat(text.AsSpan(0, at), to, text.AsSpan(at + from.Length));

        Assert.Equal(expected, SignedManifest.Verify(System.Text.Encoding.UTF8.GetBytes(changed)).Result);
    }

    [Fact]
    public void Verify_WithoutProof_IsMissing()
    {
        JsonValue document = JsonText.Read(Samples.Signed().Bytes.Span, Manifest.SizeMax).Value!;
        byte[] bare = CanonicalJson.Serialize(document.Without("proof"));

        Assert.Equal(ManifestResult.ProofMissing, SignedManifest.Verify(bare).Result);
        Assert.Equal(Samples.Signed().Digest, Digest.Of(bare));
    }

    [Fact]
    public void Verify_OnlyAnotherSigned_IsNotTheCreators()
    {
        JsonValue document = JsonText.Read(Samples.Signed().Bytes.Span, Manifest.SizeMax).Value!;
        JsonValue other = DataIntegrity.Sign(document.Without("proof"), Samples.Label, Samples.Now);

        Assert.Equal(ManifestResult.CreatorDidNotSign, SignedManifest.Verify(CanonicalJson.Serialize(other)).Result);
    }

    [Fact]
    public void Verify_TooManyBytes_IsTooLarge() =>
        Assert.Equal(ManifestResult.TooLarge, SignedManifest.Verify(new byte[Manifest.SizeMax + 1]).Result);
}
