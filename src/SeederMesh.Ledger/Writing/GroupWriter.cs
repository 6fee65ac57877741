using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Sql;

namespace SeederMesh.Ledger.Writing;

/// <summary>The one writer: takes what callers have queued as one group, decides on each posting, commits once, answers
/// all.</summary>
/// <remarks>
/// While one group waits for the disk the next one gathers, so that the cost of a durable commit is shared by all who
/// ask at
/// once. It has a thread of its own, because a durable commit blocks.
/// </remarks>
internal sealed class GroupWriter : IDisposable
{
    /// <summary>Most postings in one commit.</summary>
    private const int GroupMax = 1024;

    private readonly SqlDialect dialect;
    private readonly TimeProvider clock;
    private readonly Queue<PreparedPosting> queue = new();
    private readonly SemaphoreSlim space;
    private readonly Thread thread;

    private WriteSession? session;
    private Books? books;
    private long? changeCounter;
    private bool isStopping;

    public GroupWriter(SqlDialect dialect, TimeProvider clock, int queueMax)
    {
        this.dialect = dialect;
        this.clock = clock;
        space = new SemaphoreSlim(queueMax);
        thread = new Thread(Run) { Name = "ledger writer", IsBackground = true };
        thread.Start();
    }

    public async Task<PostingResult> PostAsync(PreparedPosting posting, CancellationToken cancellation)
    {
        await space.WaitAsync(cancellation);
        lock (queue)
        {
            if (isStopping)
            {
                space.Release();
                throw new ObjectDisposedException(nameof(LedgerStore));
            }

            queue.Enqueue(posting);
            Monitor.Pulse(queue);
        }

        return await posting.Completion;
    }

    /// <summary>Writes what is queued, then stops.</summary>
    public void Dispose()
    {
        lock (queue)
        {
            isStopping = true;
            Monitor.Pulse(queue);
        }

        thread.Join();
        session?.Dispose();
        space.Dispose();
    }

    private void Run()
    {
        List<PreparedPosting> group = new(GroupMax);
        while (Gather(group))
        {
            try
            {
                Commit(group);
                group.ForEach(posting => posting.Complete());
            }
            catch (Exception failure) when (Fail(group, failure))
            {
                // Answered: every caller of the group has the failure.
            }

            space.Release(group.Count);
            group.Clear();
        }
    }

    private bool Gather(List<PreparedPosting> group)
    {
        lock (queue)
        {
            while (queue.Count == 0 && !isStopping)
            {
                Monitor.Wait(queue);
            }

            while (group.Count < GroupMax && queue.TryDequeue(out PreparedPosting? posting))
            {
                group.Add(posting);
            }

            return group.Count > 0;
        }
    }

    private void Commit(List<PreparedPosting> group)
    {
        (WriteSession current, Books view) = Connect();
        try
        {
            Begin(current, view);
            PostingExaminer examiner = new(view);
            foreach (PreparedPosting posting in group)
            {
                posting.Result = examiner.Examine(posting);
            }

            view.Write(clock.GetUtcNow().ToUnixTimeMilliseconds());
        }
        catch (Exception failure) when (dialect.IsRefusal(failure))
        {
            current.Abandon(Statements.Rollback);
            CommitCarefully(group, current, view);
            return;
        }

        End(current, view, view.HasChanges);
    }

    /// <summary>The group again, each posting behind a savepoint, so that only those that the schema refuses are left
    /// out.</summary>
    private void CommitCarefully(List<PreparedPosting> group, WriteSession current, Books view)
    {
        current.Control(dialect.Begin);
        view.Reload();
        PostingExaminer examiner = new(view);
        foreach (PreparedPosting posting in group)
        {
            current.Control(Statements.Savepoint);
            try
            {
                posting.Result = examiner.ExamineCarefully(posting);
                view.Write(clock.GetUtcNow().ToUnixTimeMilliseconds());
                current.Control(Statements.ReleaseSavepoint);
                view.ForgetGroup();
            }
            catch (Exception failure) when (dialect.IsRefusal(failure))
            {
                current.Abandon(Statements.RollbackToSavepoint);
                current.Control(Statements.ReleaseSavepoint);
                view.Reload();
                posting.Result = new PostingResult(PostingOutcome.RefusedByDatabase, Detail: failure.Message);
            }
        }

        End(current, view, hasChanges: true);
    }

    private void Begin(WriteSession current, Books view)
    {
        current.Control(dialect.Begin);
        long? counter = current.ReadNumber(dialect.ChangeCounter);
        if (counter != changeCounter)
        {
            view.Reload();
            changeCounter = counter;
        }

        view.Trim();
    }

    private void End(WriteSession current, Books view, bool hasChanges)
    {
        if (hasChanges)
        {
            try
            {
                current.Control(Statements.Commit);
            }
            catch (Exception failure)
            {
                throw new LedgerUnavailableException(
                    $"The commit failed: {failure.Message}", dialect.OutcomeOfFailedCommit(failure), failure);
            }
        }
        else
        {
            current.Abandon(Statements.Rollback);
        }

        view.ForgetGroup();
    }

    private (WriteSession Session, Books Books) Connect()
    {
        if (session is null || books is null)
        {
            session = new WriteSession(dialect);
            books = new Books(session);
            // No counter has this value, so that the first transaction loads what the books need.
            changeCounter = null;
        }

        return (session, books);
    }

    /// <summary>Answers a group that failed and drops the connection with everything that was cached over it.</summary>
    private bool Fail(List<PreparedPosting> group, Exception failure)
    {
        session?.Dispose();
        session = null;
        books = null;
        Exception answer = failure as LedgerUnavailableException
            ?? new LedgerUnavailableException($"Nothing was written: {failure.Message}", WriteOutcome.NotWritten, failure);
        group.ForEach(posting => posting.Fail(answer));
        return true;
    }
}
