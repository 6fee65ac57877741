using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;
using SeederMesh.Client.Tests.Hub;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Receipts;
using Xunit;

namespace SeederMesh.Client.Tests.Seeding;

// Goal: a hub that is away is asked less and less often, is told about once, and is worked with again as soon as it is back; one
// that is there gets receipts as they come, and fewer reports when it is busy.
// Method: a hub inside the process that answers when the test wants it to; the clock steps, so that minutes take no time.
public sealed class SeederHubTests
{
    private static readonly TimeSpan TryTime = TimeSpan.FromSeconds(15);
    private static readonly SigningKey Key = SigningKey.FromSeed([.. Enumerable.Repeat((byte)6, 32)]);

    [Fact]
    public async Task Start_HubAway_IsAskedLessAndLessOftenUntilItIsBack()
    {
        using var folder = new TemporaryFolder();
        await using ReceiptStore store = ReceiptStore.Open(folder["receipts"], TimeProvider.System);
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isBack = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var events = new EventLog<SeedEvent>();

        // A call's own limit is no waiting: it never goes off.
        var time = new SteppedTime(due => due != TryTime);
        Answers? handler = null;
        handler = new Answers(async (_, _) =>
        {
            if (handler!.Calls <= 4 * 7)
            {
                return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
            }

            // The eighth time it answers, and only when the test has seen the waiting.
            enough.TrySetResult();
            await isBack.Task;
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent($"{{\"seederKey\":\"{Key.PublicKey}\"}}") };
        });
        var client = new HubClient(new Uri("http://hub.test"), Key, handler, time);
        await using var hub = new SeederHub(
            client,
            new HubInfo { Name = "away", PublicKey = Key.PublicKey },
            store,
            new ClientConfiguration { Destination = "keysend:02" + new string('a', 64) },
            () => Task.FromResult(new HashSet<Id128>()),
            events,
            time)
        {
            Seeder = Key.PublicKey,
            Unshown = new UnshownGrants(store),
            Restarted = static () => { },
            ChannelRefused = static _ => { },
        };

        hub.Start();
        await enough.Task.WaitAsync(Limits.Patience);

        // Within a turn the client tries four times, less than two seconds apart; between turns:
        Assert.Equal(
            [2, 4, 8, 16, 20, 20, 20],
            time.Waits.Where(wait => wait >= TimeSpan.FromSeconds(2)).Select(wait => wait.TotalSeconds));
        Assert.Single(events.Seen, happened => happened is HubAway);
        Assert.NotNull(hub.Trouble);

