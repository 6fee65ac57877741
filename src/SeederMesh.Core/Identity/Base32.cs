namespace SeederMesh.Core.Identity;

/// <summary>Base32 in lower case without padding: RFC 4648, section 6. What a Lightning address may spell a key with.</summary>
public static class Base32
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private const int BitsEach = 5;

    /// <summary>Writes bytes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder(((bytes.Length * 8) + BitsEach - 1) / BitsEach);
        int buffer = 0;
        int bits = 0;
        foreach (byte value in bytes)
        {
            buffer = (buffer << 8) | value;
            for (bits += 8; bits >= BitsEach; bits -= BitsEach)
            {
                text.Append(Alphabet[(buffer >> (bits - BitsEach)) & 31]);
            }

            buffer &= 31;
        }

        return bits == 0 ? text.ToString() : text.Append(Alphabet[(buffer << (BitsEach - bits)) & 31]).ToString();
    }

    /// <summary>Reads exactly what <see cref="Encode"/> writes for so many bytes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">Where the bytes go; all of it is filled.</param>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        int buffer = 0;
        int bits = 0;
        int written = 0;
        foreach (char letter in text)
        {
            int value = Alphabet.IndexOf(letter, StringComparison.Ordinal);
            if (value < 0 || written == bytes.Length)
            {
                return false;
            }

            buffer = ((buffer << BitsEach) | value) & 0xfff;
            bits += BitsEach;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[written++] = (byte)((buffer >> bits) & 0xff);
            }
        }

        return written == bytes.Length && bits < BitsEach && (buffer & ((1 << bits) - 1)) == 0;
    }
}
