using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using Xunit;

namespace SeederMesh.Core.Tests.Payouts;

// Goal: a payment of a direct download is worth its route, and nothing that waits keeps the download from being trusted further.
// Method: the bounds on both sides by hand, the law over random dues.
public sealed class DueChoiceTests
{
    private static readonly Msat Window = Msat.From(64_000);
    private static readonly Msat Threshold = Msat.From(1_000);

    // due, least, unpaid in all, ending -> paid
    [Theory]
    [InlineData(0, 0, 64_000, true, false)]
    [InlineData(1, 9_000, 1, true, true)]
    [InlineData(1_999, 0, 15_999, false, false)]
    [InlineData(2_000, 0, 2_000, false, true)]
    [InlineData(2_000, 2_001, 2_000, false, false)]
    [InlineData(2_001, 2_001, 2_001, false, true)]
    [InlineData(4_001, 9_000, 15_999, false, false)]
    [InlineData(4_001, 9_000, 16_000, false, true)]
    [InlineData(1_999, 0, 16_000, false, false)]
    public void Choose_OneDue_WaitsForItsWorthTheEndOrTheWindow(long due, long least, long unpaid, bool isEnding, bool expected)
    {
        DueAmount[] dues = [new(Msat.From(due), Msat.From(least), Msat.Max)];
        Assert.Equal(expected, DueChoice.Choose(dues, Msat.From(unpaid), Window, Threshold, isEnding).Length == 1);
    }

    [Theory]
    [InlineData(499, false)]
    [InlineData(500, true)]
    public void Choose_PayeeThatTrustsNoFurther_IsPaidWhateverItsRouteCosts(long due, bool expected)
    {
        DueAmount[] dues = [new(Msat.From(due), Msat.From(9_000), Msat.From(500))];
        Assert.Equal(expected, DueChoice.Choose(dues, Msat.From(due), Window, Threshold, isEnding: false).Length == 1);
    }

    [Fact]
    public void Choose_BelowTheThreshold_Waits()
    {
        DueAmount[] dues = [new(Msat.From(999), Msat.Zero, Msat.Max)];
        Assert.Empty(DueChoice.Choose(dues, Msat.From(999), Msat.From(8_000), Threshold, isEnding: false));
    }

    [Fact]
    public void Choose_AFullWindow_PaysTheLargestAndLeavesTheCrumbs()
    {
        // 70, 25, 2 and 3 per cent of a full window of 8,000: the last two together are less than a sixteenth of it.
        DueAmount[] dues = [.. new long[] { 160, 5_600, 240, 2_000 }.Select(due => new DueAmount(Msat.From(due), Msat.Zero, Msat.Max))];
        Assert.Equal([1, 3], DueChoice.Choose(dues, Msat.From(8_000), Msat.From(8_000), Threshold, isEnding: false));
        Assert.Equal([1, 3, 2, 0], DueChoice.Choose(dues, Msat.From(8_000), Msat.From(8_000), Threshold, isEnding: true));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Choose_AnyDues_LeavesLessThanKeepsTheWindowShut(int seed)
    {
        var random = new Random(seed);
        for (int step = 0; step < 2_000; step++)
        {
            DueAmount[] dues =
            [
                .. Enumerable.Range(0, random.Next(1, 12))
                    .Select(_ => new DueAmount(Msat.From(random.Next(9_000)), Msat.From(random.Next(20_000)), Msat.Max)),
            ];
            long due = dues.Sum(item => item.Due.Value);
            long unpaid = due + random.Next(9_000);
            var chosen = DueChoice.Choose(dues, Msat.From(unpaid), Window, Threshold, isEnding: false);
            Assert.Distinct(chosen);
            long left = due - chosen.Sum(index => dues[index].Due.Value);
            Assert.True(unpaid < Window.Value / 4 || left <= Window.Value / 16, $"seed {seed}, step {step}: {left} of {unpaid}");
        }
    }
}
