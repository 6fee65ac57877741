namespace Orleans.Embedded;

/// <summary>All calls that wait for an answer, oldest first, so that the sweep looks at no more than it must.</summary>
/// <remarks>One time-out for all calls keeps the list in the order of deadlines. Thread-safe.</remarks>
internal sealed class PendingCalls(TimeProvider time, TimeSpan timeout)
{
    private readonly Lock gate = new();
    private readonly long ticksToWait = (long)(timeout.TotalSeconds * time.TimestampFrequency);
    private GrainCall? first;
    private GrainCall? last;

    internal void Add(GrainCall call)
    {
        lock (gate)
        {
            call.Deadline = time.GetTimestamp() + ticksToWait;
            call.IsPending = true;
            call.PreviousPending = last;
            if (last is null)
            {
                first = call;
            }
            else
            {
                last.NextPending = call;
            }

            last = call;
        }
    }

    internal void Remove(GrainCall call)
    {
        lock (gate)
        {
            Unlink(call);
        }
    }

    /// <summary>Fails each call whose time is up.</summary>
    internal void Sweep()
    {
        long now = time.GetTimestamp();
        while (true)
        {
            GrainCall? expired;
            lock (gate)
            {
                expired = first;
                if (expired is null || expired.Deadline > now)
                {
                    return;
                }

                Unlink(expired);
            }

            expired.TimeOut(timeout);
        }
    }

    private void Unlink(GrainCall call)
    {
        if (!call.IsPending)
        {
            return;
        }

        call.IsPending = false;
        if (call.PreviousPending is null)
        {
            first = call.NextPending;
        }
        else
        {
            call.PreviousPending.NextPending = call.NextPending;
        }

        if (call.NextPending is null)
        {
            last = call.PreviousPending;
        }
        else
        {
            call.NextPending.PreviousPending = call.PreviousPending;
        }

        call.PreviousPending = null;
        call.NextPending = null;
    }
}
