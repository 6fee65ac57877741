using System.Text.Json;
using System.Text.Json.Serialization;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>How this project writes and reads JSON: camelCase, amounts as strings of msat, keys and ids in
/// hexadecimal.</summary>
internal static class ClientJson
{
    /// <summary>For answers of a hub: members that are not known are passed over, because hubs grow.</summary>
    public static JsonSerializerOptions Wire { get; } = Make(JsonUnmappedMemberHandling.Skip, indented: false);

    /// <summary>For files: an unknown member is an error, because it is a misspelt setting or a newer version's
    /// file.</summary>
    public static JsonSerializerOptions Files { get; } = Make(JsonUnmappedMemberHandling.Disallow, indented: true);

    private static JsonSerializerOptions Make(JsonUnmappedMemberHandling unmapped, bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = unmapped,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = !indented,
        WriteIndented = indented,
        MaxDepth = 16,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        Converters =
        {
            new TextConverter<Msat>("an amount in msat, such as \"1500\" or \"50sat\"", Msat.TryParse, amount => amount.Value.ToString()),
            new TextConverter<Digest>("64 hexadecimal digits", Digest.TryParseHex, digest => digest.ToString()),
            new TextConverter<PublicKey>("64 hexadecimal digits", PublicKey.TryParseHex, key => key.ToString()),
            new TextConverter<Id128>("32 hexadecimal digits", Id128.TryParseHex, id => id.ToString()),
        },
    };

    private delegate bool TryParse<T>(string? text, out T value);

    private sealed class TextConverter<T>(string form, TryParse<T> parse, Func<T, string> write) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && parse(reader.GetString(), out T value)
                ? value
                : throw new JsonException($"Expected {form}.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(write(value));

        public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            parse(reader.GetString(), out T value) ? value : throw new JsonException($"Expected {form}.");

        public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WritePropertyName(write(value));
    }
}
