using System.Globalization;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Json;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Manifests;

/// <summary>The first fault found in a document: where, and what to do.</summary>
internal sealed class FieldFault
{
    public string Path { get; private set; } = "";

    public string Message { get; private set; } = "";

    public bool Found => Message.Length > 0;

    public void Set(string path, string message)
    {
        if (!Found)
        {
            Path = path;
            Message = message;
        }
    }
}

/// <summary>Reads the members of one object by rule; notes the first fault and goes on with harmless values.</summary>
internal sealed class FieldReader
{
    private readonly JsonValue value;
    private readonly FieldFault fault;
    private readonly FieldReader? parent;
    private readonly string name;
    private readonly int index;

    private FieldReader(JsonValue value, FieldFault fault, FieldReader? parent, string name, int index)
    {
        this.value = value;
        this.fault = fault;
        this.parent = parent;
        this.name = name;
        this.index = index;
    }

    /// <summary>
    /// The path is put together only when something is wrong: a manifest has many thousands of objects.
    /// </summary>
    public string Path =>
        parent is null ? "$" : index < 0 ? $"{parent.Path}.{name}" : $"{parent.Path}.{name}[{index}]";

    public static FieldReader Root(JsonValue value, FieldFault fault)
    {
        if (value.Kind != JsonKind.Object)
        {
            fault.Set("$", "This must be an object.");
        }

        return new FieldReader(value, fault, null, "", -1);
    }

    public void Fail(string member, string message) => fault.Set($"{Path}.{member}", message);

