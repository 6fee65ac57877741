using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using Xunit;

namespace SeederMesh.Core.Tests.Payouts;

// Goal: what is owed becomes a payment of the right size, routing is borne by whom it should be, nobody is charged more than is owed.
public sealed class PayoutPolicyTests
{
    private static readonly PayoutPolicy policy = PayoutPolicy.Default;

    // bearer, owed, minimum, ceiling, revenue -> amount, fee limit, the payee's part of it (amount 0: no payment)
    [Theory]
    [InlineData(FeeBearer.Hub, 0, 1, 9_000_000, 9_000, 0, 0, 0)]
    [InlineData(FeeBearer.Hub, 999, 1_000, 9_000_000, 9_000, 0, 0, 0)]
    [InlineData(FeeBearer.Hub, 1_000, 1_000, 9_000_000, 9_000, 1_000, 10, 0)]
    [InlineData(FeeBearer.Hub, 1, 1, 9_000_000, 9_000, 1, 1, 0)] // one msat
    [InlineData(FeeBearer.Hub, 1, 1, 9_000_000, 0, 0, 0, 0)] // whose route nobody can pay
    [InlineData(FeeBearer.Hub, 1_000_000, 1, 9_000_000, 10_000, 1_000_000, 10_000, 0)]
    [InlineData(FeeBearer.Hub, 1_000_000, 1, 9_000_000, 9_999, 1_000_000, 9_999, 0)] // less revenue, still more than a thousandth
    [InlineData(FeeBearer.Hub, 1_000_000, 1, 9_000_000, 1_000, 990_000, 10_000, 10_000)] // too little: the payee bears it
    [InlineData(FeeBearer.Split, 1_000_000, 1, 9_000_000, 5_000, 995_000, 10_000, 5_000)]
    [InlineData(FeeBearer.Split, 1_000_000, 1, 9_000_000, 4_999, 990_000, 10_000, 10_000)]
    [InlineData(FeeBearer.Split, 1_101, 1, 9_000_000, 9_999, 1_096, 11, 5)] // the odd msat is the hub's
    [InlineData(FeeBearer.Payee, 1_000_000, 1, 9_000_000, 9_000_000, 990_000, 10_000, 10_000)]
    [InlineData(FeeBearer.Payee, 2, 1, 9_000_000, 9_000, 0, 0, 0)] // dust: no more would arrive than routing may cost
    [InlineData(FeeBearer.Payee, 3, 1, 9_000_000, 9_000, 2, 1, 1)]
    [InlineData(FeeBearer.Hub, 1_000_000, 1, 400_000, 90_000, 400_000, 4_000, 0)] // a part
    [InlineData(FeeBearer.Payee, 1_000_000, 1, 400_000, 0, 400_000, 4_000, 4_000)] // the rest pays for the route
    [InlineData(FeeBearer.Hub, 1_000_000, 1, 0, 90_000, 0, 0, 0)]
    public void DecidePayment_EachCase_PaysWhatItShould(
        FeeBearer bearer, long owed, long minimum, long ceiling, long revenue, long amount, long feeLimit, long ofPayee)
    {
        PayoutIntent? intent = policy.DecidePayment(
            bearer, Msat.From(owed), Msat.From(minimum), Msat.From(ceiling), RouteExperience.None, Msat.From(revenue));
        Assert.Equal((amount, feeLimit, ofPayee), Read(intent));
    }

    // rest, routes that were too dear, revenue -> amount, fee limit, the channel's part of it
    [Theory]
    [InlineData(0, 0, 100, 0, 0, 0)]
    [InlineData(1, 0, 100, 1, 1, 0)]
    [InlineData(1, 0, 0, 0, 0, 0)]
    [InlineData(1_000, 0, 100, 1_000, 10, 0)]
    [InlineData(100_000, 0, 0, 99_000, 1_000, 1_000)]
    [InlineData(100_000, 1, 0, 96_000, 4_000, 4_000)]
    [InlineData(100_000, 40, 0, 0, 0, 0)] // half of it may go to routing, and then no more arrives than that
    [InlineData(100_000, 40, 50_000, 100_000, 50_000, 0)]
    public void DecideRefund_EachCase_PaysWhateverItsSize(
        long rest, int dearRoutes, long revenue, long amount, long feeLimit, long ofChannel)
    {
        RouteExperience route = RouteExperience.None;
        for (int dear = 0; dear < dearRoutes; dear++)
        {
            route = route.AfterTooDear(Msat.From(1), 1);
        }

        Assert.Equal((amount, feeLimit, ofChannel), Read(policy.DecideRefund(Msat.From(rest), Msat.Max, route, Msat.From(revenue))));
    }

    [Fact]
    public void DecidePayment_Anything_NeverTakesMoreThanIsOwedNorPromisesMoreThanThereIs()
    {
        Gen<(FeeBearer Bearer, int Owed, int Ceiling, int Revenue, int Fee)> samples =
            from bearer in Gen.Elements(FeeBearer.Hub, FeeBearer.Split, FeeBearer.Payee)
            from owed in Gen.OneOf(Gen.Choose(0, 300), Gen.Choose(0, 100_000_000))
            from ceiling in Gen.OneOf(Gen.Choose(0, 300), Gen.Choose(0, 100_000_000))
            from revenue in Gen.OneOf(Gen.Choose(0, 300), Gen.Choose(0, 1_000_000))
            from fee in Gen.Choose(0, 1_000_000)
            select (bearer, owed, ceiling, revenue, fee);
        Prop.ForAll(samples.ToArbitrary(), sample =>
        {
            PayoutIntent? intent = policy.DecidePayment(
                sample.Bearer,
                Msat.From(sample.Owed),
                Msat.From(1),
                Msat.From(sample.Ceiling),
                RouteExperience.None,
                Msat.From(sample.Revenue));
            if (intent is null)
            {
                return true;
            }

            Msat fee = Msat.Min(Msat.From(sample.Fee), intent.FeeLimit);
            return !intent.Amount.IsZero
                && intent.Reserved.Value <= sample.Owed
                && intent.Amount.Value <= sample.Ceiling
                && intent.HubFeeLimit.Value <= sample.Revenue
                && intent.FeeLimit.Value <= Math.Max(1, sample.Owed / 100)
                && intent.PayeePart(fee) <= intent.PayeeFeeLimit
                && fee.Less(intent.PayeePart(fee)).Value <= intent.HubFeeLimit.Value + (intent.PayeeFeeLimit.IsZero ? 0 : 1);
        }).QuickCheckThrowOnFailure();
    }

    private static (long Amount, long FeeLimit, long OfPayee) Read(PayoutIntent? intent) =>
        intent is null ? (0, 0, 0) : (intent.Amount.Value, intent.FeeLimit.Value, intent.PayeeFeeLimit.Value);
}
