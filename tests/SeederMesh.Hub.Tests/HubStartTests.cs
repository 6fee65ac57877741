using SeederMesh.Hub.Tests.Support;

namespace SeederMesh.Hub.Tests;

/// <summary>Starting: files, settings, and one hub a folder.</summary>
public sealed class HubStartTests
{
    [Fact]
    public async Task Start_OnAFolderInUse_IsRefusedByName()
    {
        await using HubFixture hub = await HubFixture.StartAsync();
        HubStartException refused = await Assert.ThrowsAsync<HubStartException>(
            () => HubApplication.StartAsync(hub.Options with { DataFolder = hub.Folder }));
        Assert.Contains("Another hub", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OnAPortInUse_SaysSoAndLeavesTheFolderFree()
    {
        await using HubFixture hub = await HubFixture.StartAsync();
        string folder = Directory.CreateTempSubdirectory("seedermesh-hub-").FullName;
        var taken = hub.Options with { DataFolder = folder, Listen = hub.Hub.Address.GetLeftPart(UriPartial.Authority) };
        await Assert.ThrowsAsync<HubStartException>(() => HubApplication.StartAsync(taken));
        await using (await HubApplication.StartAsync(taken with { Listen = "http://127.0.0.1:0" }))
        {
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Start_ForTheFirstTime_MakesPrivateKeysThatStay()
    {
        await using HubFixture hub = await HubFixture.StartAsync();
        string before = (await hub.Caller().GetAsync("/v1/hub")).Text("publicKey");
        foreach (string name in new[] { "hub.key", "registry.key" })
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(hub.Folder, name)));
        }

        await hub.RestartAsync();
        Assert.Equal(before, (await hub.Caller().GetAsync("/v1/hub")).Text("publicKey"));
    }

    [Fact]
    public async Task Run_UntilCancelled_PrintsPlayMoneyAndTheReadyLine()
    {
        string folder = Directory.CreateTempSubdirectory("seedermesh-hub-").FullName;
        using var output = new StringWriter();
        using var stop = new CancellationTokenSource();
        Task<int> run = HubApplication.RunAsync(
            new HubOptions { DataFolder = folder, Listen = "http://127.0.0.1:0" }, output, stop.Token);
        await HubFixture.UntilAsync(() => Task.FromResult(output.ToString().Contains("listening on http://", StringComparison.Ordinal)), "the ready line");
        await stop.CancelAsync();
        Assert.Equal(0, await run);
        Assert.Contains("play money", output.ToString(), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    // file, variable, value -> what the message names
    [Theory]
    [InlineData("{\"payoutTresholdMsat\":1}", null, null, "payoutTresholdMsat")]
    [InlineData("{", null, null, "hub.json")]
    [InlineData("{}", "SEEDERMESH_HUB_COLOUR", "red", "SEEDERMESH_HUB_COLOUR")]
    [InlineData("{}", "SEEDERMESH_HUB_PAYOUT_INTERVAL_MS", "soon", "soon")]
    public void Load_OfAWrongSetting_NamesIt(string file, string? variable, string? value, string named)
    {
        string folder = Directory.CreateTempSubdirectory("seedermesh-hub-").FullName;
        File.WriteAllText(Path.Combine(folder, "hub.json"), file);
        Dictionary<string, string> environment = variable is null ? [] : new() { [variable] = value! };
        Assert.Contains(named, Assert.Throws<HubStartException>(() => HubOptions.Load(folder, environment)).Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Load_OfFileAndEnvironment_LetsTheEnvironmentWin()
    {
        string folder = Directory.CreateTempSubdirectory("seedermesh-hub-").FullName;
        File.WriteAllText(Path.Combine(folder, "hub.json"), "{\"name\":\"file\",\"payoutIntervalMs\":50,\"openTracker\":true}");
        HubOptions options = HubOptions.Load(folder, new Dictionary<string, string> { ["SEEDERMESH_HUB_NAME"] = "environment" });
        Assert.Equal(("environment", 50, true, folder), (options.Name, options.PayoutIntervalMs, options.OpenTracker, options.DataFolder));
        Directory.Delete(folder, recursive: true);
    }
}
