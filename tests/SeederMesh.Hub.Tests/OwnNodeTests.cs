using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded.Http;

namespace SeederMesh.Hub.Tests;

// Goal: a hub's money moves on the node that its operator names, and books of one network are never paid on another.
// Method: a wallet on one hub's play-money network is the node of another hub.
public sealed class OwnNodeTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("seedermesh-hub-").FullName;
    private HubFixture network = null!;

    public async ValueTask InitializeAsync() => network = await HubFixture.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await network.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Start_WithANode_MakesAndWatchesItsInvoicesThere()
    {
        string node = await OpenNodeAsync("operator");
        await using RunningHub hub = await HubApplication.StartAsync(OptionsFor(node));
        await using ILightningNode asked = LightningNodes.Connect(node);
        NodeInfo info = await asked.GetInfoAsync();
        Assert.Equal(info.NodeId, hub.Node.NodeId);
        Assert.False(File.Exists(Path.Combine(folder, "lightning.db")));
        Assert.Throws<InvalidOperationException>(() => hub.Network);
        string status = await new HttpClient().GetStringAsync(new Uri(hub.Address, "/v1/hub"));
        Assert.Contains(info.NodeId.ToString(), status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AgainOnTheSameNode_KeepsTheFolder()
    {
        string node = await OpenNodeAsync("operator");
        for (int start = 0; start < 2; start++)
        {
            await using RunningHub hub = await HubApplication.StartAsync(OptionsFor(node));
            Assert.Equal(NodeInfo.PlayMoney, hub.Node.Network);
        }
    }

    [Fact]
    public async Task Start_OnBooksOfAnotherNetwork_IsRefused()
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "money.json"), "{\"network\":\"bitcoin\",\"nodeId\":\"02ab\"}");
        HubStartException embedded = await Assert.ThrowsAsync<HubStartException>(() => HubApplication.StartAsync(OptionsFor(null)));
        HubStartException other = await Assert.ThrowsAsync<HubStartException>(
            async () => await HubApplication.StartAsync(OptionsFor(await OpenNodeAsync("operator"))));
        Assert.Contains("real money", embedded.Message, StringComparison.Ordinal);
        Assert.Contains("real money", other.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "lightning.db")));
    }

    [Fact]
    public async Task Start_OnAFileThatSaysNothing_IsRefused()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "money.json"), "{}");
        HubStartException refused = await Assert.ThrowsAsync<HubStartException>(() => HubApplication.StartAsync(OptionsFor(null)));
        Assert.Contains("money.json", refused.Message, StringComparison.Ordinal);
    }

    // connection string -> what the message names
    [Theory]
    [InlineData("type=clightning;server=unix:///nowhere/lightning-rpc", "/nowhere/lightning-rpc")]
    [InlineData("type=clightning;socket=/x", "socket")]
    [InlineData("type=phoenixd;server=http://127.0.0.1:1", "password")]
    public async Task Start_WithANodeThatCannotBeUsed_NamesIt(string node, string named)
    {
        HubStartException refused = await Assert.ThrowsAsync<HubStartException>(() => HubApplication.StartAsync(OptionsFor(node)));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OnTheMainNetwork_NeedsTheOperatorsConsentOnce()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication phoenixd = builder.Build();
        phoenixd.MapGet("/getinfo", () => Results.Content(
            $$"""{"nodeId":"02{{new string('7', 64)}}","channels":[],"chain":"mainnet","blockHeight":900000,"version":"0.6.2"}"""));
        phoenixd.MapGet("/payments/incoming", () => Results.Content("[]"));
        await phoenixd.StartAsync();
        HubOptions options = OptionsFor($"type=phoenixd;server={phoenixd.Urls.Single()};password=x");

        HubStartException refused = await Assert.ThrowsAsync<HubStartException>(() => HubApplication.StartAsync(options));
        Assert.Contains("--real-money", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "money.json")));
        await using (RunningHub agreed = await HubApplication.StartAsync(options with { RealMoney = true }))
        {
            Assert.True(agreed.Node.IsRealMoney);
        }

        await using RunningHub again = await HubApplication.StartAsync(options);
        Assert.True(again.Node.IsRealMoney);
    }

    private HubOptions OptionsFor(string? node) =>
        new() { DataFolder = folder, Listen = "http://127.0.0.1:0", Lightning = node };

    private async Task<string> OpenNodeAsync(string name)
    {
        string server = new Uri(network.Hub.Address, "/lightning").ToString();
        string token = new('7', 64);
        await using var wallet = new EmbeddedNodeClient(server, name, token);
        await wallet.OpenWalletAsync(Core.Money.Msat.FromSatoshi(1_000));
        return $"type=embedded;server={server};node={name};token={token}";
    }
}
