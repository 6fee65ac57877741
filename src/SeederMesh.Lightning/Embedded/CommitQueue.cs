using System.Threading.Channels;

namespace SeederMesh.Lightning.Embedded;

/// <summary>Runs decisions one after another and commits many of them in one SQLite transaction (group
/// commit).</summary>
/// <remarks>
/// A caller's task completes only after the commit that holds its changes. With <c>synchronous=FULL</c> that survives a
/// power loss; one fsync
/// is shared by everything that waited while the one before it ran. At most <see cref="QueueMax"/> decisions wait, then
/// callers wait.
/// When a commit fails, memory and file may differ: the queue stops, and only opening the network again goes on.
/// </remarks>
internal sealed class CommitQueue : IAsyncDisposable
{
    public const int QueueMax = 8_192;
    public const int BatchMax = 1_024;

    private readonly Channel<Decision> queue = Channel.CreateBounded<Decision>(
        new BoundedChannelOptions(QueueMax) { SingleReader = true });

    private readonly NetworkStore store;
    private readonly Task loop;
    private Exception? fault;

    public CommitQueue(NetworkStore store)
    {
        this.store = store;
        loop = Task.Run(RunLoopAsync);
    }

    /// <summary>Runs <paramref name="decide"/> alone and answers once its changes are durable.</summary>
    /// <exception cref="LightningNodeException">The network has stopped; whether this decision is durable is
    /// unknown.</exception>
    public async Task<T> RunAsync<T>(Func<T> decide, CancellationToken cancellation = default)
    {
        Decision<T> decision = new(decide);
        try
        {
            await queue.Writer.WriteAsync(decision, cancellation);
        }
        catch (ChannelClosedException)
        {
            throw Stopped();
        }

        return await decision.Answer;
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await loop;
    }

    // Stops when the writer completes and the queue is empty, or at the first fault.
    private async Task RunLoopAsync()
    {
        List<Decision> batch = new(BatchMax);
        while (fault is null && await queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < BatchMax && queue.Reader.TryRead(out Decision? decision))
            {
                batch.Add(decision);
            }

            Commit(batch);
        }

        queue.Writer.TryComplete();
        while (queue.Reader.TryRead(out Decision? rest))
        {
            rest.Fail(Stopped());
        }
    }

    private void Commit(List<Decision> batch)
    {
        try
        {
            store.Begin();
            foreach (Decision decision in batch)
            {
                decision.Decide();
            }

            store.Commit();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Whatever it was, memory may be ahead of the file now: nobody gets an answer from it.
            fault = failure;
            batch.ForEach(decision => decision.Fail(Stopped()));
            return;
        }

        store.PulseChanged();
        batch.ForEach(decision => decision.Complete());
    }

    private LightningNodeException Stopped() => new(
        NodeFault.Unreachable,
        $"The play-money Lightning network has stopped ({fault?.Message ?? "it was closed"}); mend that and start the hub again.",
        fault);

    private abstract class Decision
    {
        public abstract void Decide();

        public abstract void Complete();

        public abstract void Fail(Exception exception);
    }

    private sealed class Decision<T>(Func<T> decide) : Decision
    {
        private readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? result;

        public Task<T> Answer => answer.Task;

        public override void Decide() => result = decide();

        public override void Complete() => answer.TrySetResult(result!);

        public override void Fail(Exception exception) => answer.TrySetException(exception);
    }
}
