namespace SeederMesh.EndToEnd;

// Bad input on the command line: exit code 2, a reason on standard error, nothing on the disk.
[Collection("machine")]
public sealed class BadInputTests
{
    // BOLT 11's first example: a donation of any amount, of 2017.
    private const string Expired =
        "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcy"
        + "q5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlq"
        + "nls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";

    [Theory]
    [InlineData("inspect", "no-such-thing")]
    [InlineData("inspect", "magnet:?xt=urn:btmh:1220zz")]
    [InlineData("inspect", "lnbc1broken")]
    [InlineData("inspect", "/")]
    [InlineData("get", "magnet:?dn=nothing")]
    [InlineData("get", "no-such.torrent")]
    [InlineData("get", "https://example.org/")]
    [InlineData("verify", "/no/such/folder")]
    [InlineData("audit", "/no/such/hub.db")]
    [InlineData("publish", "/no/such/folder")]
    [InlineData("frobnicate", "x")]
    public async Task Mesh_BadInput_IsRefusedWithAReason(string command, string subject)
    {
        await using MeshProcess mesh = await MeshProcess.RunAsync(2, command, subject);
        Assert.StartsWith("mesh: ", mesh.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", mesh.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("d4:infod4:name1:a12:piece lengthi16384eee")]
    [InlineData("not a torrent")]
    public async Task Get_BadTorrentFile_IsRefused(string content)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("bad.torrent"), content);
        await using MeshProcess mesh = await MeshProcess.RunAsync(2, "get", folder.In("bad.torrent"), "--data", folder.In("home"));
        Assert.Contains("bad torrent", mesh.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.In("home")));
    }

    [Theory]
    [InlineData("--pay-to", "nowhere")]
    [InlineData("--pay-to", "lnaddress:me")]
    public async Task Seed_NowhereToBePaid_IsRefusedBeforeAnythingIsUploaded(string option, string value)
    {
        using var folder = new TemporaryFolder();
        await using MeshProcess mesh = await MeshProcess.RunAsync(2, "seed", "--data", folder.In("home"), $"{option}={value}");
        Assert.Contains(option, mesh.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.In("home")));
    }

    [Theory]
    [InlineData("""{"payoutThreshold": 5}""", "payoutThreshold (line 1): there is no such setting. Settings: ")]
    [InlineData("""{"payoutThresholdMsat": "lots"}""", "payoutThresholdMsat (line 1): ")]
    [InlineData("{", "line 1: ")]
    public async Task Hub_BadSettings_AreNamed(string settings, string words)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.In("home/hub"));
        await File.WriteAllTextAsync(folder.In("home/hub/hub.json"), settings);
        await using MeshProcess mesh = await MeshProcess.RunAsync(2, "hub", "--listen", "http://127.0.0.1:0", "--data", folder.In("home"));
        Assert.Contains(words, mesh.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", mesh.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_HubIsAway_SaysSoAndFails()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("song.txt"), "la");
        await using MeshProcess mesh = await MeshProcess.RunAsync(
            1, "publish", folder.In("song.txt"), "--licence", "CC0-1.0", "--pay-to", "lnaddress:me@example.org",
            "--data", folder.In("home"), "--hub", "http://127.0.0.1:1");
        Assert.StartsWith("mesh: The hub at http://127.0.0.1:1/ cannot be reached", mesh.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", mesh.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_HubOfTheEnvironmentIsNoAddress_IsRefused()
    {
        await using MeshProcess mesh = await MeshProcess.RunAsync([("SEEDERMESH_HUB", "nonsense")], 2, "status");
        Assert.StartsWith("mesh: SEEDERMESH_HUB: ", mesh.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--budget", "-1sat")]
    [InlineData("--budget", "50 dollars")]
    [InlineData("--budget", "50")]
    [InlineData("--budget", "0")]
    [InlineData("--refund-to", "nowhere")]
    [InlineData("--refund-to", "lnaddress:me")]
    [InlineData("--refund-to", Expired)]
    [InlineData("--upload-limit", "fast")]
    [InlineData("--hub", "ftp://example.org")]
    public async Task Get_BadOption_IsNamed(string option, string value)
    {
        await using MeshProcess mesh = await MeshProcess.RunAsync(
            2, "get", "magnet:?xt=urn:btih:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", option + "=" + value);
        Assert.Contains(option, mesh.Errors, StringComparison.Ordinal);
    }
}
