using SeederMesh.Benchmarks.Lightning;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Benchmarks.Receipts;

// The benchmarks by name, in the order in which they run.
(string Name, Func<Finding> Run)[] benchmarks =
[
    ("receipts", ReceiptBenchmarks.SingleReceipts),
    ("pieces", () => ReceiptBenchmarks.CumulativePieces(4096)),
    ("wire", ReceiptBenchmarks.WireBytes),
    ("payments", () => PayoutBenchmarks.KeysendsAsync().GetAwaiter().GetResult()),
];

if (args.Any(arg => arg is "--help" or "-h") || args.Any(arg => benchmarks.All(benchmark => benchmark.Name != arg)))
{
    Console.WriteLine("mesh bench [NAME...]: measures and prints ratios of one run. Names: "
        + string.Join(", ", benchmarks.Select(benchmark => benchmark.Name)));
    return args.Any(arg => arg is "--help" or "-h") ? 0 : 2;
}

Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}");
foreach ((string name, Func<Finding> run) in benchmarks.Where(benchmark => args.Length == 0 || args.Contains(benchmark.Name)))
{
    Finding finding = run();
    Console.WriteLine($"\n{name}: {finding.What}\n  {finding.Value}; {finding.Against}; target {finding.Target}");
}

return 0;
