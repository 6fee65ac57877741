using System.CommandLine;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Commands;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    public static Argument<string> Scenario() => new("scenario")
    {
        Description = "A scenario file, or the name of one that comes with mesh-sim (e.g. sybil/all, fairness/flash-crowd)",
    };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Overrides a key, e.g. --set populations[leechers].count=500; may be repeated",
        AllowMultipleArgumentsPerToken = false,
    };

    public static Option<ulong?> Seed() => new("--seed") { Description = "Overrides the scenario's seed" };

    public static Option<int?> Replicates() => new("--replicates") { Description = "Overrides the number of replicates" };

    public static Option<int> Threads() => new("--threads")
    {
        Description = "Threads; the results are the same for any number",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    public static Option<string> Out(string otherwise) => new("--out")
    {
        Description = "The folder for results",
        DefaultValueFactory = _ => otherwise,
    };

    /// <summary>A name as it is; or, for a folder of scenarios, the names of all that are in it.</summary>
    public static IEnumerable<string> Expand(string name)
    {
        string folder = name.TrimEnd('/');
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal)
            : ShippedNames(folder) is var shipped && shipped.Any() ? shipped
            : [name];
    }

    /// <summary>The text of a scenario, from a file or from those that come along.</summary>
    /// <exception cref="ScenarioException">There is none; the message lists what there is.</exception>
    public static string Load(string name)
    {
        string[] candidates = [name, Path.Combine(Shipped, name), Path.Combine(Shipped, name + ".yaml")];
        string? found = candidates.FirstOrDefault(File.Exists);
        return found is not null
            ? File.ReadAllText(found)
            : throw new ScenarioException($"{name}: no such scenario file; shipped: {string.Join(", ", ShippedNames(""))}");
    }

    /// <summary>The scenarios that come with mesh-sim, in a folder of theirs.</summary>
    public static IEnumerable<string> ShippedNames(string folder)
    {
        string path = Path.Combine(Shipped, folder);
        return !Directory.Exists(path) ? [] : Directory.EnumerateFiles(path, "*.yaml", SearchOption.AllDirectories)
            .Select(file => Path.ChangeExtension(Path.GetRelativePath(Shipped, file), null))
            .Order(StringComparer.Ordinal);
    }

    private static string Shipped => Path.Combine(AppContext.BaseDirectory, "scenarios");

    /// <summary>The overrides of a command line as assignments.</summary>
    public static IReadOnlyList<string> Assignments(ParseResult parsed, Option<string[]> set, Option<ulong?> seed,
        Option<int?> replicates)
    {
        List<string> assignments = [.. parsed.GetValue(set) ?? []];
        if (parsed.GetValue(seed) is { } seedValue)
        {
            assignments.Add($"seed={seedValue}");
        }

        if (parsed.GetValue(replicates) is { } replicatesValue)
        {
            assignments.Add($"replicates={replicatesValue}");
        }

        return assignments;
    }

    /// <summary>The scenario with what was overridden written into it, so that a folder can be run again from
    /// itself.</summary>
    public static string Resolved(string yaml, IReadOnlyList<string> assignments) => assignments.Count == 0
        ? yaml
        : string.Concat(assignments.Select(assignment => $"# --set {assignment}\n")) + yaml;
}
