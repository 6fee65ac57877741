using System.Globalization;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Json;
using SeederMesh.Core.Proofs;
using Xunit;

namespace SeederMesh.Conformance;

// Goal: the W3C vectors of eddsa-jcs-2022: the same document, key and time give the same proof, and the published one verifies.
public class DataIntegrityVectors
{
    private const string Folder = "eddsa-jcs-2022/";

    [Fact]
    public void Verify_PublishedDocument_IsVerified()
    {
        JsonValue signed = Read("eddsa-jcs-2022/signedJCS.json");
        ProofVerification verification = DataIntegrity.Verify(signed);

        Assert.True(verification.Result == ProofResult.Verified, verification.Message);
        Assert.Equal("did:key:" + PublicKeyText(), Assert.Single(verification.Signers).ToString());
    }

    [Fact]
    public void Sign_PublishedKeyAndTime_GivesThePublishedProof()
    {
        JsonValue unsigned = Read("unsigned.json");
        using SigningKey key = SigningKey.FromSeed(SecretSeed());
        DateTimeOffset created = DateTimeOffset.Parse("2023-02-24T23:36:38Z", CultureInfo.InvariantCulture);

        JsonValue signed = DataIntegrity.Sign(unsigned, key, created);

        Assert.Equal(PublicKeyText(), new DidKey(key.PublicKey).Multibase);
        Assert.Equal(Vectors.Text(Folder + "eddsa-jcs-2022/canonDocJCS.txt").Trim(), Text(unsigned));
        Assert.Equal(Vectors.Text(Folder + "eddsa-jcs-2022/docHashJCS.txt").Trim(), CanonicalJson.Hash(unsigned).ToString());
        JsonValue proof = signed.Find("proof")!;
        Assert.Equal(Vectors.Text(Folder + "eddsa-jcs-2022/proofCanonJCS.txt").Trim(), Text(proof.Without("proofValue")));
        Assert.Equal(
            Vectors.Text(Folder + "eddsa-jcs-2022/proofHashJCS.txt").Trim(),
            CanonicalJson.Hash(proof.Without("proofValue")).ToString());
        Assert.Equal(Vectors.Text(Folder + "eddsa-jcs-2022/sigBTC58JCS.txt").Trim(), proof.Find("proofValue")!.Text);
        Assert.Equal(Text(Read("eddsa-jcs-2022/signedJCS.json")), Text(signed));
    }

    // These use eddsa-rdfc-2022, which needs RDF canonicalization: they are read, and refused for their suite.
    [Theory]
    [InlineData("proof-set-chain/signedProofSet1.json", ProofResult.Unsupported)]
    [InlineData("proof-set-chain/signedProofSet2.json", ProofResult.Unsupported)]
    [InlineData("proof-set-chain/signedProofChain1.json", ProofResult.Unsupported)]
    [InlineData("proof-set-chain/signedProofChain2.json", ProofResult.Unsupported)]
    [InlineData("proof-set-chain/unsigned.json", ProofResult.Missing)]
    public void Verify_OtherSuite_IsRefusedForIt(string name, ProofResult expected) =>
        Assert.Equal(expected, DataIntegrity.Verify(Read(name)).Result);

    // The same two signers as in the published proof set, with our suite.
    [Fact]
    public void Sign_ByTheSignersOfThePublishedSet_VerifiesForBoth()
    {
        JsonValue document = Read("proof-set-chain/unsigned.json");
        System.Text.Json.JsonElement pairs = Vectors.Json(Folder + "proof-set-chain/multiKeyPairs.json");
        List<string> expected = [];
        foreach (string name in new[] { "keyPair1", "keyPair2" })
        {
            using SigningKey key = SigningKey.FromSeed(Decode(pairs.GetProperty(name).String("privateKeyMultibase")));
            document = DataIntegrity.Sign(document, key, DateTimeOffset.UnixEpoch);
            expected.Add("did:key:" + pairs.GetProperty(name).String("publicKeyMultibase"));
        }

        Assert.Equal(expected, DataIntegrity.Verify(document).Signers.Select(signer => signer.ToString()), StringComparer.Ordinal);
    }

    private static JsonValue Read(string name)
    {
        JsonReading reading = JsonText.Read(Vectors.Bytes(Folder + name), 100_000);
        Assert.True(reading.Result == JsonResult.Read, reading.Message);
        return reading.Value!;
    }

    private static string Text(JsonValue value) => System.Text.Encoding.UTF8.GetString(CanonicalJson.Serialize(value));

    private static string PublicKeyText() => Vectors.Json(Folder + "keyPair.json").String("publicKeyMultibase");

    private static byte[] SecretSeed() => Decode(Vectors.Json(Folder + "keyPair.json").String("privateKeyMultibase"));

    // Multicodec ed25519-priv, 0x80 0x26, then the seed.
    private static byte[] Decode(string multibase)
    {
        Assert.True(Base58.TryFromMultibase(multibase, out byte[] bytes));
        Assert.Equal([0x80, 0x26], bytes[..2]);
        return bytes[2..];
    }
}
