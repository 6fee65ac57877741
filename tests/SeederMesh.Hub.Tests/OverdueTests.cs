using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.Tests;

/// <summary>What is overdue is closed by the hub alone, and one channel that cannot be closed holds up no other.</summary>
public sealed class OverdueTests
{
    [Fact]
    public async Task Sweep_BesideAChannelThatCannotBeLoaded_ClosesTheOthers()
    {
        await using HubFixture hub = await HubFixture.StartAsync(options => options with { ReportGraceMs = 200 });
        Scene scene = await Scene.OpenAsync(hub);
        await scene.FundAsync(5_000);
        await scene.GrantAsync(hub.Caller(), 2_000);

        // Its id is not that of its keys, so that its grain refuses to load it; and it comes first in every sweep.
        PostingResult broken = await hub.Ledger.PostAsync(new Posting
        {
            Id = default,
            Records =
            [
                new ChannelRecord
                {
                    Id = Id128.Read([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
                    HubKey = scene.Downloader.Key.PublicKey,
                    DownloaderKey = scene.Downloader.Key.PublicKey,
                    Infohash = scene.Manifest.Manifest.Torrent.InfohashV2,
                    ManifestDigest = scene.Manifest.Digest,
                    Budget = Msat.From(1),
                    MaxPricePerMib = Msat.From(1),
                    ExpiresUnixMs = 1,
                    Status = ChannelStatus.Open,
                    CreatedUnixMs = 1,
                },
            ],
        });
        Assert.True(broken.IsPosted, broken.Detail);
        (await scene.Downloader.PostAsync($"/v1/channels/{scene.ChannelId}/close", null)).Required();
        await HubFixture.UntilAsync(
            async () => (await scene.ChannelAsync()).Text("state") == "closed", "the end of the channel's time for reports");
    }
}
