using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Xunit;

namespace Orleans.Embedded.Tests;

// Goal: calls behave as those of Orleans: one turn at a time, the reentrancy rules, time-outs, errors, races.
// Method: grains note events in a journal and wait at its gates, so that a test decides the order.
public interface ICallGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int value);

    Task<string> StepAsync(string name);

    [AlwaysInterleave]
    Task<string> OvertakeAsync(string name);

    [ReadOnly]
    Task<string> LookAsync(string name);

    Task<int> CallBackAsync(ICallGrain other, ICallGrain self);

    Task ThrowAsync(string message);

    Task<string> KeyAsync();

    Task EndAsync();

    Task<string> SameThreadRulesAsync();

    Task PassOnAsync(ICallGrain other);
}

public sealed class CallGrain(Journal journal) : Grain, ICallGrain
{
    private int total;

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

    public async Task<int> AddAsync(int value)
    {
        int before = total;
        await Task.Yield();
        total = before + value;
        return total;
    }

    public async Task<string> StepAsync(string name)
    {
        journal.Note($"start {name}");
        await journal.PassAsync(name);
        journal.Note($"end {name}");
        return name;
    }

    public Task<string> OvertakeAsync(string name) => StepAsync(name);

    public Task<string> LookAsync(string name) => StepAsync(name);

    public async Task<int> CallBackAsync(ICallGrain other, ICallGrain self) =>
        other.Equals(self) ? await self.AddAsync(1) : await other.CallBackAsync(self, self);

    public Task ThrowAsync(string message) => throw new InvalidDataException(message);

    public Task<string> KeyAsync() => Task.FromResult(this.GetPrimaryKeyString() + " " + IdentityString);

    public Task PassOnAsync(ICallGrain other) => other.EndAsync();

    public Task EndAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task<string> SameThreadRulesAsync()
    {
        TaskScheduler before = TaskScheduler.Current;
        await Task.Run(() => Assert.Same(TaskScheduler.Default, TaskScheduler.Current));
        await Task.Factory.StartNew(
            () => Assert.Same(before, TaskScheduler.Current),
            CancellationToken.None,
            TaskCreationOptions.None,
            TaskScheduler.Current);
        return before == TaskScheduler.Current ? "same" : "different";
    }
}

[Reentrant]
public sealed class OpenGrain(Journal journal) : Grain, IOpenGrain
{
    public async Task StepAsync(string name)
    {
        journal.Note($"start {name}");
        await journal.PassAsync(name);
    }
}

public interface IOpenGrain : IGrainWithStringKey
{
    Task StepAsync(string name);
}

public interface IFailingGrain : IGrainWithStringKey
{
    Task<int> WorkAsync();
}

public sealed class FailingGrain(Journal journal) : Grain, IFailingGrain
{
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        journal.Note("try");
        await journal.PassAsync("activation");
        if (journal.Events.Count(one => one == "try") == 1)
        {
            throw new InvalidDataException("first time");
        }
    }

    public Task<int> WorkAsync() => Task.FromResult(7);
}

public interface IMissingGrain : IGrainWithStringKey
{
    Task WorkAsync();
}

