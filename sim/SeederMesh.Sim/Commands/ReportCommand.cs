using System.CommandLine;
using System.Text.Json;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Commands;

/// <summary><c>mesh-sim report DIR</c>: what a folder of results holds, from its files alone.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("dir") { Description = "A folder that mesh-sim run has written" };
        var command = new Command("report", "Prints the summary of a folder of results and where its report is") { folder };
        command.SetAction(parsed => Print(parsed.GetValue(folder)!));
        return command;
    }

    private static int Print(string folder)
    {
        string manifest = Path.Combine(folder, "manifest.json");
        string summary = Path.Combine(folder, "summary.json");
        if (!File.Exists(manifest) || !File.Exists(summary))
        {
            throw new ScenarioException($"{folder}: holds no results of mesh-sim run (manifest.json and summary.json are missing)");
        }

        using JsonDocument about = Parse(manifest);
        using JsonDocument numbers = Parse(summary);
        Console.WriteLine($"{about.RootElement.GetProperty("scenario")}: seed {about.RootElement.GetProperty("seed")}, "
            + $"trace {about.RootElement.GetProperty("traceHash")}, partial: {about.RootElement.GetProperty("partial")}");
        foreach (JsonProperty metric in numbers.RootElement.GetProperty("metrics").EnumerateObject())
        {
            Console.WriteLine($"{metric.Name,-34} {metric.Value.GetProperty("mean"),18}  +-{metric.Value.GetProperty("ci95")} "
                + $"(n={metric.Value.GetProperty("n")})");
        }

        Console.WriteLine(Path.Combine(folder, "report.html"));
        return 0;
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllText(path));
        }
        catch (JsonException exception)
        {
            throw new ScenarioException($"{path}: {exception.Message}");
        }
    }
}
