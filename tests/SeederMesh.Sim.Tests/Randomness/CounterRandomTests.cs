using SeederMesh.Sim.Randomness;
using Xunit;

namespace SeederMesh.Sim.Tests.Randomness;

// Goal: numbers depend on (seed, run, entity, stream, counter) and on nothing else, and are spread evenly.
public sealed class CounterRandomTests
{
    [Fact]
    public void Next64_SameKey_GivesTheSameNumbers()
    {
        var one = new CounterRandom(7, 1, 42, RandomStream.Pieces);
        var other = new CounterRandom(7, 1, 42, RandomStream.Pieces);
        for (int draw = 0; draw < 1000; draw++)
        {
            Assert.Equal(one.Next64(), other.Next64());
        }
    }

    [Theory]
    [InlineData(8, 1, 42, 5)]
    [InlineData(7, 2, 42, 5)]
    [InlineData(7, 1, 43, 5)]
    [InlineData(7, 1, 42, 6)]
    public void Next64_AnotherKeyPart_GivesOtherNumbers(ulong seed, uint run, ulong entity, int stream)
    {
        var one = new CounterRandom(7, 1, 42, RandomStream.Pieces);
        var other = new CounterRandom(seed, run, entity, (RandomStream)stream);
        int equal = Enumerable.Range(0, 1000).Count(_ => one.Next64() == other.Next64());
        Assert.Equal(0, equal);
    }

    [Fact]
    public void Below_ManyDraws_AreEven()
    {
        const int draws = 160_000;
        var random = new CounterRandom(1, 0, 0, RandomStream.Links);
        var counts = new int[16];
        for (int draw = 0; draw < draws; draw++)
        {
            counts[random.Below(16)]++;
        }

        double expected = draws / 16.0;
        double chiSquare = counts.Sum(count => (count - expected) * (count - expected) / expected);
        // 15 degrees of freedom: 37.7 is exceeded once in a thousand seeds.
        Assert.InRange(chiSquare, 0, 37.7);
    }

    [Fact]
    public void Exponential_ManyDraws_HasItsMean()
    {
        var random = new CounterRandom(1, 0, 0, RandomStream.Life);
        double mean = Enumerable.Range(0, 100_000).Average(_ => random.Exponential(5));
        Assert.InRange(mean, 4.93, 5.07);
    }
}
