using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SeederMesh.Benchmarks.Measuring;

namespace SeederMesh.Benchmarks.Torrents;

/// <summary>aria2 as a seeder, a process of its own; ends when disposed.</summary>
/// <remarks>Not Transmission: that lets a new peer wait for up to ten seconds, which no ratio of speeds would be about.</remarks>
internal sealed class Aria2Seeder : IDisposable
{
    private const string Program = "aria2c";

    private readonly string folder = Directory.CreateTempSubdirectory("seedermesh-bench-").FullName;
    private readonly IPEndPoint endPoint = new(IPAddress.Loopback, FreePort());
    private readonly Process process;

    /// <summary>Starts it on the content; it checks that before it serves.</summary>
    public Aria2Seeder(ContentFile content, byte[] torrent)
    {
        string file = Path.Combine(folder, "content.torrent");
        File.WriteAllBytes(file, torrent);
        var start = new ProcessStartInfo(
            Program,
            [
                "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
                "--disable-ipv6=true", "--summary-interval=0", "--no-conf=true", "--file-allocation=none", "--seed-ratio=0.0",
                "--check-integrity=true", $"--listen-port={endPoint.Port}", $"--dir={content.Folder}", file,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Ends a benchmark that cannot run here.</summary>
    /// <exception cref="SkippedException">It is not installed.</exception>
    public static void RequireInstalled()
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(path => File.Exists(Path.Combine(path, Program))))
        {
            throw new SkippedException($"{Program} is not installed (Debian package aria2)");
        }
    }

    /// <summary>Completes when its port answers, which is all that it says of being ready.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not listen within a minute.</exception>
    public async Task<IPEndPoint> ReadyAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!process.HasExited && !limit.IsCancellationRequested)
        {
            try
            {
                using TcpClient probe = new();
                await probe.ConnectAsync(endPoint);
                return endPoint;
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }

        throw new InvalidOperationException($"{Program} does not listen on {endPoint}.");
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