    public bool Has(string member) => value.Find(member) is not null;

    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        foreach (JsonMember member in value.Members)
        {
            bool known = false;
            foreach (string candidate in names)
            {
                known |= string.Equals(candidate, member.Name, StringComparison.Ordinal);
            }

            if (!known)
            {
                // The name may be anything of any length; it is shown shortened and only if it is plain.
                bool plain = member.Name.Length <= 64 && member.Name.All(char.IsAsciiLetterOrDigit);
                fault.Set(Path, $"The member {(plain ? $"\"{member.Name}\"" : "with an odd name")} is not known; remove it.");
            }
        }
    }

    public FieldReader Object(string member)
    {
        JsonValue? found = value.Find(member);
        if (found?.Kind != JsonKind.Object)
        {
            Fail(member, found is null ? "This object is missing." : "This must be an object.");
        }

        return new FieldReader(found ?? JsonValue.Null, fault, this, member, -1);
    }

    public FieldReader[] Objects(string member, int countMin, int countMax)
    {
        JsonValue? found = value.Find(member);
        if (found?.Kind != JsonKind.Array)
        {
            Fail(member, found is null ? "This list is missing." : "This must be a list.");
            return [];
        }

        ReadOnlySpan<JsonValue> items = found.Items;
        if (items.Length < countMin || items.Length > countMax)
        {
            Fail(member, $"This list has {items.Length} entries; it must have {countMin} to {countMax}.");
            return [];
        }

        var readers = new FieldReader[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            readers[i] = new FieldReader(items[i], fault, this, member, i);
            if (items[i].Kind != JsonKind.Object)
            {
                fault.Set(readers[i].Path, "This must be an object.");
            }
        }

        return readers;
    }

    /// <summary>A list of strings.</summary>
    public string[] Texts(string member, int countMin, int countMax)
    {
        JsonValue? found = value.Find(member);
        ReadOnlySpan<JsonValue> items = found is null ? [] : found.Items;
        if (found?.Kind != JsonKind.Array || items.Length < countMin || items.Length > countMax)
        {
            Fail(member, $"This must be a list of {countMin} to {countMax} strings.");
            return [];
        }

        var texts = new string[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            texts[i] = items[i].Text;
            if (items[i].Kind != JsonKind.String)
            {
                fault.Set($"{Path}.{member}[{i}]", "This must be a string.");
            }
        }

        return texts;
    }

    /// <summary>Text of 1 to <paramref name="bytesMax"/> bytes of UTF-8 without control characters.</summary>
    public string Text(string member, int bytesMax)
    {
        JsonValue? found = value.Find(member);
        if (found?.Kind != JsonKind.String)
        {
            Fail(member, found is null ? "This is missing." : "This must be a string.");
            return "";
        }

        string text = found.Text;
        if (text.Length == 0 || System.Text.Encoding.UTF8.GetByteCount(text) > bytesMax)
        {
            Fail(member, $"This must have 1 to {bytesMax} bytes.");
        }
        else if (text.AsSpan().IndexOfAny(FilePath.Unprintable) >= 0)
        {
            Fail(member, "This holds a control character; remove it.");
        }

        return text;
    }

    public string? OptionalText(string member, int bytesMax) => Has(member) ? Text(member, bytesMax) : null;

    /// <summary>An address that begins with https:// or http://, in printable ASCII.</summary>
    public string? OptionalUrl(string member)
    {
        if (!Has(member))
        {
            return null;
        }

        string text = Text(member, 2048);
        bool web = text.StartsWith("https://", StringComparison.Ordinal) || text.StartsWith("http://", StringComparison.Ordinal);
        bool printable = text.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0;
        if (!web || !printable || !Uri.IsWellFormedUriString(text, UriKind.Absolute))
        {
            Fail(member, "This must be an https:// or http:// address in printable ASCII.");
        }

        return text;
    }

    public long Integer(string member, long min, long max)
    {
        JsonValue? found = value.Find(member);
        double number = found?.Number ?? 0;
        if (found?.Kind != JsonKind.Number || Math.Floor(number) != number || number < min || number > max)
        {
            Fail(member, found is null ? "This is missing." : $"This must be an integer from {min} to {max}.");
            return min;
        }

        return (long)number;
    }

    public Digest Digest(string member)
    {
        if (!IsLowerHex(member) || !Identity.Digest.TryParseHex(value.Find(member)?.Text, out Digest digest))
        {
            Fail(member, "This must be 64 lower-case hexadecimal digits.");
            return default;
        }

        return digest;
    }

    public Digest? OptionalDigest(string member) => Has(member) ? Digest(member) : null;

    public InfohashV1? OptionalInfohashV1(string member)
    {
        if (!Has(member))
        {
            return null;
        }

        if (!IsLowerHex(member) || !InfohashV1.TryParseHex(value.Find(member)?.Text, out InfohashV1 infohash))
        {
            Fail(member, "This must be 40 lower-case hexadecimal digits.");
            return null;
        }

        return infohash;
    }

    /// <summary>Millisatoshi as a string of digits without leading zeros.</summary>
    public Msat Amount(string member, Msat max)
    {
        JsonValue? found = value.Find(member);
        string text = found?.Text ?? "";
        bool digits = text.Length is > 0 and <= 19
            && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0
            && (text.Length == 1 || text[0] != '0');
        if (!digits
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            || !Msat.TryFrom(number, out Msat amount)
            || amount > max)
        {
            Fail(member, $"This must be a string of digits: millisatoshi from 0 to {max.Value}.");
            return Msat.Zero;
        }

        return amount;
    }

    /// <summary>A time in UTC with whole seconds, such as 2026-01-31T12:00:00Z (RFC 3339).</summary>
    public DateTimeOffset Time(string member)
    {
        if (!DateTimeOffset.TryParseExact(
            value.Find(member)?.Text,
            ManifestJson.TimeFormat,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset time))
        {
            Fail(member, "This must be a time such as 2026-01-31T12:00:00Z.");
        }

        return time;
    }

    // Digests are compared as text by other programs, so there is one spelling.
    private bool IsLowerHex(string member) => value.Find(member)?.Text.AsSpan().IndexOfAnyExcept(Hexadecimal.LowerDigits) < 0;
}
