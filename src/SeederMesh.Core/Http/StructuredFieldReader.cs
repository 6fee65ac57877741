using System.Buffers;
using System.Globalization;

namespace SeederMesh.Core.Http;

/// <summary>
/// Reads the slice of RFC 9651 that signatures and digests use: keys, strings, integers, byte sequences, inner lists.
/// </summary>
/// <remarks>
/// The first failure sticks; afterwards every read gives a harmless value. The caller bounds the length of the text.
/// </remarks>
internal ref struct StructuredFieldReader(ReadOnlySpan<char> text)
{
    private static readonly SearchValues<char> Base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.*");

    private ReadOnlySpan<char> rest = text.Trim(' ');

    public bool Failed { get; private set; }

    public readonly bool AtEnd => rest.IsEmpty;

    /// <summary>Takes <paramref name="character"/> if it comes next.</summary>
    public bool TryTake(char character)
    {
        if (Failed || rest.IsEmpty || rest[0] != character)
        {
            return false;
        }

        rest = rest[1..];
        return true;
    }

    public void Take(char character) => Failed |= !TryTake(character);

    public void SkipSpaces() => rest = rest.TrimStart(' ');

    /// <summary>The comma between members, with the white space around it (section 4.2.2).</summary>
    public void TakeComma()
    {
        rest = rest.TrimStart(" \t");
        Take(',');
        rest = rest.TrimStart(" \t");
        Failed |= rest.IsEmpty;
    }

    /// <summary>A key (section 4.2.3.3).</summary>
    public string ReadKey()
    {
        int end = rest.IndexOfAnyExcept(KeyCharacters);
        ReadOnlySpan<char> key = end < 0 ? rest : rest[..end];
        if (Failed || key.IsEmpty || !(char.IsAsciiLetterLower(key[0]) || key[0] == '*'))
        {
            Failed = true;
            return "";
        }

        rest = rest[key.Length..];
        return key.ToString();
    }

    /// <summary>A string (section 4.2.5); one with a backslash escape is refused, none of ours needs it.</summary>
    public string ReadString()
    {
        Take('"');
        int end = rest.IndexOf('"');
        ReadOnlySpan<char> content = end < 0 ? [] : rest[..end];
        if (Failed || end < 0 || content.IndexOfAnyExceptInRange(' ', '~') >= 0 || content.Contains('\\'))
        {
            Failed = true;
            return "";
        }

        rest = rest[(end + 1)..];
        return content.ToString();
    }

    /// <summary>An integer of at most 15 digits (section 4.2.4).</summary>
    public long ReadInteger()
    {
        int start = !rest.IsEmpty && rest[0] == '-' ? 1 : 0;
        int end = rest[start..].IndexOfAnyExceptInRange('0', '9');
        int length = end < 0 ? rest.Length : start + end;
        bool tooLong = length - start is 0 or > 15;
        bool isDecimal = length < rest.Length && rest[length] == '.';
        if (Failed || tooLong || isDecimal)
        {
            Failed = true;
            return 0;
        }

        long value = long.Parse(rest[..length], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        rest = rest[length..];
        return value;
    }

    /// <summary>A byte sequence between colons (section 4.2.7).</summary>
    public byte[] ReadBytes()
    {
        Take(':');
        int end = rest.IndexOf(':');
        ReadOnlySpan<char> content = end < 0 ? [] : rest[..end];
        byte[] buffer = new byte[content.Length];

        // The framework's decoder skips white space, which is not allowed here.
        if (Failed
            || end < 0
            || content.IndexOfAnyExcept(Base64) >= 0
            || !Convert.TryFromBase64Chars(content, buffer, out int written))
        {
            Failed = true;
            return [];
        }

        rest = rest[(end + 1)..];
        return buffer[..written];
    }

    /// <summary>
    /// An inner list of strings without parameters, at most <paramref name="countMax"/> (section 4.2.1.2).
    /// </summary>
    public List<string> ReadStrings(int countMax)
    {
        List<string> strings = [];
        Take('(');
        SkipSpaces();
        while (!Failed && !TryTake(')'))
        {
            strings.Add(ReadString());
            int before = rest.Length;
            SkipSpaces();
            bool apart = rest.Length < before || (!rest.IsEmpty && rest[0] == ')');
            Failed |= !apart || strings.Count > countMax;
        }

        return strings;
    }
}
