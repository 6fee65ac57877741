using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Tests.Terminal;

// Sizes as people write and read them, exactly at the borders of the units.
public sealed class UnitsTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("500", 500L)]
    [InlineData("20MB", 20_000_000L)]
    [InlineData("20mb", 20_000_000L)]
    [InlineData("1.5GB", 1_500_000_000L)]
    [InlineData("512KiB", 524_288L)]
    [InlineData("2MB/s", 2_000_000L)]
    public void TryParseBytes_Size_IsRead(string text, long expected)
    {
        Assert.True(Units.TryParseBytes(text, out long bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MB")]
    [InlineData("-1")]
    [InlineData("1e9")]
    [InlineData("20 parsecs")]
    [InlineData("99999999999GiB")]
    public void TryParseBytes_Nonsense_IsRefused(string text) => Assert.False(Units.TryParseBytes(text, out _));

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(1_000, "1.0 kB")]
    [InlineData(99_900, "99.9 kB")]
    [InlineData(20_000_000, "20.0 MB")]
    [InlineData(123_456_789_012, "123 GB")]
    public void Bytes_Size_IsShort(long bytes, string expected) => Assert.Equal(expected, Units.Bytes(bytes));

    [Theory]
    [InlineData("play money", "1.5 sat (play money)")]
    [InlineData("bitcoin", "1.5 sat (real money)")]
    [InlineData("regtest", "1.5 sat (regtest)")]
    public void Money_Amount_SaysWhatItIs(string network, string expected) =>
        Assert.Equal(expected, Units.Money(Msat.From(1_500), network));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\u001b[2Jb", "a\uFFFD[2Jb")]
    [InlineData("gpj.\u202eexe", "gpj.\uFFFDexe")]
    public void Clean_TextOfAStranger_CannotMoveTheCursor(string text, string expected) => Assert.Equal(expected, Printable.Clean(text));
}
