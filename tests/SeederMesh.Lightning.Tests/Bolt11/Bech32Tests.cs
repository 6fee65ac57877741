using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Tests.Bolt11;

/// <summary>Goal: bech32 and bech32m as BIP 173 and BIP 350 have them. Method: their vectors, then properties.</summary>
public sealed class Bech32Tests
{
    [Theory]
    [InlineData("bech32Valid", Bech32Checksum.Bech32)]
    [InlineData("bech32mValid", Bech32Checksum.Bech32m)]
    public void TryDecode_OfficialVectors_AreReadAndWrittenBack(string group, Bech32Checksum checksum)
    {
        using JsonDocument vectors = Vectors.Json("bech32/bip173_bip350.json");
        foreach (JsonElement vector in vectors.RootElement.GetProperty(group).EnumerateArray())
        {
            string text = vector.GetString()!;
            Assert.True(Bech32.TryDecode(text, Bech32.LengthMax, out Bech32Text? read, out string error), $"{text}: {error}");
            Assert.Equal(checksum, read.Checksum);
            Assert.Equal(text.ToLowerInvariant(), Bech32.Encode(read.Prefix, read.Words, read.Checksum));
        }
    }

    // Each breaks one rule of BIP 173.
    [Theory]
    [InlineData("")]
    [InlineData("pzry9x0s0muk")] // no separator
    [InlineData("1pzry9x0s0muk")] // empty prefix
    [InlineData("x1b4n0q5v")] // b is not in the alphabet
    [InlineData("li1dgmt3")] // checksum too short
    [InlineData("A1G7SGD8")] // checksum of the upper-case form
    [InlineData("A12UEl5L")] // mixed case
    [InlineData(" a12uel5l")]
    [InlineData("a12uel5é")]
    [InlineData("an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx")]
    public void TryDecode_BrokenRule_IsRefusedWithAReason(string text)
    {
        Assert.False(Bech32.TryDecode(text, Bech32.LengthMax, out _, out string error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void TryDecode_AnyOneCharacterChanged_IsNeverAccepted()
    {
        // BCH codes of BIP 173 find every error of up to four characters in strings of up to 90.
        const string text = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";
        const string alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        for (int at = 7; at < text.Length; at++)
        {
            foreach (char other in alphabet.Where(c => c != text[at]))
            {
                string changed = text[..at] + other + text[(at + 1)..];
                Assert.False(Bech32.TryDecode(changed, Bech32.LengthMax, out _, out _), changed);
            }
        }
    }

    [Fact]
    public void ToBytes_WordsOfAnyBytes_AreTheBytes() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            byte[] words = Bech32.ToWords(bytes);
            return words.All(word => word < 32) && Bech32.ToBytes(words, out bool zero).SequenceEqual(bytes) && zero;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryDecode_AnyText_AnswersAndNeverThrows() =>
        Prop.ForAll<string?>(text => Bech32.TryDecode(text, 1_000, out Bech32Text? read, out string error)
            ? read is not null && error.Length == 0
            : read is null && error.Length > 0).QuickCheckThrowOnFailure();
}
