using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Attacks;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using Xunit;

namespace SeederMesh.Sim.Tests.Attacks;

// Goal: every attack stays inside its bound when it is defended, gains when it is not, and takes from nobody who is not counted.
public sealed class AttackTests
{
    public static TheoryData<string> Names => [.. AttackCatalogue.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Play_Defended_StaysInsideItsBound(string attack)
    {
        for (uint run = 0; run < 3; run++)
        {
            AttackOutcome outcome = AttackArena.Play(Read(), run, [attack], defended: true);
            Assert.True(outcome.BoundHolds, $"{attack}, run {run}: gain {outcome.Gain}, bound {outcome.Bound} + {outcome.Slack}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Play_Undefended_GainsOrGriefsMoreThanDefended(string attack)
    {
        AttackOutcome off = AttackArena.Play(Read(), 0, [attack], defended: false);
        AttackOutcome on = AttackArena.Play(Read(), 0, [attack], defended: true);
        Assert.True(off.Gain > on.Gain + 1 || off.VictimsLoss > on.VictimsLoss + 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Play_WhatTheAttackerGains_IsNotMoreThanOthersLose(string attack)
    {
        foreach (bool defended in new[] { false, true })
        {
            AttackOutcome outcome = AttackArena.Play(Read(), 1, [attack], defended);
            Assert.True(outcome.Gain <= outcome.VictimsLoss + 0.5, $"{attack}: {outcome.Gain} from {outcome.VictimsLoss}");
        }
    }

    [Fact]
    public void Replay_TenfoldAndShuffled_ChangesNoTotal()
    {
        for (uint run = 0; run < 5; run++)
        {
            AttackOutcome outcome = AttackArena.Play(Read(), run, ["replay"], defended: true);
            Assert.Equal((0, 0), (outcome.Gain, outcome.VictimsLoss));
        }
    }

    [Fact]
    public void CollusionRing_OnItsOwnMoney_LosesItsFeesExactly()
    {
        AttackOutcome outcome = AttackArena.Play(Read(), 0, ["collusion-ring"], defended: true);
        // Three downloads of 24 MiB at 1,000 msat, of which 75% leave the pair.
        Assert.Equal(-3 * 24 * 1000 * 0.75, outcome.Gain);
        Assert.Equal(outcome.Gain, outcome.VictimsLoss);
    }

    [Fact]
    public void SeederSplit_AnyNumberOfIdentities_IsSybilNeutral()
    {
        foreach (int identities in new[] { 1, 2, 8, 24 })
        {
            AttackOutcome outcome = AttackArena.Play(Read($"attack.identities={identities}"), 0, ["seeder-split"], defended: true);
            Assert.InRange(outcome.Gain, -6.0 * identities, 6.0 * identities);
        }
    }

    [Fact]
    public void Play_SeveralTogether_AddsThemUp()
    {
        string[] names = ["withholding", "corrupt-pieces", "wash-trade"];
        double together = AttackArena.Play(Read(), 0, names, defended: false).Gain;
        double apart = names.Sum(name => AttackArena.Play(Read(), 0, [name], defended: false).Gain);
        Assert.Equal(apart, together, 3);
    }

    [Fact]
    public void LeastBond_AtTheBound_LeavesNothingOnAverage()
    {
        const double rate = 0.1;
        const double value = 1000;
        double bond = AuditAttacks.LeastBond(rate, value);
        Assert.Equal(0, ((1 - rate) * value) - (rate * bond), 9);
        Estimate gains = Estimate.Of(Enumerable.Range(0, 40).Select(run =>
            AttackArena.Play(Read("mechanism.defences.audit-rate=0.1"), (uint)run, ["over-claim"], defended: true).Gain));
        Assert.InRange(gains.Mean, -2 * gains.Ci95, 2 * gains.Ci95);
    }

    // attack, defence switch -> without it, the bound is broken
    [Theory]
    [InlineData("seeder-split", "per-byte=no")]
    [InlineData("whitewashing", "window=no")]
    [InlineData("whitewashing", "ramp=no")]
    [InlineData("reputation-sybils", "decay=0")]
    [InlineData("reputation-sybils", "connectivity-decay=0")]
    [InlineData("eclipse", "links=1")]
    [InlineData("eclipse", "links=4")]
    [InlineData("collusion-ring", "fees=no")]
    [InlineData("ring-match", "match-cap=no")]
    [InlineData("wash-trade", "pool-fee=90msat")]
    [InlineData("withholding", "window=no")]
    [InlineData("withholding", "ramp=no")]
    [InlineData("corrupt-pieces", "pay-after-hash=no")]
    [InlineData("replay", "deduplicate=no")]
    [InlineData("tiny-pieces", "per-byte=no")]
    [InlineData("over-claim", "audit-rate=0")]
    [InlineData("over-claim", "bond=1msat")]
    [InlineData("under-reporting", "audit-rate=0")]
    [InlineData("price-shading", "price-check=no")]
    [InlineData("price-shading", "ramp=no")]
    [InlineData("budget-griefing", "deposit=500msat")]
    [InlineData("registry-spam", "deposit=100msat")]
    public void Play_DefenceSwitchedOff_BreaksTheBound(string attack, string defence)
    {
        AttackOutcome outcome = AttackArena.Play(Read($"mechanism.defences.{defence}"), 0, [attack], defended: true);
        Assert.True(outcome.HasBound && !outcome.BoundHolds, $"{attack}: gain {outcome.Gain}, loss {outcome.VictimsLoss}");
    }

    [Fact]
    public void Catalogue_EveryAttackButOne_HasABoundAndASwitch()
    {
        string[] without = [.. AttackCatalogue.Names.Where(name => !AttackArena.Play(Read(), 0, [name], defended: true).HasBound)];
        Assert.Equal(["quadratic-sybils"], without);
    }

    [Fact]
    public void Play_Griefing_CostsTheGrieferAtLeastWhatOthersLose()
    {
        AttackOutcome off = AttackArena.Play(Read(), 0, ["budget-griefing"], defended: false);
        AttackOutcome on = AttackArena.Play(Read(), 0, ["budget-griefing"], defended: true);
        Assert.Equal((20 * 800.0, 0), (off.VictimsLoss, off.Cost));
        Assert.True(on.VictimsLoss <= 0 && on.Cost == 20 * 1000.0);
    }

    [Fact]
    public void Run_AttackMode_IsTheSameOnAnyNumberOfThreads()
    {
        Scenario scenario = Read("replicates=4", "attacks=eclipse, over-claim, replay");
        RunOutcome one = new Runner(scenario, 1).Run([0, 1, 2, 3], TestContext.Current.CancellationToken);
        RunOutcome two = new Runner(scenario, 2).Run([0, 1, 2, 3], TestContext.Current.CancellationToken);
        RunOutcome alone = new Runner(scenario, 2).Run([2], TestContext.Current.CancellationToken);
        Assert.Equal(one.Trace, two.Trace);
        Assert.Equal(one.Replicates[2], alone.Replicates[0]);
    }

    private static Scenario Read(params string[] assignments) => ScenarioReader.Read("name: attacks\nmode: attack", assignments);
}
