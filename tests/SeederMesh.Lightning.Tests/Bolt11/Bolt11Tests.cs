using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Tests.Bolt11;

/// <summary>Goal: BOLT 11 to the letter. Method: the document's examples, valid and invalid, signed again by us; then properties.</summary>
public sealed class Bolt11Tests
{
    private static readonly byte[] key = Convert.FromHexString("e126f68f7eafcc8b74f54d269fe206be715000f94dac067d1c04a8ca3b2db734");

    [Fact]
    public void TryDecode_OfficialInvoices_NameTheirPayeeAndContent()
    {
        using JsonDocument vectors = Vectors.Json("bolt11/bolt11.json");
        string payee = vectors.RootElement.GetProperty("payeeNodeId").GetString()!;
        JsonElement valid = vectors.RootElement.GetProperty("valid");
        Assert.Equal(16, valid.GetArrayLength());
        foreach (JsonElement vector in valid.EnumerateArray())
        {
            string text = vector.GetProperty("invoice").GetString()!;
            string about = vector.GetProperty("description").GetString()!;
            Assert.True(Bolt11Invoice.TryDecode(text, out Bolt11Invoice? invoice, out string error), $"{about}: {error}");

            // Turning S over under the same recovery id recovers another key, which the document's example is about.
            string expected = about.Contains("high-S", StringComparison.Ordinal)
                ? "02d0139ce7427d6dfffd26a326c18be754ef1e64672b42694ba5b23ef6e6e7803d"
                : payee;
            Assert.True(expected == invoice.Payee.ToString(), $"{about}: {invoice.Payee}");
            Assert.Equal(new Digest(Enumerable.Repeat((byte)0x11, 32).ToArray()), invoice.PaymentSecret);
            Assert.Contains(8, invoice.Features);
            AssertBreakdown(vector, invoice);
        }
    }

    [Fact]
    public void Write_FieldsOfOfficialInvoices_GiveTheSameBytes()
    {
        using JsonDocument vectors = Vectors.Json("bolt11/bolt11.json");
        int same = 0;
        foreach (JsonElement vector in vectors.RootElement.GetProperty("valid").EnumerateArray())
        {
            string text = vector.GetProperty("invoice").GetString()!.ToLowerInvariant();
            if (vector.GetProperty("description").GetString()!.Contains("high-S", StringComparison.Ordinal))
            {
                continue; // libsecp256k1 signs with a low S only
            }

            Assert.True(Bolt11Invoice.TryDecode(text, out Bolt11Invoice? invoice, out _));
            string prefix = text[..text.LastIndexOf('1')];
            Assert.Equal(prefix, "ln" + invoice.Prefix + Bolt11Draft.AmountText(invoice.Amount));
            Assert.Equal(text, Bolt11Draft.Write(prefix, invoice.CreatedAt.ToUnixTimeSeconds(), invoice.Fields, key));
            same++;
        }

        Assert.Equal(15, same);
    }

    [Fact]
    public void TryDecode_OfficialInvalidInvoices_AreRefusedForTheirOwnReason()
    {
        // Words of our reasons, in the order of the document's examples.
        string[] reasons =
        [
            "feature 100", "checksum is wrong", "separator", "mixed", "no key can have made it", "too short", "multiplier 'x'",
            "fraction of a millisatoshi", "payment secret", "not the named payee's",
        ];
        using JsonDocument vectors = Vectors.Json("bolt11/bolt11.json");
        JsonElement[] invalid = [.. vectors.RootElement.GetProperty("invalid").EnumerateArray()];
        Assert.Equal(reasons.Length, invalid.Length);
        foreach ((JsonElement vector, string reason) in invalid.Zip(reasons))
        {
            Assert.False(Bolt11Invoice.TryDecode(vector.GetProperty("invoice").GetString(), out _, out string error));
            Assert.True(error.Contains(reason, StringComparison.Ordinal), $"{vector.GetProperty("description")}: {error}");
        }
    }

