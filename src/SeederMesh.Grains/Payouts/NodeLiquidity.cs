using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Payouts;

/// <summary>What the hub's Lightning node can still send: no payment starts that it cannot fund.</summary>
/// <remarks>
/// Thread safe; counts within one process. The node's balance, less the operator's reserve, less what is under way and
/// what left since the balance was read. Where it is short, refunds go first and payees wait: what is refunded is a
/// downloader's own deposit, and a channel that closed is owed all of it now, while earnings may come a little later.
/// </remarks>
public sealed class NodeLiquidity(ILightningNode node, HubSettings settings, TimeProvider clock) : IDisposable
{
    /// <summary>How long a balance counts; payments in between are subtracted.</summary>
    private const long FreshMs = 1_000;

    /// <summary>How long payees wait for a refund that does not ask again: it may have become another one, or found no
    /// way.</summary>
    private const long ClaimMs = 120_000;

    private readonly SemaphoreSlim reading = new(1);
    private readonly Lock gate = new();
    private readonly Dictionary<Id128, Msat> underWay = [];
    private readonly Dictionary<Id128, (Msat Amount, long AtMs)> claims = [];
    private Int128 underWaySum;
    private Int128 left;
    private Int128 leftWhileReading;
    private Msat balance;
    private long? readAtMs;

    private long NowMs => (long)clock.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>What one more payment may take, its fee limit included.</summary>
    /// <param name="isRefund">Whether a refund asks: payees leave what refunds wait for.</param>
    /// <exception cref="LightningNodeException">The node did not answer.</exception>
    public async Task<Msat> AvailableAsync(bool isRefund)
    {
        if (IsOld())
        {
            await reading.WaitAsync();
            try
            {
                if (IsOld())
                {
                    await ReadAsync();
                }
            }
            finally
            {
                reading.Release();
            }
        }

        lock (gate)
        {
            return Free(isRefund);
        }
    }

    /// <summary>Sets aside what a payment may take; false when it is not there any more.</summary>
    /// <param name="payoutId">The payout; asked for again it is set aside once.</param>
    /// <param name="amount">With its fee limit.</param>
    /// <param name="refundOf">The channel that is refunded, whose claim this meets; none for a payee.</param>
    public bool TryTake(Id128 payoutId, Msat amount, Id128 refundOf)
    {
        lock (gate)
        {
            if (underWay.ContainsKey(payoutId))
            {
                return true;
            }

            if (amount > Free(isRefund: !refundOf.IsNone))
            {
                return false;
            }

            underWay.Add(payoutId, amount);
            underWaySum += amount.Value;
            claims.Remove(refundOf);
            return true;
        }
    }

    /// <summary>A refund waits for liquidity: payees leave so much until it is met, or has not asked again for two
    /// minutes.</summary>
    public void Claim(Id128 channelId, Msat amount)
    {
        lock (gate)
        {
            claims[channelId] = (amount, NowMs);
        }
    }

    /// <summary>A payment is over, or on its way in the network.</summary>
    /// <param name="payoutId">The payout.</param>
    /// <param name="hasLeft">Whether its money has left the node's balance.</param>
    public void Finish(Id128 payoutId, bool hasLeft)
    {
        lock (gate)
        {
            if (underWay.Remove(payoutId, out Msat amount))
            {
                underWaySum -= amount.Value;
                left += hasLeft ? amount.Value : 0;
                leftWhileReading += hasLeft ? amount.Value : 0;
            }
        }
    }

    /// <summary>The node said that it has too little: its balance is read anew.</summary>
    public void Doubt()
    {
        lock (gate)
        {
            readAtMs = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => reading.Dispose();

    private bool IsOld()
    {
        lock (gate)
        {
            return readAtMs is not { } at || NowMs - at >= FreshMs;
        }
    }

    private async Task ReadAsync()
    {
        lock (gate)
        {
            leftWhileReading = 0;
        }

        NodeBalance read = await node.GetBalanceAsync();
        lock (gate)
        {
            // Whether what left meanwhile is in the answer nobody knows: it is taken off once more until the next one.
            (balance, left, readAtMs) = (read.Spendable, leftWhileReading, NowMs);
        }
    }

    private Msat Free(bool isRefund)
    {
        Int128 claimed = 0;
        foreach ((Id128 channel, (Msat amount, long atMs)) in isRefund ? [] : claims.ToArray())
        {
            if (NowMs - atMs >= ClaimMs)
            {
                claims.Remove(channel);
            }
            else
            {
                claimed += amount.Value;
            }
        }

        Int128 free = balance.Value - settings.LiquidityReserve.Value - underWaySum - left - claimed;
        return Msat.From((long)Int128.Max(0, free));
    }
}
