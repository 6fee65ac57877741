using System.Globalization;
using System.Text;
using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Bolt11;

/// <summary>An invoice before it is signed.</summary>
/// <remarks>Feature bits <c>var_onion_optin</c> and <c>payment_secret</c> are always demanded. Source: BOLT
/// 11.</remarks>
public sealed record Bolt11Draft
{
    /// <summary>The network: <c>bc</c>, <c>tb</c>, <c>tbs</c> or <c>bcrt</c>.</summary>
    public required string Prefix { get; init; }

    /// <summary>What it asks for; null for any amount.</summary>
    public Msat? Amount { get; init; }

    /// <summary>When it is made; whole seconds count.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The hash that it is paid under.</summary>
    public required Digest PaymentHash { get; init; }

    /// <summary>32 random bytes that the payer repeats to the payee.</summary>
    public required Digest PaymentSecret { get; init; }

    /// <summary>What it is for, at most 639 bytes of UTF-8; null when <see cref="DescriptionHash"/> is given.</summary>
    public string? Description { get; init; }

    /// <summary>SHA-256 of what it is for; null when <see cref="Description"/> is given.</summary>
    public Digest? DescriptionHash { get; init; }

    /// <summary>How long it can be paid, in whole seconds.</summary>
    public TimeSpan Expiry { get; init; } = Bolt11Invoice.ExpiryDefault;

    /// <summary>Signs with a node's key and writes the text.</summary>
    /// <param name="secretKey">The node's 32-byte secp256k1 key.</param>
    /// <exception cref="InvariantViolationException">The description is too long, or both or neither of text and hash
    /// are given.</exception>
    public string Sign(ReadOnlySpan<byte> secretKey)
    {
        byte[] text = Encoding.UTF8.GetBytes(Description ?? "");
        Invariant.Require(
            Description is null != DescriptionHash is null && text.Length <= 639,
            "an invoice has a description of at most 639 bytes, or the hash of one");

        List<TaggedField> fields =
        [
            Field('s', Bech32.ToWords(PaymentSecret.Span)),
            Field('p', Bech32.ToWords(PaymentHash.Span)),
            DescriptionHash is { } hash ? Field('h', Bech32.ToWords(hash.Span)) : Field('d', Bech32.ToWords(text)),
            Field('9', [16, 8, 0]),
        ];
        if (Expiry != Bolt11Invoice.ExpiryDefault)
        {
            fields.Insert(3, Field('x', Number((long)Expiry.TotalSeconds)));
        }

        return Write("ln" + Prefix + AmountText(Amount), CreatedAt.ToUnixTimeSeconds(), fields, secretKey);
    }

    /// <summary>Writes fields in the given order and signs them.</summary>
    internal static string Write(
        string humanReadable, long unixSeconds, IReadOnlyList<TaggedField> fields, ReadOnlySpan<byte> secretKey)
    {
        List<byte> words = [.. Enumerable.Range(0, 7).Select(i => (byte)((unixSeconds >> (5 * (6 - i))) & 31))];
        foreach (TaggedField field in fields)
        {
            Invariant.Require(field.Words.Length < 1024, "a field's length has ten bits");
            words.Add(field.Type);
            words.Add((byte)(field.Words.Length >> 5));
            words.Add((byte)(field.Words.Length & 31));
            words.AddRange(field.Words);
        }

        byte[] hash = Bolt11Reader.SigningHash(humanReadable, [.. words]);
        byte[] signature = new byte[Secp256k1.CompactSignatureSize + 1];
        signature[^1] = (byte)Secp256k1.SignRecoverable(
            hash, secretKey, signature.AsSpan(0, Secp256k1.CompactSignatureSize));
        words.AddRange(Bech32.ToWords(signature));
        return Bech32.Encode(humanReadable, [.. words], Bech32Checksum.Bech32);
    }

    /// <summary>The shortest amount: the largest unit that divides it.</summary>
    internal static string AmountText(Msat? amount)
    {
        if (amount is not { } msat)
        {
            return "";
        }

        Int128 picobitcoin = (Int128)msat.Value * 10;
        ReadOnlySpan<(long Unit, string Suffix)> units =
            [(1_000_000_000_000, ""), (1_000_000_000, "m"), (1_000_000, "u"), (1_000, "n"), (1, "p")];
        foreach ((long unit, string suffix) in units)
        {
            if (picobitcoin % unit == 0)
            {
                return ((long)(picobitcoin / unit)).ToString(CultureInfo.InvariantCulture) + suffix;
            }
        }

        throw new InvariantViolationException("every amount is a whole number of picobitcoin");
    }

    private static TaggedField Field(char type, byte[] words) =>
        new((byte)"qpzry9x8gf2tvdw0s3jn54khce6mua7l".IndexOf(type, StringComparison.Ordinal), words);

    private static byte[] Number(long value)
    {
        List<byte> words = [];
        for (long rest = value; rest > 0; rest >>= 5)
        {
            words.Insert(0, (byte)(rest & 31));
        }

        return [.. words];
    }
}
