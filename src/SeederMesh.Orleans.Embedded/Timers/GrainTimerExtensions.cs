using Orleans.Embedded;
using Orleans.Runtime;

namespace Orleans;

/// <summary>Timers of an activation: their ticks are turns of the grain, and end with the activation.</summary>
public static class GrainBaseExtensions
{
    /// <summary>Starts a timer of this grain.</summary>
    /// <param name="grain">The grain, from one of its turns.</param>
    /// <param name="callback">One tick; its failure is logged, and the timer goes on.</param>
    /// <param name="options">When it ticks.</param>
    /// <returns>The timer; disposing it ends it.</returns>
    public static IGrainTimer RegisterGrainTimer(
        this IGrainBase grain, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return new GrainTimer(((Grain)grain).Activation, callback, options);
    }

    /// <inheritdoc cref="RegisterGrainTimer(IGrainBase, Func{CancellationToken, Task}, GrainTimerCreationOptions)"/>
    public static IGrainTimer RegisterGrainTimer(
        this IGrainBase grain, Func<Task> callback, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return RegisterGrainTimer(grain, _ => callback(), options);
    }

    /// <inheritdoc cref="RegisterGrainTimer(IGrainBase, Func{CancellationToken, Task}, GrainTimerCreationOptions)"/>
    /// <typeparam name="TState">The type of <paramref name="state"/>.</typeparam>
    /// <param name="grain">The grain, from one of its turns.</param>
    /// <param name="callback">One tick; its failure is logged, and the timer goes on.</param>
    /// <param name="state">Given to each tick.</param>
    /// <param name="options">When it ticks.</param>
    public static IGrainTimer RegisterGrainTimer<TState>(
        this IGrainBase grain,
        Func<TState, CancellationToken, Task> callback,
        TState state,
        GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return RegisterGrainTimer(grain, token => callback(state, token), options);
    }
}