        isBack.SetResult();
        await events.FirstAsync(happened => happened is HubReached);
        Assert.Null(hub.Trouble);
        Assert.Equal(Key.PublicKey, hub.Standing!.SeederKey);
        Assert.Single(events.Seen, happened => happened is HubAway);
    }

    // how long the hub takes for a report -> how soon the next one comes, milliseconds
    [Theory]
    [InlineData(0, 100)]
    [InlineData(10, 100)]
    [InlineData(20, 200)]
    [InlineData(101, 1_000)]
    [InlineData(700, 1_000)]
    public async Task Start_ReceiptsStored_ReportedAtOnceAndABusyHubLessOften(int answersInMs, int nextAfterMs)
    {
        using var folder = new TemporaryFolder();
        await using ReceiptStore store = ReceiptStore.Open(folder["receipts"], TimeProvider.System);
        SignedGrant grant = Grant(2);
        await store.AddGrantAsync(grant);
        var answerTime = TimeSpan.FromMilliseconds(answersInMs);
        TimeSpan[] steps = [answerTime, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(nextAfterMs - 20)];
        var time = new SteppedTime(steps.Contains);
        var reports = Channel.CreateUnbounded<TimeSpan>();
        DateTimeOffset start = time.GetUtcNow();
        int stored = 1;
        var handler = new Answers(async (request, cancellation) =>
        {
            if (request.RequestUri!.AbsolutePath != "/v1/receipts")
            {
                return new HttpResponseMessage(HttpStatusCode.NotFound);
            }

            // The next receipt arrives while this report is under way.
            reports.Writer.TryWrite(time.GetUtcNow() - start);
            await store.AddAsync(Run(grant, ++stored));

            await Task.Delay(answerTime, time, cancellation);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{\"verdicts\":[{\"verdict\":\"accepted\"}]}") };
        });
        await using var hub = new SeederHub(
            new HubClient(new Uri("http://hub.test"), Key, handler, time),
            new HubInfo { Name = "hub", PublicKey = Key.PublicKey },
            store,
            new ClientConfiguration(),
            () => Task.FromResult(new HashSet<Id128> { grant.Grant.GrantId }),
            new EventLog<SeedEvent>(),
            time)
        {
            Seeder = Key.PublicKey,
            Unshown = new UnshownGrants(store),
            Restarted = static () => { },
            ChannelRefused = static _ => { },
        };
        await store.AddAsync(Run(grant, 1));
        hub.Start();

        TimeSpan first = await reports.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limits.Patience);
        TimeSpan second = await reports.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limits.Patience);
        Assert.Equal(answersInMs + nextAfterMs, (second - first).TotalMilliseconds);
    }

    [Fact]
    public async Task TurnAsync_OneChannelRefusedAndOneNotJudged_TellsTheOneAndRepeatsTheOther()
    {
        using var folder = new TemporaryFolder();
        await using ReceiptStore store = ReceiptStore.Open(folder["receipts"], TimeProvider.System);
        SignedGrant[] grants = [Grant(2), Grant(3), Grant(4)];
        foreach (SignedGrant grant in grants)
        {
            await store.AddGrantAsync(grant);
            await store.AddAsync(Run(grant, 1));
        }

        var reports = new List<int>();
        var handler = new Answers(async (request, cancellation) =>
        {
            if (request.RequestUri!.AbsolutePath != "/v1/receipts")
            {
                return new HttpResponseMessage(HttpStatusCode.NotFound);
            }

            byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellation);
            Assert.True(ReceiptRunCodec.TryReadReport(body, out ImmutableArray<ReceiptRun> runs, out _));
            reports.Add(runs.Length);
            string verdicts = string.Join(',', runs.Select(run => $"{{\"verdict\":\"{VerdictOn(run)}\"}}"));
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent($"{{\"verdicts\":[{verdicts}]}}") };
        });
        string VerdictOn(ReceiptRun run) =>
            run.GrantId == grants[0].Grant.GrantId ? "pieceOverclaimed"
            : run.GrantId == grants[1].Grant.GrantId && reports.Count == 1 ? "notJudged" : "accepted";
        var refused = new List<Id128>();
        var time = new SteppedTime(due => due == TimeSpan.FromSeconds(11));
        await using var hub = new SeederHub(
            new HubClient(new Uri("http://hub.test"), Key, handler, time),
            new HubInfo { Name = "hub", PublicKey = Key.PublicKey },
            store,
            new ClientConfiguration(),
            () => Task.FromResult(new HashSet<Id128>()),
            new EventLog<SeedEvent>(),
            time)
        {
            Seeder = Key.PublicKey,
            Unshown = new UnshownGrants(store),
            Restarted = static () => { },
            ChannelRefused = refused.Add,
        };

        await hub.TurnAsync(CancellationToken.None);
        Assert.Equal([grants[0].Grant.ChannelId], refused);
        Assert.Equal(grants[1].Grant.GrantId, Assert.Single(store.UnreportedAt(Key.PublicKey, 10)).GrantId);

        // Held back for a while, so that it does not stand in the way of others; then it is tried again.
        await hub.TurnAsync(CancellationToken.None);
        Assert.Equal([3], reports);
        await Task.Delay(TimeSpan.FromSeconds(11), time, TestContext.Current.CancellationToken);
        await hub.TurnAsync(CancellationToken.None);
        Assert.Equal([3, 1], reports);
        Assert.Empty(store.UnreportedAt(Key.PublicKey, 10));
    }

    private static ReceiptRun Run(SignedGrant grant, int sequence) => new(
        grant.Grant.GrantId,
        sequence == 1 ? default : new ReceiptChain(sequence - 1, 1_000 * (sequence - 1), Digest.Of("before"u8)),
        [new ReceiptEntry(sequence - 1, 1_000, 1_700_000_000_000)],
        Key.Sign([1]));

    private static SignedGrant Grant(byte downloader)
    {
        PublicKey paying = SigningKey.FromSeed([.. Enumerable.Repeat(downloader, 32)]).PublicKey;
        Id128 channel = ChannelTerms.IdFor(Key.PublicKey, paying);
        var grant = new Grant(
            Core.Channels.Grant.IdFor(channel, Key.PublicKey, 0), channel, Key.PublicKey, paying, Key.PublicKey,
            Digest.Of("torrent"u8), Digest.Of("manifest"u8), new(1_000), Core.Money.Msat.From(1_000_000), long.MaxValue / 2);
        return SignedGrant.Sign(grant, Key);
    }
}
