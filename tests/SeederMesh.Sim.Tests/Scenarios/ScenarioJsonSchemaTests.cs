using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SeederMesh.Sim.Commands;
using SeederMesh.Sim.Scenarios;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace SeederMesh.Sim.Tests.Scenarios;

// Goal: an editor with this schema accepts what mesh-sim accepts, and marks the usual mistakes.
// Method: a small walk over the part of JSON Schema draft-07 that the schema uses; every shipped scenario, and single mistakes.
public sealed class ScenarioJsonSchemaTests
{
    private const string Least = "name: x\npopulations:\n  - { name: seed, role: seed }\n";

    public static TheoryData<string> Shipped => [.. CommonOptions.ShippedNames("")];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Build_ShippedScenario_Validates(string name) => Assert.Empty(Faults(CommonOptions.Load(name)));

    [Theory]
    [InlineData("mode: 5")]
    [InlineData("mode: peices")]
    [InlineData("seeds: 3")]
    [InlineData("seed: -1")]
    [InlineData("replicates: many")]
    [InlineData("time: { end: 10 }")]
    [InlineData("time: { end: 10 s, tock: 1ms }")]
    [InlineData("network: { neighbours: 65 }")]
    [InlineData("content: { size: 10MiBs }")]
    [InlineData("mechanism: { price: 1000msat }")]
    [InlineData("mechanism: { defences: { window: maybe } }")]
    [InlineData("attacks: [withholding, no-such-attack]")]
    [InlineData("sweep: { seed: [] }")]
    public void Build_OneMistake_IsFoundByTheSchemaAndByTheReader(string mistake)
    {
        string yaml = Least + mistake;
        Assert.Single(Faults(yaml));
        Assert.Throws<ScenarioException>(() => ScenarioReader.Read(yaml));
    }

    [Theory]
    [InlineData("populations: [{ role: seed }]")]
    [InlineData("mode: pieces")]
    public void Build_NameMissing_IsFound(string yaml) => Assert.NotEmpty(Faults(yaml));

    [Fact]
    public void Build_EveryDefault_IsAllowed()
    {
        Assert.All(
            ScenarioSchema.Keys.Where(key => key.Default is { Length: > 0 } && !key.Path.Contains("[]", StringComparison.Ordinal)),
            key =>
            {
                string[] names = key.Path.Split('.');
                string nested = string.Concat(names.Select(name => $"{{ {name}: ")) + key.Default + string.Concat(names.Select(_ => " }"));
                string[] faults = [.. Faults(nested).Where(fault => !fault.EndsWith("name is missing", StringComparison.Ordinal))];
                Assert.Empty(faults);
            });
    }

    private static List<string> Faults(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var faults = new List<string>();
        Check(ScenarioJsonSchema.Build(), ToJson(stream.Documents[0].RootNode), "", faults);
        return faults;
    }

    // As editors read YAML 1.2: a plain scalar may be a number or true and false; yes and no are texts.
    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(
            entry => KeyValuePair.Create(((YamlScalarNode)entry.Key).Value!, ToJson(entry.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } flag => flag.Value == "true",
        YamlScalarNode { Style: ScalarStyle.Plain } scalar when double.TryParse(
            scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) => number,
        YamlScalarNode scalar => scalar.Value,
        _ => null,
    };

    private static void Check(JsonNode schema, JsonNode? value, string path, List<string> faults)
    {
        if (schema["anyOf"] is JsonArray choices)
        {
            bool fits = choices.Any(choice =>
            {
                var own = new List<string>();
                Check(choice!, value, path, own);
                return own.Count == 0;
            });
            Require(fits, "fits nothing that is allowed");
            return;
        }

        Require(schema["type"] is not { } type || IsOfType(type, value), $"is no {schema["type"]}");
        Require(schema["enum"] is not JsonArray allowed || allowed.Any(one => JsonNode.DeepEquals(one, value)), "is not in the list");
        if (value is JsonValue scalar && scalar.TryGetValue(out double number))
        {
            Require(number >= (schema["minimum"]?.GetValue<double>() ?? double.NegativeInfinity), "is too small");
            Require(number <= (schema["maximum"]?.GetValue<double>() ?? double.PositiveInfinity), "is too large");
        }
        else if (value is JsonValue other && other.TryGetValue(out string? text) && schema["pattern"] is { } pattern)
        {
            Require(Regex.IsMatch(text, pattern.GetValue<string>(), RegexOptions.NonBacktracking), "does not match");
        }
        else if (value is JsonArray list && schema["type"] is not null)
        {
            Require(list.Count >= (schema["minItems"]?.GetValue<int>() ?? 0), "has too few items");
            for (int index = 0; index < list.Count && schema["items"] is { } item; index++)
            {
                Check(item, list[index], $"{path}[{index}]", faults);
            }
        }
        else if (value is JsonObject map && schema["type"] is not null)
        {
            CheckMembers(schema, map, path, faults);
        }

        void Require(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add($"{path} {fault}");
            }
        }
    }

    private static void CheckMembers(JsonNode schema, JsonObject map, string path, List<string> faults)
    {
        faults.AddRange((schema["required"] as JsonArray ?? []).Where(name => !map.ContainsKey(name!.GetValue<string>()))
            .Select(name => $"{path}: {name} is missing"));
        foreach ((string name, JsonNode? member) in map)
        {
            JsonNode? own = schema["properties"]?[name] ?? schema["additionalProperties"];
            if (own is JsonObject rules)
            {
                Check(rules, member, $"{path}.{name}", faults);
            }
            else
            {
                faults.Add($"{path}.{name} is not known");
            }
        }
    }

    private static bool IsOfType(JsonNode type, JsonNode? value) => type is JsonArray several
        ? several.Any(one => IsOfType(one!, value))
        : type.GetValue<string>() switch
        {
            "object" => value is JsonObject,
            "array" => value is JsonArray,
            "string" => value is JsonValue text && text.TryGetValue<string>(out _),
            "number" => value is JsonValue some && some.TryGetValue<double>(out _),
            _ => value is JsonValue whole && whole.TryGetValue(out double number) && number == Math.Floor(number),
        };
}
