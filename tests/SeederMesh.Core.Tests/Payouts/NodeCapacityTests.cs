using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using Xunit;

namespace SeederMesh.Core.Tests.Payouts;

// Goal: a node gets as many payments at once as it takes without slowing down, and amounts grow exactly while it is behind.
// Method: model nodes whose latency is known for each number of payments at once.
public sealed class NodeCapacityTests
{
    // payments that the node really makes at once, milliseconds of one -> places after a while, at least and at most
    [Theory]
    [InlineData(4, 70, 8, 12)] // a Core Lightning of today: 57 a second
    [InlineData(1, 50, 2, 3)] // 20 a second, one after another
    [InlineData(64, 100, 128, 200)]
    [InlineData(100_000, 10, NodeCapacity.PlacesMax, NodeCapacity.PlacesMax)]
    public void AfterAnswer_OfANodeThatMakesSoManyAtOnce_FindsPlacesThatKeepItBusy(int atOnce, int milliseconds, int least, int most)
    {
        NodeCapacity capacity = Run(NodeCapacity.Unknown, atOnce, milliseconds, rounds: 60);
        Assert.InRange(capacity.Places, least, most);
        long real = Math.Min(atOnce, NodeCapacity.PlacesMax) * 1_000L / milliseconds;
        Assert.InRange(capacity.PaymentsPerSecond, real * 8 / 10, real * 12 / 10);
    }

    [Fact]
    public void AfterAnswer_OfANodeThatIsNotBusy_LeavesThePlaces()
    {
        NodeCapacity capacity = NodeCapacity.Unknown;
        for (int payment = 0; payment < 100; payment++)
        {
            capacity = capacity.AfterAnswer(5_000, underWay: 2, nowMs: payment);
        }

        // Two at once are three quarters of two, and not of four.
        Assert.Equal(4, capacity.Places);
    }

    [Fact]
    public void AfterAnswer_OfANodeThatSlowsDown_TakesPlacesAway()
    {
        NodeCapacity quick = Run(NodeCapacity.Unknown, 64, 30, rounds: 40);
        NodeCapacity slow = Run(quick, 2, 30, rounds: 40);
        Assert.InRange(slow.Places, 1, 8);
        Assert.InRange(slow.PaymentsPerSecond, 50, 90);
    }

    [Fact]
    public void AfterSilence_HalvesDownToOne()
    {
        NodeCapacity capacity = Run(NodeCapacity.Unknown, 100_000, 10, rounds: 7);
        int[] places = [.. Enumerable.Range(0, 8).Select(_ => (capacity = capacity.AfterSilence()).Places)];
        Assert.Equal([64, 32, 16, 8, 4, 2, 1, 1], places);
    }

    [Fact]
    public void AfterAnswer_TenMinutesLater_FindsOutTheQuickestAnew()
    {
        NodeCapacity capacity = Run(NodeCapacity.Unknown, 64, 100, rounds: 40);
        NodeCapacity later = capacity;
        while (later.Places >= capacity.Places)
        {
            later = later.AfterAnswer(200_000, later.Places, nowMs: 1_000_000);
        }

        Assert.Equal(capacity.Places / 4, later.Places);
    }

    // payees that are due -> times the threshold (8 places of 100 ms, all in use: 80 payments a second)
    [Theory]
    [InlineData(0, 1)]
    [InlineData(20, 1)] // paid in 250 ms: streaming
    [InlineData(39, 1)]
    [InlineData(40, 2)]
    [InlineData(80, 4)]
    [InlineData(8_000, 400)]
    [InlineData(int.MaxValue, 107_374_182)]
    public void MinimumFor_SoManyWhoWait_GrowsWithTheTimeThatTheyWait(int waiting, long times)
    {
        NodeCapacity capacity = Run(NodeCapacity.Unknown, 8, 100, rounds: 3);
        Assert.Equal((8, 80L), (capacity.Places, capacity.PaymentsPerSecond));
        Assert.Equal(1_000 * times, capacity.MinimumFor(Msat.From(1_000), waiting).Value);
        Assert.Equal(Msat.Max, capacity.MinimumFor(Msat.Max, waiting));
    }

    [Fact]
    public void MinimumFor_BeforeTheNodeHasAnswered_IsTheThreshold() =>
        Assert.Equal(1_000, NodeCapacity.Unknown.MinimumFor(Msat.From(1_000), int.MaxValue).Value);

    [Fact]
    public void AfterAnswer_AnyAnswers_KeepsEveryFigureWithinItsBounds()
    {
        Gen<(int Microseconds, int UnderWay, bool Silent)[]> answers =
            (from microseconds in Gen.OneOf(Gen.Choose(0, 100), Gen.Choose(0, int.MaxValue))
             from underWay in Gen.Choose(1, 1_000)
             from silent in Gen.Elements(true, false, false, false)
             select (microseconds, underWay, silent)).ArrayOf(300);
        Prop.ForAll(answers.ToArbitrary(), all =>
        {
            NodeCapacity capacity = NodeCapacity.Unknown;
            long now = 0;
            foreach ((int microseconds, int underWay, bool silent) in all)
            {
                capacity = silent ? capacity.AfterSilence() : capacity.AfterAnswer(microseconds, underWay, now += 100_000);
                Assert.InRange(capacity.Places, 1, NodeCapacity.PlacesMax);
                Assert.True(capacity.PaymentsPerSecond >= 1 && capacity.LatencyMicroseconds >= 0 && capacity.ClearsInMs(1_000) >= 0);
            }
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>All places are busy; what the node cannot make at once waits in it.</summary>
    private static NodeCapacity Run(NodeCapacity capacity, int atOnce, int milliseconds, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            int places = capacity.Places;
            for (int payment = 0; payment < places; payment++)
            {
                long queued = Math.Max(1_000, 1_000L * places / atOnce);
                capacity = capacity.AfterAnswer(milliseconds * queued, places, nowMs: round);
            }
        }

        return capacity;
    }
}
