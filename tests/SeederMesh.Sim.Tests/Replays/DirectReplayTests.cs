using SeederMesh.Hub.Tests.Direct;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.ReceiptLogs;
using SeederMesh.Sim.Commands;
using SeederMesh.Sim.Replays;

namespace SeederMesh.Sim.Tests.Replays;

// Goal: receipts of direct channels export and replay to what the hub booked, to the msat, and are not taken for payouts of the hub's.
// Method: a real hub with one direct channel that was paid, one that was never paid, and one that the hub pays for.
public sealed class DirectReplayTests : IAsyncLifetime
{
    private HubFixture hub = null!;

    public async ValueTask InitializeAsync() => hub = await DirectScene.StartHubAsync(options => options with { DirectGraceMs = 0 });

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Replay_PaidUnpaidAndPrepaidChannels_GivesWhatTheHubBooked()
    {
        DirectScene paid = await DirectScene.OpenAsync(hub);
        HubReply paidDues = await UploadAsync(paid, 31, pays: true);
        DirectScene unpaid = await DirectScene.OpenAsync(hub, name: "-unpaid");
        HubReply unpaidDues = await UploadAsync(unpaid, 13, pays: false);
        Scene prepaid = await Scene.OpenAsync(hub, name: "-prepaid");
        await prepaid.FundAsync(50_000);
        HubCaller box = hub.Caller();
        TestChain chain = await prepaid.GrantAsync(box, limit: 8_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(box, chain.Next([.. Enumerable.Range(0, 7)])));

        string ledger = Path.Combine(hub.Folder, "hub.db");
        string exported = Export(ledger);
        List<LoggedChannel> log = Read(ledger);
        Assert.Equal([false, true, true], log.Select(channel => channel.IsDirect).Order());
        Assert.Equal(log.Select(Describe), Read(exported).Select(Describe));
        foreach (string path in (string[])[ledger, exported])
        {
            Replay replay = Of(path, []);
            Assert.Equal(Earned("seeder", paidDues) + Earned("seeder", unpaidDues), replay.Seeders.Sum(seeder => seeder.DirectMsat));
            Assert.Equal(Sum(paidDues) + Sum(unpaidDues), replay.Direct.Msat);
            Assert.Equal(2, replay.Direct.Channels);
            // Half a msat is the carry, which the close hands out.
            Assert.Equal(438, replay.Seeders.Single(seeder => seeder.DirectMsat == 0).ReplayedMsat);
            Assert.All(replay.Seeders, seeder => Assert.Equal(seeder.RecordedMsat, seeder.ReplayedMsat));

            // What the hub would pay out is of the channel that it was paid for.
            Replay payouts = Of(path, ["mechanism.payout.threshold=1msat"]);
            Assert.Equal(438, payouts.Payouts.PaidMsat + payouts.Payouts.OwedMsat);

            // Another price counts for direct channels as for the others.
            Assert.Equal(2 * replay.Direct.Msat, Of(path, ["mechanism.price=2000msat/MiB"]).Direct.Msat);
        }
    }

    private static async Task<HubReply> UploadAsync(DirectScene scene, int pieces, bool pays)
    {
        TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, pieces)])));
        if (pays)
        {
            await scene.PayAllAsync();
        }

        // At the end everything is asked for, before the last grant is closed and what is unpaid written off.
        (await scene.Scene.Downloader.PostAsync($"/v1/channels/{scene.Scene.ChannelId}/close", new { })).Required();
        if (pays)
        {
            await scene.PayAllAsync();
        }

        await scene.CloseAsync(chain);
        await HubFixture.UntilAsync(
            async () => (await scene.DuesAsync()).Json.GetProperty("ended").GetBoolean(), "the end of what is due");
        return await scene.DuesAsync();
    }

    private static long Earned(string kind, HubReply dues) => DirectScene.Due(dues, kind, "earnedMsat");

    private static long Sum(HubReply dues) => new[] { "creator", "seeder", "registry", "hub" }.Sum(kind => Earned(kind, dues));

    private static string Describe(LoggedChannel channel) => $"{channel.Id} {channel.IsDirect} {string.Join(',', channel.Grants)}";

    private static List<LoggedChannel> Read(string path)
    {
        var log = new List<LoggedChannel>();
        ReceiptLog.Read(path, log.Add, TestContext.Current.CancellationToken);
        return log;
    }

    private static Replay Of(string path, string[] assignments)
    {
        var replay = new Replay(ReplayCommand.PolicyOf(assignments));
        Read(path).ForEach(replay.Add);
        replay.PayOut();
        return replay;
    }

    private string Export(string ledger)
    {
        string path = Path.Combine(hub.Folder, "receipts.jsonl");
        using FileStream file = File.Create(path);
        using var writer = new ReceiptLogWriter(file, false, 1);
        LedgerReceiptLog.Read(ledger, writer.Write, TestContext.Current.CancellationToken);
        writer.WriteEnd();
        return path;
    }
}
