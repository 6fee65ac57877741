using SeederMesh.Cli.Publishing;

namespace SeederMesh.Cli.Tests.Publishing;

// The split on the command line: what is read, and what is refused with which words.
public sealed class SplitTextTests
{
    [Fact]
    public void TryParse_UsualSplit_AddsUp()
    {
        Assert.True(SplitText.TryParse(SplitText.Usual, out IReadOnlyList<SplitPart> parts, out _));
        Assert.Equal([7_000, 2_500, 200, 300], parts.Select(part => part.ShareBps));
    }

    [Fact]
    public void TryParse_OtherPayee_KeepsItsEndpoint()
    {
        Assert.True(
            SplitText.TryParse(
                "creator=60.25,anna=14.75@lnaddress:anna@example.org,seeders=25", out IReadOnlyList<SplitPart> parts, out _));
        Assert.Equal(1_475, parts[1].ShareBps);
        Assert.Equal("lnaddress:anna@example.org", parts[1].Endpoint.ToString());
        Assert.Null(parts[0].Endpoint);
    }

    [Theory]
    [InlineData("", "is not NAME=PERCENT")]
    [InlineData("creator", "is not NAME=PERCENT")]
    [InlineData("creator=0,seeders=100", "is not NAME=PERCENT")]
    [InlineData("creator=-1,seeders=101", "is not NAME=PERCENT")]
    [InlineData("creator=33.333,seeders=66.667", "is not NAME=PERCENT")]
    [InlineData("creator=50,creator=50", "stands twice")]
    [InlineData("creator=50@lnaddress:a@example.org,seeders=50", "is a role")]
    [InlineData("anna=50,seeders=50", "say where it is paid")]
    [InlineData("anna=50@nowhere,seeders=50", "say where it is paid")]
    [InlineData("creator=70,seeders=25", "add up to 95 percent")]
    [InlineData("creator=70,seeders=30.5", "add up to 100.5 percent")]
    public void TryParse_BadSplit_SaysWhatIsWrong(string text, string expected)
    {
        Assert.False(SplitText.TryParse(text, out _, out string error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }
}
