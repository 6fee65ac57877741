namespace SeederMesh.Client.Tests;

/// <summary>A clock without waiting: a timer that is wanted goes off as soon as it is set, and takes the clock to its time; others never do.</summary>
internal sealed class SteppedTime(Func<TimeSpan, bool> goesOff) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<TimeSpan> waits = [];
    private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How long was waited, each time.</summary>
    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (gate)
            {
                return [.. waits];
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SteppedTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private void Set(SteppedTimer timer, TimeSpan due)
    {
        if (due == Timeout.InfiniteTimeSpan || !goesOff(due))
        {
            return;
        }

        lock (gate)
        {
            now += due;
            waits.Add(due);
        }

        ThreadPool.QueueUserWorkItem(static timer => timer.GoOff(), timer, preferLocal: false);
    }

    private sealed class SteppedTimer(SteppedTime time, Action callback) : ITimer
    {
        private volatile bool isDisposed;

        public void GoOff()
        {
            if (!isDisposed)
            {
                callback();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time.Set(this, dueTime);
            return true;
        }

        public void Dispose() => isDisposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
