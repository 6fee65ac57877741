using System.Diagnostics.CodeAnalysis;

namespace SeederMesh.Lightning.Bolt11;

/// <summary>Which constant closes a bech32 checksum.</summary>
public enum Bech32Checksum
{
    /// <summary>Never valid.</summary>
    None = 0,

    /// <summary>BIP 173: BOLT 11 invoices, LNURL, version-0 addresses.</summary>
    Bech32 = 1,

    /// <summary>BIP 350: version-1 addresses.</summary>
    Bech32m = 0x2bc830a3,
}

/// <summary>A decoded bech32 string.</summary>
/// <param name="Prefix">The human-readable part, lower case.</param>
/// <param name="Words">The data part without checksum, 5 bits in each byte.</param>
/// <param name="Checksum">Which checksum closes it.</param>
public sealed record Bech32Text(string Prefix, byte[] Words, Bech32Checksum Checksum);

/// <summary>Bech32 and bech32m, and the bolt12 form without checksum. Sources: BIP 173, BIP 350, BOLT 12
/// "Encoding".</summary>
public static class Bech32
{
    /// <summary>The longest string of BIP 173. Invoices and LNURLs are longer, and say so.</summary>
    public const int LengthMax = 90;

    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumLength = 6;

    private static readonly sbyte[] values = AlphabetValues();

    /// <summary>Reads a string with its checksum.</summary>
    /// <param name="text">All lower case or all upper case.</param>
    /// <param name="lengthMax">The longest string to accept, in characters.</param>
    /// <param name="result">What it says, or null.</param>
    /// <param name="error">Why it cannot be read; empty when it can.</param>
    public static bool TryDecode(
        string? text, int lengthMax, [NotNullWhen(true)] out Bech32Text? result, out string error)
    {
        result = null;
        error = Split(text, lengthMax, ChecksumLength, out string prefix, out byte[] words);
        if (error.Length > 0)
        {
            return false;
        }

        uint remainder = Polymod(prefix, words, trailingZeros: 0);
        if (remainder is not ((uint)Bech32Checksum.Bech32 or (uint)Bech32Checksum.Bech32m))
        {
            error = "the bech32 checksum is wrong: a character was changed, added or lost";
            return false;
        }

        result = new Bech32Text(prefix, words[..^ChecksumLength], (Bech32Checksum)remainder);
        return true;
    }

    /// <summary>Writes a string with its checksum, in lower case.</summary>
    /// <exception cref="ArgumentException">A word has more than 5 bits, or the checksum is none.</exception>
    public static string Encode(string prefix, ReadOnlySpan<byte> words, Bech32Checksum checksum)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        ArgumentOutOfRangeException.ThrowIfEqual(checksum, Bech32Checksum.None);
        uint closing = Polymod(prefix, words, ChecksumLength) ^ (uint)checksum;
        char[] text = new char[prefix.Length + 1 + words.Length + ChecksumLength];
        prefix.CopyTo(text);
        text[prefix.Length] = '1';
        int at = prefix.Length + 1;
        foreach (byte word in words)
        {
            text[at++] = word < 32
                ? Alphabet[word]
                : throw new ArgumentException($"A bech32 word has 5 bits, not the value {word}.", nameof(words));
        }

        for (int i = 0; i < ChecksumLength; i++)
        {
            text[at++] = Alphabet[(int)(closing >> (5 * (ChecksumLength - 1 - i))) & 31];
        }

