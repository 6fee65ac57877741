using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using SeederMesh.Sim.Outputs;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;

namespace SeederMesh.Sim.Commands;

/// <summary><c>mesh-sim bench</c>: piece deliveries a second with accounting on.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var peers = new Option<int>("--peers") { Description = "Peers in all", DefaultValueFactory = _ => 100_000 };
        var pieces = new Option<int>("--pieces") { Description = "Pieces of each torrent", DefaultValueFactory = _ => 256 };
        var swarm = new Option<int>("--swarm") { Description = "Peers in each swarm", DefaultValueFactory = _ => 1000 };
        Option<int> threads = CommonOptions.Threads();
        var json = new Option<bool>("--json") { Description = "One line of JSON" };
        var growth = new Option<string?>("--growth")
        {
            Description = "Also measures 1,000 to --peers peers, in swarms and as one, and writes this SVG",
        };
        var command = new Command("bench", "Measures piece deliveries a second with accounting on") { peers, pieces,
            swarm, threads, json, growth };
        command.SetAction(async (parsed, cancellation) =>
        {
            // Ctrl-C is listened to once this returns a task.
            await Task.Yield();
            BenchResult result = Measure(
                parsed.GetValue(peers), parsed.GetValue(pieces), parsed.GetValue(swarm), parsed.GetValue(threads), cancellation);
            if (parsed.GetValue(growth) is { } path)
            {
                WriteGrowth(path, result, parsed.GetValue(swarm), parsed.GetValue(threads), cancellation);
            }

            if (parsed.GetValue(json))
            {
                // These four and no others; the rest stands on standard error.
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    deliveriesPerSecond = Math.Round(result.DeliveriesPerSecond),
                    bytesPerPeer = result.BytesPerPeer,
                    peers = result.Peers,
                    pieces = result.Pieces,
                }));
                await Console.Error.WriteLineAsync(Describe(result));
            }
            else
            {
                Console.WriteLine(Describe(result));
            }

            return cancellation.IsCancellationRequested ? 130 : 0;
        });
        return command;
    }

    private static BenchResult Measure(int peers, int pieces, int swarm, int threads, CancellationToken cancellation)
    {
        int torrents = Math.Max(1, peers / Math.Max(1, swarm));
        Scenario scenario = ScenarioReader.Read(CommonOptions.Load("bench/flash-crowd"),
        [
            $"content.torrents={torrents}", $"content.size={(long)pieces * 256}KiB", $"populations[leechers].count={peers - torrents}",
        ]);
        long deliveries = 0;
        int bytesPerPeer = 0;
        long settled = 0;
        long events = 0;
        var clock = Stopwatch.StartNew();
        var runner = new Runner(scenario, Math.Max(1, threads))
        {
            OnSwarm = (_, result) =>
            {
                deliveries += result.Deliveries;
                settled += result.Totals.Settled;
                events += result.Events;
                bytesPerPeer = result.State.BytesPerPeer;
            },
        };
        runner.Run([0], cancellation);
        double seconds = clock.Elapsed.TotalSeconds;
        using var self = Process.GetCurrentProcess();
        return new BenchResult(peers, pieces, deliveries, seconds, bytesPerPeer, self.PeakWorkingSet64 >> 20, settled, events);
    }

    /// <summary>From a thousand peers on, ten times more each step: in swarms of a size, and in one swarm.</summary>
    private static void WriteGrowth(string path, BenchResult last, int swarm, int threads, CancellationToken cancellation)
    {
        var plot = new SvgPlot(
            $"Deliveries a second, {last.Pieces} pieces, {threads} threads", "peers", "deliveries a second", isLogX: true);
        // Once for nothing, so that the first point is not the compiler's.
        Measure(1000, last.Pieces, swarm, threads, cancellation);
        foreach (int size in (int[])[swarm, int.MaxValue])
        {
            var points = new List<(double, double)>();
            for (int peers = 1000; peers <= last.Peers && !cancellation.IsCancellationRequested; peers *= 10)
            {
                BenchResult result = Measure(peers, last.Pieces, Math.Min(size, peers), threads, cancellation);
                Console.Error.WriteLine($"{(size == swarm ? $"swarms of {swarm}" : "one swarm")}: {Describe(result)}");
                points.Add((peers, result.DeliveriesPerSecond));
            }

            plot.Add(size == swarm ? $"swarms of {swarm}" : "one swarm (one thread)", points);
        }

        File.WriteAllText(path, plot.ToString());
    }

    private static string Describe(BenchResult result) =>
        $"{result.DeliveriesPerSecond:#,0} deliveries a second ({result.Deliveries:#,0} in {result.Seconds:0.0} s, "
        + $"{result.Events:#,0} events), {result.BytesPerPeer} bytes a peer, {result.Peers:#,0} peers x {result.Pieces} pieces, "
        + $"peak {result.PeakMebibytes} MiB, {result.SettledMsat:#,0} msat (play money) settled";

    private sealed record BenchResult(
        int Peers, int Pieces, long Deliveries, double Seconds, int BytesPerPeer, long PeakMebibytes, long SettledMsat,
        long Events)
    {
        public double DeliveriesPerSecond => Deliveries / Seconds;
    }
}
