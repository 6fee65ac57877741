using System.Net;
using SeederMesh.Client.Tests.Hub;
using SeederMesh.Core.Identity;
using Xunit;

namespace SeederMesh.Client.Tests.Seeding;

// Goal: a hub that is away is asked less and less often, is told about once, and is worked with again as soon as it is back.
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
            Restarted = static () => { },
        };

        hub.Start();
        await enough.Task.WaitAsync(Limits.Patience);

        // Within a turn the client tries four times, less than two seconds apart; between turns:
        Assert.Equal(
            [2, 4, 8, 16, 30, 30, 30],
            time.Waits.Where(wait => wait >= TimeSpan.FromSeconds(2)).Select(wait => wait.TotalSeconds));
        Assert.Single(events.Seen, happened => happened is HubAway);
        Assert.NotNull(hub.Trouble);

        isBack.SetResult();
        await events.FirstAsync(happened => happened is HubReached);
        Assert.Null(hub.Trouble);
        Assert.Equal(Key.PublicKey, hub.Standing!.SeederKey);
        Assert.Single(events.Seen, happened => happened is HubAway);
    }
}
