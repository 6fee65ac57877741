using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Core.Splits;
using Xunit;

namespace SeederMesh.Core.Tests.Payouts;

/// <summary>Goal: what a wallet is offered is what it gets, and never more than is owed. Method: a table on both sides of
/// each limit, and a law over all amounts.</summary>
public sealed class WithdrawalTermsTests
{
    // owed, revenue, amount -> reserved (0: refused), whether the hub bears the route; the fee limit is 1 percent
    [Theory]
    [InlineData(10_000, 100, 10_000, 10_000, true)]
    [InlineData(10_000, 99, 10_000, 10_000, true)]
    [InlineData(10_000, 10, 10_000, 0, false)]
    [InlineData(10_000, 0, 9_902, 0, false)]
    [InlineData(10_000, 0, 9_901, 10_000, false)]
    [InlineData(10_000, 1_000_000, 10_001, 0, false)]
    [InlineData(10_000, 1_000_000, 0, 0, false)]
    [InlineData(1, 0, 1, 0, false)]
    [InlineData(2, 0, 1, 2, false)]
    public void Decide_AnAmount_ReservesItWithinWhatIsOwed(long owed, long revenue, long amount, long reserved, bool hubBears)
    {
        PayoutIntent? intent = Terms(owed, revenue).Decide(Msat.From(amount));

        Assert.Equal(reserved, intent?.Reserved.Value ?? 0);
        Assert.Equal(hubBears, intent?.PayeeFeeLimit.IsZero ?? false);
    }

    [Fact]
    public void Most_OfAnyTerms_IsAgreedToAndCovered() => Prop.ForAll(
        ArbMap.Default.ArbFor<(int Owed, int Revenue)>(),
        figures =>
        {
            WithdrawalTerms terms = Terms(Math.Abs((long)figures.Owed), Math.Abs((long)figures.Revenue) / 7);
            if (terms.Most.IsZero)
            {
                return terms.Owed.Value <= 1;
            }

            return terms.Decide(terms.Most) is { } intent && intent.Amount == terms.Most && intent.Reserved <= terms.Owed;
        }).QuickCheckThrowOnFailure();

    private static WithdrawalTerms Terms(long owed, long revenue) =>
        new(Msat.From(owed), new BasisPoints(100), Msat.From(revenue));
}
