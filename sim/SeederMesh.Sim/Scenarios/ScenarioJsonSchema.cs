using System.Text.Json.Nodes;
using SeederMesh.Sim.Attacks;
using SeederMesh.Sim.Published;

namespace SeederMesh.Sim.Scenarios;

/// <summary><see cref="ScenarioSchema"/> as JSON Schema (draft-07, which editors check YAML with).</summary>
/// <remarks>It says what one key says: names, kinds, ranges of numbers, units. What needs several keys (a split that adds
/// up, whole pieces, which parameters a case takes) and the ranges of numbers with units only a run tells.</remarks>
internal static class ScenarioJsonSchema
{
    private const string Count = @"\d+(\.\d+)?([eE][+-]?\d+)?\s*";
    private const string Bytes = "([kMG]?B|[KMG]iB|[kMG]?bit)";
    private const string Time = Count + "(us|ms|s|min|h|d)";
    private const string Speed = Count + Bytes + "/s";

    /// <summary>The schema, an object at its root.</summary>
    public static JsonObject Build()
    {
        JsonObject root = Map("A scenario of mesh-sim");
        root.Insert(0, "$schema", "http://json-schema.org/draft-07/schema#");
        foreach (SchemaKey key in ScenarioSchema.Keys.Where(key => !key.Path.EndsWith(".*", StringComparison.Ordinal)))
        {
            Add(root, key);
        }

        JsonObject properties = root["properties"]!.AsObject();
        properties["parameters"] = Parameters("Of markov, fluid and exact mode and of published cases",
        [
            .. PublishedCases.All.SelectMany(published => published.Parameters),
            .. Enum.GetValues<ScenarioMode>().SelectMany(mode => PublishedCases.ParametersOf("none", mode)),
        ]);
        properties["attack"] = Parameters("What attacks take", AttackCatalogue.Parameters);
        properties["sweep"] = new JsonObject
        {
            ["description"] = "Keys and the list of values of each, for mesh-sim sweep",
            ["type"] = "object",
            ["additionalProperties"] = new JsonObject { ["type"] = "array", ["minItems"] = 1 },
        };
        return root;
    }

    private static void Add(JsonObject root, SchemaKey key)
    {
        JsonObject map = root;
        string[] names = key.Path.Split('.');
        foreach (string name in names[..^1])
        {
            map = name.EndsWith("[]", StringComparison.Ordinal) ? Items(map, name[..^2]) : Child(map, name);
        }

        JsonObject value = Value(key);
        value["description"] = key.Explanation;
        if (key.Default is { Length: > 0 } usual)
        {
            value["default"] = usual;
        }

        map["properties"]![names[^1]] = value;
        if (key.Default is null)
        {
            map["required"] ??= new JsonArray();
            map["required"]!.AsArray().Add(names[^1]);
        }
    }

    private static JsonObject Child(JsonObject map, string name)
    {
        JsonObject properties = map["properties"]!.AsObject();
        properties[name] ??= Map(null);
        return properties[name]!.AsObject();
    }

    private static JsonObject Items(JsonObject map, string name)
    {
        JsonObject properties = map["properties"]!.AsObject();
        properties[name] ??= new JsonObject { ["type"] = "array", ["maxItems"] = 250, ["items"] = Map(null) };
        return properties[name]!["items"]!.AsObject();
    }

    private static JsonObject Map(string? description)
    {
        var map = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject(), ["additionalProperties"] = false };
        if (description is not null)
        {
            map["description"] = description;
        }

        return map;
    }

    private static JsonObject Value(SchemaKey key) => key.Kind switch
    {
        ValueKind.Integer => Any(Range("integer", key.Minimum, key.Maximum), Text(@"\d[\d_]*")),
        ValueKind.Number => Any(Range("number", key.Minimum, key.Maximum), Text("inf")),
        // YAML 1.1 reads yes as true, YAML 1.2 as a text.
        ValueKind.Flag => new JsonObject { ["enum"] = new JsonArray(true, false, "yes", "no") },
        ValueKind.Choice => new JsonObject { ["enum"] = Names(key.Allowed) },
        ValueKind.Duration => Text($"({Time}|forever)"),
        ValueKind.Size => Text(Count + Bytes),
        ValueKind.Money => Text(Count + "m?sat"),
        ValueKind.Price => Text($"{Count}m?sat/{Bytes}"),
        ValueKind.Rate => Text(Count + "/(us|ms|s|min|h|d)"),
        ValueKind.Capacity => Text($@"(unlimited|{Speed}|(uniform|exponential|lognormal|choice)\(.+\))"),
        ValueKind.Arrival => Text($@"(start|(poisson|flash|trace)\(.+\))"),
        ValueKind.Attacks => Any(
            new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["enum"] = Names(AttackCatalogue.Names) } },
            new JsonObject { ["type"] = "string" }),
        _ => new JsonObject { ["type"] = new JsonArray("string", "number") },
    };

    private static JsonObject Range(string type, double least, double most)
    {
        var range = new JsonObject { ["type"] = type };
        if (double.IsFinite(least))
        {
            range["minimum"] = least;
        }

        if (double.IsFinite(most))
        {
            range["maximum"] = most;
        }

        return range;
    }

    private static JsonObject Text(string pattern) => new() { ["type"] = "string", ["pattern"] = $"^{pattern}$" };

    private static JsonObject Any(params ReadOnlySpan<JsonNode?> choices) => new() { ["anyOf"] = new JsonArray([.. choices]) };

    private static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => JsonValue.Create(name))];

    /// <summary>Numbers by name. Cases share names and not ranges, so that a range stands where all agree.</summary>
    private static JsonObject Parameters(string description, IEnumerable<ScenarioParameter> parameters)
    {
        JsonObject map = Map(description);
        foreach (IGrouping<string, ScenarioParameter> same in parameters.GroupBy(parameter => parameter.Name, StringComparer.Ordinal))
        {
            double most = same.Max(parameter => parameter.Maximum);
            JsonObject number = Range(
                same.All(parameter => parameter.IsWhole) ? "integer" : "number", same.Min(parameter => parameter.Minimum), most);
            JsonObject value = double.IsFinite(most) ? number : Any(number, Text("inf"));
            value["description"] = string.Join("; ", same.Select(parameter => parameter.Explanation).Distinct(StringComparer.Ordinal));
            map["properties"]![same.Key] = value;
        }

        return map;
    }
}
