using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using Xunit;

namespace SeederMesh.Core.Tests.Payouts;

// Goal: payees choose within the operator's bounds, and never what costs the hub more than it offers to all.
public sealed class PayoutTermsTests
{
    // the hub's own bearer, threshold and bearer that are chosen -> allowed
    [Theory]
    [InlineData(FeeBearer.Hub, 1_000, FeeBearer.Hub, true)]
    [InlineData(FeeBearer.Hub, 999, FeeBearer.Hub, false)]
    [InlineData(FeeBearer.Hub, 50_000, FeeBearer.Payee, true)]
    [InlineData(FeeBearer.Hub, 50_001, FeeBearer.Payee, false)]
    [InlineData(FeeBearer.Hub, 1_000, FeeBearer.None, false)]
    [InlineData(FeeBearer.Hub, 1_000, (FeeBearer)4, false)]
    [InlineData(FeeBearer.Split, 1_000, FeeBearer.Hub, false)]
    [InlineData(FeeBearer.Split, 1_000, FeeBearer.Split, true)]
    [InlineData(FeeBearer.Payee, 1_000, FeeBearer.Split, false)]
    [InlineData(FeeBearer.Payee, 1_000, FeeBearer.Payee, true)]
    public void Defect_EachChoice_IsWithinTheBoundsOrSaysWhatIs(FeeBearer offered, long threshold, FeeBearer chosen, bool allowed)
    {
        var bounds = new PayoutBounds(PayoutTerms.Default with { Bearer = offered }, Msat.From(1_000), Msat.From(50_000));
        string? defect = bounds.Defect(new PayoutTerms(Msat.From(threshold), PayoutSchedule.Stream, chosen));
        Assert.Equal(allowed, defect is null);
        Assert.NotEqual("", defect);
    }

    [Theory]
    [InlineData("hub", FeeBearer.Hub)]
    [InlineData("split", FeeBearer.Split)]
    [InlineData("payee", FeeBearer.Payee)]
    [InlineData("Hub", FeeBearer.None)]
    [InlineData(null, FeeBearer.None)]
    public void TryParse_OfABearer_ReadsWhatIsWritten(string? text, FeeBearer bearer)
    {
        Assert.Equal(bearer != FeeBearer.None, FeeBearers.TryParse(text, out FeeBearer read));
        Assert.Equal(bearer, read);
        Assert.True(bearer == FeeBearer.None || text == bearer.Text());
    }
}
