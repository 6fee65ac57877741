using SeederMesh.Sim.Analysis;
using Xunit;

namespace SeederMesh.Sim.Tests.Analysis;

// Goal: the metrics are the published formulas, by their fixtures.
public sealed class FairnessTests
{
    // values -> Jain, Gini
    [Theory]
    [InlineData(new double[] { 1, 2, 3, 4 }, 0.8333, 0.25)]
    [InlineData(new double[] { 1, 0, 0, 0 }, 0.25, 0.75)]
    [InlineData(new double[] { 10, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 0.3312, 0.4263)]
    [InlineData(new double[] { 5, 5, 5 }, 1, 0)]
    public void JainAndGini_Fixtures_AreExact(double[] values, double jain, double gini)
    {
        Assert.Equal(jain, Fairness.Jain(values), 4);
        Assert.Equal(gini, Fairness.Gini(values), 4);
    }

    [Fact]
    public void JainAndGini_NothingToSpread_AreNotNumbers()
    {
        Assert.True(double.IsNaN(Fairness.Jain([0, 0])));
        Assert.True(double.IsNaN(Fairness.Gini([])));
    }

    [Fact]
    public void Lorenz_OneHasEverything_IsZeroUntilTheEnd()
    {
        IReadOnlyList<(double Population, double Share)> curve = Fairness.Lorenz([0, 0, 0, 8], 4);
        Assert.Equal([(0, 0), (0.25, 0), (0.5, 0), (0.75, 0), (1, 1)], curve);
    }

    [Fact]
    public void RewardProportionalityAndEnvy_PaidByTheByte_AreOneAndZero()
    {
        (double, double)[] fair = [(10, 100), (20, 200), (0, 0)];
        Assert.Equal(1, Fairness.RewardProportionality(fair), 12);
        Assert.Equal(0, Fairness.Envy(fair), 12);
        // The second earns half as much for a byte, and would have 20 more at the first one's rate.
        Assert.Equal(20, Fairness.Envy([(20, 100), (20, 200)]), 12);
    }

    [Fact]
    public void Ratios_Definitions_Hold()
    {
        Assert.Equal(0.25, Fairness.HonestDilution(75, 100), 12);
        Assert.Equal(2, Fairness.SybilGain(8, 4), 12);
        Assert.Equal(3, Fairness.GriefingFactor(30, 10), 12);
        Assert.Equal(double.PositiveInfinity, Fairness.GriefingFactor(1, 0));
    }

    [Fact]
    public void Estimate_OfFive_UsesStudentsT()
    {
        Estimate estimate = Estimate.Of([1, 2, 3, 4, 5, double.NaN]);
        Assert.Equal((3, 5), (estimate.Mean, estimate.N));
        // t(4, 0.975) = 2.776; s = 1.5811; / sqrt 5.
        Assert.Equal(1.963, estimate.Ci95, 3);
    }
}
