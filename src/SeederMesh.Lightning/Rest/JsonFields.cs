using System.Text.Json;
using SeederMesh.Core.Identity;

namespace SeederMesh.Lightning.Rest;

/// <summary>Members of a node's JSON answer; absent, null and of another kind are the same.</summary>
internal static class JsonFields
{
    public static JsonElement? Find(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out JsonElement value) ? value : null;

    public static string? Text(JsonElement from, string name) =>
        Find(from, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static bool Flag(JsonElement from, string name) => Find(from, name) is { ValueKind: JsonValueKind.True };

    public static long? Number(JsonElement from, string name) =>
        Find(from, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out long number) ? number : null;

    /// <summary>The objects of an array.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement from, string name) => Find(from, name) is { } array ? Items(array) : [];

    /// <summary>The objects of an array.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement array) =>
        array.ValueKind == JsonValueKind.Array
            ? array.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object)
            : [];

    public static Digest? Hash(JsonElement from, string name) => Digest.TryParseHex(Text(from, name), out Digest hash) ? hash : null;

    public static Preimage? Secret(JsonElement from, string name) =>
        Preimage.TryParseHex(Text(from, name), out Preimage preimage) ? preimage : null;

    public static NodeId? Node(JsonElement from, string name) => NodeId.TryParse(Text(from, name), out NodeId? node) ? node : null;
}
