using System.Text.Json;
using SeederMesh.Sim.Analysis;

namespace SeederMesh.Sim.Outputs;

/// <summary>The JSON files of a run.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    public static string Of<T>(T value) => JsonSerializer.Serialize(value, indented) + "\n";

    /// <summary><c>{"metrics": {"NAME": {"mean": x, "ci95": x, "n": n}}}</c>; a metric that no replicate has is left
    /// out.</summary>
    public static string Summary(IReadOnlyDictionary<string, Estimate> metrics) => Of(new
    {
        metrics = metrics.Where(metric => metric.Value.N > 0).ToDictionary(
            metric => metric.Key,
            metric => new { mean = metric.Value.Mean, ci95 = metric.Value.Ci95, n = metric.Value.N },
            StringComparer.Ordinal),
    });
}
