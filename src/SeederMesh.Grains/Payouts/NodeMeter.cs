using SeederMesh.Core.Payouts;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Payouts;

/// <summary>Measures the hub's Lightning node while it pays.</summary>
/// <remarks>Thread safe. A payment that the payee holds says nothing about the node, and is not counted.</remarks>
public sealed class NodeMeter(TimeProvider clock)
{
    private readonly Lock gate = new();
    private NodeCapacity capacity = NodeCapacity.Unknown;
    private int underWay;

    /// <summary>What the node has shown lately.</summary>
    public NodeCapacity Capacity
    {
        get
        {
            lock (gate)
            {
                return capacity;
            }
        }
    }

    /// <summary>Lets the node pay, and takes the time.</summary>
    public async Task<Payment> MeasureAsync(Func<Task<Payment>> pay)
    {
        long started = clock.GetTimestamp();
        int together;
        lock (gate)
        {
            together = ++underWay;
        }

        try
        {
            Payment payment = await pay();
            Note(payment, started, together);
            return payment;
        }
        catch (Exception)
        {
            Note(payment: null, started, together);
            throw;
        }
    }

    private void Note(Payment? payment, long started, int together)
    {
        long now = clock.GetTimestamp();
        long microseconds = (long)clock.GetElapsedTime(started, now).TotalMicroseconds;
        bool isSilent = payment is null or { Status: PaymentStatus.Unknown } or { Failure: PaymentFailure.NodeUnavailable };
        lock (gate)
        {
            underWay--;
            capacity = isSilent ? capacity.AfterSilence()
                : payment!.Status is PaymentStatus.Succeeded or PaymentStatus.Failed
                    ? capacity.AfterAnswer(microseconds, together, (long)clock.GetElapsedTime(0, now).TotalMilliseconds)
                    : capacity;
        }
    }
}
