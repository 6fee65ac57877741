namespace SeederMesh.Core.Http;

/// <summary>One member of the <c>Signature-Input</c> field (RFC 9421, section 4.1).</summary>
/// <param name="Label">Its name, which the <c>Signature</c> field repeats.</param>
/// <param name="Components">The components that are covered, in order.</param>
/// <param name="Created">When it was signed in Unix seconds, or null.</param>
/// <param name="Expires">Until when it counts in Unix seconds, or null.</param>
/// <param name="KeyId">Which key signed, or null.</param>
/// <param name="Algorithm">The algorithm named, or null.</param>
/// <param name="Parameters">The value as it is signed: list and parameters in their canonical serialization.</param>
internal sealed record SignatureInput(
    string Label,
    IReadOnlyList<string> Components,
    long? Created,
    long? Expires,
    string? KeyId,
    string? Algorithm,
    string Parameters)
{
    public const int LengthMax = 2048;
    private const int ComponentsMax = 16;
    private const int ParametersMax = 8;

    /// <summary>
    /// Reads a field with exactly one member; parameters that are not known and repeated ones are refused.
    /// </summary>
    public static SignatureInput? Parse(string field)
    {
        if (field.Length > LengthMax)
        {
            return null;
        }

        StructuredFieldReader reader = new(field);
        string label = reader.ReadKey();
        reader.Take('=');
        List<string> components = reader.ReadStrings(ComponentsMax);
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        Dictionary<string, long> times = new(StringComparer.Ordinal);

        // Written anew, because white space that a sender may choose is not part of what is signed.
        string parameters = $"({string.Join(' ', components.Select(component => $"\"{component}\""))})";
        while (!reader.Failed && reader.TryTake(';'))
        {
            reader.SkipSpaces();
            string name = reader.ReadKey();
            reader.Take('=');
            bool added;
            if (name is "created" or "expires")
            {
                long time = reader.ReadInteger();
                added = times.TryAdd(name, time);
                parameters += $";{name}={time}";
            }
            else
            {
                string value = reader.ReadString();
                added = name is "keyid" or "alg" or "nonce" or "tag" && texts.TryAdd(name, value);
                parameters += $";{name}=\"{value}\"";
            }

            if (!added || texts.Count + times.Count > ParametersMax)
            {
                return null;
            }
        }

        bool distinct = components.Distinct(StringComparer.Ordinal).Count() == components.Count;
        return reader.Failed || !reader.AtEnd || !distinct
            ? null
            : new SignatureInput(
                label,
                components,
                times.TryGetValue("created", out long created) ? created : null,
                times.TryGetValue("expires", out long expires) ? expires : null,
                texts.GetValueOrDefault("keyid"),
                texts.GetValueOrDefault("alg"),
                parameters);
    }

    /// <summary>
    /// The bytes that are signed (section 2.5), or null when <paramref name="valueOf"/> does not know a component.
    /// </summary>
    public byte[]? ToSignatureBase(Func<string, string?> valueOf)
    {
        System.Text.StringBuilder text = new();
        foreach (string component in Components)
        {
            string? value = valueOf(component);
            if (value is null || value.AsSpan().IndexOfAny('\r', '\n') >= 0)
            {
                return null;
            }

            text.Append('"').Append(component).Append("\": ").Append(value).Append('\n');
        }

        text.Append("\"@signature-params\": ").Append(Parameters);
        return System.Text.Encoding.UTF8.GetBytes(text.ToString());
    }
}
