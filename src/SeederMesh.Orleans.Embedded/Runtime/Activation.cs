using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>One grain in memory: the queue of its turns, and the scheduler on which all of its code runs.</summary>
/// <remarks>
/// One thread at a time runs an activation (<see cref="scheduled"/>), so a grain's code needs no locks. The fields
/// below
/// <see cref="gate"/> are guarded by it; callers add turns from any thread. There may be 100,000 of these: keep it
/// small.
/// </remarks>
internal sealed partial class Activation(GrainClass grainClass, string key) : TaskScheduler, IThreadPoolWorkItem
{
    // After so many steps an activation goes to the end of the thread pool's queue, so that others get their turn.
    private const int StepsMax = 64;

    /// <summary>So many turns may wait at one activation; a call beyond them fails at once.</summary>
    internal const int WaitingMax = 10_000;

    [ThreadStatic]
    private static Activation? current;

    private readonly Lock gate = new();
    private Queue<Task>? ready;
    private Turn? firstWaiting;
    private Turn? lastWaiting;
    private int waiting;
    private int overtakersWaiting;
    private int running;
    private int blocking;
    private int blockingReaders;
    private bool scheduled;
    private Stage stage;
    private DeactivationReason? endReason;
    private TaskCompletionSource? ended;
    private long lastUsed = grainClass.Silo.Time.GetTimestamp();
    private long keepUntil;

    private enum Stage : byte
    {
        New,
        Activating,
        Active,
        Deactivating,
        Dead,
    }

    internal static new Activation? Current => current;

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => 1;

    internal Silo Silo => grainClass.Silo;

    internal GrainClass Class => grainClass;

    internal string Key => key;

    internal Grain? Grain { get; private set; }

    /// <inheritdoc/>
    public override string ToString() => $"{grainClass.Name}/{key}";

    /// <summary>Runs what is ready, step by step.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        current = this;
        try
        {
            for (int i = 0; i < StepsMax; i++)
            {
                if (!TryTakeStep(out Task? step, out bool isNew))
                {
                    return;
                }

                if (isNew)
                {
                    step.RunSynchronously(this);
                }
                else
                {
                    TryExecuteTask(step);
                }
            }
        }
        finally
        {
            current = null;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Adds a turn, unless this activation has ended.</summary>
    internal bool TryEnqueue(Turn turn)
    {
        lock (gate)
        {
            if (stage == Stage.Dead)
            {
                return false;
            }

            turn.Activation = this;
            turn.Interleaves |= grainClass.IsReentrant;
            if (waiting >= WaitingMax && !DropAbandoned())
            {
                turn.Fail(new LimitExceededException(
                    $"{WaitingMax} calls wait at grain {this} already. Try again later, or spread them over more grains."));
                return true;
            }

            waiting++;
            overtakersWaiting += MayOvertake(turn) ? 1 : 0;
            if (lastWaiting is null)
            {
                firstWaiting = turn;
            }
            else
            {
                lastWaiting.Next = turn;
            }

            lastWaiting = turn;
            Schedule();
            return true;
        }
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        lock (gate)
        {
            (ready ??= new(1)).Enqueue(task);
            Schedule();
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        current == this && !taskWasPreviouslyQueued && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (gate)
        {
            return ready?.ToArray() ?? [];
        }
    }

    private static bool MayOvertake(Turn turn) => turn.Interleaves || turn.IsReadOnly;

    private void Schedule()
    {
        if (!scheduled)
        {
            scheduled = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private bool TryTakeStep([NotNullWhen(true)] out Task? step, out bool isNew)
    {
        lock (gate)
        {
            if (ready is not null && ready.TryDequeue(out step))
            {
                isNew = false;
                return true;
            }

            isNew = true;
            step = null;
            if (stage == Stage.New)
            {
                stage = Stage.Activating;
                step = new Task(static self => _ = ((Activation)self!).ActivateAsync(), this);
            }
            else if (stage == Stage.Active && endReason is null)
            {
                step = TakeTurn() is { } turn ? new Task(static turn => _ = RunAsync((Turn)turn!), turn) : null;
            }
            else if (stage == Stage.Active && running == 0)
            {
                stage = Stage.Deactivating;
                step = new Task(static self => _ = ((Activation)self!).DeactivateAsync(), this);
            }

            scheduled = step is not null;
            return scheduled;
        }
    }

    /// <summary>The next turn that may start, in the order of arrival.</summary>
    private Turn? TakeTurn()
    {
        Turn? before = null;
        Turn? turn = firstWaiting;
        while (turn is not null)
        {
            if (turn.IsAbandoned)
            {
                turn = Unlink(before, turn);
                continue;
            }

            bool mayStart = blocking == 0 || turn.Interleaves || (turn.IsReadOnly && blocking == blockingReaders);
            if (mayStart)
            {
                Unlink(before, turn);
                running++;
                blocking += turn.Interleaves ? 0 : 1;
                blockingReaders += !turn.Interleaves && turn.IsReadOnly ? 1 : 0;
                return turn;
            }

            if (overtakersWaiting == 0)
            {
                return null;
            }

            before = turn;
            turn = turn.Next;
        }

        return null;
    }

    private Turn? Unlink(Turn? before, Turn turn)
    {
        Turn? after = turn.Next;
        turn.Next = null;
        waiting--;
        overtakersWaiting -= MayOvertake(turn) ? 1 : 0;
        if (before is null)
        {
            firstWaiting = after;
        }
        else
        {
            before.Next = after;
        }

        lastWaiting = after is null ? before : lastWaiting;
        return after;
    }

    /// <summary>Drops the turns that nobody waits for.</summary>
    /// <returns>Whether there were any.</returns>
    private bool DropAbandoned()
    {
        int all = waiting;
        Turn? before = null;
        for (Turn? turn = firstWaiting; turn is not null;)
        {
            if (turn.IsAbandoned)
            {
                turn = Unlink(before, turn);
            }
            else
            {
                before = turn;
                turn = turn.Next;
            }
        }

        return waiting < all;
    }

    private static async Task RunAsync(Turn turn)
    {
        Activation activation = turn.Activation!;
        await turn.RunAsync(activation);
        activation.Finish(turn);
    }

    private void Finish(Turn turn)
    {
        lock (gate)
        {
            running--;
            blocking -= turn.Interleaves ? 0 : 1;
            blockingReaders -= !turn.Interleaves && turn.IsReadOnly ? 1 : 0;
            if (turn.KeepsAlive)
            {
                lastUsed = Silo.Time.GetTimestamp();
            }
        }
    }
}
