using System.Diagnostics;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Tests.Payouts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Benchmarks.Lightning;

/// <summary>The payout engine of issue 3: what it does a second, and how it batches.</summary>
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
}
