using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;
using Xunit;

namespace SeederMesh.Sim.Tests.Swarms;

// Goal: same seed same bytes on any number of threads; nothing is delivered, paid or lost that should not be.
public sealed class SwarmTests
{
    private const string Yaml = """
        name: small
        content: { torrents: 6, zipf: 0.5, size: 4MiB, piece: 64KiB }
        network: { neighbours: 12 }
        time: { end: 1h, sample: 10s }
        mechanism: { price: 1003msat/MiB, verify-share: 1 }
        populations:
          - { name: seed, role: seed, count: 1, up: 4Mbit/s, slots: 4, choke: rotate }
          - { name: leechers, count: 120, arrival: flash(60s), up: "uniform(200kbit/s, 2Mbit/s)", down: 8Mbit/s, stay: 60s, nat: 0.2 }
          - { name: riders, count: 12, arrival: poisson(0.5/s), uploads: no, pays: no, abort-rate: 0.002/s }
        """;

    [Fact]
    public void Run_OneAndTwoThreadsAndAgain_GivesTheSameTrace()
    {
        Scenario scenario = ScenarioReader.Read(Yaml);
        RunOutcome one = new Runner(scenario, 1).Run([0, 1], TestContext.Current.CancellationToken);
        RunOutcome two = new Runner(scenario, 2).Run([0, 1], TestContext.Current.CancellationToken);
        RunOutcome again = new Runner(scenario, 2).Run([0, 1], TestContext.Current.CancellationToken);
        Assert.Equal((one.Trace, one.Trace), (two.Trace, again.Trace));
        Assert.Equal(one.Replicates[1], two.Replicates[1]);
    }

    [Fact]
    public void Run_AnotherSeed_GivesAnotherTrace() =>
        Assert.NotEqual(RunOne(ScenarioReader.Read(Yaml)).Trace, RunOne(ScenarioReader.Read(Yaml, ["seed=2"])).Trace);

    [Fact]
    public void Run_MoreObservation_ChangesNothing() =>
        Assert.Equal(RunOne(ScenarioReader.Read(Yaml)).Trace, RunOne(ScenarioReader.Read(Yaml, ["time.sample=100ms"])).Trace);

    [Fact]
    public void Run_OneReplicateAlone_IsTheSameAsInTheBatch()
    {
        Scenario scenario = ScenarioReader.Read(Yaml);
        RunOutcome batch = new Runner(scenario, 2).Run([0, 1, 2], TestContext.Current.CancellationToken);
        RunOutcome alone = new Runner(scenario, 2).Run([2], TestContext.Current.CancellationToken);
        Assert.Equal(batch.Replicates[2], alone.Replicates[0]);
    }

    [Fact]
    public void Run_EveryChannelReallySigned_ComesToTheSameMsat()
    {
        // With verify-share 1 every channel goes through PaymentChannel with real signatures; a difference stops the run.
        SortedDictionary<string, double> metrics = RunOne(ScenarioReader.Read(Yaml)).Replicates[0];
        Assert.Equal(120, metrics["channels.verified"]);
        Assert.Equal(metrics["receipts"], metrics["receipts.verified"]);
        Assert.Equal(0, metrics["money.unaccounted_msat"]);
        Assert.InRange(metrics["money.settled_msat"], 1, 120 * 4 * 1003);
    }

    [Fact]
    public void Run_VerifyShareZero_PaysEverybodyTheSame()
    {
        SortedDictionary<string, double> signed = RunOne(ScenarioReader.Read(Yaml)).Replicates[0];
        SortedDictionary<string, double> counted = RunOne(ScenarioReader.Read(Yaml, ["mechanism.verify-share=0"])).Replicates[0];
        foreach (string name in signed.Keys.Where(name => name.StartsWith("money.", StringComparison.Ordinal)))
        {
            Assert.Equal(signed[name], counted[name]);
        }
    }

    [Fact]
    public void Run_EverybodyFinishes_DeliversEachPieceOnceToEach()
    {
        Scenario scenario = ScenarioReader.Read(Yaml, ["populations[riders].abort-rate=0/s"]);
        foreach (SwarmPlan plan in SwarmPlan.ForRun(scenario, 0))
        {
            SwarmResult result = new Swarm(scenario, plan, 0).Run(TestContext.Current.CancellationToken);
            int leechers = plan.Populations.Count(population => population != 0);
            Assert.Equal((long)leechers * result.State.Pieces, result.Deliveries);
            Assert.Equal(result.Deliveries, AllPeers(result).Sum(peer => (long)result.State.Uploaded(peer)));
            Assert.All(AllPeers(result), peer => Assert.Equal(result.State.Pieces, result.State.HaveCount(peer)));
        }
    }

    [Theory]
    [InlineData(1, 20, "rotate")]
    [InlineData(2, 20, "tit-for-tat")]
    [InlineData(3, 60, "rotate")]
    [InlineData(4, 60, "tit-for-tat")]
    public void Run_AnyStrategy_NeverBeatsTheMinimumDistributionTime(int seed, int leechers, string choke)
    {
        Scenario scenario = ScenarioReader.Read($$"""
            name: bound
            seed: {{seed}}
            content: { size: 8MB, piece: 100kB }
            time: { end: 2d, sample: 1h }
            populations:
              - { name: seed, role: seed, up: 3Mbit/s, slots: 8, super-seeds: yes }
              - { name: leechers, count: {{leechers}}, up: 300kbit/s, down: 2Mbit/s, stay: forever, choke: {{choke}} }
            """);
        double bits = 64e6;
        double bound = Math.Max(bits / 2e6, leechers * bits / (3e6 + (leechers * 300e3)));
        Assert.True(RunOne(scenario).Replicates[0]["makespan_s"] >= bound);
    }

    [Fact]
    public void Run_Withholders_TakeNoMoreThanTheFirstWindowOfEachSeeder()
    {
        Scenario scenario = ScenarioReader.Read("""
            name: withholding
            content: { size: 16MiB, piece: 256KiB }
            time: { end: 1h }
            mechanism: { exposure: { initial: 1MiB, cap: 64MiB } }
            populations:
              - { name: seed, role: seed, count: 2, up: 8Mbit/s, slots: 8, choke: rotate }
              - { name: thieves, count: 5, up: 1Mbit/s, uploads: no, signs: 0 }
            """);
        SwarmResult result = new Swarm(scenario, SwarmPlan.ForRun(scenario, 0)[0], 0).Run(TestContext.Current.CancellationToken);
        // Two seeders, a window of four pieces each, whatever the thief does; and no more than that is lost.
        Assert.All(AllPeers(result).Skip(2), peer => Assert.Equal(8, result.State.HaveCount(peer)));
        Assert.Equal(5 * 8, result.Totals.WithheldPieces);
        Assert.Equal(0, result.Totals.Settled);

        Scenario trusting = ScenarioReader.Read("""
            name: trusting
            content: { size: 16MiB, piece: 256KiB }
            mechanism: { defences: { window: no } }
            populations:
              - { name: seed, role: seed, up: 8Mbit/s, choke: rotate }
              - { name: thieves, count: 5, up: 1Mbit/s, uploads: no, signs: 0 }
            """);
        Assert.Equal(5 * 64, RunOne(trusting).Replicates[0]["money.withheld_pieces"]);
    }

    private static IEnumerable<int> AllPeers(SwarmResult result) => Enumerable.Range(0, result.State.Peers);

    private static RunOutcome RunOne(Scenario scenario) => new Runner(scenario, 2).Run([0], TestContext.Current.CancellationToken);
}
