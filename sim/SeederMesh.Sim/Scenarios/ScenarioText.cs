using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace SeederMesh.Sim.Scenarios;

/// <summary>A scenario's keys and values with their lines, before they mean anything.</summary>
/// <remarks>Bounds: 1 MiB of text, 10,000 values, 16 levels, no aliases.</remarks>
internal sealed class ScenarioText
{
    private const int TextBytesMax = 1 << 20;
    private const int ValuesMax = 10_000;
    private const int DepthMax = 16;

    private readonly SortedDictionary<string, (string Value, string Where)> values = new(StringComparer.Ordinal);
    private readonly List<string> errors = [];

    private ScenarioText()
    {
    }

    /// <summary>The values by path, e.g. <c>populations[0].up</c>.</summary>
    public IReadOnlyDictionary<string, (string Value, string Where)> Values => values;

    /// <summary>Keys and lists of the sweep.</summary>
    public Dictionary<string, IReadOnlyList<string>> Sweep { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Errors => errors;

    /// <summary>How many items a list has.</summary>
    public int CountOf(string list)
    {
        int count = 0;
        while (values.Keys.Any(path => path.StartsWith($"{list}[{count}]", StringComparison.Ordinal)))
        {
            count++;
        }

        return count;
    }

    public static ScenarioText Parse(string yaml)
    {
        var text = new ScenarioText();
        if (yaml.Length > TextBytesMax)
        {
            text.errors.Add("the scenario is longer than 1 MiB");
            return text;
        }

        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode root)
            {
                text.errors.Add("line 1: a scenario is one map of keys; mesh-sim new prints an example");
                return text;
            }

            text.Flatten(root, "", 0);
        }
        catch (YamlException exception)
        {
            text.errors.Add($"line {exception.Start.Line}: {exception.Message}");
        }

        return text;
    }

    /// <summary>Sets one key, as <c>--set key=value</c>; a population may be named:
    /// <c>populations[leechers].count</c>.</summary>
    public void Set(string assignment)
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            errors.Add($"--set {assignment}: write key=value");
            return;
        }

        Set(assignment[..equals].Trim(), assignment[(equals + 1)..].Trim(), "--set");
    }

    public void Set(string key, string value, string where)
    {
        if (key.StartsWith("sweep.", StringComparison.Ordinal))
        {
            Sweep[key["sweep.".Length..]] = value.Trim('[', ']').Split(',', StringSplitOptions.TrimEntries);
            return;
        }

        int open = key.IndexOf('[', StringComparison.Ordinal);
        int close = key.IndexOf(']', StringComparison.Ordinal);
        if (open > 0 && close > open + 1 && !char.IsAsciiDigit(key[open + 1]))
        {
            string name = key[(open + 1)..close];
            string list = key[..open];
            int index = Enumerable.Range(0, CountOf(list))
                .FirstOrDefault(item => values.GetValueOrDefault($"{list}[{item}].name").Value == name, -1);
            if (index < 0)
            {
                errors.Add($"{where} {key}: no {list} entry is named '{name}'");
                return;
            }

            key = $"{list}[{index}]{key[(close + 1)..]}";
        }

        values[key] = (value, where);
    }

    private void Flatten(YamlNode node, string path, int depth)
    {
        if (depth > DepthMax || values.Count > ValuesMax)
        {
            errors.Add($"line {node.Start.Line}: too deep or too many values");
            return;
        }

        switch (node)
        {
            case YamlMappingNode map:
                foreach ((YamlNode key, YamlNode value) in map.Children)
                {
                    string name = ((key as YamlScalarNode)?.Value ?? "").Trim();
                    if (path == "sweep")
                    {
                        ReadSweep(name, value);
                        continue;
                    }

                    Flatten(value, path.Length == 0 ? name : $"{path}.{name}", depth + 1);
                }

                break;
            case YamlSequenceNode list when list.All(item => item is YamlScalarNode):
                values[path] = (
                    string.Join(", ", list.Cast<YamlScalarNode>().Select(item => item.Value)), $"line {node.Start.Line}");
                break;
            case YamlSequenceNode list:
                for (int index = 0; index < list.Children.Count; index++)
                {
                    Flatten(list.Children[index], string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"), depth + 1);
                }

                break;
            case YamlScalarNode scalar:
                values[path] = (scalar.Value ?? "", $"line {node.Start.Line}");
                break;
            default:
                errors.Add($"line {node.Start.Line}: {path}: write the value out");
                break;
        }
    }

    private void ReadSweep(string key, YamlNode value)
    {
        if (value is YamlSequenceNode list && list.Children.Count > 0 && list.All(item => item is YamlScalarNode))
        {
            Sweep[key] = [.. list.Cast<YamlScalarNode>().Select(item => item.Value ?? "")];
            return;
        }

        errors.Add($"line {value.Start.Line}: sweep.{key}: write a list of values, e.g. [1, 2, 4]");
    }
}
