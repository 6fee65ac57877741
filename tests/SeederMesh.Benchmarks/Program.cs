using System.Diagnostics;
using SeederMesh.Benchmarks.Direct;
using SeederMesh.Benchmarks.Hubs;
using SeederMesh.Benchmarks.Lightning;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Benchmarks.Receipts;
using SeederMesh.Benchmarks.Torrents;

const string usage = """
    mesh bench [NAME...] [--mib N]: measures, and prints ratios of one run. Without names, all of them: some six minutes.
      --mib N   size of the downloads and of what is published, MiB, 16 to 16384 (default 1024); smaller is quicker and less true
    """;
int mebibytes = 1024;

// The benchmarks by name, in the order in which they run.
(string Name, string About, Func<Task<Finding>> Run)[] benchmarks =
[
    ("receipts", "receipts with a signature each, in memory", () => Task.FromResult(ReceiptBenchmarks.SingleReceipts())),
    ("pieces", "pieces accounted with cumulative receipts", () => Task.FromResult(ReceiptBenchmarks.CumulativePieces(4096))),
    ("wire", "bytes of receipt traffic a piece", () => Task.FromResult(ReceiptBenchmarks.WireBytes())),
    ("payments", "payments of the embedded network alone", PayoutBenchmarks.KeysendsAsync),
    ("payouts", "the payout engine: many payees at once", PayoutEngineBenchmarks.ManyPayeesAsync),
    ("payout-batches", "the payout engine over a slow node", PayoutEngineBenchmarks.SlowNodeAsync),
    ("hub-seedbox", "receipts end to end, a seedbox's report", HubBenchmarks.SeedboxAsync),
    ("hub-coalesced", "receipts end to end, 64 under each signature", HubBenchmarks.CoalescedAsync),
    ("hub-worst", "receipts end to end, the worst case: one for each grant and report", HubBenchmarks.WorstCaseAsync),
    ("hub-grains", "the worst case without HTTP", HubBenchmarks.ReceiptsThroughGrainsAsync),
    ("hub-streaming", "from a signed receipt to paid, streaming", StreamingBenchmark.FromReceiptToPaidAsync),
    ("hub-restart", "a hub starts with a million receipts", HubBenchmarks.RestartAsync),
    ("hub-memory", "memory of open channels", HubBenchmarks.MemoryPerChannelAsync),
    ("publish-v2", "hashing a v2 torrent", () => Task.FromResult(PublishBenchmarks.Publish(v2Only: true, mebibytes))),
    ("publish-hybrid", "hashing a hybrid torrent", () => Task.FromResult(PublishBenchmarks.Publish(v2Only: false, mebibytes))),
    ("download", "a download with receipts against without", () => DownloadBenchmarks.WithReceiptsAsync(mebibytes)),
    ("download-aria2", "a download with receipts against from aria2", () => DownloadBenchmarks.AgainstAria2Async(mebibytes)),
    ("direct-1", "a download paid by the own wallet, trusted for 1 MiB", () => DirectBenchmarks.WithWindowAsync(1)),
    ("direct-2", "the same, trusted for 2 MiB", () => DirectBenchmarks.WithWindowAsync(2)),
    ("direct-8", "the same, trusted for 8 MiB", () => DirectBenchmarks.WithWindowAsync(8)),
];

var names = new List<string>(args);
int size = names.IndexOf("--mib");
bool isValid = size < 0 || (size + 1 < names.Count && int.TryParse(names[size + 1], out mebibytes) && mebibytes is >= 16 and <= 16_384);
if (size >= 0)
{
    names.RemoveRange(size, Math.Min(2, names.Count - size));
}

bool isHelp = names.Any(name => name is "--help" or "-h");
if (isHelp || !isValid || names.Any(name => benchmarks.All(benchmark => benchmark.Name != name)))
{
    TextWriter output = isHelp ? Console.Out : Console.Error;
    IEnumerable<string> lines = benchmarks.Select(benchmark => $"  {benchmark.Name,-16} {benchmark.About}");
    await output.WriteLineAsync(usage + "\n" + string.Join('\n', lines));
    return isHelp ? 0 : 2;
}

Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}");
int failures = 0;
long startedAll = Stopwatch.GetTimestamp();
foreach ((string name, string _, Func<Task<Finding>> run) in benchmarks)
{
    if (names.Count > 0 && !names.Contains(name))
    {
        continue;
    }

    Console.WriteLine($"\n{name} (load average {Load()})");
    long started = Stopwatch.GetTimestamp();
    try
    {
        Console.WriteLine(await run());
        Console.WriteLine($"  took:   {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
    }
    catch (SkippedException skipped)
    {
        Console.WriteLine($"  skipped: {skipped.Message}");
    }
    catch (Exception exception) when (exception is not OutOfMemoryException)
    {
        // One benchmark that fails says so; the others are worth having.
        failures++;
        Console.WriteLine($"  failed: {exception}");
    }
}

Console.WriteLine($"\n{Stopwatch.GetElapsedTime(startedAll).TotalSeconds:0} s in all, {failures} failed");
return failures == 0 ? 0 : 1;

// What else this machine was doing: figures of a busy one are to be read with it.
static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
