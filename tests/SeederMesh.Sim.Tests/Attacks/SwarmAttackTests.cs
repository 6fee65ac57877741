using SeederMesh.Sim.Attacks;
using SeederMesh.Sim.Commands;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using Xunit;

namespace SeederMesh.Sim.Tests.Attacks;

// Goal: attackers in a whole swarm are measured against the same swarm with them honest; the window bounds what they take.
public sealed class SwarmAttackTests
{
    private const string Yaml = """
        name: thieves
        content: { size: 32MiB, piece: 256KiB }
        network: { neighbours: 8 }
        time: { end: 2h, sample: 60s }
        mechanism: { exposure: { initial: 512KiB, cap: 64MiB } }
        populations:
          - { name: seed, role: seed, count: 1, up: 8Mbit/s, slots: 8, choke: rotate }
          - { name: honest, count: 16, arrival: flash(30s), up: 2Mbit/s, stay: 5min }
          - { name: thieves, count: 3, arrival: flash(30s), up: 2Mbit/s, signs: 0, uploads: no, attacker: yes }
        """;

    [Fact]
    public void Run_Withholders_TakeNoMoreThanTheirBound_AndMoreUndefended()
    {
        AttackOutcome on = Run().On;
        AttackOutcome off = Run().Off;
        Assert.True(on.HasBound && on.BoundHolds && on.Gain > 0);
        // Served on trust, each of them has the whole content for nothing; what it would have earned by serving is gone.
        Assert.True(off.Gain > 2 * on.Gain, $"off {off.Gain}, on {on.Gain}");
        Assert.InRange(off.Gain, 1, 3 * 32 * 1000);
    }

    [Fact]
    public void Run_WindowSwitchedOff_BreaksTheBound()
    {
        AttackOutcome on = Run("mechanism.defences.window=no", "mechanism.exposure.initial=256KiB", "populations[honest].count=4").On;
        Assert.True(on.HasBound && !on.BoundHolds, $"gain {on.Gain}, bound {on.Bound}");
    }

    // What one side gains the other loses: only shares move, as long as everybody gets what it came for.
    [Theory]
    [InlineData("fairness/free-riders")]
    [InlineData("fairness/mixed")]
    public void Run_AnyMix_GainsWhatOthersLose(string preset)
    {
        AttackRow row = Run(ScenarioReader.Read(CommonOptions.Load(preset), ["replicates=1", "content.size=8MiB"])).Rows[0];
        Assert.Equal(row.On.Gain, row.On.VictimsLoss, 3);
        Assert.Equal(row.Off.Gain, row.Off.VictimsLoss, 3);
    }

    [Fact]
    public void Run_OneAndTwoThreads_GivesTheSame()
    {
        Scenario scenario = ScenarioReader.Read(Yaml, ["content.torrents=3", "replicates=2"]);
        RunOutcome one = new Runner(scenario, 1).Run([0, 1], TestContext.Current.CancellationToken);
        RunOutcome two = new Runner(scenario, 2).Run([0, 1], TestContext.Current.CancellationToken);
        Assert.Equal(one.Trace, two.Trace);
        Assert.Equal(one.Replicates[1], two.Replicates[1]);
    }

    private static AttackRow Run(params string[] assignments) => Run(ScenarioReader.Read(Yaml, assignments)).Rows[0];

    private static AttackTable Run(Scenario scenario) =>
        new Runner(scenario, 2).Run([0], TestContext.Current.CancellationToken).AttackTables[0];
}
