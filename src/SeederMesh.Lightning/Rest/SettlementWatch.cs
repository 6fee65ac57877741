using System.Runtime.CompilerServices;
using SeederMesh.Core.Identity;

namespace SeederMesh.Lightning.Rest;

/// <summary>Settled invoices of a node that has no index of them: listed by time, again whenever it says that something
/// happened.</summary>
/// <remarks>
/// The cursor is a time in Unix milliseconds. Each listing begins some time before it, because a node may show a payment
/// later than one that
/// settled after it; what was given out before is left out, within one stream. After a restart the payments of that overlap come
/// again: nothing is missed, and who books by payment hash books nothing twice.
/// </remarks>
internal sealed class SettlementWatch(
    Func<CancellationToken, Task<NodeEvents>> open,
    Func<DateTimeOffset, CancellationToken, Task<IReadOnlyList<SettledInvoice>>> list,
    TimeSpan overlap,
    TimeProvider clock)
{
    /// <summary>How often is looked without being told, while the node tells.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(30);

    /// <summary>How often is looked where the node tells nothing.</summary>
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(2);

    /// <summary>The stream.</summary>
    /// <param name="afterCursor">Where to begin; 0 for everything.</param>
    /// <param name="cancellation">Ends it.</param>
    public async IAsyncEnumerable<SettledInvoice> RunAsync(
        long afterCursor, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        // Listened to before the first look, so that nothing falls between the two.
        using NodeEvents? events = await TryOpenAsync(cancellation);
        Dictionary<Digest, long> given = [];
        for (long cursor = afterCursor; ;)
        {
            long since = Math.Max(0, cursor - (long)overlap.TotalMilliseconds);
            DateTimeOffset from = DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(since, clock.GetUtcNow().ToUnixTimeMilliseconds()));
            IReadOnlyList<SettledInvoice> found = await list(from, cancellation);
            foreach (SettledInvoice settled in found
                .Where(settled => settled.Cursor >= since)
                .OrderBy(settled => settled.Cursor)
                .ThenBy(settled => settled.PaymentHash.ToString(), StringComparer.Ordinal))
            {
                if (given.TryAdd(settled.PaymentHash, settled.Cursor))
                {
                    cursor = Math.Max(cursor, settled.Cursor);
                    yield return settled with { Cursor = cursor };
                }
            }

            // What is older than any later listing goes back need not be remembered.
            long forgotten = cursor - (2 * (long)overlap.TotalMilliseconds);
            foreach (Digest old in given.Where(one => one.Value < forgotten).Select(one => one.Key).ToArray())
            {
                given.Remove(old);
            }

            await (events?.WaitAsync(LookEvery, clock, cancellation) ?? Task.Delay(PollEvery, clock, cancellation));
        }
    }

    private async Task<NodeEvents?> TryOpenAsync(CancellationToken cancellation)
    {
        try
        {
            return await open(cancellation);
        }
        catch (NodeRefusedException)
        {
            return null; // a proxy that carries no WebSockets: looking does it too
        }
    }
}
