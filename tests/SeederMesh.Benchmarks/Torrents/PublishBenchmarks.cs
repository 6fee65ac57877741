using System.Security.Cryptography;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Torrents.Metainfos;

namespace SeederMesh.Benchmarks.Torrents;

/// <summary>Making a torrent, against SHA-256 alone on all cores over memory.</summary>
internal static class PublishBenchmarks
{
    private const int Rounds = 3;

    /// <summary>Hashes a file from the page cache into a torrent.</summary>
    public static Finding Publish(bool v2Only, int mebibytes)
    {
        using ContentFile content = new((long)mebibytes << 20);
        MetainfoBuildOptions options = new() { PieceLength = 1 << 20, V2Only = v2Only };
        Ratio ratio = Comparison.Run(
            Rounds,
            () =>
            {
                MetainfoBuilder.BuildAsync(content.FilePath, options).GetAwaiter().GetResult();
                return content.Length;
            },
            () => HashMemory(content.Length),
            () => { });
        string hashes = v2Only ? "v2 only (SHA-256)" : "hybrid (SHA-256 and SHA-1, everything hashed twice)";
        return new Finding(
            $"publish {mebibytes:N0} MiB, {hashes}, file in the page cache",
            $"{ratio.Measured / 1e6:N0} MB/s, SHA-256 alone {ratio.Baseline / 1e6:N0} MB/s",
            ratio.Of("SHA-256 alone on all cores"),
            v2Only ? Target.AtLeast(0.9, ratio.Value, "of SHA-256 alone") : null);
    }

    private static long HashMemory(long length)
    {
        const int BlockBytes = 16 * 1024;
        Parallel.For(0, Environment.ProcessorCount, core =>
        {
            byte[] block = new byte[BlockBytes];
            byte[] hash = new byte[SHA256.HashSizeInBytes];
            for (long done = 0; done < length / Environment.ProcessorCount; done += BlockBytes)
            {
                SHA256.HashData(block, hash);
            }
        });
        return length;
    }
}
