using SeederMesh.Core.Money;
using Xunit;

namespace SeederMesh.Core.Tests.Money;

// Goal: an amount can never be negative, above all bitcoin, or change without saying so.
public sealed class MsatTests
{
    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(2_100_000_000_000_000_001)]
    public void From_OutsideTheRange_Throws(long msat)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Msat.From(msat));
        Assert.False(Msat.TryFrom(msat, out _));
    }

    [Fact]
    public void Plus_AboveAllBitcoin_Throws() =>
        Assert.Throws<OverflowException>(() => Msat.Max + Msat.From(1));

    [Theory]
    [InlineData(10, 10, true, 0)]
    [InlineData(10, 9, true, 1)]
    [InlineData(9, 10, false, 0)]
    public void TrySubtract_OnBothSidesOfTheLimit_Answers(long from, long other, bool covered, long rest)
    {
        Assert.Equal(covered, Msat.From(from).TrySubtract(Msat.From(other), out Msat left));
        Assert.Equal(rest, left.Value);
    }

    [Fact]
    public void Less_NotCovered_StopsTheOperation() =>
        Assert.Throws<InvariantViolationException>(() => Msat.From(1).Less(Msat.From(2)));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1500", 1500)]
    [InlineData("1500msat", 1500)]
    [InlineData("50sat", 50_000)]
    [InlineData("0.5sat", 500)]
    [InlineData("1.001 sat", 1001)]
    public void TryParse_AnAmount_IsExact(string text, long msat)
    {
        Assert.True(Msat.TryParse(text, out Msat amount));
        Assert.Equal(msat, amount.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1.0001sat")]
    [InlineData("1.sat")]
    [InlineData(".5sat")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("9999999999999999999")]
    [InlineData("2100000000000001sat")]
    [InlineData(null)]
    public void TryParse_NoAmount_IsRefused(string? text) => Assert.False(Msat.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0 sat")]
    [InlineData(1, "0.001 sat")]
    [InlineData(12_340, "12.34 sat")]
    [InlineData(1_234_567_000, "1,234,567 sat")]
    public void ToString_AnAmount_ReadsInSatoshi(long msat, string expected) =>
        Assert.Equal(expected, Msat.From(msat).ToString());

    [Theory]
    [InlineData(1000, 0, 0)]
    [InlineData(1000, 1_048_575, 999)]
    [InlineData(1000, 1_048_576, 1000)]
    [InlineData(3, 349_526, 1)]
    [InlineData(0, long.MaxValue, 0)]
    public void PriceOf_Bytes_RoundsDownOnTheTotal(long price, long bytes, long msat) =>
        Assert.Equal(msat, new PricePerMebibyte(price).Of(bytes).Value);

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1000, 999)]
    [InlineData(7, 12_345)]
    [InlineData(1_000_000_000, 5)]
    public void PriceBytesFor_ABudget_IsTheLastByteThatItPays(long price, long budget)
    {
        var perMebibyte = new PricePerMebibyte(price);
        long bytes = perMebibyte.BytesFor(Msat.From(budget));
        Assert.True(perMebibyte.Of(bytes).Value <= budget);
        Assert.True(perMebibyte.Of(bytes + 1).Value > budget);
    }
}
