using System.Threading.Channels;

namespace SeederMesh.Client;

/// <summary>Runs everything that touches a service's state, one action after another: engine events, answers of hubs,
/// timers.</summary>
/// <remarks>So the state needs no locks, and the order of what happened is the order in which it is seen.</remarks>
internal sealed class TurnLoop : IAsyncDisposable
{
    private readonly Channel<Action> turns = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Action<Exception> onFault;
    private readonly Task running;

    /// <summary>Starts.</summary>
    /// <param name="onFault">Told of an exception that a turn threw; the loop goes on.</param>
    public TurnLoop(Action<Exception> onFault)
    {
        this.onFault = onFault;
        running = Task.Run(RunAsync);
    }

    /// <summary>Adds a turn; after disposal it is dropped.</summary>
    public void Post(Action turn) => turns.Writer.TryWrite(turn);

    /// <summary>Adds a turn and waits for its result.</summary>
    /// <exception cref="ObjectDisposedException">The loop has ended.</exception>
    public async Task<T> AskAsync<T>(Func<T> turn)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool accepted = turns.Writer.TryWrite(() =>
        {
            try
            {
                answer.TrySetResult(turn());
            }
            catch (Exception exception) when (answer.TrySetException(exception))
            {
                // The asker has it.
                return;
            }
        });
        ObjectDisposedException.ThrowIf(!accepted, this);
        return await answer.Task;
    }

    /// <summary>Runs what was posted before, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        turns.Writer.TryComplete();
        await running;
    }

    private async Task RunAsync()
    {
        await foreach (Action turn in turns.Reader.ReadAllAsync())
        {
            try
            {
                turn();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                onFault(exception);
            }
        }
    }
}
