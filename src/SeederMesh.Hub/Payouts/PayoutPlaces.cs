using SeederMesh.Grains.Payouts;

namespace SeederMesh.Hub.Payouts;

/// <summary>Places for payments at once: as many as the node takes without slowing down.</summary>
/// <remarks>One waiter; places may be given back from anywhere.</remarks>
internal sealed class PayoutPlaces(NodeMeter meter)
{
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int taken;

    /// <summary>Waits for a place and takes it.</summary>
    public async Task TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task signal;
            lock (gate)
            {
                if (taken < meter.Capacity.Places)
                {
                    taken++;
                    return;
                }

                signal = changed.Task;
            }

            await signal.WaitAsync(cancellation);
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Release()
    {
        TaskCompletionSource before;
        lock (gate)
        {
            taken--;
            before = changed;
            changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.TrySetResult();
    }
}
