using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>A timer of an activation. The next tick is set when the last has ended, so that ticks never pile
/// up.</summary>
internal sealed class GrainTimer : IGrainTimer
{
    // System.Threading.Timer takes no more.
    private static readonly TimeSpan TimeMax = TimeSpan.FromMilliseconds(0xfffffffe);
    private readonly Activation activation;
    private readonly Func<CancellationToken, Task> callback;
    private readonly GrainTimerCreationOptions options;
    private readonly CancellationTokenSource stopped = new();
    private readonly CancellationToken stop;
    private readonly ITimer timer;
    private TimeSpan dueTime;
    private TimeSpan period;
    private bool changedInTick;
    private volatile bool ticking;
    private volatile bool isDisposed;

    internal GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        RequireTimes(options.DueTime, options.Period);
        this.activation = activation;
        this.callback = callback;
        this.options = options;
        stop = stopped.Token;
        (dueTime, period) = (options.DueTime, options.Period);

        // The timer outlives the turn that made it, so it must not keep that turn's ambient values.
        using (ExecutionContext.SuppressFlow())
        {
            timer = activation.Silo.Time.CreateTimer(
                static self => ((GrainTimer)self!).Enqueue(), this, dueTime, Timeout.InfiniteTimeSpan);
        }

        activation.Add(this);
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        RequireTimes(dueTime, period);
        (this.dueTime, this.period) = (dueTime, period);
        changedInTick = true;
        if (!ticking && !isDisposed)
        {
            timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        stopped.Cancel();
        timer.Dispose();
        stopped.Dispose();
        activation.Remove(this);
    }

    private static void RequireTimes(TimeSpan dueTime, TimeSpan period)
    {
        foreach (TimeSpan time in (ReadOnlySpan<TimeSpan>)[dueTime, period])
        {
            if (time != Timeout.InfiniteTimeSpan && (time < TimeSpan.Zero || time > TimeMax))
            {
                throw new ArgumentOutOfRangeException(nameof(dueTime), time, "Neither infinite nor from 0 to 49 days.");
            }
        }
    }

    private void Enqueue()
    {
        // From here on a change waits for the tick's end, so that two ticks never stand in the queue.
        ticking = true;
        activation.TryEnqueue(new Tick(this) { Interleaves = options.Interleave });
    }

    private async Task TickAsync()
    {
        changedInTick = false;
        try
        {
            await callback(stop);
        }
        catch (Exception exception)
        {
            activation.Silo.Logger.LogWarning(exception, "A timer of grain {Grain} failed; it goes on", activation);
        }

        ticking = false;
        if (!isDisposed)
        {
            timer.Change(changedInTick ? dueTime : period, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class Tick(GrainTimer timer) : Turn
    {
        internal override bool KeepsAlive => timer.options.KeepAlive;

        internal override bool IsAbandoned => timer.isDisposed;

        internal override Task RunAsync(Activation activation) => timer.TickAsync();

        internal override void Fail(Exception exception)
        {
            // The activation has ended, and the timer with it.
        }
    }
}
