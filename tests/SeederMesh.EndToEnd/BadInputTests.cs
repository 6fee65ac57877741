namespace SeederMesh.EndToEnd;

// Bad input on the command line: exit code 2, a reason on standard error, nothing on the disk.
[Collection("machine")]
public sealed class BadInputTests
{
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
    [InlineData("--budget", "-1sat")]
    [InlineData("--budget", "50 dollars")]
    [InlineData("--upload-limit", "fast")]
    [InlineData("--hub", "ftp://example.org")]
    public async Task Get_BadOption_IsNamed(string option, string value)
    {
        await using MeshProcess mesh = await MeshProcess.RunAsync(
            2, "get", "magnet:?xt=urn:btih:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", option + "=" + value);
        Assert.Contains(option, mesh.Errors, StringComparison.Ordinal);
    }
}
