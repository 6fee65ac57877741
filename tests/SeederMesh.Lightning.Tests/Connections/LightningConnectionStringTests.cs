namespace SeederMesh.Lightning.Tests.Connections;

/// <summary>Goal: a wrong connection string is told by its key. Method: each row breaks one rule.</summary>
public sealed class LightningConnectionStringTests
{
    [Theory]
    [InlineData("type=clightning;server=unix:///home/u/.lightning/bitcoin/lightning-rpc", "clightning")]
    [InlineData("type=clightning;server=/run/lightning-rpc;", "clightning")]
    [InlineData(" Type = LND-REST ; Server = https://127.0.0.1:8080 ; macaroon = 00ff ; allowinsecure = True ", "lnd-rest")]
    [InlineData("type=lnd-rest;server=https://h:8080;macaroonfilepath=/m;certfilepath=/c", "lnd-rest")]
    [InlineData("type=phoenixd;server=http://127.0.0.1:9740;password=a=b=", "phoenixd")]
    [InlineData("type=eclair;server=http://127.0.0.1:8080;password=x", "eclair")]
    [InlineData("type=embedded;server=http://127.0.0.1:5000/lightning;node=alice;token=00", "embedded")]
    public void TryParse_WellFormed_HasItsType(string text, string type)
    {
        Assert.True(LightningConnectionString.TryParse(text, out LightningConnectionString? parsed, out string error), error);
        Assert.Equal(type, parsed.Type);
    }

    [Theory]
    [InlineData("", "type=clightning")]
    [InlineData("server=http://h", "key type")]
    [InlineData("type=charge;server=http://h", "clightning, lnd-rest")]
    [InlineData("type=clightning;server", "Part 2 is not key=value")]
    [InlineData("type=phoenixd;server=http://h;password=x;certthumbprint=00", "certthumbprint")]
    [InlineData("type=eclair;server=http://h;password=x;allowinsecure=true;certfilepath=/c", "one of certthumbprint")]
    [InlineData("type=eclair;server=http://h;password=x;macaroon=00", "no key macaroon")]
    [InlineData("type=clightning;server=/a;server=/b", "server stands twice")]
    [InlineData("type=clightning;server=/a;rune=x", "no key rune")]
    [InlineData("type=clightning", "needs the key server")]
    [InlineData("type=clightning;server=http://h", "unix://")]
    [InlineData("type=phoenixd;server=http://h", "needs the key password")]
    [InlineData("type=phoenixd;server=ftp://h;password=x", "key server")]
    [InlineData("type=phoenixd;server=http://u:p@h;password=x", "without user")]
    [InlineData("type=lnd-rest;server=https://h", "needs the key macaroon")]
    [InlineData("type=lnd-rest;server=https://h;macaroon=00;macaroonfilepath=/m", "not both")]
    [InlineData("type=lnd-rest;server=https://h;macaroon=zz", "hexadecimal")]
    [InlineData("type=lnd-rest;server=https://h;macaroon=00;certthumbprint=00ff", "64 hexadecimal")]
    [InlineData("type=lnd-rest;server=https://h;macaroon=00;allowinsecure=perhaps", "true or false")]
    [InlineData("type=lnd-rest;server=http://h;macaroon=00", "in the clear")]
    [InlineData("type=lnd-rest;server=https://h;macaroon=00;allowinsecure=true;certfilepath=/c", "one of")]
    public void TryParse_BrokenRule_NamesTheKey(string text, string words)
    {
        Assert.False(LightningConnectionString.TryParse(text, out _, out string error));
        Assert.Contains(words, error, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_WithSecrets_LeavesThemOut()
    {
        Assert.True(LightningConnectionString.TryParse("type=phoenixd;server=http://h:1;password=secret", out LightningConnectionString? parsed, out _));
        Assert.DoesNotContain("secret", parsed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Connect_BrokenString_ThrowsWithTheReason() =>
        Assert.Contains("password", Assert.Throws<ArgumentException>(() => LightningNodes.Connect("type=eclair;server=http://h")).Message, StringComparison.Ordinal);
}
