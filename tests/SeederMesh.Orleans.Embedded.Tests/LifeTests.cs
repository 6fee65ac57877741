using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Xunit;

namespace Orleans.Embedded.Tests;

// Goal: grains come and go, tick and wake as those of Orleans do. Method: the test moves the clock.
public interface ILifeGrain : IGrainWithStringKey
{
    Task TouchAsync();

    Task DelayAsync(TimeSpan time);

    Task StartTimerAsync(TimeSpan due, TimeSpan period, bool keepAlive);

    Task StartSlowTimerAsync();

    Task StartFailingTimerAsync();

    Task ChangeTimerAsync(TimeSpan due, TimeSpan period);

    Task StopTimerAsync();

    Task WaitAsync(string name);

    Task RemindAsync(string name, TimeSpan due, TimeSpan period);

    Task<bool> ForgetAsync(string name);
}

public sealed class LifeGrain(Journal journal) : Grain, ILifeGrain, IRemindable, IDisposable
{
    private IGrainTimer? timer;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        journal.Note("activate");
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        journal.Note($"deactivate {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    public void Dispose() => journal.Note("dispose");

    public Task TouchAsync() => Task.CompletedTask;

    public Task DelayAsync(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }

    public Task StartTimerAsync(TimeSpan due, TimeSpan period, bool keepAlive)
    {
        timer = this.RegisterGrainTimer(
            () =>
            {
                journal.Note("tick");
                return Task.CompletedTask;
            },
            new() { DueTime = due, Period = period, KeepAlive = keepAlive });
        return Task.CompletedTask;
    }

    public Task StartSlowTimerAsync()
    {
        timer = this.RegisterGrainTimer(
            async (name, stop) =>
            {
                journal.Note("slow tick");
                await journal.PassAsync(name);
                journal.Note("slow tick ends");
            },
            "slow",
            new GrainTimerCreationOptions(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)));
        return Task.CompletedTask;
    }

    public Task StartFailingTimerAsync()
    {
        timer = this.RegisterGrainTimer(
            _ =>
            {
                journal.Note("failing tick");
                throw new InvalidOperationException("tick");
            },
            new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)));
        return Task.CompletedTask;
    }

    public Task ChangeTimerAsync(TimeSpan due, TimeSpan period)
    {
        timer!.Change(due, period);
        return Task.CompletedTask;
    }

    public Task StopTimerAsync()
    {
        timer!.Dispose();
        return Task.CompletedTask;
    }

    public async Task WaitAsync(string name)
    {
        journal.Note($"wait {name}");
        await journal.PassAsync(name);
        journal.Note($"go {name}");
    }

    public Task RemindAsync(string name, TimeSpan due, TimeSpan period) => this.RegisterOrUpdateReminder(name, due, period);

    public async Task<bool> ForgetAsync(string name)
    {
        IGrainReminder? reminder = await this.GetReminder(name);
        if (reminder is not null)
        {
            await this.UnregisterReminder(reminder);
        }

        return reminder is not null;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        journal.Note($"remind {reminderName} {status.CurrentTickTime:HH:mm:ss}");
        return reminderName == "bad" ? throw new InvalidOperationException("reminder") : Task.CompletedTask;
    }
}

