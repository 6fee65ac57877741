using SeederMesh.Benchmarks.Hubs;
using SeederMesh.Benchmarks.Lightning;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Benchmarks.Receipts;
using SeederMesh.Benchmarks.Torrents;

// The benchmarks by name, in the order in which they run.
(string Name, Func<Task<Finding>> Run)[] benchmarks =
[
    ("receipts", () => Task.FromResult(ReceiptBenchmarks.SingleReceipts())),
    ("pieces", () => Task.FromResult(ReceiptBenchmarks.CumulativePieces(4096))),
    ("wire", () => Task.FromResult(ReceiptBenchmarks.WireBytes())),
    ("payments", PayoutBenchmarks.KeysendsAsync),
    ("hub-receipts", () => HubBenchmarks.ReceiptsOverHttpAsync(receiptsPerRun: 1)),
    ("hub-runs", () => HubBenchmarks.ReceiptsOverHttpAsync(receiptsPerRun: 64)),
    ("hub-grains", HubBenchmarks.ReceiptsThroughGrainsAsync),
    ("hub-restart", HubBenchmarks.RestartAsync),
    ("hub-memory", HubBenchmarks.MemoryPerChannelAsync),
    ("publish-v2", () => Task.FromResult(PublishBenchmarks.Publish(v2Only: true))),
    ("publish-hybrid", () => Task.FromResult(PublishBenchmarks.Publish(v2Only: false))),
    ("download", () => Task.FromResult(DownloadBenchmarks.WithExtension())),
];

if (args.Any(arg => arg is "--help" or "-h") || args.Any(arg => benchmarks.All(benchmark => benchmark.Name != arg)))
{
    Console.WriteLine("mesh bench [NAME...]: measures and prints ratios of one run. Names: "
        + string.Join(", ", benchmarks.Select(benchmark => benchmark.Name)));
    return args.Any(arg => arg is "--help" or "-h") ? 0 : 2;
}

Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}");
foreach ((string name, Func<Task<Finding>> run) in benchmarks.Where(benchmark => args.Length == 0 || args.Contains(benchmark.Name)))
{
    Finding finding = await run();
    Console.WriteLine($"\n{name}: {finding.What}\n  {finding.Value}; {finding.Against}; target {finding.Target}");
}

return 0;