    [Fact]
    public void TryDecode_SignedDraft_GivesItBack() =>
        Prop.ForAll<long, string, bool>((seed, description, hashed) =>
        {
            Bolt11Draft draft = Draft(seed, description, hashed);
            string text = draft.Sign(key);
            return Bolt11Invoice.TryDecode(text, out Bolt11Invoice? read, out _)
                && read.Text == text
                && read.Amount == draft.Amount
                && read.CreatedAt == draft.CreatedAt
                && read.PaymentHash == draft.PaymentHash
                && read.PaymentSecret == draft.PaymentSecret
                && read.Description == draft.Description
                && read.DescriptionHash == draft.DescriptionHash
                && read.Expiry == draft.Expiry
                && read.Payee == Secp256k1.PublicKey(key);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryDecode_OneCharacterChanged_IsNeverAnotherInvoiceOfThePayee() =>
        Prop.ForAll<long, int, int>((seed, position, replacement) =>
        {
            const string alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
            string text = Draft(seed, "tea", hashed: false).Sign(key);
            int at = (int)(unchecked((uint)position) % text.Length);
            char other = alphabet[(int)(unchecked((uint)replacement) % alphabet.Length)];
            string changed = text[..at] + other + text[(at + 1)..];
            return changed == text
                || !Bolt11Invoice.TryDecode(changed, out Bolt11Invoice? read, out _)
                || read.Payee != Secp256k1.PublicKey(key);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryDecode_AnyWordsUnderAValidChecksum_AnswersAndNeverThrows() =>
        Prop.ForAll<byte[], bool>((noise, amount) =>
        {
            // The checksum is right, so that the reader gets to the fields.
            byte[] words = [.. noise.Select(value => (byte)(value & 31)), .. new byte[noise.Length % 2 == 0 ? 111 : 0]];
            string text = Bech32.Encode(amount ? "lnbcrt10n" : "lnbc", words, Bech32Checksum.Bech32);
            return Bolt11Invoice.TryDecode(text, out Bolt11Invoice? read, out string error) ? error.Length == 0 : read is null;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("lnbc0n", "leading zeros")]
    [InlineData("lnbc01n", "leading zeros")]
    [InlineData("lnbc21000001", "21,000,000")]
    [InlineData("lnbc99999999999999999999", "whole number")]
    [InlineData("lnbcm", "network")]
    [InlineData("lnxx10n", "network")]
    [InlineData("bc10n", "begin with ln")]
    public void TryDecode_WrongPrefix_SaysWhatIsWrong(string prefix, string reason)
    {
        string text = Bech32.Encode(prefix, new byte[120], Bech32Checksum.Bech32);

        Assert.False(Bolt11Invoice.TryDecode(text, out _, out string error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void TryDecode_LongerThanTheLimit_IsRefused()
    {
        string text = Bech32.Encode("lnbc", new byte[Bolt11Invoice.LengthMax], Bech32Checksum.Bech32);

        Assert.False(Bolt11Invoice.TryDecode(text, out _, out string error));
        Assert.Contains("7089", error, StringComparison.Ordinal);
    }

    [Fact]
    public void TryDecode_LightningScheme_IsTheSameInvoice()
    {
        string text = Draft(1, "tea", hashed: false).Sign(key);

        Assert.True(Bolt11Invoice.TryDecode("LIGHTNING:" + text.ToUpperInvariant(), out Bolt11Invoice? invoice, out _));
        Assert.Equal(text, invoice.Text);
    }

    private static Bolt11Draft Draft(long seed, string? description, bool hashed)
    {
        byte[] bytes = BitConverter.GetBytes(seed);
        string printable = new([.. (description ?? "").Where(c => !char.IsSurrogate(c)).Take(200)]);
        return new Bolt11Draft
        {
            Prefix = seed % 2 == 0 ? "bcrt" : "bc",
            Amount = seed % 3 == 0 ? null : Msat.From((long)(unchecked((ulong)seed) % 2_000_000_000_000_000_000) + 1),
            CreatedAt = DateTimeOffset.FromUnixTimeSeconds((long)(unchecked((ulong)seed) % (1UL << 35))),
            PaymentHash = Digest.Of(bytes),
            PaymentSecret = Digest.Of([.. bytes, 1]),
            Description = hashed ? null : printable,
            DescriptionHash = hashed ? Digest.Of(bytes) : null,
            Expiry = TimeSpan.FromSeconds((long)(unchecked((ulong)seed) % 31_536_000) + 1),
        };
    }

    private static void AssertBreakdown(JsonElement vector, Bolt11Invoice invoice)
    {
        foreach (string line in vector.GetProperty("breakdown").EnumerateArray().Select(line => line.GetString()!))
        {
            if (line.Contains(": timestamp (", StringComparison.Ordinal))
            {
                string seconds = line.Split("timestamp (")[1].TrimEnd(')');
                Assert.Equal(long.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture), invoice.CreatedAt.ToUnixTimeSeconds());
            }
        }

        string about = vector.GetProperty("description").GetString()!;
        (long? msat, int fallbacks, int hints) = about switch
        {
            _ when about.Contains("pico-BTC", StringComparison.Ordinal) => (967_878_534L, 0, 1),
            _ when about.Contains("extra routing", StringComparison.Ordinal) => (2_000_000_000L, 1, 1),
            _ when about.Contains("fallback", StringComparison.Ordinal) => (2_000_000_000L, 1, 0),
            _ when about.Contains("hashed", StringComparison.Ordinal) => (2_000_000_000L, 0, 0),
            _ when about.Contains("$3", StringComparison.Ordinal) && !about.Contains("$30", StringComparison.Ordinal) => (250_000_000L, 0, 0),
            _ when about.Contains("0.0025 BTC", StringComparison.Ordinal) => (250_000_000L, 0, 0),
            _ when about.Contains("$30", StringComparison.Ordinal) || about.Contains("Same", StringComparison.Ordinal) => (2_500_000_000L, 0, 0),
            _ when about.Contains("metadata", StringComparison.Ordinal) => (1_000_000_000L, 0, 0),
            _ => ((long?)null, 0, 0),
        };
        Assert.Equal((msat, fallbacks, hints), (invoice.Amount?.Value, invoice.Fallbacks.Count, invoice.RouteHints.Count));
    }
}
