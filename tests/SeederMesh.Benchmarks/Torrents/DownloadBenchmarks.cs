using System.Net;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Torrents.Metainfos;

namespace SeederMesh.Benchmarks.Torrents;

/// <summary>
/// Downloads over loopback with real receipts: the clients' own exchanges, with grants, Ed25519 signatures, verification, exposure
/// windows, and the seeder's receipt store flushed to the disk before a window grows. Only the hub's HTTP is left out.
/// </summary>
internal static class DownloadBenchmarks
{
    private const int Rounds = 5;
    private const int PieceLength = 1 << 20;

    /// <summary>With receipts against the same engine without, both seeders of this process.</summary>
    public static async Task<Finding> WithReceiptsAsync(int mebibytes)
    {
        using ContentFile content = new((long)mebibytes << 20);
        MetainfoBuildResult built = await MetainfoBuilder.BuildAsync(
            content.FilePath, new MetainfoBuildOptions { PieceLength = PieceLength });
        var work = new PaidWork(built.Torrent);
        await using var paid = new BenchSeeder(content, work, withReceipts: true);
        await using var stock = new BenchSeeder(content, work, withReceipts: false);
        IPEndPoint paidAt = await paid.ReadyAsync();
        IPEndPoint stockAt = await stock.ReadyAsync();
        Ratio ratio = Comparison.Run(
            Rounds,
            () => BenchDownload.RunAsync(content, work, paidAt, withReceipts: true).GetAwaiter().GetResult(),
            () => BenchDownload.RunAsync(content, work, stockAt, withReceipts: false).GetAwaiter().GetResult(),
            () => { });
        return new Finding(
            $"download {mebibytes:N0} MiB over loopback with real receipts (signed, verified, on the disk), both sides on these cores",
            $"{ratio.Measured / 1e6:N0} MB/s, stock {ratio.Baseline / 1e6:N0} MB/s, "
                + $"{paid.StoredReceipts / (Rounds + 1):N0} receipts a download",
            ratio.Of("the same engine without"),
            Target.AtLeast(0.99, ratio.Value, "of the speed without"));
    }

    /// <summary>From our seeder with receipts against from aria2, the same v1 torrent, our downloader in both.</summary>
    public static async Task<Finding> AgainstAria2Async(int mebibytes)
    {
        Aria2Seeder.RequireInstalled();
        using ContentFile content = new((long)mebibytes << 20);
        byte[] torrent = content.MakeV1Torrent(PieceLength);
        var work = new PaidWork(torrent);
        await using var paid = new BenchSeeder(content, work, withReceipts: true);
        IPEndPoint paidAt = await paid.ReadyAsync();
        using var aria2 = new Aria2Seeder(content, torrent);
        IPEndPoint aria2At = await aria2.ReadyAsync();
        Ratio ratio = Comparison.Run(
            rounds: 3,
            () => BenchDownload.RunAsync(content, work, paidAt, withReceipts: true).GetAwaiter().GetResult(),
            () => BenchDownload.RunAsync(content, work, aria2At, withReceipts: false).GetAwaiter().GetResult(),
            () => { });
        return new Finding(
            $"download {mebibytes:N0} MiB (v1 torrent) from our seeder with real receipts, against from aria2 without",
            $"{ratio.Measured / 1e6:N0} MB/s, from aria2 {ratio.Baseline / 1e6:N0} MB/s",
            $"{ratio.Value:0.000} of aria2 as the peer ({ratio.Lowest:0.000} to {ratio.Highest:0.000})",
            Target.AtLeast(0.99, ratio.Value, "of the speed from aria2"));
    }
}
