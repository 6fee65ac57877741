using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;
using Xunit;

namespace SeederMesh.Core.Tests.Splits;

/// <summary>Goal: a donation reaches the named payees in full, each within 1 msat of its part. Method: examples, and that law.</summary>
public sealed class DonationSplitTests
{
    // shares in basis points, amount -> parts
    [Theory]
    [InlineData("7000", 1_000, "1000")]
    [InlineData("4000 2000", 900, "600 300")]
    [InlineData("1 1 1", 100, "34 33 33")]
    [InlineData("5000 2500 2500", 1, "1 0 0")]
    [InlineData("1000 8000", 5, "1 4")]
    public void Divide_AnAmount_FollowsTheShares(string shares, long amount, string parts) => Assert.Equal(
        parts.Split(' ').Select(long.Parse),
        DonationSplit.Divide(Shares(shares.Split(' ').Select(int.Parse)), Msat.From(amount)).Select(part => part.Part.Value));

    [Fact]
    public void Divide_AmongNobody_IsABug() => Assert.Throws<ArgumentException>(() => DonationSplit.Divide([], Msat.From(1)));

    [Fact]
    public void Divide_AnyAmountByAnyShares_LosesNothingAndIsFairToAMillisatoshi() => Prop.ForAll(
        ArbMap.Default.ArbFor<(PositiveInt[] Shares, long Amount)>(),
        given =>
        {
            int[] shares = [.. given.Shares.Select(share => 1 + (share.Get % 150)).Take(SplitPolicy.PayeesMax)];
            Msat amount = Msat.From(Math.Abs(given.Amount % Msat.Max.Value));
            if (shares.Length == 0)
            {
                return true;
            }

            Msat[] parts = [.. DonationSplit.Divide(Shares(shares), amount).Select(part => part.Part)];
            return parts.Sum(part => (decimal)part.Value) == amount.Value
                && parts.Zip(shares).All(pair =>
                    Math.Abs(pair.First.Value - ((decimal)amount.Value * pair.Second / shares.Sum())) < 1);
        }).QuickCheckThrowOnFailure();

    private static List<PayeeShare> Shares(IEnumerable<int> shares) =>
        [.. shares.Select((share, index) => new PayeeShare(Id128.Derive("payee", [(byte)index]), new BasisPoints(share)))];
}
