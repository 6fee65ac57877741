using Orleans.Storage;

namespace Orleans.Embedded;

/// <summary>A call on its way: it stands in <see cref="PendingCalls"/> until it is answered or timed out.</summary>
internal abstract class GrainCall : Turn
{
    /// <summary>The timestamp at which the caller stops waiting.</summary>
    internal long Deadline { get; set; }

    internal bool IsPending { get; set; }

    internal GrainCall? PreviousPending { get; set; }

    internal GrainCall? NextPending { get; set; }

    internal abstract void TimeOut(TimeSpan waited);
}

/// <inheritdoc/>
internal sealed class GrainCall<T>(GrainMethod<T> method, PendingCalls pending, object?[] arguments) : GrainCall
{
    // Continuations run elsewhere: a caller's code must not run inside the turn that answers it.
    private readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task<T> Answer => answer.Task;

    internal override bool IsAbandoned => answer.Task.IsCompleted;

    internal override async Task RunAsync(Activation activation)
    {
        try
        {
            Task running = method.Invoke(activation.Grain!, arguments);
            T result = default!;
            if (running is Task<T> typed)
            {
                // Copied before the turn ends: the next turn may change what was returned.
                result = method.CopyResult(await typed);
            }
            else
            {
                await running;
            }

            pending.Remove(this);
            answer.TrySetResult(result);
        }
        catch (Exception exception)
        {
            if (exception is InconsistentStateException { IsSourceActivation: true } conflict)
            {
                // Its caller gets the same exception, and must not end because of it.
                conflict.IsSourceActivation = false;
                activation.Deactivate(new(DeactivationReasonCode.ApplicationError, exception, "Its stored state has changed."));
            }

            Fail(exception);
        }
    }

    internal override void Fail(Exception exception)
    {
        pending.Remove(this);
        answer.TrySetException(exception);
    }

    internal override void TimeOut(TimeSpan waited) => answer.TrySetException(new TimeoutException(
        $"No response to {method.Name} of grain {Activation} within {waited}. It may still run: ask before trying again."));
}

/// <summary>The result of a method that returns none.</summary>
internal readonly struct NoResult
{
}