public sealed class CallTests
{
    [Fact]
    public async Task Call_TurnsThatAwait_NeverInterleave()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICallGrain grain = fixture.Grain<ICallGrain>();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(() => grain.AddAsync(1))));
        Assert.Equal(500, await grain.AddAsync(0));
        Assert.Equal("activate", Assert.Single(fixture.Journal.Events));
    }

    [Fact]
    public async Task Call_SecondWhileFirstWaits_StartsAfterIt()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICallGrain grain = fixture.Grain<ICallGrain>();
        Task first = grain.StepAsync("one");
        await fixture.Journal.SeenAsync("start one");
        Task second = grain.StepAsync("two");
        fixture.Journal.Open("two");
        fixture.Journal.Open("one");
        await Task.WhenAll(first, second);
        Assert.Equal(["activate", "start one", "end one", "start two", "end two"], fixture.Journal.Events);
    }

    [Fact]
    public async Task Call_AlwaysInterleave_OvertakesWaitingCalls()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICallGrain grain = fixture.Grain<ICallGrain>();
        Task first = grain.StepAsync("one");
        Task second = grain.StepAsync("two");
        fixture.Journal.Open("fast");
        Assert.Equal("fast", await grain.OvertakeAsync("fast"));
        fixture.Journal.Open("two");
        fixture.Journal.Open("one");
        await Task.WhenAll(first, second);
        Assert.Equal(
            ["activate", "start one", "start fast", "end fast", "end one", "start two", "end two"],
            fixture.Journal.Events);
    }

    [Fact]
    public async Task Call_ReadOnly_RunsBesideReadersAndNotBesideWriters()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICallGrain grain = fixture.Grain<ICallGrain>();
        Task reader = grain.LookAsync("r1");
        await fixture.Journal.SeenAsync("start r1");
        Task writer = grain.StepAsync("w");
        Task second = grain.LookAsync("r2");
        await fixture.Journal.SeenAsync("start r2");
        Assert.False(fixture.Journal.Has("start w"));
        fixture.Journal.Open("r1");
        fixture.Journal.Open("r2");
        await fixture.Journal.SeenAsync("start w");
        Task third = grain.LookAsync("r3");
        fixture.Journal.Open("r3");
        fixture.Journal.Open("w");
        await Task.WhenAll(reader, writer, second, third);
        Assert.True(fixture.Journal.Events.ToList().IndexOf("end w") < fixture.Journal.Events.ToList().IndexOf("start r3"));
    }

    [Fact]
    public async Task Call_ReentrantClass_InterleavesAllCalls()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        IOpenGrain grain = fixture.Grain<IOpenGrain>();
        Task first = grain.StepAsync("one");
        Task second = grain.StepAsync("two");
        await fixture.Journal.SeenAsync("start two");
        await fixture.Journal.SeenAsync("start one");
        fixture.Journal.Open("one");
        fixture.Journal.Open("two");
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task Call_CycleThroughNonReentrantGrain_TimesOut()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICallGrain one = fixture.Grain<ICallGrain>("one");
        ICallGrain two = fixture.Grain<ICallGrain>("two");
        Task<int> cycle = one.CallBackAsync(two, one);

        // The clock moves until every caller has given up; how far each has come by then does not matter.
        await MoveClockUntilAsync(fixture, cycle);
        TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(() => cycle);
        Assert.Contains("ICallGrain.", error.Message, StringComparison.Ordinal);
        Task<string> again;
        do
        {
            // Calls before the end of the cycle wait behind it, and may time out, too.
            again = one.KeyAsync();
            await MoveClockUntilAsync(fixture, again);
        }
        while (!again.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Call_NoAnswerInTime_ThrowsTimeoutExceptionNotBefore()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync(silo =>
            silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(10)));
        ICallGrain grain = fixture.Grain<ICallGrain>();
        Task<string> running = grain.StepAsync("one");
        await fixture.Journal.SeenAsync("start one");
        Task<string> waiting = grain.StepAsync("two");
        fixture.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(running.IsCompleted);
        fixture.Time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<TimeoutException>(() => running);
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);

        // The call that had not started never does; the grain goes on.
        fixture.Journal.Open("one");
        Assert.Equal(3, await grain.AddAsync(3));
        Assert.False(fixture.Journal.Has("start two"));
    }

    [Fact]
    public async Task Call_TooManyWait_IsRefusedUntilTheyHaveGivenUp()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICallGrain grain = fixture.Grain<ICallGrain>();
        Task first = grain.StepAsync("one");
        await fixture.Journal.SeenAsync("start one");
        Task[] waiting = [.. Enumerable.Range(0, Activation.WaitingMax).Select(_ => grain.AddAsync(1))];
        await Assert.ThrowsAsync<LimitExceededException>(() => grain.AddAsync(1));
        Assert.DoesNotContain(waiting, one => one.IsCompleted);

        fixture.Time.Advance(TimeSpan.FromSeconds(31));
        await Assert.ThrowsAsync<TimeoutException>(() => first);
        Assert.All(waiting, one => Assert.True(one.IsFaulted));
        Task<int> last = grain.AddAsync(5);
        fixture.Journal.Open("one");
        Assert.Equal(5, await last);
    }

    [Fact]
    public async Task Call_GrainThrows_CallerGetsThatException()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICallGrain grain = fixture.Grain<ICallGrain>();
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => grain.ThrowAsync("bad"));
        Assert.Equal("bad", error.Message);
        Assert.Equal(2, await grain.AddAsync(2));
    }

    [Fact]
    public async Task Call_ResultOfAnotherCallHandedOn_Works()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await fixture.Grain<ICallGrain>("one").PassOnAsync(fixture.Grain<ICallGrain>("two"));
    }

    [Fact]
    public async Task Call_ActivationFails_AllCallersGetItAndTheNextTriesAgain()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        IFailingGrain grain = fixture.Grain<IFailingGrain>();
        Task<int> first = grain.WorkAsync();
        Task<int> second = grain.WorkAsync();
        fixture.Journal.Open("activation");
        Assert.Equal("first time", (await Assert.ThrowsAsync<InvalidDataException>(() => first)).Message);
        await Assert.ThrowsAsync<InvalidDataException>(() => second);
        Assert.Equal(7, await grain.WorkAsync());
    }

    [Fact]
    public async Task Call_FirstCallsRace_OneActivation()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        for (int i = 0; i < 50; i++)
        {
            using Barrier barrier = new(2);
            string key = $"race{i}";
            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                barrier.SignalAndWait();
                return fixture.Grain<ICallGrain>(key).AddAsync(1);
            })));
            Assert.Equal(2, await fixture.Grain<ICallGrain>(key).AddAsync(0));
        }

        Assert.Equal(50, fixture.Journal.Events.Count(one => one == "activate"));
    }

    [Fact]
    public async Task Call_GrainEndsMeanwhile_WaitingCallsGoToTheNextActivation()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICallGrain grain = fixture.Grain<ICallGrain>();
        await grain.AddAsync(5);
        Task<string> step = grain.StepAsync("one");
        Task end = grain.EndAsync();
        Task<int> after = grain.AddAsync(1);
        fixture.Journal.Open("one");
        await Task.WhenAll(step, end);
        Assert.Equal(1, await after);
        Assert.Equal(
            ["activate", "start one", "end one", "deactivate ApplicationRequested", "activate"], fixture.Journal.Events);
    }

    [Fact]
    public async Task Call_StoppedSilo_IsRefused()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICallGrain grain = fixture.Grain<ICallGrain>();
        await grain.AddAsync(1);
        await fixture.Silo.DisposeAsync();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => grain.AddAsync(1));
        Assert.Equal(["activate", "deactivate ShuttingDown"], fixture.Journal.Events);
        await fixture.StartAgainAsync();
    }

    [Fact]
    public async Task Turn_AfterAwait_IsStillOnTheGrainsScheduler()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Assert.Equal("same", await fixture.Grain<ICallGrain>().SameThreadRulesAsync());
    }

    [Fact]
    public async Task GetPrimaryKeyString_GrainAndReference_IsTheKey()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICallGrain grain = fixture.Grain<ICallGrain>("k/1");
        Assert.Equal("k/1", grain.GetPrimaryKeyString());
        Assert.Equal("k/1 call/k/1", await grain.KeyAsync());
    }

    private static async Task MoveClockUntilAsync(SiloFixture fixture, Task task)
    {
        while (!task.IsCompleted)
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    [Fact]
    public async Task GetGrain_NoClass_IsRefused()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Assert.Throws<ArgumentException>(() => fixture.Grain<IMissingGrain>());
    }
}
