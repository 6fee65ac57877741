using Orleans.Embedded;
using Orleans.Runtime;

namespace Orleans;

/// <summary>The base class of all grains: one turn at a time, one activation a key.</summary>
/// <remarks>A grain made with <c>new</c> outside the runtime works as a plain object, but its runtime members
/// throw.</remarks>
public abstract class Grain : IGrainBase, IAddressable
{
    /// <summary>Called by the runtime while it activates the grain.</summary>
    protected Grain() => Owner = Activation.Current;

    internal Activation? Owner { get; }

    internal Activation Activation => Owner
        ?? throw new InvalidOperationException("This grain was created outside of the runtime, which it needs here.");

    /// <summary>The grain's type and key, for logs.</summary>
    public string IdentityString => Activation.ToString();

    /// <summary>Makes references to other grains.</summary>
    protected IGrainFactory GrainFactory => Activation.Silo;

    /// <summary>The services of this activation: one scope, disposed with it.</summary>
    protected internal IServiceProvider ServiceProvider => Activation.Services;

    /// <inheritdoc/>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    /// <summary>Ends this activation after the turns that run now; the next call makes a new one.</summary>
    protected void DeactivateOnIdle() => Activation.Deactivate(
        new(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

    /// <summary>Keeps an idle activation for at least this long.</summary>
    /// <param name="timeSpan">Zero takes an earlier delay back; <see cref="Timeout.InfiniteTimeSpan"/> never
    /// ends.</param>
    protected void DelayDeactivation(TimeSpan timeSpan) => Activation.DelayDeactivation(timeSpan);
}
