using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <content>How an activation comes and goes.</content>
internal sealed partial class Activation
{
    private AsyncServiceScope? scope;
    private List<GrainTimer>? timers;

    internal IServiceProvider Services => scope!.Value.ServiceProvider;

    internal bool IsCurrent => current == this;

    /// <summary>Ends this activation once its running turns are done. Waiting turns go to the next one.</summary>
    internal void Deactivate(DeactivationReason reason)
    {
        lock (gate)
        {
            keepUntil = 0;
            endReason ??= reason;
            Schedule();
        }
    }

    /// <summary>As <see cref="Deactivate"/>, and tells when it has ended.</summary>
    internal Task DeactivateAndWaitAsync(DeactivationReason reason)
    {
        lock (gate)
        {
            if (stage == Stage.Dead)
            {
                return Task.CompletedTask;
            }

            ended ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            Deactivate(reason);
            return ended.Task;
        }
    }

    internal void DelayDeactivation(TimeSpan delay)
    {
        lock (gate)
        {
            keepUntil = delay == Timeout.InfiniteTimeSpan ? long.MaxValue
                : delay > TimeSpan.Zero ? Silo.Time.GetTimestamp() + Ticks(delay)
                : 0;
        }
    }

    /// <summary>Ends this activation if nobody has used it for so long.</summary>
    internal void CollectIfIdle(TimeSpan age)
    {
        lock (gate)
        {
            long now = Silo.Time.GetTimestamp();
            if (stage == Stage.Active && running == 0 && firstWaiting is null && now >= keepUntil
                && now - lastUsed >= Ticks(age))
            {
                Deactivate(new(DeactivationReasonCode.ActivationIdle, $"No calls for {age}."));
            }
        }
    }

    internal void Add(GrainTimer timer) => (timers ??= []).Add(timer);

    internal void Remove(GrainTimer timer) => timers?.Remove(timer);

    private async Task ActivateAsync()
    {
        try
        {
            scope = Silo.ServiceScopes.CreateAsyncScope();
            (Grain, IPersistentRecord[] records) = grainClass.Create(this, Services);
            foreach (IPersistentRecord record in records)
            {
                await record.ReadStateAsync();
            }

            using CancellationTokenSource limit = new(Silo.Collection.ActivationTimeout, Silo.Time);
            await Grain.OnActivateAsync(limit.Token);
            lock (gate)
            {
                stage = Stage.Active;
                lastUsed = Silo.Time.GetTimestamp();
            }
        }
        catch (Exception exception)
        {
            Silo.Logger.LogError(exception, "Grain {Grain} did not activate", this);
            await DisposeAsync();
            for (Turn? turn = End(); turn is not null;)
            {
                // Taken before it fails: from then on it is its caller's.
                Turn failed = turn;
                turn = failed.Next;
                failed.Next = null;
                failed.Fail(exception);
            }
        }
    }

    private async Task DeactivateAsync()
    {
        DeactivationReason reason = endReason!.Value;
        while (timers is [.., var timer])
        {
            timer.Dispose();
        }

        try
        {
            using CancellationTokenSource limit = new(Silo.Collection.DeactivationTimeout, Silo.Time);
            await Grain!.OnDeactivateAsync(reason, limit.Token);
        }
        catch (Exception exception)
        {
            Silo.Logger.LogWarning(exception, "Grain {Grain} failed in OnDeactivateAsync", this);
        }

        await DisposeAsync();
        grainClass.Forward(key, End());
    }

    private async Task DisposeAsync()
    {
        while (timers is [.., var timer])
        {
            timer.Dispose();
        }

        try
        {
            if (Grain is IAsyncDisposable async)
            {
                await async.DisposeAsync();
            }
            else
            {
                (Grain as IDisposable)?.Dispose();
            }

            if (scope is { } open)
            {
                await open.DisposeAsync();
            }
        }
        catch (Exception exception)
        {
            Silo.Logger.LogWarning(exception, "Grain {Grain} failed to dispose", this);
        }
    }

    /// <summary>Takes this activation out; a new one may start at once.</summary>
    /// <returns>The turns that still wait.</returns>
    private Turn? End()
    {
        Turn? left;
        lock (gate)
        {
            stage = Stage.Dead;
            left = firstWaiting;
            firstWaiting = null;
            lastWaiting = null;
        }

        grainClass.Activations.TryRemove(new(key, this));
        ended?.TrySetResult();
        return left;
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Silo.Time.TimestampFrequency);
}
