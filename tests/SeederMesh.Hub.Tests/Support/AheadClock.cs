namespace SeederMesh.Hub.Tests.Support;

/// <summary>The machine's clock, and ahead of it by what a test passes over.</summary>
internal sealed class AheadClock : TimeProvider
{
    private long aheadTicks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref aheadTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + new TimeSpan(Interlocked.Read(ref aheadTicks));
}
