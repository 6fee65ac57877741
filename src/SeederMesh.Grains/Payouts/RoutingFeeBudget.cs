using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;

namespace SeederMesh.Grains.Payouts;

/// <summary>The hub's revenue as far as no payment under way counts on it for its routing fee.</summary>
/// <remarks>
/// Thread safe. Counts within one process: two silos may promise the same revenue, and what it then does not cover
/// stays visible as the
/// debit balance of the routing-fees account until later revenue does. The payee's money is never touched for it.
/// </remarks>
public sealed class RoutingFeeBudget(LedgerStore ledger)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Id128, Msat> promised = [];
    private Msat promisedSum;

    /// <summary>What a further payment may count on.</summary>
    public async Task<Msat> AvailableAsync()
    {
        Msat revenue = (await ledger.Reader.FindAccountAsync(AccountOpening.HubRevenue.Id))?.Available ?? Msat.Zero;
        lock (gate)
        {
            return revenue.TrySubtract(promisedSum, out Msat free) ? free : Msat.Zero;
        }
    }

    /// <summary>Counts on revenue for one payout, once.</summary>
    public void Promise(Id128 payoutId, Msat feeLimit)
    {
        lock (gate)
        {
            promisedSum = promised.TryAdd(payoutId, feeLimit) ? promisedSum + feeLimit : promisedSum;
        }
    }

    /// <summary>The payout is over.</summary>
    public void Release(Id128 payoutId)
    {
        lock (gate)
        {
            promisedSum = promised.Remove(payoutId, out Msat feeLimit) ? promisedSum.Less(feeLimit) : promisedSum;
        }
    }
}
