using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Core.Splits;
using Xunit;

namespace SeederMesh.Core.Tests.Payouts;

// Goal: routing never costs the hub more than its revenue, its budget of a day and its share, whichever is least.
public sealed class RoutingFeeAllowanceTests
{
    // free revenue, revenue ever, spent in a day, spent ever, promised -> available (500 a day, 30% of all revenue)
    [Theory]
    [InlineData(10_000, 10_000, 0, 0, 0, 500)]
    [InlineData(400, 10_000, 0, 0, 0, 400)]
    [InlineData(10_000, 10_000, 200, 200, 0, 300)]
    [InlineData(10_000, 10_000, 200, 200, 250, 50)]
    [InlineData(10_000, 10_000, 200, 200, 301, 0)]
    [InlineData(10_000, 10_000, 501, 501, 0, 0)]
    [InlineData(10_000, 10_000, 0, 2_900, 0, 100)]
    [InlineData(10_000, 10_000, 0, 3_001, 0, 0)]
    public void Available_EachBound_TheLeastCounts(long free, long earned, long day, long ever, long promised, long available) =>
        Assert.Equal(available, new RoutingFeeAllowance(Msat.From(500), new BasisPoints(3_000)).Available(
            (Msat.From(free), Msat.From(earned)), (Msat.From(day), Msat.From(ever)), Msat.From(promised)).Value);

    [Fact]
    public void Available_WithoutBounds_IsAllRevenueThatIsNotPromised() =>
        Assert.Equal(70, RoutingFeeAllowance.All.Available(
            (Msat.From(100), Msat.From(5_000)), (Msat.From(900), Msat.From(4_900)), Msat.From(30)).Value);
}
