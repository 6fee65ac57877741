using SeederMesh.Client;
using SeederMesh.Hub;
using SeederMesh.Ledger.ReceiptLogs;
using SeederMesh.Sim.Commands;
using SeederMesh.Sim.Live;
using SeederMesh.Sim.Replays;
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
        Assert.Equal(["close", "fund", "grant", "open", "report"], outcome.Calls.Select(call => call.Call));
        Assert.All(outcome.Calls, call => Assert.InRange(call.P50Ms, 0.001, call.P99Ms));
        Assert.Equal((10, outcome.Grants), (outcome.Calls[0].Count, (long)outcome.Calls[2].Count));

        await hub.StopAsync();
        string ledger = Path.Combine(folder, "hub.db");
        List<LoggedChannel> log = Read(ledger);
        AssertReplays(log, outcome);
        AssertSameFromExport(ledger, log);
    }

    [Fact]
    public async Task Play_EndedInTheMiddle_GivesTheChannelsThatWereClosed()
    {
        Scenario scenario = ScenarioReader.Read("""
            name: live
            content: { size: 256KiB, piece: 16KiB }
            time: { end: 30min }
            populations:
              - { name: seed, role: seed, up: 100Mbit/s, choke: rotate }
              - { name: payers, count: 400, up: 10Mbit/s }
            """) with { KeepsChannels = true };
        var swarms = new List<SwarmResult>();
        new Runner(scenario, 2) { OnSwarm = (_, swarm) => swarms.Add(swarm) }.Run([0], TestContext.Current.CancellationToken);
        await using RunningHub hub = await HubApplication.StartAsync(
            new HubOptions { DataFolder = folder, Listen = "http://127.0.0.1:0" }, TestContext.Current.CancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task<LiveOutcome> playing = new LiveHub(hub.Address, scenario, 1).PlayAsync(swarms, stop.Token);
        using var reader = new HubClient(hub.Address, caller: null);
        while ((int)(await reader.ReadAsync("v1/status", TestContext.Current.CancellationToken))["channels"]!["closed"]! < 3)
        {
            await Task.Yield();
        }

        await stop.CancelAsync();
        LiveOutcome outcome = await playing;

        Assert.InRange(outcome.LeftOpen, 1, 398);
        Assert.Equal((outcome.Channels, 400 - outcome.Channels), (outcome.Rows.Count, outcome.LeftOpen));
        Assert.All(outcome.Rows, row => Assert.Equal(row.SimulatedMsat, row.HubMsat));
        Assert.Equal(["close", "fund", "grant", "open", "report"], outcome.Calls.Select(call => call.Call));
    }

    // An exported log is as good as the ledger that it came from; pseudonyms change names and nothing else.
    private void AssertSameFromExport(string ledger, List<LoggedChannel> log)
    {
        string plain = Export(ledger, null);
        Assert.Equal(log.Select(Describe), Read(plain).Select(Describe));

        using var pseudonyms = new Pseudonyms();
        string hidden = Export(ledger, pseudonyms);
        string text = File.ReadAllText(hidden);
        Assert.All(log.SelectMany(channel => channel.Grants), grant => Assert.DoesNotContain(grant.Seeder.ToString(), text, StringComparison.Ordinal));
        Assert.All(log, channel => Assert.DoesNotContain(channel.Id.ToString(), text, StringComparison.Ordinal));
        Assert.All(log.SelectMany(channel => channel.Split.Payees), payee => Assert.DoesNotContain(payee.Payee.ToString(), text, StringComparison.Ordinal));

        // The hub's revenue bears some of the routing, and not all: who is paid first must not hang on names.
        string[] other = ["mechanism.price=3001msat/MiB", "mechanism.payout.threshold=1msat", "mechanism.payout.fee-base=200msat", "mechanism.payout.fee-limit=10000"];
        Replay expected = Of(log, other);
        Assert.True(expected.Payouts is { PaidMsat: > 0, OwedMsat: > 0 });
        foreach (Replay replay in (Replay[])[Of(Read(plain), other), Of(Read(hidden), other)])
        {
            Assert.Equal(Earnings(expected), Earnings(replay));
            Assert.Equal((expected.Payees, expected.Registry, expected.Hub), (replay.Payees, replay.Registry, replay.Hub));
            Assert.Equal(
                (expected.Payouts.PaidMsat, expected.Payouts.FeesMsat, expected.Payouts.OwedMsat),
                (replay.Payouts.PaidMsat, replay.Payouts.FeesMsat, replay.Payouts.OwedMsat));
        }

        static string Describe(LoggedChannel channel) =>
            $"{channel.Id} {channel.Split.Seeders} {string.Join(',', channel.Split.Payees)} {string.Join(',', channel.Grants)}";

        static IEnumerable<(long, long, long, long, long)> Earnings(Replay replay) => replay.Seeders
            .Select(seeder => (seeder.RecordedMsat, seeder.ReplayedMsat, seeder.Bytes, seeder.Receipts, seeder.AtRiskMsat)).Order();
    }

    private string Export(string ledger, Pseudonyms? pseudonyms)
    {
        string path = Path.Combine(folder, pseudonyms is null ? "plain.jsonl" : "hidden.jsonl");
        using FileStream file = File.Create(path);
        using var writer = new ReceiptLogWriter(file, pseudonyms is not null, 1);
        LedgerReceiptLog.Read(ledger, entry => writer.Write(pseudonyms?.Replace(entry) ?? entry), TestContext.Current.CancellationToken);
        writer.WriteEnd();
        return path;
    }

    private static List<LoggedChannel> Read(string path)
    {
        var log = new List<LoggedChannel>();
        ReceiptLog.Read(path, log.Add, TestContext.Current.CancellationToken);
        return log;
    }

    private static Replay Of(List<LoggedChannel> log, string[] assignments)
    {
        var replay = new Replay(ReplayCommand.PolicyOf(assignments));
        log.ForEach(replay.Add);
        replay.PayOut();
        return replay;
    }

    // The hub's own receipts, replayed: under the same policy everybody has what the hub paid, under another one what its price and split say.
    private static void AssertReplays(List<LoggedChannel> log, LiveOutcome outcome)
    {
        Replay same = Of(log, []);
        Assert.All(same.Seeders, seeder => Assert.Equal(seeder.RecordedMsat, seeder.ReplayedMsat));
        Assert.Equal(
            outcome.Rows.Where(row => row.Peer.StartsWith("seeder-", StringComparison.Ordinal)).Select(row => row.HubMsat).Where(msat => msat > 0).Order(),
            same.Seeders.Select(seeder => seeder.RecordedMsat).Where(msat => msat > 0).Order());
        Assert.Equal(outcome.Rows.Single(row => row.Peer == "creator").HubMsat, same.Payees.Recorded);

        Replay other = Of(
            log,
        [
            "mechanism.price=2474msat/MiB", "mechanism.split.creator=0", "mechanism.split.seeders=10000", "mechanism.split.registry=0",
            "mechanism.split.hub=0", "mechanism.payout.threshold=1000000sat",
        ]);
        Assert.Equal((0L, 0L, 0L), (other.Payees.Replayed, other.Registry.Replayed, other.Hub.Replayed));
        long paid = log.Sum(channel => channel.Grants.Sum(grant => grant.Bytes * 2474 >> 20));
        Assert.Equal(paid, other.Seeders.Sum(seeder => seeder.ReplayedMsat));
        Assert.Equal((0L, paid), (other.Payouts.PaidMsat, other.Payouts.OwedMsat));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