public sealed class LifeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Idle_ForTheCollectionAge_EndsAndStartsAgainAtTheNextCall()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync(silo =>
            silo.Configure<GrainCollectionOptions>(options => options.CollectionAge = 5 * Minute));
        ILifeGrain grain = fixture.Grain<ILifeGrain>();
        await grain.TouchAsync();
        fixture.Time.Advance(4 * Minute);
        await grain.TouchAsync();
        fixture.Time.Advance(4 * Minute);
        Assert.Equal(1, fixture.Silo.ActivationCount);
        fixture.Time.Advance(2 * Minute);
        await fixture.Journal.SeenAsync("dispose");
        await grain.TouchAsync();
        Assert.Equal(["activate", "deactivate ActivationIdle", "dispose", "activate"], fixture.Journal.Events);
    }

    [Fact]
    public async Task Idle_CallStillRuns_DoesNotEnd()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Task running = fixture.Grain<ILifeGrain>().WaitAsync("x");
        await fixture.Journal.SeenAsync("wait x");
        fixture.Time.Advance(60 * Minute);
        fixture.Journal.Open("x");
        await Assert.ThrowsAsync<TimeoutException>(() => running);
        await fixture.Grain<ILifeGrain>().TouchAsync();
        Assert.Equal(["activate", "wait x", "go x"], fixture.Journal.Events);
    }

    [Fact]
    public async Task DelayDeactivation_UntilThen_Stays()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await fixture.Grain<ILifeGrain>().DelayAsync(TimeSpan.FromHours(2));
        fixture.Time.Advance(TimeSpan.FromMinutes(119));
        Assert.Equal(1, fixture.Silo.ActivationCount);
        fixture.Time.Advance(2 * Minute);
        await fixture.Journal.SeenAsync("deactivate ActivationIdle");
    }

    [Fact]
    public async Task Timer_DueAndPeriod_TicksAsATurn()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ILifeGrain grain = fixture.Grain<ILifeGrain>();
        await grain.StartTimerAsync(5 * Second, Second, keepAlive: false);
        fixture.Time.Advance(4 * Second);
        await grain.TouchAsync();
        Assert.False(fixture.Journal.Has("tick"));
        fixture.Time.Advance(Second);
        await fixture.Journal.SeenAsync("tick");

        // While a call waits the tick waits, too.
        Task running = grain.WaitAsync("x");
        await fixture.Journal.SeenAsync("wait x");
        fixture.Time.Advance(Second);
        fixture.Journal.Open("x");
        await running;
        await fixture.Journal.SeenAsync("tick", 2);
        Assert.Equal(["activate", "tick", "wait x", "go x", "tick"], fixture.Journal.Events);
    }

    [Fact]
    public async Task Timer_SlowTick_NextCountsFromItsEnd()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ILifeGrain grain = fixture.Grain<ILifeGrain>();
        await grain.StartSlowTimerAsync();
        fixture.Time.Advance(Second);
        await fixture.Journal.SeenAsync("slow tick");
        fixture.Time.Advance(10 * Second);
        fixture.Journal.Open("slow");
        await grain.TouchAsync();
        Assert.Equal(1, fixture.Journal.Events.Count(one => one == "slow tick"));
        fixture.Time.Advance(Second);
        await fixture.Journal.SeenAsync("slow tick ends", 2);
    }

    [Fact]
    public async Task Timer_TickFails_GoesOn()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await fixture.Grain<ILifeGrain>().StartFailingTimerAsync();
        for (int i = 1; i <= 3; i++)
        {
            fixture.Time.Advance(Second);
            await fixture.Journal.SeenAsync("failing tick", i);
            await fixture.Grain<ILifeGrain>().TouchAsync();
        }
    }

    [Fact]
    public async Task Timer_ChangedThenDisposed_TicksAtTheNewTimeThenNever()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ILifeGrain grain = fixture.Grain<ILifeGrain>();
        await grain.StartTimerAsync(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan, keepAlive: false);
        fixture.Time.Advance(Minute);
        await grain.ChangeTimerAsync(2 * Second, Second);
        fixture.Time.Advance(2 * Second);
        await fixture.Journal.SeenAsync("tick");
        await grain.StopTimerAsync();
        fixture.Time.Advance(5 * Second);
        await grain.TouchAsync();
        Assert.Equal(["activate", "tick"], fixture.Journal.Events);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => grain.StartTimerAsync(-2 * Second, Second, false));
    }

    [Fact]
    public async Task Timer_ActivationEnds_EndsWithIt()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await fixture.Grain<ILifeGrain>().StartTimerAsync(30 * Minute, Second, keepAlive: false);
        fixture.Time.Advance(16 * Minute);
        await fixture.Journal.SeenAsync("dispose");
        fixture.Time.Advance(60 * Minute);
        await fixture.Grain<ILifeGrain>().TouchAsync();
        Assert.False(fixture.Journal.Has("tick"));
    }

    [Fact]
    public async Task Timer_KeepAlive_KeepsTheGrain()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await fixture.Grain<ILifeGrain>("kept").StartTimerAsync(Minute, Minute, keepAlive: true);

        // Each tick is set when the last has ended, which the clock cannot know: it goes on until then.
        while (fixture.Journal.Events.Count(one => one == "tick") < 40)
        {
            await Task.Yield();
            fixture.Time.Advance(Second);
        }

        Assert.Equal(1, fixture.Silo.ActivationCount);
    }

    [Fact]
    public async Task Reminder_Restart_GoesOnAtItsOwnTimes()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await fixture.Grain<ILifeGrain>().RemindAsync("r", 5 * Minute, 10 * Minute);
        fixture.Time.Advance(5 * Minute);
        await fixture.Journal.SeenAsync("remind r 00:05:00");
        await fixture.RestartAsync();
        fixture.Time.Advance(10 * Minute);
        await fixture.Journal.SeenAsync("remind r 00:15:00");

        // Ticks missed while nobody ran are not made up for; the next one is on time.
        await fixture.Silo.DisposeAsync();
        fixture.Time.Advance(25 * Minute);
        await fixture.StartAgainAsync();
        fixture.Time.Advance(5 * Minute);
        await fixture.Journal.SeenAsync("remind r 00:45:00");
        Assert.Equal(3, fixture.Journal.Events.Count(one => one.StartsWith("remind", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Reminder_Unregistered_NeverTicksAgain()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ILifeGrain grain = fixture.Grain<ILifeGrain>();
        await grain.RemindAsync("r", Minute, Minute);
        Assert.True(await grain.ForgetAsync("r"));
        Assert.False(await grain.ForgetAsync("r"));
        fixture.Time.Advance(10 * Minute);
        await fixture.RestartAsync();
        fixture.Time.Advance(10 * Minute);
        await fixture.Grain<ILifeGrain>().TouchAsync();
        Assert.DoesNotContain(fixture.Journal.Events, one => one.StartsWith("remind", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reminder_SetAgain_TakesTheNewTimes()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ILifeGrain grain = fixture.Grain<ILifeGrain>();
        await grain.RemindAsync("r", Minute, Minute);
        await grain.RemindAsync("r", 3 * Minute, 5 * Minute);
        fixture.Time.Advance(3 * Minute);
        await fixture.Journal.SeenAsync("remind r 00:03:00");
        Assert.Single(fixture.Journal.Events, one => one.StartsWith("remind", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reminder_GrainFails_GoesOn()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await fixture.Grain<ILifeGrain>().RemindAsync("bad", Minute, Minute);
        fixture.Time.Advance(Minute);
        await fixture.Journal.SeenAsync("remind bad 00:01:00");

        // The next tick is planned after the failure has come back, which the clock cannot know: it goes on until then.
        while (fixture.Journal.Events.Count(one => one.StartsWith("remind bad", StringComparison.Ordinal)) < 2)
        {
            await Task.Yield();
            fixture.Time.Advance(Second);
        }
    }

    [Theory]
    [InlineData(0, 59)]
    [InlineData(-1, 60)]
    public async Task Reminder_BadTimes_IsRefused(int dueSeconds, int periodSeconds)
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => fixture.Grain<ILifeGrain>().RemindAsync("r", dueSeconds * Second, periodSeconds * Second));
    }

    [Fact]
    public async Task Stop_ManyGrains_EachIsToldOnce()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => fixture.Grain<ILifeGrain>($"g{i}").TouchAsync()));
        await fixture.Silo.DisposeAsync();
        Assert.Equal(1_000, fixture.Journal.Events.Count(one => one == "deactivate ShuttingDown"));
        Assert.Equal(1_000, fixture.Journal.Events.Count(one => one == "dispose"));
        await fixture.StartAgainAsync();
    }
}
