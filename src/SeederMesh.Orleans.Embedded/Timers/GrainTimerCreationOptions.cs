using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>When a grain timer ticks, and how its ticks run.</summary>
public readonly struct GrainTimerCreationOptions
{
    /// <summary>A timer that ticks after the one, then every other.</summary>
    /// <param name="dueTime">See <see cref="DueTime"/>.</param>
    /// <param name="period">See <see cref="Period"/>.</param>
    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
    {
        DueTime = dueTime;
        Period = period;
    }

    /// <summary>The time to the first tick; zero is at once, <see cref="Timeout.InfiniteTimeSpan"/> never.</summary>
    public required TimeSpan DueTime { get; init; }

    /// <summary>The time from the end of a tick to the next; <see cref="Timeout.InfiniteTimeSpan"/> means one tick
    /// only.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Whether ticks may start while calls wait at an await. Default: false.</summary>
    public bool Interleave { get; init; }

    /// <summary>Whether a tick counts as a call, so that the grain is not idle. Default: false.</summary>
    public bool KeepAlive { get; init; }
}

/// <summary>A timer of one activation; it ends with the activation.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Sets new times; during a tick they count from its end.</summary>
    /// <param name="dueTime">The time to the next tick, as in <see cref="GrainTimerCreationOptions.DueTime"/>.</param>
    /// <param name="period">The time between later ticks, as in <see cref="GrainTimerCreationOptions.Period"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Negative and not infinite, or above 49 days.</exception>
    void Change(TimeSpan dueTime, TimeSpan period);
}
