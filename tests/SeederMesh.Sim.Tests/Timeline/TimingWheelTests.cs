using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Timeline;
using Xunit;

namespace SeederMesh.Sim.Tests.Timeline;

// Goal: events come in the total order (tick, order of scheduling). Method: a sorted list beside the wheel, random schedules.
public sealed class TimingWheelTests
{
    [Theory]
    [InlineData(1, 50)]
    [InlineData(2, 5_000)]
    [InlineData(3, 3_000_000)]
    [InlineData(4, 900_000_000)]
    public void TryNext_RandomSchedules_ComeInTotalOrder(ulong seed, int spread)
    {
        const int nodes = 400;
        var random = new CounterRandom(seed, 0, 0, RandomStream.Life);
        var wheel = new TimingWheel(nodes);
        var model = new PriorityQueue<int, (int Tick, long Order)>();
        long order = 0;
        for (int node = 0; node < nodes; node++)
        {
            Schedule(node, random.Below(spread));
        }

        for (int step = 0; step < 20_000 && model.Count > 0; step++)
        {
            Assert.True(wheel.TryNext(int.MaxValue, out int node));
            Assert.True(model.TryDequeue(out int expected, out (int Tick, long Order) when));
            Assert.Equal((expected, when.Tick), (node, wheel.Now));
            long later = (long)wheel.Now + random.Below(1 + random.Below(spread));
            if (later < 2_000_000_000)
            {
                Schedule(node, (int)later);
            }
        }

        Assert.Equal(model.Count, wheel.Count);

        void Schedule(int node, int tick)
        {
            wheel.Schedule(node, tick);
            model.Enqueue(node, (tick, order++));
        }
    }

    [Fact]
    public void TryNext_EventAfterTheEnd_StaysPending()
    {
        var wheel = new TimingWheel(1);
        wheel.Schedule(0, 10_000_000);
        Assert.False(wheel.TryNext(9_999_999, out _));
        Assert.True(wheel.TryNext(10_000_000, out int node));
        Assert.Equal((0, 10_000_000, 0), (node, wheel.Now, wheel.Count));
    }
}
