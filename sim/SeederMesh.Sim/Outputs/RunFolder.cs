using System.Security.Cryptography;
using System.Text;
using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Attacks;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;

namespace SeederMesh.Sim.Outputs;

/// <summary>Where a run's results go: tables while it runs, then manifest.json, summary.json, plots and
/// report.html.</summary>
/// <remarks>Tables are valid at any moment after a flush, which follows each swarm; a run that is ended early says so
/// in its manifest.</remarks>
internal sealed class RunFolder : IDisposable
{
    private readonly string folder;
    private readonly string yaml;
    private readonly Scenario scenario;
    private readonly TidyCsv series;
    private readonly TidyCsv peers;
    private readonly List<SeriesRow> firstSeries = [];

    public RunFolder(string folder, string yaml, Scenario scenario)
    {
        (this.folder, this.yaml, this.scenario) = (folder, yaml, scenario);
        Directory.CreateDirectory(folder);
        series = new TidyCsv(Path.Combine(folder, "series.csv"), "replicate", "torrent", "time_s", "leechers", "seeds",
            "deliveries");
        peers = new TidyCsv(
            Path.Combine(folder, "peers.csv"), "replicate", "torrent", "peer", "population", "arrival_s", "completed_s",
                "departed_s",
            "pieces", "uploaded_pieces", "earned_msat", "paid_msat");
    }

    /// <summary>Appends what became of one swarm.</summary>
    public void Add(uint replicate, SwarmResult result)
    {
        foreach (SeriesRow row in result.Series)
        {
            series.Row(replicate, result.Plan.Torrent, Seconds(row.Tick), row.Leechers, row.Seeds, row.Deliveries);
        }

        if (firstSeries.Count == 0)
        {
            firstSeries.AddRange(result.Series);
        }

        SwarmState state = result.State;
        for (int peer = 0; peer < state.Peers && state.Arrival[peer] <= result.EndTick; peer++)
        {
            peers.Row(
                replicate, result.Plan.Torrent, result.Plan.Peers[peer], scenario.Populations[state.PopulationOf(peer)].Name,
                Seconds(state.Arrival[peer]), Seconds(state.Completed(peer)), Seconds(state.Departed(peer)),
                state.HaveCount(peer), state.Uploaded(peer), state.EarnedMsat[peer], state.PaidMsat[peer]);
        }

        series.Flush();
        peers.Flush();
    }

    /// <summary>Writes everything that needs the whole.</summary>
    public void Finish(RunOutcome outcome, IReadOnlyList<uint> replicates)
    {
        Write("scenario.yaml", yaml);
        Write("manifest.json", JsonText.Of(new
        {
            scenario = scenario.Name,
            mode = scenario.Mode.ToString().ToLowerInvariant(),
            seed = scenario.Seed,
            replicates,
            partial = outcome.IsPartial,
            configSha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(scenario.ToCanonicalText()))),
            config = scenario.ToCanonicalText().Split('\n', StringSplitOptions.RemoveEmptyEntries),
            version = typeof(RunFolder).Assembly.GetName().Version!.ToString(3),
            rng = "squares64 over splitmix64(seed, run, entity, stream)",
            traceHash = outcome.Trace.ToString("x16"),
            deliveries = outcome.Deliveries,
        }));
        SortedDictionary<string, Estimate> summary = outcome.Summarize();
        Write("summary.json", JsonText.Summary(summary));
        using (var table = new TidyCsv(Path.Combine(folder, "replicates.csv"), "replicate", "metric", "value"))
        {
            for (int index = 0; index < outcome.Replicates.Count; index++)
            {
                foreach ((string name, double value) in outcome.Replicates[index])
                {
                    table.Row(replicates[index], name, value);
                }
            }
        }

        List<(string Name, string Svg)> plots = [.. Plots(outcome, summary)];
        foreach ((string name, string svg) in plots)
        {
            Write(name + ".svg", svg);
        }

        Write("report.html", HtmlReport.Make(scenario, outcome, summary, plots.Select(plot => plot.Svg)));
    }

    public void Dispose()
    {
        series.Dispose();
        peers.Dispose();
    }

    private IEnumerable<(string Name, string Svg)> Plots(RunOutcome outcome, SortedDictionary<string, Estimate> summary)
    {
        if (firstSeries.Count > 1)
        {
            yield return ("series", new SvgPlot(scenario.Name + ": peers over time (first torrent, first replicate)",
                "seconds", "peers")
                .Add("leechers", firstSeries.Select(row => (Seconds(row.Tick), (double)row.Leechers)))
                .Add("seeds", firstSeries.Select(row => (Seconds(row.Tick), (double)row.Seeds))).ToString());
            yield return ("deliveries", new SvgPlot(scenario.Name + ": pieces delivered", "seconds", "pieces")
                .Add("pieces", firstSeries.Select(row => (Seconds(row.Tick), (double)row.Deliveries))).ToString());
        }

        if (outcome.Seeders.Any(seeder => seeder.Payout > 0))
        {
            yield return ("lorenz", new SvgPlot(scenario.Name + ": Lorenz curve of payouts",
                "share of uploaders, poorest first", "share of payouts")
                .Add("payouts", Fairness.Lorenz(outcome.Seeders.Select(seeder => seeder.Payout)))
                .Add("uploaded bytes", Fairness.Lorenz(outcome.Seeders.Select(seeder => seeder.Bytes)))
                .Add("equal", [(0, 0), (1, 1)]).ToString());
            yield return ("payout-contribution", new SvgPlot(scenario.Name + ": payout against contribution",
                "MiB uploaded", "msat earned")
                .Add("uploader", outcome.Seeders.Select(seeder => (seeder.Bytes / (1 << 20), seeder.Payout)),
                    isLine: false).ToString());
        }

        if (outcome.AttackTables.Count > 0)
        {
            yield return ("attacks", AttackBars.Make(scenario.Name, summary));
            foreach ((string name, string svg) in AttackCurves.Make(scenario))
            {
                yield return (name, svg);
            }
        }
    }

    private double Seconds(int tick) => tick == SwarmState.Never ? double.NaN : tick / scenario.TicksPerSecond;

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);
}
