namespace SeederMesh.Lightning.Rest;

/// <summary>Waiting for a payment whose node does not say by itself when it ends.</summary>
internal static class PendingPayment
{
    private static readonly TimeSpan lookEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>Looks the payment up until it ended, the time is over, or the caller gives up; then it is still
    /// pending.</summary>
    /// <param name="node">The node that pays.</param>
    /// <param name="pending">The payment as last seen.</param>
    /// <param name="timeLimit">How long to wait.</param>
    /// <param name="clock">Tells the time.</param>
    /// <param name="cancellation">Ends the waiting, not the payment.</param>
    public static async Task<Payment> WaitAsync(
        ILightningNode node, Payment pending, TimeSpan timeLimit, TimeProvider clock, CancellationToken cancellation)
    {
        long since = clock.GetTimestamp();
        Payment now = pending;
        while (now.Status == PaymentStatus.Pending && clock.GetElapsedTime(since) < timeLimit)
        {
            try
            {
                await Task.Delay(lookEvery, clock, cancellation);
            }
            catch (OperationCanceledException)
            {
                return now;
            }

            now = await node.LookUpPaymentAsync(pending.PaymentHash, cancellation);
        }

        return now.Status == PaymentStatus.NotFound ? Payment.Unknown(pending.PaymentHash, "The payment has left the books.") : now;
    }
}
