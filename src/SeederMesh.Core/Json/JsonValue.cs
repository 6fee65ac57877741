using System.Diagnostics.CodeAnalysis;

namespace SeederMesh.Core.Json;

/// <summary>What a JSON value is.</summary>
public enum JsonKind
{
    /// <summary>The literal <c>null</c>.</summary>
    Null,

    /// <summary>The literal <c>false</c>.</summary>
    False,

    /// <summary>The literal <c>true</c>.</summary>
    True,

    /// <summary>An IEEE 754 double.</summary>
    Number,

    /// <summary>Unicode text without lone surrogates.</summary>
    String,

    /// <summary>An ordered list.</summary>
    Array,

    /// <summary>Members with distinct names, kept in canonical order.</summary>
    Object,
}

/// <summary>A name and its value in an object.</summary>
public readonly record struct JsonMember(string Name, JsonValue Value);

/// <summary>An immutable JSON value that has exactly one canonical form (RFC 8785).</summary>
/// <remarks>
/// Members are sorted by UTF-16 code unit when the value is made, names are distinct, text has no lone surrogate,
/// numbers are finite:
/// what cannot be signed cannot be built. Thread safe.
/// </remarks>
public sealed class JsonValue
{
    /// <summary>
    /// The largest integer that a JSON number may hold here: 2^53 - 1 (RFC 7493, section 2.2). Larger ones are strings.
    /// </summary>
    public const long IntegerMax = (1L << 53) - 1;

    private readonly JsonValue[] items;
    private readonly JsonMember[] members;

    private JsonValue(JsonKind kind, string text = "", double number = 0, JsonValue[]? items = null, JsonMember[]? members = null)
    {
        Kind = kind;
        Text = text;
        Number = number;
        this.items = items ?? [];
        this.members = members ?? [];
    }

    /// <summary>The literal <c>null</c>.</summary>
    public static JsonValue Null { get; } = new(JsonKind.Null);

    /// <summary>The literal <c>false</c>.</summary>
    public static JsonValue False { get; } = new(JsonKind.False);

    /// <summary>The literal <c>true</c>.</summary>
    public static JsonValue True { get; } = new(JsonKind.True);

    /// <summary>What it is.</summary>
    public JsonKind Kind { get; }

    /// <summary>The text of a string; empty for every other kind.</summary>
    public string Text { get; }

    /// <summary>The number; 0 for every other kind.</summary>
    public double Number { get; }

    /// <summary>The elements of an array; empty for every other kind.</summary>
    public ReadOnlySpan<JsonValue> Items => items;

    /// <summary>The members of an object in canonical order; empty for every other kind.</summary>
    public ReadOnlySpan<JsonMember> Members => members;

    /// <summary>A string.</summary>
    /// <exception cref="ArgumentException">It holds a lone surrogate, which UTF-8 cannot carry.</exception>
    public static JsonValue Of(string text) =>
        HasLoneSurrogate(text)
            ? throw new ArgumentException("The text holds a lone surrogate.", nameof(text))
            : new JsonValue(JsonKind.String, text: text);

    /// <summary>An integer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is beyond plus or minus <see cref="IntegerMax"/>.</exception>
    public static JsonValue Of(long integer)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(integer, IntegerMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(integer, -IntegerMax);
        return new JsonValue(JsonKind.Number, number: integer);
    }

    /// <summary>A number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not finite.</exception>
    public static JsonValue Of(double number) =>
        double.IsFinite(number)
            ? new JsonValue(JsonKind.Number, number: number)
            : throw new ArgumentOutOfRangeException(nameof(number), "JSON has no infinity and no NaN.");

    /// <summary>An array of <paramref name="items"/>, which the caller does not keep.</summary>
    public static JsonValue Array(params JsonValue[] items) => new(JsonKind.Array, items: items);

    /// <summary>An object of <paramref name="members"/> in any order, which the caller does not keep.</summary>
    /// <exception cref="ArgumentException">A name occurs twice or holds a lone surrogate.</exception>
    public static JsonValue Object(params JsonMember[] members)
    {
        foreach (JsonMember member in members)
        {
            if (HasLoneSurrogate(member.Name))
            {
                throw new ArgumentException("A name holds a lone surrogate.", nameof(members));
            }
        }

        return TryObject(members, out JsonValue? value, out string duplicate)
            ? value
            : throw new ArgumentException($"The name \"{duplicate}\" occurs twice.", nameof(members));
    }

    /// <summary>The value of the member called <paramref name="name"/>, or null when this has none.</summary>
    public JsonValue? Find(string name)
    {
        int low = 0;
        int high = members.Length - 1;
        while (low <= high)
        {
            int middle = low + ((high - low) / 2);
            int order = string.CompareOrdinal(members[middle].Name, name);
            if (order == 0)
            {
                return members[middle].Value;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <summary>
    /// This object without the member called <paramref name="name"/>; this value itself when it has none.
    /// </summary>
    public JsonValue Without(string name) =>
        Find(name) is null
            ? this
            : new JsonValue(
                JsonKind.Object, members: System.Array.FindAll(members, member => !SameName(member.Name, name)));

    /// <summary>This object with the member called <paramref name="name"/> set to <paramref name="value"/>.</summary>
    public JsonValue With(string name, JsonValue value) => Object([.. Without(name).members, new JsonMember(name, value)]);

    /// <summary>
    /// Makes an object of names that are already free of lone surrogates; sorts <paramref name="members"/> in place.
    /// </summary>
    internal static bool TryObject(JsonMember[] members, [NotNullWhen(true)] out JsonValue? value, out string duplicate)
    {
        System.Array.Sort(members, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        for (int i = 1; i < members.Length; i++)
        {
            if (SameName(members[i - 1].Name, members[i].Name))
            {
                value = null;
                duplicate = members[i].Name;
                return false;
            }
        }

        value = new JsonValue(JsonKind.Object, members: members);
        duplicate = "";
        return true;
    }

    /// <summary>A string whose text a decoder has already shown to be well-formed.</summary>
    internal static JsonValue OfDecoded(string text) => new(JsonKind.String, text: text);

    private static bool SameName(string a, string b) => string.Equals(a, b, StringComparison.Ordinal);

    private static bool HasLoneSurrogate(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return true;
            }

            i++;
        }

        return false;
    }
}
