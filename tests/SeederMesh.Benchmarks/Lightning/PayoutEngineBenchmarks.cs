using System.Diagnostics;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Tests.Payouts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Benchmarks.Lightning;

/// <summary>The payout engine of issue 3: what it does a second, how soon somebody is paid, and how it batches.</summary>
internal static class PayoutEngineBenchmarks
{
    private const long EachMsat = 10_000;

    /// <summary>Everybody is owed at once: intent, payment and booking of each, each durable.</summary>
    public static async Task<Finding> ManyPayeesAsync()
    {
        const int warmUp = 8_000;
        const int measured = 16_000;
        await using PayoutBench bench = await PayoutBench.StartAsync(warmUp + measured);
        var book = new EarningsBook(bench.Ledger, 1, Msat.FromSatoshi(10_000_000));
        await book.OpenAsync();
        await PayAllAsync(bench, book, bench.Payees[..warmUp]);
        Sample sample = await PayAllAsync(bench, book, bench.Payees[warmUp..]);
        (long fees, long arrived) = await bench.FeesAsync();
        return new Finding(
            $"{measured:N0} payees owed {EachMsat / 1_000} sat each, at once: reservation, keysend over two hops and booking, each durable",
            $"{sample.Rate:N0} payouts a second; {bench.Capacity.Places} at the node at once; "
            + $"routing {Percent(fees, arrived)} of what arrived",
            $"{sample.CpuSecondsEach * 1_000:0.00} ms of processor time a payout",
            Target.AtLeast(2_000, sample.Rate, "payouts a second"));
    }

    /// <summary>Payees earn at random times; from the commit that settles to the commit that books the payment.</summary>
    public static async Task<Finding> StreamingAsync()
    {
        const int payees = 50;
        const int earnings = 1_000;
        await using PayoutBench bench = await PayoutBench.StartAsync(payees);
        var book = new EarningsBook(bench.Ledger, 1, Msat.FromSatoshi(10_000_000));
        await book.OpenAsync();
        using HubWatch watch = bench.Feed.Watch()!;
        var waits = new WaitingPayees(bench.Payees);
        using var done = new CancellationTokenSource();
        Task watching = waits.WatchAsync(watch, done.Token);
        var random = new Random(1);
        for (int earning = 0; earning < earnings; earning++)
        {
            Id128 payee = bench.Payees[random.Next(payees)];
            await book.EarnAsync(receipts: 16, revenueMsat: 200, (payee, EachMsat));
            waits.Earned(payee, EachMsat);
            bench.Queue.NotePayee(payee);
            await Task.Delay(random.Next(20));
        }

        await waits.AllPaidAsync();
        await done.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        double[] sorted = [.. waits.Milliseconds.Order()];
        (long fees, long arrived) = await bench.FeesAsync();
        return new Finding(
            $"{earnings:N0} settlements for {payees} payees, one every 10 ms or so: from settled to paid, both durable",
            $"median {sorted[sorted.Length / 2]:0} ms, 99% within {sorted[sorted.Length * 99 / 100]:0} ms; "
            + $"routing {Percent(fees, arrived)} of what arrived",
            $"the longest {sorted[^1]:0} ms",
            Target.AtMost(300, sorted[sorted.Length / 2], "ms at the median"));
    }

    /// <summary>A node that makes some 60 payments a second, while a thousand payees earn from millions of receipts.</summary>
    public static async Task<Finding> SlowNodeAsync()
    {
        const int payees = 1_000;
        const int receipts = 4_096;
        TimeSpan time = TimeSpan.FromSeconds(20);
        SlowNode? slow = null;
        await using PayoutBench bench = await PayoutBench.StartAsync(
            payees, node => slow = new SlowNode(node, atOnce: 4, TimeSpan.FromMilliseconds(66)));
        var book = new EarningsBook(bench.Ledger, 1, Msat.FromSatoshi(100_000_000));
        await book.OpenAsync();
        long started = Stopwatch.GetTimestamp();
        long settlements = 0;
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            // Each settlement pays a creator and a seeder.
            Id128 creator = bench.Payees[settlements % payees];
            Id128 seeder = bench.Payees[(settlements + (payees / 2)) % payees];
            await book.EarnAsync(receipts, revenueMsat: 200, (creator, 7_000), (seeder, 2_500));
            bench.Queue.NotePayee(creator);
            bench.Queue.NotePayee(seeder);
            settlements++;
        }

        long payments = (await bench.Ledger.Reader.CountStatusesAsync()).Payouts.GetValueOrDefault(PayoutStatus.Succeeded);
        long paid = await bench.PaidMsatAsync();
        (long fees, long arrived) = await bench.FeesAsync();
        double share = paid / (settlements * 9_500.0);
        double each = 2.0 * settlements * receipts * share / payments;
        return new Finding(
            $"{settlements * receipts:N0} receipts in {settlements:N0} settlements for {payees:N0} payees within {time.TotalSeconds:0} s, "
            + "over a node that makes 4 payments at once in 66 ms each (60 a second)",
            $"{each:N0} receipts a payment; {payments / time.TotalSeconds:0} payments a second, "
            + $"{bench.Capacity.Places} at the node at once",
            $"{share:P0} of what was earned is paid already; routing {Percent(fees, arrived)} of what arrived",
            Target.AtLeast(10_000, each, "receipts a payment"));
    }

    private static string Percent(long part, long whole) => $"{100.0 * part / whole:0.000}%";

    private static async Task<Sample> PayAllAsync(PayoutBench bench, EarningsBook book, Id128[] payees)
    {
        foreach (Id128[] some in payees.Chunk(500))
        {
            await book.EarnAsync(receipts: 64, revenueMsat: some.Length * 200, [.. some.Select(payee => (payee, EachMsat))]);
        }

        long before = await bench.PaidMsatAsync();
        Meter meter = Meter.Start();
        foreach (Id128 payee in payees)
        {
            bench.Queue.NotePayee(payee);
        }

        while (await bench.PaidMsatAsync() - before < payees.Length * EachMsat)
        {
            await Task.Delay(5);
        }

        return meter.Stop(payees.Length);
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
                if (earned[payee] <= paid[payee])
                {
                    // A payment that was starting took it along.
                    Milliseconds.Add(0);
                    return;
                }

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
