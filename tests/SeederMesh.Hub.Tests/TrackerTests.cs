using System.Text;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.Tests.Support;

namespace SeederMesh.Hub.Tests;

/// <summary>The tracker, as a client speaks to it: BEP 3 queries, BEP 23 answers, registered torrents only.</summary>
public sealed class TrackerTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private Scene scene = null!;
    private HttpClient http = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync();
        scene = await Scene.OpenAsync(hub);
        http = new HttpClient { BaseAddress = hub.Hub.Address };
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await hub.DisposeAsync();
    }

    [Fact]
    public async Task Announce_BySeveralPeers_NamesTheOthers()
    {
        Assert.Contains("5:peers0:", await AnnounceAsync(6881, "left=0&event=started"), StringComparison.Ordinal);
        string answer = await AnnounceAsync(6882, "left=100");
        Assert.StartsWith("d8:completei1e10:incompletei1e8:intervali60e5:peers6:\u007f\0\0\u0001\u001a\u00e1", answer, StringComparison.Ordinal);
        await AnnounceAsync(6881, "left=0&event=stopped");
        Assert.Contains("completei0e", await AnnounceAsync(6882, "left=100"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Announce_ByASeeder_NamesNoOtherSeeders()
    {
        await AnnounceAsync(6881, "left=0");
        Assert.Contains("5:peers0:", await AnnounceAsync(6882, "left=0"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "info_hash")]
    [InlineData("info_hash=abc&port=1", "info_hash")]
    [InlineData("info_hash=%GG&port=1", "info_hash")]
    [InlineData("info_hash=aaaaaaaaaaaaaaaaaaaa&port=0", "port")]
    [InlineData("info_hash=aaaaaaaaaaaaaaaaaaaa&port=65536", "port")]
    [InlineData("info_hash=aaaaaaaaaaaaaaaaaaaa&port=1", "no manifest")]
    public async Task Announce_ThatIsWrong_FailsWithAReason(string query, string reason)
    {
        string answer = await http.GetStringAsync("/announce?" + query);
        Assert.StartsWith("d14:failure reason", answer, StringComparison.Ordinal);
        Assert.Contains(reason, answer, StringComparison.Ordinal);
    }

    private async Task<string> AnnounceAsync(int port, string rest)
    {
        Digest infohash = scene.Manifest.Manifest.Torrent.InfohashV2;
        string escaped = string.Concat(infohash.ToArray()[..20].Select(value => $"%{value:x2}"));
        return Encoding.Latin1.GetString(await http.GetByteArrayAsync($"/announce?info_hash={escaped}&peer_id=x&port={port}&{rest}"));
    }
}
