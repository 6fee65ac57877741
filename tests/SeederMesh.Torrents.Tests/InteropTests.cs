using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Sessions;
using Xunit;

namespace SeederMesh.Torrents.Tests;

/// <summary>
/// Plain clients that know nothing of receipts, as seeder and as downloader, over loopback. As downloaders they meet
/// the upload credit, too: each choke and unchoke is one of BEP 3's. The torrent is v1: Debian 12's aria2 1.36 and
/// Transmission 3.00 cannot read the empty dictionary key that BEP 52 puts into every v2 and hybrid torrent.
/// </summary>
public sealed class InteropTests : IDisposable
{
    private const int Window = 1024 * 1024;

    private readonly TemporaryFolder folder = new();

    private readonly List<Process> clients = [];

    public void Dispose()
    {
        // A test that failed leaves no client behind.
        foreach (Process client in clients)
        {
            Stop(client);
            client.Dispose();
        }

        folder.Dispose();
    }

    [Fact]
    public async Task Aria2_Downloads_FromOurSession()
    {
        RequireProgram("aria2c");
        await using Node seeder = new();
        await using TestTracker tracker = new(seeder.EndPoint);
        byte[] torrent = await PublishAsync(tracker.Url);
        await SeedWithCreditAsync(seeder, torrent);

        Process aria2 = Start(
            "aria2c", [.. Aria2(FreePort()), "--seed-time=0", "--dir=" + folder.Create("down")]);
        await aria2.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, aria2.ExitCode);
        AssertSame();
    }

    [Fact]
    public async Task Aria2_Seeds_ToOurSession()
    {
        RequireProgram("aria2c");
        await using TestTracker tracker = new();
        byte[] torrent = await PublishAsync(tracker.Url);
        int port = FreePort();
        Process aria2 = Start(
            "aria2c", [.. Aria2(port), "--seed-ratio=0.0", "--check-integrity=true", "--dir=" + folder.Path]);
        await DownloadFromAsync(torrent, port, aria2);
    }

    [Fact]
    public async Task Transmission_Downloads_FromOurSession()
    {
        RequireProgram("transmission-daemon");
        await using Node seeder = new();
        await using TestTracker tracker = new();
        TorrentHandleId id = await SeedWithCreditAsync(seeder, await PublishAsync(tracker.Url));

        TaskCompletionSource complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using FileSystemWatcher watcher = new(folder.Create("down")) { IncludeSubdirectories = true };
        watcher.Renamed += (_, renamed) =>
        {
            // It renames each file when that is complete.
            if (File.Exists(folder["down/album/0"]) && File.Exists(folder["down/album/1"]))
            {
                complete.TrySetResult();
            }
        };
        watcher.EnableRaisingEvents = true;
        int port = FreePort();
        Process daemon = Start("transmission-daemon", Transmission(port, folder["down"]));
        await ListeningAsync(port, daemon);
        seeder.Session.ConnectPeer(id, new IPEndPoint(IPAddress.Loopback, port));
        await complete.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Stop(daemon);
        AssertSame();
    }

    [Fact]
    public async Task Transmission_Seeds_ToOurSession()
    {
        RequireProgram("transmission-daemon");
        await using TestTracker tracker = new();
        byte[] torrent = await PublishAsync(tracker.Url);
        int port = FreePort();
        Process daemon = Start("transmission-daemon", Transmission(port, folder.Path));
        await DownloadFromAsync(torrent, port, daemon);
    }

    private static void RequireProgram(string name) => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(path => File.Exists(Path.Combine(path, name))),
        $"{name} is not installed");

    private async Task<TorrentHandleId> SeedWithCreditAsync(Node seeder, byte[] torrent)
    {
        long credit = Window;
        seeder.OnEvent = next =>
        {
            if (next is PeerCreditExhausted exhausted)
            {
                credit += Window;
                seeder.Session.SetUploadCredit(exhausted.Peer, credit);
            }
        };
        return await seeder.SeedAsync(torrent, folder.Path, credit);
    }

    private async Task DownloadFromAsync(byte[] torrent, int port, Process client)
    {
        await using Node leecher = new();
        await ListeningAsync(port, client);
        leecher.Get(
            TorrentSource.File(torrent), folder.Create("down"), new IPEndPoint(IPAddress.Loopback, port));
        await leecher.WaitAsync<TorrentFinished>();
        Assert.All(leecher.All<PeerExtensionHandshake>(), handshake => Assert.False(handshake.SpeaksReceipts));
        Assert.All(
            leecher.All<PiecePassed>(), piece => Assert.Equal(piece.Length, piece.Shares.Sum(share => share.Bytes)));
        Stop(client);
        AssertSame();
    }

    /// <summary>The client announces its readiness by nothing but its port.</summary>
    private static async Task ListeningAsync(int port, Process client)
    {
        while (true)
        {
            Assert.False(client.HasExited);
            try
            {
                using TcpClient probe = new();
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }
    }

    private string[] Aria2(int port) =>
    [
        "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
        "--disable-ipv6=true", "--summary-interval=0", "--no-conf=true", "--file-allocation=none",
        $"--listen-port={port}", folder["album.torrent"],
    ];

    private string[] Transmission(int port, string downloads)
    {
        folder.Create("watch");
        File.Copy(folder["album.torrent"], folder["watch/album.torrent"]);
        return
        [
            "--foreground", "--config-dir", folder.Create("config"), "--watch-dir", folder["watch"], "--download-dir",
            downloads, "--peerport", port.ToString(), "--port", FreePort().ToString(),
            "--rpc-bind-address", "127.0.0.1",
            "--bind-address-ipv4", "127.0.0.1", "--no-portmap", "--no-dht", "--no-lpd", "--no-utp", "--no-auth",
        ];
    }

    /// <summary>A v1 torrent (BEP 3) of two files, written by hand: our builder makes none.</summary>
    private async Task<byte[]> PublishAsync(string tracker)
    {
        const int PieceLength = 32768;
        folder.WriteContent("album", "0", 3_000_000, 1);
        folder.WriteContent("album", "1", 1_234_567, 2);
        byte[] content =
        [
            .. await File.ReadAllBytesAsync(folder["album/0"]), .. await File.ReadAllBytesAsync(folder["album/1"]),
        ];
        byte[] pieces = [.. content.Chunk(PieceLength).SelectMany(SHA1.HashData)];
        byte[] torrent =
        [
            .. Encoding.ASCII.GetBytes(
                $"d8:announce{tracker.Length}:{tracker}4:infod5:filesld6:lengthi3000000e4:pathl1:0eed6:lengthi1234567e"
                + $"4:pathl1:1eee4:name5:album12:piece lengthi{PieceLength}e6:pieces{pieces.Length}:"),
            .. pieces,
            .. "ee"u8,
        ];
        await File.WriteAllBytesAsync(folder["album.torrent"], torrent);
        return torrent;
    }

    private Process Start(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        Process process = Process.Start(start)!;
        clients.Add(process);
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static void Stop(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }

    private static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private void AssertSame()
    {
        foreach (string name in new[] { "album/0", "album/1" })
        {
            Assert.Equal(File.ReadAllBytes(folder[name]), File.ReadAllBytes(folder["down/" + name]));
        }
    }
}
