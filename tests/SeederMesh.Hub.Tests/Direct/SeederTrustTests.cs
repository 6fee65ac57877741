using SeederMesh.Grains.Direct;
using SeederMesh.Hub.Tests.Support;

namespace SeederMesh.Hub.Tests.Direct;

// Goal: whoever opens channel after channel and pays nothing costs a seeder a bounded number of first windows, and those that pay are not
// kept from it for long. Method: many downloaders of one work at a real hub.
public sealed class SeederTrustTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private DirectScene scene = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await DirectScene.StartHubAsync();
        scene = await DirectScene.OpenAsync(hub);
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Grant_OnMoreUnpaidChannelsThanASeederBears_IsRefusedUntilSomethingIsPaid()
    {
        // The first has its window drawn on and due.
        TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_001);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));
        for (int channel = 1; channel < SeederTrust.FirstWindowsMax; channel++)
        {
            (await GrantAsync(hub.Caller(), limit: 8_001)).Required();
        }

        HubCaller next = hub.Caller();
        Assert.Equal("seeder-not-direct", (await GrantAsync(next, limit: 8_001)).Problem);

        // Another seeder is nobody's loss.
        HubCaller other = hub.Caller();
        (await other.PutAsync(
            $"/v1/seeders/{other.Key.PublicKey}", new { destination = DirectScene.AddressOf(hub, scene.Box), name = "other" })).Required();
        (await GrantAsync(next, limit: 8_000, other)).Required();

        // The hub looks into its books again after a few seconds; what was paid by then is trusted again.
        await scene.PayAllAsync();
        HubCaller after = hub.Caller();
        await HubFixture.UntilAsync(async () => (await GrantAsync(after, limit: 8_001)).Problem.Length == 0, "the seeder's trust");
        Assert.Equal("seeder-not-direct", (await GrantAsync(hub.Caller(), limit: 8_001)).Problem);
    }

    private async Task<HubReply> GrantAsync(HubCaller downloader, long limit, HubCaller? seeder = null)
    {
        Dictionary<string, object> terms = await scene.Scene.TermsAsync(50_000);
        terms["downloaderKey"] = downloader.Key.PublicKey.ToString();
        terms["mode"] = "direct";
        terms["expiresUnixMs"] = Expires;
        terms.Remove("refund");
        HubReply opened = (await downloader.PostAsync("/v1/channels", terms)).Required();
        return await downloader.PostAsync(
            $"/v1/channels/{opened.Text("channelId")}/grants",
            new { seederKey = (seeder ?? scene.Seeder).Key.PublicKey.ToString(), limitMsat = $"{limit}", generation = 0 });
    }

    private long Expires { get; } = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds();
}
