using System.Globalization;
using System.Text.Json.Nodes;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Core.Money;

namespace SeederMesh.Benchmarks.Direct;

/// <summary>
/// Downloads that the downloader's own wallet pays while they run, against downloads that the hub pays for: the program's
/// own processes over loopback, a hub, a seedbox and a fresh downloader each time.
/// </summary>
internal static class DirectBenchmarks
{
    private const int Rounds = 3;
    private const int Mebibytes = 64;
    private const string PricePerMebibyte = "20sat";
    private const string Budget = "5000sat";

    /// <summary>A download with a window of trust at first, of so many MiB, against an ordinary paid one.</summary>
    public static async Task<Finding> WithWindowAsync(int windowMebibytes)
    {
        using var folder = new BenchFolder();
        string settings = Path.Combine(folder["hub"], "hub");
        Directory.CreateDirectory(settings);
        await File.WriteAllTextAsync(Path.Combine(settings, "hub.json"), $$"""{ "directWindowMiB": {{windowMebibytes}} }""");
        await using MeshCommand hub = MeshCommand.Start("hub", "--listen", "http://127.0.0.1:0", "--data", folder["hub"]);
        string url = (string)(await hub.EventAsync("listening"))["url"]!;
        string magnet = await PublishAsync(folder, url);
        await using MeshCommand seed = MeshCommand.Start(
            "seed", folder["work"], "--data", folder["seedbox"], "--unpaid", "0", "--port", "0", "--local", "--hub", url);
        await seed.EventAsync("ready");
        List<JsonObject> direct = [];
        int number = 0;
        Ratio ratio = Comparison.Run(
            Rounds,
            () => Get("--direct"),
            () => Get(),
            () => { });
        long paid = direct.Sum(result => Amount(result, "paidMsat"));
        double routing = 100.0 * direct.Sum(result => Amount(result, "routingFeesMsat")) / paid;
        double payments = direct.Average(result => (double)(int)result["payments"]!);
        return new Finding(
            $"download {Mebibytes} MiB paid by the own wallet, trusted for {windowMebibytes} MiB at first; processes over loopback",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{ratio.Measured / 1e6:N1} MB/s, paid by the hub {ratio.Baseline / 1e6:N1} MB/s; "
                    + $"{payments:0} payments a download, routing {routing:0.00} % of what was paid"),
            $"{ratio.Value:0.000} of a download that the hub pays for ({ratio.Lowest:0.000} to {ratio.Highest:0.000})",
            Target: null);

        Sample Get(params string[] more)
        {
            string home = folder[$"downloader-{number++}"];
            JsonObject result = MeshCommand.RunAsync(
                "result",
                ["get", magnet, "--budget", Budget, "--yes", "--data", home, "--output", Path.Combine(home, "arrived"),
                    "--port", "0", "--local", "--hub", url, .. more]).GetAwaiter().GetResult();
            if (more.Length > 0)
            {
                direct.Add(result);
            }

            long bytes = (long)result["bytes"]!;
            Directory.Delete(home, recursive: true);
            return new Sample(bytes, (double)result["seconds"]!, 1);
        }
    }

    private static async Task<string> PublishAsync(BenchFolder folder, string url)
    {
        Directory.CreateDirectory(folder["work"]);
        byte[] block = new byte[1 << 20];
        await using (FileStream file = File.Create(Path.Combine(folder["work"], "content.bin")))
        {
            var random = new Random(1);
            for (int index = 0; index < Mebibytes; index++)
            {
                random.NextBytes(block);
                await file.WriteAsync(block);
            }
        }

        JsonObject published = await MeshCommand.RunAsync(
            "published",
            "publish", folder["work"], "--licence", "CC-BY-4.0", "--price", PricePerMebibyte, "--data", folder["creator"], "--hub", url);
        return (string)published["magnet"]!;
    }

    private static long Amount(JsonObject result, string name) =>
        Msat.From(long.Parse((string)result[name]!, NumberStyles.None, CultureInfo.InvariantCulture)).Value;

    private sealed class BenchFolder : IDisposable
    {
        private readonly string path = Directory.CreateTempSubdirectory("seedermesh-bench-").FullName;

        public string this[string name] => Path.Combine(path, name);

        public void Dispose() => Directory.Delete(path, recursive: true);
    }
}
