using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;
using Xunit;

namespace SeederMesh.Core.Tests.Splits;

// Goal: DESIGN section 6, rule 5. The laws are checked on random splits and random steps, against the exact fractions.
public sealed class SplitPolicyTests
{
    [Fact]
    public void Divide_AnySteps_LoseNothingAndStayWithinOneMsat()
    {
        Gen<(int[] Cuts, (int Seeder, long Amount)[] Steps)> generator =
            from cuts in Gen.Choose(0, 10_000).ArrayOf(5)
            from steps in (from seeder in Gen.Choose(0, 3)
                           from amount in Gen.OneOf(Gen.Choose(0, 3), Gen.Choose(0, 5_000_000))
                           select (seeder, (long)amount)).ArrayOf(40)
            select (cuts, steps);
        Prop.ForAll(generator.ToArbitrary(), sample => CheckLaws(sample.Cuts, sample.Steps)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Divide_SplitOfTheDemo_GivesExactShares()
    {
        SplitPolicy split = new([new(new Id128(1), new(7000))], new(2500), new(200), new(300));
        SplitLegs legs = split.Divide(Msat.Zero, Msat.Zero, Msat.From(100_000));
        Assert.Equal((70_000L, 25_000L, 2_000L, 3_000L),
            (legs.Payees[0].Value, legs.Seeder.Value, legs.Registry.Value, legs.Hub.Value));
    }

    [Fact]
    public void Divide_OneMsatAtATime_IsCarriedUntilSomebodyIsDue()
    {
        SplitPolicy split = new([new(new Id128(1), new(5000))], new(5000), new(0), new(0));
        Assert.Equal(0, split.Divide(Msat.Zero, Msat.Zero, Msat.From(1)).Sum().Value);
        Assert.Equal(2, split.Divide(Msat.From(1), Msat.From(1), Msat.From(1)).Sum().Value);
    }

    [Fact]
    public void Close_ACarry_GoesToTheLargestRemainders()
    {
        // 3 msat at 3334/3333/3333: exact 1.0002, 0.9999, 0.9999; two msat are carried and go to the two 0.9999.
        SplitPolicy split = new([new(new Id128(1), new(3334)), new(new Id128(2), new(3333))], new(3333), new(0), new(0));
        ClosingLegs legs = split.Close(Msat.From(3), [Msat.From(3)]);
        Assert.Equal((0L, 1L, 1L), (legs.Payees[0].Value, legs.Payees[1].Value, legs.Seeders[0].Value));
    }

    [Theory]
    [InlineData(7000, 2500, 200, 299)]
    [InlineData(7000, 2500, 200, 301)]
    public void Constructor_SharesThatDoNotAddUp_AreRefused(int payee, int seeders, int registry, int hub) =>
        Assert.Throws<ArgumentException>(
            () => new SplitPolicy([new(new Id128(1), new(payee))], new(seeders), new(registry), new(hub)));

    [Fact]
    public void Constructor_APayeeTwice_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new SplitPolicy(
            [new(new Id128(1), new(5000)), new(new Id128(1), new(5000))], new(0), new(0), new(0)));

    private static void CheckLaws(int[] cuts, (int Seeder, long Amount)[] steps)
    {
        int[] edges = [0, .. cuts.Order(), 10_000];
        int[] shares = [.. edges.Skip(1).Zip(edges, (upper, lower) => upper - lower)];
        SplitPolicy split = new(
            [.. Enumerable.Range(0, 3).Select(index => new PayeeShare(new Id128((UInt128)index + 1), new(shares[index])))],
            new(shares[3]),
            new(shares[4]),
            new(shares[5]));
        long total = 0;
        long[] payees = new long[3];
        var bySeeder = new Dictionary<int, long>();
        var seederAllocated = new Dictionary<int, long>();
        (long registry, long hub) = (0, 0);
        foreach ((int seeder, long amount) in steps)
        {
            SplitLegs legs = split.Divide(
                Msat.From(total), Msat.From(bySeeder.GetValueOrDefault(seeder)), Msat.From(amount));
            total += amount;
            bySeeder[seeder] = bySeeder.GetValueOrDefault(seeder) + amount;
            seederAllocated[seeder] = seederAllocated.GetValueOrDefault(seeder) + legs.Seeder.Value;
            for (int index = 0; index < 3; index++)
            {
                payees[index] += legs.Payees[index].Value;
                AssertWithinOne(payees[index], total, shares[index]);
            }

            registry += legs.Registry.Value;
            hub += legs.Hub.Value;
            AssertWithinOne(seederAllocated[seeder], bySeeder[seeder], shares[3]);
            AssertWithinOne(registry, total, shares[4]);
            AssertWithinOne(hub, total, shares[5]);
            long carry = total - payees.Sum() - seederAllocated.Values.Sum() - registry - hub;
            Assert.InRange(carry, 0, 5 + seederAllocated.Count);
        }

        int[] seeders = [.. bySeeder.Keys];
        ClosingLegs last = split.Close(Msat.From(total), [.. seeders.Select(seeder => Msat.From(bySeeder[seeder]))]);
        Assert.All(last.Payees.Concat(last.Seeders).Append(last.Registry).Append(last.Hub), leg => Assert.InRange(leg.Value, 0, 1));
        Assert.Equal(
            total, payees.Sum() + seederAllocated.Values.Sum() + registry + hub + last.Sum().Value);
        for (int index = 0; index < 3; index++)
        {
            AssertWithinOne(payees[index] + last.Payees[index].Value, total, shares[index]);
        }
    }

    private static void AssertWithinOne(long allocated, long total, int share) =>
        Assert.True(
            Int128.Abs(((Int128)allocated * 10_000) - ((Int128)total * share)) < 10_000,
            $"{allocated} msat is more than 1 msat from {share} of {total}");
}
