using System.Text.Json;
using System.Xml.Linq;
using SeederMesh.Sim.Commands;
using SeederMesh.Sim.Outputs;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using Xunit;

namespace SeederMesh.Sim.Tests.Outputs;

// Goal: what a run leaves behind is valid, the same each time, and valid too when it is ended early.
public sealed class RunFolderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mesh-sim-").FullName;

    [Fact]
    public void Run_Twice_WritesTheSameBytes()
    {
        string[] files = ["manifest.json", "summary.json", "series.csv", "peers.csv", "replicates.csv", "report.html", "lorenz.svg"];
        RunInto("a", 1, TestContext.Current.CancellationToken);
        RunInto("b", 2, TestContext.Current.CancellationToken);
        Assert.All(files, file => Assert.Equal(
            File.ReadAllText(Path.Combine(folder, "a", file)), File.ReadAllText(Path.Combine(folder, "b", file))));
    }

    [Fact]
    public void Run_Summary_HasTheDocumentedShape()
    {
        RunInto("a", 2, TestContext.Current.CancellationToken);
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "a", "summary.json")));
        JsonElement metric = summary.RootElement.GetProperty("metrics").GetProperty("download_s.mean");
        Assert.True(metric.GetProperty("mean").GetDouble() > 0);
        Assert.Equal(2, metric.GetProperty("n").GetInt32());
        Assert.True(metric.GetProperty("ci95").GetDouble() >= 0);
    }

    [Fact]
    public void Run_Plots_AreWellFormed()
    {
        RunInto("a", 2, TestContext.Current.CancellationToken);
        string[] plots = Directory.GetFiles(Path.Combine(folder, "a"), "*.svg");
        Assert.Equal(4, plots.Length);
        Assert.All(plots, plot => XDocument.Load(plot));
    }

    [Fact]
    public void Run_Cancelled_LeavesValidPartialOutput()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        RunOutcome outcome = RunInto("partial", 2, cancelled.Token);
        Assert.True(outcome.IsPartial);
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "partial", "manifest.json")));
        Assert.True(manifest.RootElement.GetProperty("partial").GetBoolean());
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "partial", "summary.json")));
        Assert.Equal(JsonValueKind.Object, summary.RootElement.GetProperty("metrics").ValueKind);
        Assert.StartsWith("replicate,torrent,time_s", File.ReadAllText(Path.Combine(folder, "partial", "series.csv")), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_CancelledHalfway_KeepsWhatWasDone()
    {
        using var halfway = new CancellationTokenSource();
        string yaml = CommonOptions.Load("fairness/flash-crowd");
        Scenario scenario = ScenarioReader.Read(
            yaml, ["populations[leechers].count=400", "content.size=8MiB", "content.torrents=40", "replicates=2"]);
        string target = Path.Combine(folder, "halfway");
        using (var results = new RunFolder(target, yaml, scenario))
        {
            var runner = new Runner(scenario, 2)
            {
                OnSwarm = (replicate, swarm) =>
                {
                    results.Add(replicate, swarm);
                    halfway.Cancel();
                },
            };
            results.Finish(runner.Run([0, 1], halfway.Token), [0, 1]);
        }

        string[] rows = File.ReadAllLines(Path.Combine(target, "peers.csv"));
        Assert.True(rows.Length is > 1 and < 800);
        Assert.All(rows, row => Assert.Equal(11, row.Split(',').Length));
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(target, "manifest.json")));
        Assert.True(manifest.RootElement.GetProperty("partial").GetBoolean());
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private RunOutcome RunInto(string name, int threads, CancellationToken cancellation)
    {
        string yaml = CommonOptions.Load("fairness/flash-crowd");
        Scenario scenario = ScenarioReader.Read(
            yaml, ["populations[leechers].count=40", "content.size=8MiB", "content.torrents=3", "replicates=2"]);
        return RunCommand.RunInto(Path.Combine(folder, name), yaml, scenario, [0, 1], threads, showProgress: false, cancellation);
    }
}
