using System.Diagnostics;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Benchmarks.Hubs;

/// <summary>A whole hub: HTTP, signatures, grains, ledger with fsync. The client that signs the calls runs on the same cores.</summary>
internal static class HubBenchmarks
{
    private const int Channels = 8;
    private const int Rounds = 5;

    /// <summary>The worst case over HTTP: one receipt for each grant and report, so that each is a settlement of its own.</summary>
    public static Task<Finding> WorstCaseAsync() => MeasureAsync(
        "end to end over HTTP, the worst case: one receipt for each grant and report",
        new Shape(Grants: 64, Runs: 1, ReceiptsPerRun: 1),
        (hub, _, runs) => hub.ReportAsync(runs));

    /// <summary>What a seedbox reports: the receipts of some grants, each under its own signature, as they came over the wire.</summary>
    public static Task<Finding> SeedboxAsync() => MeasureAsync(
        "end to end over HTTP, a seedbox's report: 8 grants with 64 receipts each, all individually signed",
        new Shape(Grants: 8, Runs: 64, ReceiptsPerRun: 1),
        (hub, _, runs) => hub.ReportAsync(runs));

    /// <summary>What a seedbox reports of a fast download, where pieces that pass together share a signature.</summary>
    public static Task<Finding> CoalescedAsync() => MeasureAsync(
        "end to end over HTTP, 64 receipts under each signature, 64 grants a report",
        new Shape(Grants: 64, Runs: 1, ReceiptsPerRun: 64),
        (hub, _, runs) => hub.ReportAsync(runs));

    /// <summary>The worst case through the channels' grains, without HTTP.</summary>
    public static Task<Finding> ReceiptsThroughGrainsAsync() => MeasureAsync(
        "through the grains without HTTP, the worst case: one receipt for each grant and report",
        new Shape(Grants: 64, Runs: 1, ReceiptsPerRun: 1),
        (hub, channel, runs) => hub.ReportToGrainAsync(channel, runs));

    /// <summary>From the start of the process's hub to its first answer about a channel, with a million receipts settled.</summary>
    public static async Task<Finding> RestartAsync()
    {
        await using BenchHub hub = await BenchHub.StartAsync();
        BenchChain[] chains = await hub.FundAsync(grants: 1);
        for (int run = 0; run < 245; run++)
        {
            await hub.ReportAsync([chains[0].Next(run * ReceiptRun.EntriesMax, ReceiptRun.EntriesMax)]);
        }

        await hub.Hub.StopAsync();
        long started = Stopwatch.GetTimestamp();
        await hub.OpenAsync();
        TimeSpan ready = Stopwatch.GetElapsedTime(started);
        await hub.ReadAsync($"/v1/channels/{chains[0].ChannelId}");
        TimeSpan first = Stopwatch.GetElapsedTime(started);
        return new Finding(
            "restart with 1,003,520 receipts settled on one channel",
            $"ready in {ready.TotalMilliseconds:N0} ms",
            $"that very channel answers after {first.TotalMilliseconds:N0} ms",
            Target.AtMost(2, ready.TotalSeconds, "seconds until ready"));
    }

    /// <summary>Managed memory of open channels that are in use.</summary>
    public static async Task<Finding> MemoryPerChannelAsync()
    {
        const int count = 2_000;
        await using BenchHub hub = await BenchHub.StartAsync();
        await hub.OpenChannelAsync(hub.FreshKey());
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int channel = 0; channel < count; channel += 50)
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => hub.OpenChannelAsync(hub.FreshKey())));
        }

        long after = GC.GetTotalMemory(forceFullCollection: true);
        double each = (after - before) / (double)count;
        return new Finding(
            $"managed memory of open channels in use ({count:N0} of them)",
            $"{each / 1024:0.0} KiB a channel, {each * 10_000 / (1 << 20):0} MiB for 10,000",
            $"{each * 100_000 / (1 << 20):0} MiB for 100,000, if all were in use within two minutes",
            Target.AtMost(512, each * 100_000 / (1 << 20), "MiB at 100,000 open channels"));
    }

    /// <summary>Receipts verified, deduplicated, settled and durable, against libsodium's verification of as many receipts.</summary>
    private static async Task<Finding> MeasureAsync(string how, Shape shape, Func<BenchHub, Id128, ReceiptRun[], Task> report)
    {
        await using BenchHub hub = await BenchHub.StartAsync();
        var chains = new BenchChain[Channels][];
        for (int channel = 0; channel < Channels; channel++)
        {
            chains[channel] = await hub.FundAsync(shape.Grants);
        }

        int piece = 0;
        ReceiptRun[][] prepared = [];
        byte[] message = new byte[UploadReceipt.Size];
        using SigningKey key = SigningKey.FromSeed(new byte[32]);
        Signature signature = key.Sign(message);
        const int reports = 4;
        const long verifications = 4_096;
        Ratio ratio = Comparison.Run(
            Rounds,
            () =>
            {
                Task.WhenAll(Enumerable.Range(0, Channels).Select(async channel =>
                {
                    for (int number = 0; number < reports; number++)
                    {
                        await report(hub, chains[channel][0].ChannelId, prepared[(channel * reports) + number]);
                    }
                })).GetAwaiter().GetResult();
                return (long)reports * Channels * shape.Receipts;
            },
            () =>
            {
                Parallel.For(0, verifications, _ => Core.Invariant.Require(key.PublicKey.Verify(message, signature), "it verifies"));
                return verifications;
            },
            () => prepared =
            [
                .. chains.SelectMany(channel => Enumerable.Range(0, reports).Select(_ => NextReport(channel, shape, ref piece))),
            ]);
        return new Finding(
            $"receipts verified, deduplicated, settled and durable {how}; {Channels} channels at once",
            $"{ratio.Measured:N0}/s",
            ratio.Of($"libsodium's verify alone, once for each receipt, on all cores ({ratio.Baseline:N0}/s)"),
            Target.AtLeast(0.8, ratio.Value, "of libsodium's verify alone"));
    }

    private static ReceiptRun[] NextReport(BenchChain[] chains, Shape shape, ref int piece)
    {
        var runs = new List<ReceiptRun>(chains.Length * shape.Runs);
        foreach (BenchChain chain in chains)
        {
            for (int run = 0; run < shape.Runs; run++)
            {
                runs.Add(chain.Next(piece, shape.ReceiptsPerRun));
                piece += shape.ReceiptsPerRun;
            }
        }

        return [.. runs];
    }

    /// <summary>One report's shape.</summary>
    /// <param name="Grants">Grants that it has receipts of.</param>
    /// <param name="Runs">Signatures for each grant.</param>
    /// <param name="ReceiptsPerRun">Receipts under each signature.</param>
    private sealed record Shape(int Grants, int Runs, int ReceiptsPerRun)
    {
        public long Receipts => (long)Grants * Runs * ReceiptsPerRun;
    }
}
