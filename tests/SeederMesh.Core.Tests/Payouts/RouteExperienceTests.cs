using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Core.Splits;
using Xunit;

namespace SeederMesh.Core.Tests.Payouts;

// Goal: amounts grow while routes are too dear, shrink to what a route needs, split where no path carries them; nothing is for ever.
public sealed class RouteExperienceTests
{
    private static readonly BasisPoints onePercent = new(100);

    [Fact]
    public void AfterTooDear_AgainAndAgain_DoublesWhatIsWorthAPayment()
    {
        RouteExperience route = RouteExperience.None.AfterTooDear(Msat.From(1_000), 10);
        Assert.Equal((2_000, 1), (route.Minimum.Value, route.DearRoutes));
        Assert.Equal(6_000, route.AfterTooDear(Msat.From(3_000), 20).Minimum.Value);
        Assert.Equal(Msat.Max, RouteExperience.None.AfterTooDear(Msat.Max, 10).Minimum);
    }

    // amount that arrived, fee -> least amount of the next payment
    [Theory]
    [InlineData(16_000, 30, 3_000)]
    [InlineData(16_000, 0, 0)]
    [InlineData(16_000, 160, 8_000)]
    [InlineData(9_999, 400, 8_000)] // dearer than the share: no more than what was learned before
    public void AfterSuccess_OfADearRoute_NeedsWhatTheFeeIsOnePercentOf(long amount, long fee, long least)
    {
        RouteExperience route = RouteExperience.None.AfterTooDear(Msat.From(4_000), 10)
            .AfterSuccess(Msat.From(amount), Msat.From(fee), onePercent, 20);
        Assert.Equal((least, 0), (route.Minimum.Value, route.DearRoutes));
    }

    [Fact]
    public void AfterNoRoute_HalvesDownToWhatIsWorthIt_AndSuccessGrowsItAgain()
    {
        RouteExperience route = RouteExperience.None.AfterNoRoute(Msat.From(10_001), Msat.From(1_000), 10);
        Assert.Equal(5_001, route.Ceiling.Value);
        Assert.Equal(1_000, route.AfterNoRoute(Msat.From(1_500), Msat.From(1_000), 20).Ceiling.Value);
        Assert.Equal(10_002, route.AfterSuccess(Msat.From(5_001), Msat.From(1), onePercent, 20).Ceiling.Value);
        Assert.Equal(5_001, route.AfterSuccess(Msat.From(5_000), Msat.From(1), onePercent, 20).Ceiling.Value);
    }

    [Fact]
    public void AfterLimits_OfThePayee_HoldWhateverPaymentsDo()
    {
        RouteExperience route = RouteExperience.None.AfterLimits(Msat.From(500), Msat.From(2_000), 10)
            .AfterSuccess(Msat.From(2_000), Msat.From(1), onePercent, 20);
        Assert.Equal((500, 2_000), (route.Minimum.Value, route.Ceiling.Value));
    }

    [Fact]
    public void At_AnHourAfterTheLastPayment_ForgetsEverything()
    {
        RouteExperience route = RouteExperience.None.AfterTooDear(Msat.From(1_000), 10);
        Assert.Equal(route, route.At(route.ForgottenAtUnixMs - 1));
        Assert.Equal(RouteExperience.None, route.At(route.ForgottenAtUnixMs));
        Assert.Equal(RouteExperience.None, RouteExperience.None.AfterSuccess(Msat.From(1), Msat.Zero, onePercent, 10));
    }
}
