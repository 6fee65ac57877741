using System.Text.Json.Nodes;
using SeederMesh.Cli.Album;

namespace SeederMesh.EndToEnd;

// The README's walk by hand, command by command, each a process of its own with its own home folder.
[Collection("machine")]
public sealed class WalkTests
{
    [Fact]
    public async Task Walk_PublishSeedGetVerify_EverybodyIsPaid()
    {
        using var folder = new TemporaryFolder();
        string album = AlbumGenerator.Create(folder.Path, 2_000_000);
        await using MeshProcess hub = MeshProcess.Start(
            "hub", "--listen", "http://127.0.0.1:0", "--data", folder.In("hub"), "--payout-threshold", "100msat",
            "--payout-interval", "200", "--json");
        JsonObject listening = await hub.EventAsync("listening");
        string[] at = ["--hub", (string)listening["url"]!];

        await using MeshProcess publish = await MeshProcess.RunAsync(
            0, ["publish", album, "--licence", "CC-BY-4.0", "--price", "2sat", "--data", folder.In("creator"), "--json", .. at]);
        JsonObject published = await publish.EventAsync("published");
        string magnet = (string)published["magnet"]!;
        await InspectAllAsync(published, magnet);

        await using MeshProcess seed = MeshProcess.Start(
            ["seed", album, "--data", folder.In("seeder"), "--port", "0", "--local", "--json", .. at]);
        await seed.EventAsync("ready");
        await using MeshProcess get = await MeshProcess.RunAsync(
            0,
            ["get", magnet, "--budget", "50sat", "--yes", "--data", folder.In("downloader"), "--output", folder.In("arrived"),
                "--port", "0", "--local", "--json", .. at]);
        JsonObject result = await get.EventAsync("result");
        Assert.Equal("completed", (string?)result["outcome"]);
        Assert.Equal("verified", (string?)(await get.EventAsync("offer"))["status"]);

        await using MeshProcess verify = await MeshProcess.RunAsync(0, "verify", (string)result["path"]!, "--json");
        Assert.True((bool)verify.Document()["held"]!);
        await using MeshProcess status = await MeshProcess.RunAsync(0, ["status", "--json", .. at]);
        Assert.Equal((string?)result["signedMsat"], (string?)status.Document()["settledMsat"]);
        await UseWalletAsync(folder, at);
        await using MeshProcess refused = await MeshProcess.RunAsync(
            2, ["payouts", "terms", "--schedule", "daily", "--data", folder.In("seeder"), .. at]);
        Assert.Contains("daily@HH:MM", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(0, await seed.StopAsync());
        Assert.Equal(0, await hub.StopAsync());
        await using MeshProcess audit = await MeshProcess.RunAsync(0, "audit", (string)listening["database"]!, "--json");
        Assert.True((bool)audit.Document()["held"]!);
    }

    [Fact]
    public async Task Verify_ChangedFile_IsNamedAndTheExitCodeIsOne()
    {
        using var folder = new TemporaryFolder();
        string album = AlbumGenerator.Create(folder.Path, 1_000_000);
        await using MeshProcess publish = await MeshProcess.RunAsync(
            0, "publish", album, "--licence", "CC0-1.0", "--no-register", "--data", folder.In("creator"));
        await File.AppendAllTextAsync(Path.Combine(album, "booklet.txt"), "one more line");
        await using MeshProcess verify = await MeshProcess.RunAsync(1, "verify", album);
        Assert.Contains("booklet.txt has ", verify.Text, StringComparison.Ordinal);
    }

    private static async Task InspectAllAsync(JsonObject published, string magnet)
    {
        foreach ((string subject, string kind) in ((string, string)[])
            [
                ((string)published["torrent"]!, "torrent"), ((string)published["manifest"]!, "manifest"), (magnet, "magnet"),
                ((string)published["creator"]!, "did:key"),
            ])
        {
            await using MeshProcess inspect = await MeshProcess.RunAsync(0, "inspect", subject, "--json");
            Assert.Equal(kind, (string?)inspect.Document()["kind"]);
        }
    }

    private static async Task UseWalletAsync(TemporaryFolder folder, string[] at)
    {
        await using MeshProcess invoice = await MeshProcess.RunAsync(
            0, ["wallet", "invoice", "--amount", "3sat", "--data", folder.In("seeder"), "--json", .. at]);
        string text = (string)invoice.Document()["invoice"]!;
        Assert.StartsWith("lnbcrt", text, StringComparison.Ordinal);
        await using MeshProcess inspect = await MeshProcess.RunAsync(0, "inspect", text, "--json");
        Assert.True((bool)inspect.Document()["playMoney"]!);
        await using MeshProcess pay = await MeshProcess.RunAsync(
            0, ["wallet", "pay", text, "--data", folder.In("downloader"), "--json", .. at]);
        Assert.Equal("succeeded", (string?)pay.Document()["status"]);
        await using MeshProcess history = await MeshProcess.RunAsync(
            0, ["wallet", "history", "--data", folder.In("seeder"), "--json", .. at]);
        Assert.Contains("3000", history.Text, StringComparison.Ordinal);
        await using MeshProcess balance = await MeshProcess.RunAsync(0, ["wallet", "--data", folder.In("seeder"), .. at]);
        Assert.Contains("(play money)", balance.Text, StringComparison.Ordinal);
    }
}
