using System.Text.Json;
using System.Text.Unicode;

namespace SeederMesh.Core.Json;

/// <summary>
/// Reads JSON that is to be signed: RFC 8259 narrowed to I-JSON (RFC 7493), so that each text has one canonical form.
/// </summary>
/// <remarks>Total: any bytes give a value or a typed refusal. Bounded in size, depth and number of values.</remarks>
public static class JsonText
{
    /// <summary>How deep arrays and objects may be nested.</summary>
    public const int DepthMax = 32;

    /// <summary>How many values a text may hold, names not counted: bounds memory to some 100 MB.</summary>
    public const int ValuesMax = 1_000_000;

    // From here up ECMAScript writes a number with an exponent, so it is no integer in canonical form.
    private const double ExponentFrom = 1e21;

    /// <summary>Reads one JSON value with nothing after it but white space.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="sizeMax">How many bytes are allowed.</param>
    public static JsonReading Read(ReadOnlySpan<byte> utf8, int sizeMax)
    {
        if (utf8.Length > sizeMax)
        {
            return Refuse(JsonResult.TooLarge, $"The text has {utf8.Length} bytes; at most {sizeMax} are allowed.");
        }

        if (!Utf8.IsValid(utf8) || utf8.StartsWith("\uFEFF"u8))
        {
            return Refuse(JsonResult.NotUtf8, "The text is not UTF-8 without a byte order mark.");
        }

        // One level more than we allow: our own check comes first and has its own result.
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = DepthMax + 2 });
        Cursor cursor = new();
        try
        {
            JsonValue? value = reader.Read() ? cursor.ReadValue(ref reader, 0) : null;
            if (value is null)
            {
                return Refuse(cursor.Result, cursor.Message);
            }

            // Reading past the value throws when anything but white space follows.
            return reader.Read()
                ? Refuse(JsonResult.Malformed, "More than one value.")
                : new JsonReading(JsonResult.Read, value, "");
        }
        catch (JsonException exception)
        {
            long line = (exception.LineNumber ?? 0) + 1;
            long position = (exception.BytePositionInLine ?? 0) + 1;
            return Refuse(JsonResult.Malformed, $"Not JSON at line {line}, byte {position}: check the text there.");
        }
        catch (InvalidOperationException)
        {
            // The reader decodes text lazily; on valid UTF-8 only an unpaired \u escape can fail here.
            return Refuse(JsonResult.LoneSurrogate, $"A string near byte {reader.TokenStartIndex} holds half of a surrogate pair.");
        }
    }

    private static JsonReading Refuse(JsonResult result, string message) => new(result, null, message);

    /// <summary>The state of one reading; null from a method means that <see cref="Result"/> says why not.</summary>
    private sealed class Cursor
    {
        private int values;

        public JsonResult Result { get; private set; } = JsonResult.Malformed;

        public string Message { get; private set; } = "There is no value.";

        public JsonValue? ReadValue(ref Utf8JsonReader reader, int depth)
        {
            values++;
            if (values > ValuesMax)
            {
                return Stop(JsonResult.TooManyValues, $"There are more than {ValuesMax} values.");
            }

            return reader.TokenType switch
            {
                JsonTokenType.Null => JsonValue.Null,
                JsonTokenType.True => JsonValue.True,
                JsonTokenType.False => JsonValue.False,
                JsonTokenType.String => JsonValue.OfDecoded(reader.GetString()!),
                JsonTokenType.Number => ReadNumber(ref reader),
                _ when depth == DepthMax => Stop(JsonResult.TooDeep, $"Nested deeper than {DepthMax} levels."),
                JsonTokenType.StartArray => ReadArray(ref reader, depth + 1),
                _ => ReadObject(ref reader, depth + 1),
            };
        }

        private JsonValue? ReadArray(ref Utf8JsonReader reader, int depth)
        {
            List<JsonValue> items = [];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                JsonValue? item = ReadValue(ref reader, depth);
                if (item is null)
                {
                    return null;
                }

                items.Add(item);
            }

            return JsonValue.Array([.. items]);
        }

        private JsonValue? ReadObject(ref Utf8JsonReader reader, int depth)
        {
            List<JsonMember> members = [];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                string name = reader.GetString()!;
                _ = reader.Read();
                JsonValue? item = ReadValue(ref reader, depth);
                if (item is null)
                {
                    return null;
                }

                members.Add(new JsonMember(name, item));
            }

            return JsonValue.TryObject([.. members], out JsonValue? value, out string duplicate)
                ? value
                : Stop(JsonResult.DuplicateName, $"The name \"{duplicate}\" occurs twice in one object; keep one.");
        }

        private JsonValue? ReadNumber(ref Utf8JsonReader reader)
        {
            double number = reader.TryGetDouble(out double finite) ? finite : double.NaN;
            bool plainDigits = reader.ValueSpan.IndexOfAny(".eE"u8) < 0;
            double size = Math.Abs(number);

            // Whatever its spelling, a number that canonical form writes as an integer must be an exact one.
            bool inexact = size > JsonValue.IntegerMax && (plainDigits || size < ExponentFrom);
            return inexact || !double.IsFinite(number)
                ? Stop(
                    JsonResult.NumberOutOfRange,
                    $"The number at byte {reader.TokenStartIndex} is beyond 2^53 - 1; write it as a string.")
                : JsonValue.Of(number);
        }

        private JsonValue? Stop(JsonResult result, string message)
        {
            Result = result;
            Message = message;
            return null;
        }
    }
}
