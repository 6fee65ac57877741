using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;
using Xunit;
using Runner = SeederMesh.Sim.Running.Runner;

namespace SeederMesh.Sim.Tests.Swarms;

// Goal: money is conserved and runs are the same on any number of threads, whatever the scenario. Method: scenarios out of a number: any
// mix of strategies, prices that do not divide, splits, windows, giving up, NAT, several torrents; every channel really signed.
public sealed class RandomScenarioTests
{
    private static readonly string[] chokes = ["tit-for-tat", "rotate", "paid-first", "bittyrant"];
    private static readonly string[] bearers = ["hub", "split", "payee"];

    [Fact]
    public void Run_AnyScenario_ConservesMoneyAndPieces() =>
        Prop.ForAll<uint>(number =>
        {
            Scenario scenario = ScenarioReader.Read(Generate(number));
            var swarms = new List<SwarmResult>();
            RunOutcome outcome = new Runner(scenario, 2) { OnSwarm = (_, swarm) => swarms.Add(swarm) }.Run([0], CancellationToken.None);
            Assert.All(swarms, swarm => AssertConserved(scenario, swarm));
            AssertPaidOut(outcome.Replicates[0]);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void Run_AnyScenario_IsTheSameOnAnyNumberOfThreads() =>
        Prop.ForAll<uint>(number =>
        {
            Scenario scenario = ScenarioReader.Read(Generate(number), ["replicates=2", "mechanism.verify-share=0"]);
            RunOutcome one = new Runner(scenario, 1).Run([0, 1], CancellationToken.None);
            RunOutcome two = new Runner(scenario, 2).Run([0, 1], CancellationToken.None);
            Assert.Equal(one.Trace, two.Trace);
            Assert.Equal(one.Replicates[1], two.Replicates[1]);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25));

    private static void AssertConserved(Scenario scenario, SwarmResult swarm)
    {
        int[] peers = [.. Enumerable.Range(0, swarm.State.Peers)];
        Assert.True(swarm.Totals.Balances);
        Assert.Equal(swarm.Totals.Seeders, peers.Sum(peer => swarm.State.EarnedMsat[peer]));
        Assert.Equal(swarm.Totals.Settled, peers.Sum(peer => swarm.State.PaidMsat[peer]));
        Assert.Equal(swarm.Totals.Receipts, swarm.Totals.VerifiedReceipts);
        Assert.Equal(swarm.Deliveries, peers.Sum(peer => (long)swarm.State.Uploaded(peer)));
        long had = peers.Where(peer => !scenario.Populations[swarm.State.PopulationOf(peer)].IsSeed)
            .Sum(peer => (long)swarm.State.HaveCount(peer));
        Assert.Equal(swarm.Deliveries, had);
        long budget = scenario.Mechanism.Price.Of((long)swarm.State.Pieces * swarm.State.PieceLength).Value;
        Assert.All(peers, peer => Assert.InRange(swarm.State.PaidMsat[peer], 0, budget));
        long promised = peers.Where(peer => scenario.Populations[swarm.State.PopulationOf(peer)].Pays)
            .Sum(peer => scenario.Populations[swarm.State.PopulationOf(peer)].IsSeed ? 0 : (long)swarm.State.HaveCount(peer));
        Assert.Equal(promised, swarm.Totals.Receipts + swarm.Totals.WithheldPieces);
    }

    // What payees were owed is paid out, still owed, or went into routing; and routing is paid by them or by the hub.
    private static void AssertPaidOut(SortedDictionary<string, double> metrics)
    {
        double owed = metrics["money.seeders_msat"] + metrics["money.creator_msat"] + metrics["money.hub_msat"];
        double gone = metrics["money.paid_out_msat"] + metrics["money.still_owed_msat"] + metrics["money.routing_fees_msat"]
            + metrics["money.hub_after_routing_msat"];
        Assert.Equal(owed, gone);
        Assert.Equal(0, metrics["money.unaccounted_msat"]);
    }

    private static string Generate(uint number)
    {
        var random = new CounterRandom(number, 0, 0, RandomStream.Behaviour);
        int creator = random.Below(10_001);
        int seeders = random.Below(10_001 - creator);
        int registry = random.Below(10_001 - creator - seeders);
        var yaml = new System.Text.StringBuilder();
        yaml.Append(CultureInfo.InvariantCulture, $$"""
            name: random
            seed: {{number}}
            content: { torrents: {{1 + random.Below(3)}}, size: {{16 * (1 + random.Below(80))}}KiB, piece: 16KiB }
            network: { neighbours: {{2 + random.Below(20)}}, downloads: {{1 + random.Below(8)}}, latency: {{random.Below(200)}}ms }
            time: { end: {{1 + random.Below(20)}}min, sample: 30s }
            mechanism:
              price: {{1 + random.Below(100_000)}}msat/MiB
              split: { creator: {{creator}}, seeders: {{seeders}}, registry: {{registry}}, hub: {{10_000 - creator - seeders - registry}} }
              exposure: { initial: {{16 * (1 + random.Below(8))}}KiB, cap: 1MiB }
              verify-share: 1
              payout:
                threshold: {{1 + random.Below(5000)}}msat
                fee-bearer: {{bearers[random.Below(3)]}}
                fee-base: {{random.Below(30)}}msat
                fee-ppm: {{random.Below(20_000)}}
            populations:
              - { name: seed, role: seed, count: {{1 + random.Below(2)}}, up: 2Mbit/s, choke: rotate, super-seeds: {{Flag(2)}} }

            """);
        int populations = 1 + random.Below(4);
        for (int index = 0; index < populations; index++)
        {
            int signs = random.Below(3) > 0 ? int.MaxValue : random.Below(4);
            yaml.Append(CultureInfo.InvariantCulture, $$"""
                  - name: p{{index}}
                    count: {{random.Below(15)}}
                    arrival: flash({{1 + random.Below(60)}}s)
                    up: {{100 + random.Below(900)}}kbit/s
                    down: {{500 + random.Below(4000)}}kbit/s
                    slots: {{1 + random.Below(6)}}
                    stay: {{random.Below(60)}}s
                    choke: {{chokes[random.Below(4)]}}
                    abort-rate: 0.00{{random.Below(10)}}/s
                    nat: 0.{{random.Below(10)}}
                    uploads: {{Flag(4)}}
                    pays: {{Flag(4)}}
                    signs: {{signs}}

                """);
        }

        return yaml.ToString();

        // "no" once in so many.
        string Flag(int one) => random.Below(one) > 0 ? "yes" : "no";
    }
}
