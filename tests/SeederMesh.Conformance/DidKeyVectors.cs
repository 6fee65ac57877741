using System.Text.Json;
using SeederMesh.Core.Identity;
using Xunit;

namespace SeederMesh.Conformance;

// Goal: did:key's own data for Ed25519, forth and back; every other key type is refused. did:web is not an identity here yet.
public class DidKeyVectors
{
    [Fact]
    public void TryParse_PublishedEd25519Keys_AreReadAndWrittenBack()
    {
        int count = 0;
        foreach (JsonProperty entry in Vectors.Json("did-key/ed25519-x25519.json").EnumerateObject())
        {
            using SigningKey key = SigningKey.FromSeed(entry.Value.Hex("seed"));
            Assert.True(DidKey.TryParse(entry.Name, out DidKey did), entry.Name);
            Assert.Equal(key.PublicKey, did.Key);
            Assert.Equal(entry.Name, did.ToString());
            Assert.Equal(entry.Name, new DidKey(key.PublicKey).ToString());
            Assert.True(DidKey.TryParseVerificationMethod(did.VerificationMethod, out DidKey again));
            Assert.Equal(did, again);
            count++;
        }

        Assert.Equal(5, count);
    }

    [Theory]
    [InlineData("did-key/x25519.json")]
    [InlineData("did-key/secp256k1.json")]
    [InlineData("did-key/nist-curves.json")]
    public void TryParse_OtherKeyTypes_AreRefused(string file)
    {
        foreach (JsonProperty entry in Vectors.Json(file).EnumerateObject())
        {
            Assert.False(DidKey.TryParse(entry.Name, out _), entry.Name);
        }
    }
}
