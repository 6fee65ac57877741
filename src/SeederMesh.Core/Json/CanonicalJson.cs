using System.Buffers;
using System.Globalization;
using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Json;

/// <summary>The JSON Canonicalization Scheme, RFC 8785: the one sequence of bytes that stands for a value.</summary>
public static class CanonicalJson
{
    private const string HexDigits = "0123456789abcdef";

    // Everything else in a string is written as it is, in UTF-8 (section 3.2.2.2).
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\" + string.Concat(Enumerable.Range(0, 32).Select(code => (char)code)));

    /// <summary>The canonical UTF-8 bytes of <paramref name="value"/>.</summary>
    public static byte[] Serialize(JsonValue value)
    {
        ArrayBufferWriter<byte> output = new(4096);
        Write(output, value);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The SHA-256 of the canonical bytes of <paramref name="value"/>.</summary>
    public static Digest Hash(JsonValue value)
    {
        ArrayBufferWriter<byte> output = new(4096);
        Write(output, value);
        return Digest.Of(output.WrittenSpan);
    }

    /// <summary>A number as ECMAScript writes it (section 3.2.2.3).</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not finite.</exception>
    public static string FormatNumber(double number)
    {
        if (!double.IsFinite(number))
        {
            throw new ArgumentOutOfRangeException(nameof(number), "JSON has no infinity and no NaN.");
        }

        if (Math.Abs(number) <= JsonValue.IntegerMax && Math.Floor(number) == number)
        {
            return ((long)number).ToString(CultureInfo.InvariantCulture);
        }

        (string digits, int point) = Digits(Math.Abs(number));
        return (number < 0 ? "-" : "") + Layout(digits, point);
    }

    private static void Write(ArrayBufferWriter<byte> output, JsonValue value)
    {
        switch (value.Kind)
        {
            case JsonKind.Null:
                output.Write("null"u8);
                break;
            case JsonKind.False:
                output.Write("false"u8);
                break;
            case JsonKind.True:
                output.Write("true"u8);
                break;
            case JsonKind.Number:
                WriteUtf8(output, FormatNumber(value.Number));
                break;
            case JsonKind.String:
                WriteString(output, value.Text);
                break;
            case JsonKind.Array:
                WriteArray(output, value.Items);
                break;
            case JsonKind.Object:
                WriteObject(output, value.Members);
                break;
            default:
                throw new InvariantViolationException($"a JSON value has a known kind, not {value.Kind}");
        }
    }

    private static void WriteArray(ArrayBufferWriter<byte> output, ReadOnlySpan<JsonValue> items)
    {
        output.Write("["u8);
        for (int i = 0; i < items.Length; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            Write(output, items[i]);
        }

        output.Write("]"u8);
    }

    private static void WriteObject(ArrayBufferWriter<byte> output, ReadOnlySpan<JsonMember> members)
    {
        output.Write("{"u8);
        for (int i = 0; i < members.Length; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            WriteString(output, members[i].Name);
            output.Write(":"u8);
            Write(output, members[i].Value);
        }

        output.Write("}"u8);
    }

    private static void WriteString(ArrayBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        ReadOnlySpan<char> rest = text;
        for (int at = rest.IndexOfAny(Escaped); at >= 0; at = rest.IndexOfAny(Escaped))
        {
            WriteUtf8(output, rest[..at]);
            WriteEscape(output, rest[at]);
            rest = rest[(at + 1)..];
        }

        WriteUtf8(output, rest);
        output.Write("\""u8);
    }

    private static void WriteEscape(ArrayBufferWriter<byte> output, char character)
    {
        WriteUtf8(output, character switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\b' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\f' => "\\f",
            '\r' => "\\r",
            _ => $"\\u00{HexDigits[character >> 4]}{HexDigits[character & 15]}",
        });
    }

    private static void WriteUtf8(ArrayBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        Span<byte> buffer = output.GetSpan(text.Length * 3);
        output.Advance(System.Text.Encoding.UTF8.GetBytes(text, buffer));
    }

    /// <summary>
    /// The shortest digits that read back as <paramref name="number"/>, and where the point stands: 0.digits times
    /// 10^point.
    /// </summary>
    private static (string Digits, int Point) Digits(double number)
    {
        // .NET's "R" gives the same shortest digits as ECMAScript, laid out in another way.
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        int exponentAt = text.IndexOf('E', StringComparison.Ordinal);
        string mantissa = exponentAt < 0 ? text : text[..exponentAt];
        int exponent = exponentAt < 0
            ? 0
            : int.Parse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        int pointAt = mantissa.IndexOf('.', StringComparison.Ordinal);
        int point = exponent + (pointAt < 0 ? mantissa.Length : pointAt);
        string all = mantissa.Replace(".", "", StringComparison.Ordinal);
        string trimmed = all.TrimStart('0');
        return (trimmed.TrimEnd('0'), point - (all.Length - trimmed.Length));
    }

    private static string Layout(string digits, int point)
    {
        if (digits.Length <= point && point <= 21)
        {
            return digits + new string('0', point - digits.Length);
        }

        if (point is > 0 and <= 21)
        {
            return digits[..point] + "." + digits[point..];
        }

        if (point is > -6 and <= 0)
        {
            return "0." + new string('0', -point) + digits;
        }

        string fraction = digits.Length == 1 ? "" : "." + digits[1..];
        int exponent = point - 1;
        return $"{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent)}";
    }
}