        return new string(text);
    }

    /// <summary>Reads prefix and words of a string that carries no checksum, as BOLT 12 writes them.</summary>
    internal static string TryDecodeBare(string text, int lengthMax, out string prefix, out byte[] words) =>
        Split(text, lengthMax, 0, out prefix, out words);

    /// <summary>Bytes as 5-bit words, the last one padded with zero bits.</summary>
    public static byte[] ToWords(ReadOnlySpan<byte> bytes)
    {
        byte[] words = new byte[((bytes.Length * 8) + 4) / 5];
        uint held = 0;
        int bits = 0;
        int at = 0;
        foreach (byte value in bytes)
        {
            held = ((held << 8) | value) & 0xfff;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                words[at++] = (byte)((held >> bits) & 31);
            }
        }

        if (bits > 0)
        {
            words[at] = (byte)((held << (5 - bits)) & 31);
        }

        return words;
    }

    /// <summary>5-bit words as bytes; whatever is left over and shorter than a byte is dropped.</summary>
    /// <param name="words">The words, each below 32.</param>
    /// <param name="leftOverIsZero">Whether the dropped bits were zero and fewer than five, as strict decoders ask
    /// for.</param>
    public static byte[] ToBytes(ReadOnlySpan<byte> words, out bool leftOverIsZero)
    {
        byte[] bytes = new byte[words.Length * 5 / 8];
        uint held = 0;
        int bits = 0;
        int at = 0;
        foreach (byte word in words)
        {
            held = ((held << 5) | word) & 0xfff;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[at++] = (byte)((held >> bits) & 0xff);
            }
        }

        leftOverIsZero = bits < 5 && (held & ((1u << bits) - 1)) == 0;
        return bytes;
    }

    private static string Split(string? text, int lengthMax, int tailLength, out string prefix, out byte[] words)
    {
        prefix = "";
        words = [];
        if (string.IsNullOrEmpty(text) || text.Length > lengthMax)
        {
            return $"a bech32 string here has 1 to {lengthMax} characters, not {text?.Length ?? 0}";
        }

        bool lower = false;
        bool upper = false;
        foreach (char c in text)
        {
            if (c is < '!' or > '~')
            {
                return "a bech32 string has printable ASCII characters only";
            }

            lower |= char.IsAsciiLetterLower(c);
            upper |= char.IsAsciiLetterUpper(c);
        }

        if (lower && upper)
        {
            return "a bech32 string is all lower case or all upper case, not mixed";
        }

        string folded = text.ToLowerInvariant();
        int separator = folded.LastIndexOf('1');
        if (separator < 1 || folded.Length - separator - 1 < tailLength)
        {
            return "a bech32 string has a prefix, the separator 1 and a data part with its checksum";
        }

        byte[] data = new byte[folded.Length - separator - 1];
        for (int i = 0; i < data.Length; i++)
        {
            int value = values[folded[separator + 1 + i]];
            if (value < 0)
            {
                return $"'{folded[separator + 1 + i]}' at character {separator + 2 + i} is not a bech32 character";
            }

            data[i] = (byte)value;
        }

        prefix = folded[..separator];
        words = data;
        return "";
    }

    private static uint Polymod(string prefix, ReadOnlySpan<byte> words, int trailingZeros)
    {
        uint state = 1;
        foreach (char c in prefix)
        {
            state = Step(state, (uint)c >> 5);
        }

        state = Step(state, 0);
        foreach (char c in prefix)
        {
            state = Step(state, (uint)c & 31);
        }

        foreach (byte word in words)
        {
            state = Step(state, word);
        }

        for (int i = 0; i < trailingZeros; i++)
        {
            state = Step(state, 0);
        }

        return state;
    }

    private static uint Step(uint state, uint word)
    {
        uint top = state >> 25;
        uint next = ((state & 0x1ffffff) << 5) ^ word;
        next ^= (top & 1) == 0 ? 0 : 0x3b6a57b2u;
        next ^= (top & 2) == 0 ? 0 : 0x26508e6du;
        next ^= (top & 4) == 0 ? 0 : 0x1ea119fau;
        next ^= (top & 8) == 0 ? 0 : 0x3d4233ddu;
        next ^= (top & 16) == 0 ? 0 : 0x2a1462b3u;
        return next;
    }

    private static sbyte[] AlphabetValues()
    {
        sbyte[] table = new sbyte[128];
        Array.Fill(table, (sbyte)-1);
        for (int i = 0; i < Alphabet.Length; i++)
        {
            table[Alphabet[i]] = (sbyte)i;
        }

        return table;
    }
}
