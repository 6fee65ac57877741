using SeederMesh.Core.Identity;
using SeederMesh.Grains.Payouts;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>Who is taken when: refunds first, then whoever waits longest; each at most once an interval, and not while it is under way.</summary>
public sealed class PayoutQueueTests
{
    private const long IntervalMs = 200;
    private static readonly Id128 anna = Id128.Derive("payee", [1]);
    private static readonly Id128 ben = Id128.Derive("payee", [2]);
    private static readonly Id128 channel = Id128.Derive("channel", [1]);

    private readonly SteppedClock clock = new();
    private readonly PayoutQueue queue;

    public PayoutQueueTests() => queue = new PayoutQueue(clock);

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    [Fact]
    public async Task Take_RefundsAndPayees_RefundsGoFirstThenTheOldest()
    {
        queue.NotePayee(anna);
        queue.NotePayee(ben);
        queue.NotePayee(anna);
        queue.NoteChannel(channel);
        Assert.Equal(3, queue.Waiting);
        Assert.Equal([PayoutKey.OfChannel(channel), PayoutKey.OfPayee(anna), PayoutKey.OfPayee(ben), null], await TakeAllAsync());
    }

    [Fact]
    public async Task Note_OfWhoeverIsUnderWay_IsTakenAgainAfterTheInterval()
    {
        queue.NotePayee(anna);
        string key = (await TakeAsync())!;
        queue.NotePayee(anna);
        Assert.Null(await TakeAsync());
        queue.Finish(key, new PayReply(), IntervalMs);
        Assert.Null(await TakeAsync());
        clock.Advance(TimeSpan.FromMilliseconds(IntervalMs));
        Assert.Equal(key, await TakeAsync());
    }

    [Fact]
    public async Task Note_AfterTheInterval_IsTakenAtOnce()
    {
        queue.NotePayee(anna);
        string key = (await TakeAsync())!;
        queue.Finish(key, new PayReply(), IntervalMs);
        queue.NotePayee(anna);
        Assert.Null(await TakeAsync());
        clock.Advance(TimeSpan.FromMilliseconds(IntervalMs));
        Assert.Equal(key, await TakeAsync());
        queue.Finish(key, new PayReply(), IntervalMs);
        clock.Advance(TimeSpan.FromMilliseconds(IntervalMs));
        Assert.Null(await TakeAsync());
        queue.NotePayee(anna);
        Assert.Equal(key, await TakeAsync());
    }

    // whether earnings matter to the one that waits, whether it is an earning that is noted -> taken before its time
    [Theory]
    [InlineData(false, true, true)]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    public async Task Note_OfWhoeverWaitsForATime_IsTakenWhereThatCanChangeSomething(bool ignoresEarnings, bool isEarning, bool taken)
    {
        queue.NotePayee(anna);
        string key = (await TakeAsync())!;
        queue.Finish(key, new PayReply { AgainAtUnixMs = Now + 60_000, IgnoresEarnings = ignoresEarnings }, IntervalMs);
        clock.Advance(TimeSpan.FromMilliseconds(IntervalMs));
        if (isEarning)
        {
            queue.NotePayee(anna);
        }
        else
        {
            queue.NoteChanged(anna);
        }

        Assert.Equal(taken ? key : null, await TakeAsync());
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(taken ? null : key, await TakeAsync());
    }

    [Fact]
    public async Task Take_WhileNobodyIsDue_WaitsForANote()
    {
        Task<string> taking = queue.TakeAsync(TestContext.Current.CancellationToken);
        Assert.False(taking.IsCompleted);
        queue.NoteChannel(channel);
        Assert.Equal(PayoutKey.OfChannel(channel), await taking);
    }

    // hours by which the clock is set while somebody waits for a minute to pass -> looked at, and waits anew
    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public async Task Take_AfterTheClockWasSet_LooksAtWhoeverWaitsForATime(int hours)
    {
        queue.NotePayee(anna);
        queue.NotePayee(ben);
        string key = (await TakeAsync())!;
        queue.Finish(key, new PayReply { AgainAtUnixMs = Now + 60_000, IgnoresEarnings = true }, IntervalMs);
        string resting = (await TakeAsync())!;
        queue.Finish(resting, new PayReply(), IntervalMs);
        Assert.Null(await TakeAsync());
        clock.Set(TimeSpan.FromHours(hours));
        Assert.Equal(key, await TakeAsync());
        queue.Finish(key, new PayReply { AgainAtUnixMs = Now + 60_000, IgnoresEarnings = true }, IntervalMs);
        Assert.Null(await TakeAsync());
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(key, await TakeAsync());
    }

    private async Task<List<string?>> TakeAllAsync()
    {
        List<string?> all = [await TakeAsync()];
        while (all[^1] is not null)
        {
            all.Add(await TakeAsync());
        }

        return all;
    }

    /// <summary>Whoever is due now; null when nobody is.</summary>
    private async Task<string?> TakeAsync()
    {
        using var enough = new CancellationTokenSource();
        Task<string> taking = queue.TakeAsync(enough.Token);
        if (taking.IsCompleted)
        {
            return await taking;
        }

        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);
        return null;
    }
}
