namespace Orleans.Embedded.Tests;

/// <summary>A clock that stands still until a test moves it; timers run inside <see cref="Advance"/>.</summary>
internal sealed class FakeTime : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<FakeTimer> timers = [];
    private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

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
        FakeTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock step by step, so that each timer sees its own time.</summary>
    public void Advance(TimeSpan by)
    {
        DateTimeOffset end = GetUtcNow() + by;
        while (true)
        {
            FakeTimer? due;
            lock (gate)
            {
                due = timers.Where(timer => timer.At <= end).MinBy(timer => timer.At);
                now = due is null ? end : due.At < now ? now : due.At;
                due?.Rearm();
            }

            if (due is null)
            {
                return;
            }

            due.Run();
        }
    }

    private sealed class FakeTimer(FakeTime time, Action run) : ITimer
    {
        private TimeSpan every;

        internal DateTimeOffset At { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.gate)
            {
                time.timers.Remove(this);
                every = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    At = time.now + dueTime;
                    time.timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void Run() => run();

        internal void Rearm()
        {
            if (every == Timeout.InfiniteTimeSpan || every == TimeSpan.Zero)
            {
                time.timers.Remove(this);
            }
            else
            {
                At += every;
            }
        }
    }
}
