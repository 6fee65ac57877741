using SeederMesh.Client;
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
    /// <summary>Plays the run and writes <c>live.csv</c>; the exit code is 1 where a peer's money differs.</summary>
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
            OnSwarm = (_, swarm) =>
            swarms.Add(swarm)
        }
            .Run([0], cancellation);
        try
        {
            LiveOutcome outcome = await new LiveHub(hub, scenario, parallel).PlayAsync(swarms, cancellation);
            Write(folder, outcome);
            Console.WriteLine($"{outcome.Channels} channels and {outcome.Receipts} receipts through {hub} "
                + $"in {outcome.Elapsed.TotalSeconds:0.0} s "
                + $"({outcome.Channels / outcome.Elapsed.TotalSeconds:0.0} channels, {outcome.Receipts / outcome.Elapsed.TotalSeconds:0} "
                + $"receipts a second); {outcome.Rows.Count} peers, {outcome.Rows.Count(row => row.SimulatedMsat != row.HubMsat)} of them "
                + $"with other money than simulated; {folder}/live.csv");
            return outcome.IsEqual ? 0 : 1;
        }
        catch (Exception exception) when (exception is ClientException or LightningNodeException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private static void Write(string folder, LiveOutcome outcome)
    {
        Directory.CreateDirectory(folder);
        using var table = new TidyCsv(Path.Combine(folder, "live.csv"), "peer", "simulated_msat", "hub_msat");
        foreach (LiveRow row in outcome.Rows)
        {
            table.Row(row.Peer, row.SimulatedMsat, row.HubMsat);
        }
    }
}
