using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Client;
using SeederMesh.Core.Identity;
using SeederMesh.Grains.Feed;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Benchmarks.Hubs;

/// <summary>
/// How soon a receipt is money: the seeder's own receipt store and reports, the hub over HTTP, its payouts over the embedded
/// network. Everything between is durable before it is relied on.
/// </summary>
internal static class StreamingBenchmark
{
    private const int Downloads = 8;
    private const int WarmUp = 200;
    private const int Receipts = 1_000;

    /// <summary>Downloaders sign at random times; from the signature to the commit that books the payment.</summary>
    public static async Task<Finding> FromReceiptToPaidAsync()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("seedermesh-bench-");
        await using BenchHub hub = await BenchHub.StartAsync(pays: true);
        await using ReceiptStore store = ReceiptStore.Open(folder.FullName, TimeProvider.System);
        var chains = new BenchChain[Downloads];
        for (int download = 0; download < Downloads; download++)
        {
            chains[download] = (await hub.FundAsync(grants: 1))[0];
            await store.AddGrantAsync(chains[download].Grant);
        }

        var client = new HubClient(hub.Hub.Address, hub.SeederKey);
        await using var reporter = new SeederHub(
            client,
            await client.GetHubAsync(),
            store,
            new ClientConfiguration { Destination = await hub.OpenPayeeAsync("seeder") },
            () => Task.FromResult(chains.Select(chain => chain.Grant.Grant.GrantId).ToHashSet()),
            new Progress<SeedEvent>(),
            TimeProvider.System)
        {
            Seeder = hub.Seeder,
            Unshown = new UnshownGrants(store),
            Restarted = static () => { },
            ChannelRefused = static _ => throw new UnreachableException("The hub refuses what is good."),
        };
        (Id128 Id, long MsatEach)[] payees = [(hub.CreatorPayee, 17_500), (PayeeRecord.IdOfSeeder(hub.Seeder), 6_250)];
        var waits = new WaitingPayees(payees.Select(payee => payee.Id));
        using HubWatch watch = hub.Hub.Services.GetRequiredService<HubFeed>().Watch()!;
        using var done = new CancellationTokenSource();
        Task watching = waits.WatchAsync(watch, done.Token);
        reporter.Start();

        var random = new Random(1);
        for (int receipt = 0; receipt < WarmUp + Receipts; receipt++)
        {
            if (receipt == WarmUp)
            {
                await waits.AllPaidAsync();
                waits.Milliseconds.Clear();
            }

            foreach ((Id128 payee, long msat) in payees)
            {
                waits.Earned(payee, msat);
            }

            await store.AddAsync(chains[random.Next(Downloads)].Next(receipt, 1));
            await Task.Delay(random.Next(20));
        }

        await waits.AllPaidAsync();
        await done.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        folder.Delete(recursive: true);
        double[] sorted = [.. waits.Milliseconds.Order()];
        return new Finding(
            $"{Receipts:N0} receipts of {Downloads} downloads, one every 10 ms or so, for creator and seeder: from signed to paid, durable",
            $"median {sorted[sorted.Length / 2]:0} ms, 99% within {sorted[sorted.Length * 99 / 100]:0} ms",
            $"the longest {sorted[^1]:0} ms",
            Target.AtMost(300, sorted[sorted.Length / 2], "ms at the median"));
    }

    /// <summary>Who waits for what since when, and how long it took.</summary>
    private sealed class WaitingPayees(IEnumerable<Id128> payees)
    {
        private readonly Dictionary<Id128, Queue<(long Msat, long Since)>> waiting =
            payees.ToDictionary(payee => payee, _ => new Queue<(long Msat, long Since)>());

        private readonly Dictionary<Id128, long> earned = payees.ToDictionary(payee => payee, _ => 0L);
        private readonly Dictionary<Id128, long> paid = payees.ToDictionary(payee => payee, _ => 0L);
        private readonly Lock gate = new();

        public List<double> Milliseconds { get; } = [];

        public void Earned(Id128 payee, long msat)
        {
            lock (gate)
            {
                earned[payee] += msat;
                waiting[payee].Enqueue((earned[payee], Stopwatch.GetTimestamp()));
            }
        }

        public async Task WatchAsync(HubWatch watch, CancellationToken done)
        {
            await foreach (HubEvent happened in watch.Events.ReadAllAsync(done))
            {
                if (happened is PayoutChanged { Payout: { Status: PayoutStatus.Succeeded } payout })
                {
                    Note(payout);
                }
            }
        }

        public async Task AllPaidAsync()
        {
            while (true)
            {
                lock (gate)
                {
                    if (waiting.Values.All(queue => queue.Count == 0))
                    {
                        return;
                    }
                }

                await Task.Delay(20);
            }
        }

        private void Note(PayoutRecord payout)
        {
            lock (gate)
            {
                paid[payout.PayeeId] += payout.Amount.Value;
                while (waiting[payout.PayeeId].TryPeek(out (long Msat, long Since) first) && first.Msat <= paid[payout.PayeeId])
                {
                    waiting[payout.PayeeId].Dequeue();
                    Milliseconds.Add(Stopwatch.GetElapsedTime(first.Since).TotalMilliseconds);
                }
            }
        }
    }
}
