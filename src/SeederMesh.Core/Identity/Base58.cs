namespace SeederMesh.Core.Identity;

/// <summary>
/// Base58 with Bitcoin's alphabet, as multibase names it: the prefix <c>z</c> (multiformats/multibase).
/// </summary>
/// <remarks>
/// Work grows with the square of the length, so it is for keys and signatures: at most <see cref="CharactersMax"/>.
/// </remarks>
internal static class Base58
{
    /// <summary>
    /// The longest text that is read: a 64-byte signature has at most 88 characters, a prefixed key fewer.
    /// </summary>
    public const int CharactersMax = 128;

    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    /// <summary>Writes <paramref name="bytes"/> as <c>z</c> and base58 digits.</summary>
    public static string ToMultibase(ReadOnlySpan<byte> bytes)
    {
        int zeros = 0;
        while (zeros < bytes.Length && bytes[zeros] == 0)
        {
            zeros++;
        }

        List<byte> digits = [];
        foreach (byte value in bytes[zeros..])
        {
            int carry = value;
            for (int i = 0; i < digits.Count; i++)
            {
                carry += digits[i] << 8;
                digits[i] = (byte)(carry % 58);
                carry /= 58;
            }

            for (; carry > 0; carry /= 58)
            {
                digits.Add((byte)(carry % 58));
            }
        }

        return string.Create(1 + zeros + digits.Count, (zeros, digits), static (text, state) =>
        {
            text.Fill('1');
            text[0] = 'z';
            for (int i = 0; i < state.digits.Count; i++)
            {
                text[^(i + 1)] = Alphabet[state.digits[i]];
            }
        });
    }

    /// <summary>Reads <c>z</c> and base58 digits; each byte string has exactly one such text.</summary>
    public static bool TryFromMultibase(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length is 0 or > CharactersMax || text[0] != 'z')
        {
            return false;
        }

        ReadOnlySpan<char> digits = text[1..];
        int zeros = digits.IndexOfAnyExcept('1');
        zeros = zeros < 0 ? digits.Length : zeros;
        List<byte> reversed = [];
        foreach (char digit in digits[zeros..])
        {
            int carry = Alphabet.IndexOf(digit, StringComparison.Ordinal);
            if (carry < 0)
            {
                return false;
            }

            for (int i = 0; i < reversed.Count; i++)
            {
                carry += reversed[i] * 58;
                reversed[i] = (byte)(carry & 255);
                carry >>= 8;
            }

            for (; carry > 0; carry >>= 8)
            {
                reversed.Add((byte)(carry & 255));
            }
        }

        bytes = new byte[zeros + reversed.Count];
        for (int i = 0; i < reversed.Count; i++)
        {
            bytes[^(i + 1)] = reversed[i];
        }

        return true;
    }
}
