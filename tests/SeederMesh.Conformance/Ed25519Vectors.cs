using System.Text.Json;
using SeederMesh.Core.Identity;
using Xunit;

namespace SeederMesh.Conformance;

// Goal: the one signature suite behaves as published, and where verifiers differ, as libsodium does: that difference is pinned,
// because two programs that disagree on one signature disagree on money.
public class Ed25519Vectors
{
    [Fact]
    public void Sign_Rfc8032_GivesThePublishedSignatures()
    {
        foreach (JsonElement test in Vectors.Json("ed25519/rfc8032_section7_1.json").GetProperty("tests").EnumerateArray())
        {
            using SigningKey key = SigningKey.FromSeed(test.Hex("secretKey"));
            byte[] message = test.Hex("message");
            Signature signature = new(test.Hex("signature"));

            Assert.Equal(new PublicKey(test.Hex("publicKey")), key.PublicKey);
            Assert.Equal(signature, key.Sign(message));
            Assert.True(key.PublicKey.Verify(message, signature));
        }
    }

    [Fact]
    public void Verify_Wycheproof_AgreesInEveryCase()
    {
        int count = 0;
        List<string> wrong = [];
        foreach (JsonElement group in Vectors.Json("ed25519/wycheproof_ed25519_test.json").GetProperty("testGroups").EnumerateArray())
        {
            PublicKey key = new(group.GetProperty("publicKey").Hex("pk"));
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                byte[] bytes = test.Hex("sig");
                bool valid = bytes.Length == Signature.Size && key.Verify(test.Hex("msg"), new Signature(bytes));
                if (valid != (test.String("result") == "valid"))
                {
                    wrong.Add($"{test.GetProperty("tcId")} {test.String("comment")}: {valid}");
                }

                count++;
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(151, count);
    }

    // The twelve cases of "Taming the many EdDSAs": small order and mixed order points, non-canonical S, R and A, cofactors.
    [Fact]
    public void Verify_SpeccheckCases_AreJudgedAsLibsodiumDoes()
    {
        bool[] expected = [false, false, false, true, false, false, false, false, false, false, false, false];
        bool[] judged = [.. Vectors.Json("ed25519/speccheck_cases.json").EnumerateArray().Select(test =>
            new PublicKey(test.Hex("pub_key")).Verify(test.Hex("message"), new Signature(test.Hex("signature"))))];

        Assert.Equal(expected, judged);
    }
}
