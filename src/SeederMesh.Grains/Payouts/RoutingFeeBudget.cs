using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Grains.Payouts;

/// <summary>The hub's revenue as far as it may go to routing, and no payment under way counts on it.</summary>
/// <remarks>
/// Thread safe. What was spent and promised before a restart is read from the ledger once. Counts within one process:
/// two silos may promise the same revenue, and what it then does not cover stays visible as the debit balance of the
/// routing-fees account until later revenue does. The payee's money is never touched for it.
/// </remarks>
public sealed class RoutingFeeBudget(LedgerStore ledger, HubSettings settings, TimeProvider clock) : IDisposable
{
    private const int HoursOfDay = 24;
    private const long HourMs = 3_600_000;

    private readonly SemaphoreSlim loading = new(1);
    private readonly Lock gate = new();
    private readonly Dictionary<Id128, Msat> promised = [];
    private readonly Dictionary<long, Msat> hours = [];
    private Msat promisedSum;
    private Msat spentEver;
    private bool isLoaded;

    private long Hour => clock.GetUtcNow().ToUnixTimeMilliseconds() / HourMs;

    /// <summary>What a further payment may count on.</summary>
    public async Task<Msat> AvailableAsync() => (await FindAsync()).Free;

    /// <summary>What a further payment may count on: now, and at the most once no other payment counts on any of
    /// it.</summary>
    public async Task<(Msat Free, Msat Hoped)> FindAsync()
    {
        if (!isLoaded)
        {
            await LoadAsync();
        }

        LedgerAccount? account = await ledger.Reader.FindAccountAsync(AccountOpening.HubRevenue.Id);
        if (account is null)
        {
            return (Msat.Zero, Msat.Zero);
        }

        lock (gate)
        {
            foreach (long past in hours.Keys.Where(hour => hour <= Hour - HoursOfDay).ToArray())
            {
                hours.Remove(past);
            }

            // Spent under a clock that was ahead: it counts for a day from now on, not from then.
            foreach (long ahead in hours.Keys.Where(hour => hour > Hour).ToArray())
            {
                hours.Remove(ahead, out Msat spentAhead);
                hours[Hour] = hours.GetValueOrDefault(Hour) + spentAhead;
            }

            Msat ofDay = hours.Values.Aggregate(Msat.Zero, (sum, fees) => sum + fees);
            (Msat Free, Msat Earned) revenue = (account.Available, account.CreditsPosted);
            (Msat Day, Msat Ever) spent = (ofDay, spentEver);
            return (
                settings.RoutingFees.Available(revenue, spent, promisedSum),
                settings.RoutingFees.Available(revenue, spent, Msat.Zero));
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
    /// <param name="payoutId">The payout.</param>
    /// <param name="spent">What its route cost the hub.</param>
    public void Release(Id128 payoutId, Msat spent)
    {
        lock (gate)
        {
            promisedSum = promised.Remove(payoutId, out Msat feeLimit) ? promisedSum.Less(feeLimit) : promisedSum;
            spentEver += spent;
            hours[Hour] = hours.GetValueOrDefault(Hour) + spent;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => loading.Dispose();

    private async Task LoadAsync()
    {
        await loading.WaitAsync();
        try
        {
            if (isLoaded)
            {
                return;
            }

            await PromiseWhatIsUnderWayAsync();
            long day = HoursOfDay * HourMs;
            RoutingFeeTotals totals = await ledger.Reader.SumRoutingFeesAsync(clock.GetUtcNow().ToUnixTimeMilliseconds() - day);
            lock (gate)
            {
                // What was spent before the restart counts for a whole day from now on, and what ended since may count
                // twice: rather too much than too little.
                hours[Hour] = hours.GetValueOrDefault(Hour) + totals.Since;
                spentEver += totals.Ever;
                isLoaded = true;
            }
        }
        finally
        {
            loading.Release();
        }
    }

    private async Task PromiseWhatIsUnderWayAsync()
    {
        IReadOnlyList<PayoutRecord> page;
        Id128 after = default;
        do
        {
            page = await ledger.Reader.ListUnfinishedPayoutsAsync(after);
            foreach (PayoutRecord payout in page)
            {
                after = payout.Id;
                if (payout.Status == PayoutStatus.Parked)
                {
                    continue;
                }

                PostedTransfer? reservation = await ledger.Reader.FindTransferAsync(payout.Id);
                Msat byPayee = reservation?.Transfer.Amount.Less(payout.Amount) ?? Msat.Zero;
                Promise(payout.Id, payout.FeeLimit.Less(byPayee));
            }
        }
        while (page.Count == LedgerReader.PageMax);
    }
}
