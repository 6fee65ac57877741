using SeederMesh.Hub;
using SeederMesh.Sim.Live;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;
using Xunit;

namespace SeederMesh.Sim.Tests.Live;

// Goal: the simulator's money is the product's. Method: one small scenario in the simulator and, with the same random numbers, through a real hub
// with real invoices, grants, receipts and closings; everybody ends with the same msat.
public sealed class LiveHubTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mesh-sim-hub-").FullName;

    [Fact]
    public async Task Play_SmallScenario_EverybodyEndsWithTheSameMsat()
    {
        // An odd price and split, so that every channel has a carry to hand out; two torrents, some who leave early, some who do not pay.
        Scenario scenario = ScenarioReader.Read("""
            name: live
            seed: 3
            content: { torrents: 2, size: 1MiB, piece: 16KiB }
            network: { neighbours: 6 }
            time: { end: 30min }
            mechanism: { price: 1237msat/MiB, split: { creator: 6667, seeders: 2777, registry: 223, hub: 333 } }
            populations:
              - { name: seed, role: seed, up: 1Mbit/s, choke: rotate }
              - { name: payers, count: 10, arrival: flash(20s), up: "uniform(200kbit/s, 1Mbit/s)", stay: 20s, abort-rate: 0.01/s }
              - { name: riders, count: 2, uploads: no, pays: no }
            """) with { KeepsChannels = true };
        var swarms = new List<SwarmResult>();
        new Runner(scenario, 2) { OnSwarm = (_, swarm) => swarms.Add(swarm) }.Run([0], TestContext.Current.CancellationToken);
        await using RunningHub hub = await HubApplication.StartAsync(
            new HubOptions { DataFolder = folder, Listen = "http://127.0.0.1:0" }, TestContext.Current.CancellationToken);

        LiveOutcome outcome = await new LiveHub(hub.Address, scenario, 2).PlayAsync(swarms, TestContext.Current.CancellationToken);

        Assert.Equal(10, outcome.Channels);
        Assert.True(outcome.Rows.Count > 5);
        Assert.All(outcome.Rows, row => Assert.Equal(row.SimulatedMsat, row.HubMsat));
        Assert.Equal(outcome.Receipts, swarms.Sum(swarm => swarm.Totals.Receipts));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
