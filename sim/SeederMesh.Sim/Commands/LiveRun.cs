using SeederMesh.Client;
using SeederMesh.Core;
using SeederMesh.Lightning;
using SeederMesh.Sim.Live;
using SeederMesh.Sim.Outputs;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;

namespace SeederMesh.Sim.Commands;

/// <summary><c>mesh-sim run --live</c>: the first replicate, simulated, and then played to a hub.</summary>
internal static class LiveRun
{
    /// <summary>Plays the run and writes <c>live.csv</c>; the exit code is 1 where a peer's money differs, else 130 where
    /// it was ended early.</summary>
    public static async Task<int> PlayAsync(Uri hub, Scenario scenario, int parallel, string folder,
        CancellationToken cancellation)
    {
        if (scenario.Mode != ScenarioMode.Pieces || scenario.Mechanism.Price.Msat == 0)
        {
            throw new ScenarioException("--live: needs mode: pieces and a mechanism.price above zero");
        }

        var swarms = new List<SwarmResult>();
        new Runner(scenario with { KeepsChannels = true }, Environment.ProcessorCount)
        {
            OnSwarm = (_, swarm) => swarms.Add(swarm),
        }.Run([0], cancellation);
        try
        {
            LiveOutcome outcome = await new LiveHub(hub, scenario, parallel).PlayAsync(swarms, cancellation);
            Write(folder, outcome);
            Print(hub, folder, outcome);
            return outcome switch
            {
                { IsEqual: false } => 1,
                { LeftOpen: > 0 } => 130,
                _ => 0,
            };
        }
        catch (Exception exception) when (exception is ClientException or LightningNodeException or HttpRequestException
            or InvariantViolationException)
        {
            await Console.Error.WriteLineAsync($"--live {hub}: {exception.Message}");
            return 1;
        }
    }

    private static void Print(Uri hub, string folder, LiveOutcome outcome)
    {
        double seconds = outcome.Elapsed.TotalSeconds;
        if (outcome.LeftOpen > 0)
        {
            Console.WriteLine($"ended early: {outcome.LeftOpen} channels were not played to their end; those that are open stay so until "
                + "they expire, and are refunded");
        }

        Console.WriteLine($"{outcome.Channels} channels, {outcome.Grants} grants and {outcome.Receipts} receipts through {hub} "
            + $"in {seconds:0.0} s: {outcome.Channels / seconds:0.0} channels, {outcome.Grants / seconds:0.0} grants, "
            + $"{outcome.Receipts / seconds:#,0} receipts a second");
        Console.WriteLine($"{"call",-8} {"count",8} {"p50 ms",10} {"p99 ms",10} {"most ms",10}");
        foreach (CallTime call in outcome.Calls)
        {
            Console.WriteLine($"{call.Call,-8} {call.Count,8} {call.P50Ms,10:0.0} {call.P99Ms,10:0.0} {call.MostMs,10:0.0}");
        }

        int different = outcome.Rows.Count(row => row.SimulatedMsat != row.HubMsat);
        Console.WriteLine(different == 0
            ? $"the money of {(outcome.LeftOpen > 0 ? "these" : "all")} {outcome.Rows.Count} peers is equal to the msat; "
                + $"{folder}/live.csv, {folder}/live-calls.csv"
            : $"{different} of {outcome.Rows.Count} peers have OTHER money than simulated; see {folder}/live.csv");
    }

    private static void Write(string folder, LiveOutcome outcome)
    {
        Directory.CreateDirectory(folder);
        using var table = new TidyCsv(Path.Combine(folder, "live.csv"), "peer", "simulated_msat", "hub_msat");
        foreach (LiveRow row in outcome.Rows)
        {
            table.Row(row.Peer, row.SimulatedMsat, row.HubMsat);
        }

        using var calls = new TidyCsv(Path.Combine(folder, "live-calls.csv"), "call", "count", "p50_ms", "p99_ms", "most_ms");
        foreach (CallTime call in outcome.Calls)
        {
            calls.Row(call.Call, call.Count, call.P50Ms, call.P99Ms, call.MostMs);
        }
    }
}
