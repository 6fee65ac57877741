namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>A clock that stands still until it is stepped; wall time may be set back, elapsed time never goes back.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private static readonly DateTimeOffset start = new(2026, 6, 3, 10, 20, 30, TimeSpan.Zero);
    private long aheadTicks;
    private long elapsedTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How much time each look at the wall time takes: a machine that is too busy.</summary>
    public TimeSpan EachLook { get; set; }

    public void Advance(TimeSpan by)
    {
        Interlocked.Add(ref aheadTicks, by.Ticks);
        Interlocked.Add(ref elapsedTicks, Math.Max(0, by.Ticks));
    }

    /// <summary>Somebody sets it: no time passes.</summary>
    public void Set(TimeSpan by) => Interlocked.Add(ref aheadTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => start + TimeSpan.FromTicks(Interlocked.Add(ref aheadTicks, EachLook.Ticks));

    public override long GetTimestamp() => Interlocked.Read(ref elapsedTicks);

    /// <summary>The same clock, wrong by so much.</summary>
    public TimeProvider Skewed(TimeSpan by) => new SkewedClock(this, by);

    private sealed class SkewedClock(SteppedClock clock, TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + by;
    }
}
