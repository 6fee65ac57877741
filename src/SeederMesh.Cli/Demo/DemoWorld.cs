using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Demo;

/// <summary>The demo's processes and their folders.</summary>
/// <remarks>Disposal ends every process that is still running.</remarks>
internal sealed class DemoWorld(string folder, DemoOptions options) : IAsyncDisposable
{
    private readonly string hubListen = $"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}";
    private readonly List<DemoProcess> graveyard = [];

    /// <summary>Where everything is.</summary>
    public string Folder => folder;

    /// <summary>The hub, while it runs.</summary>
    public DemoProcess? Hub { get; private set; }

    /// <summary>The hub's address; the same after a restart.</summary>
    public string HubAddress => hubListen;

    /// <summary>The seedboxes, by number from 0.</summary>
    public DemoProcess?[] Seedboxes { get; } = new DemoProcess?[options.Seeders];

    /// <summary>The downloader.</summary>
    public DemoProcess? Downloader { get; private set; }

    /// <summary>The hub's data folder.</summary>
    public string HubFolder => Path.Combine(folder, "hub");

    /// <summary>Starts the hub, or starts it again with the data that it has.</summary>
    public async Task<JsonObject> StartHubAsync(CancellationToken cancellationToken)
    {
        Hub = DemoProcess.Start("hub", HubFolder,
            [
                "hub", "--data", HubFolder, "--listen", hubListen, "--name", "demo hub",
                "--payout-threshold", Msat(DemoOptions.SmallestPayout), "--payout-interval", "400", "--json",
            ]);
        return await Hub.WaitForAsync("listening", cancellationToken);
    }

    /// <summary>Kills the hub where it stands.</summary>
    public async Task KillHubAsync()
    {
        await Hub!.KillAsync();
        graveyard.Add(Hub);
    }

    /// <summary>Lets the creator publish.</summary>
    public async Task<JsonObject> PublishAsync(string source, CancellationToken cancellationToken)
    {
        string creator = Path.Combine(folder, "creator");
        await using DemoProcess publisher = DemoProcess.Start("creator", creator,
            [
                "publish", source, "--data", creator, "--hub", hubListen, "--output", Path.Combine(folder, "published"), "--name",
                "Loopback Ensemble",
                "--licence", "CC-BY-4.0", "--training", "not-allowed", "--price", Msat(options.Price),
                "--split", "creator=70,seeders=25,registry=2,hub=3", "--json",
            ]);
        return await publisher.WaitForAsync("published", cancellationToken, TimeSpan.FromMinutes(10));
    }

    /// <summary>Starts a seedbox, or starts it again with the data that it has.</summary>
    public async Task<JsonObject> StartSeedboxAsync(
        int number, string torrent, string contentFolder, long bytesPerSecond, CancellationToken cancellationToken)
    {
        string own = Path.Combine(folder, $"seedbox{(number + 1).ToString(CultureInfo.InvariantCulture)}");
        DemoProcess seedbox = DemoProcess.Start($"seedbox {number + 1}", own,
            [
                "seed", torrent, "--content", contentFolder, "--data", own, "--hub", hubListen, "--name", $"seedbox {number + 1}",
                "--port", "0", "--unpaid", "0",
                "--upload-limit", bytesPerSecond.ToString(CultureInfo.InvariantCulture), "--local", "--json",
            ]);
        Seedboxes[number] = seedbox;
        return await seedbox.WaitForAsync("ready", cancellationToken, TimeSpan.FromMinutes(10));
    }

    /// <summary>Kills a seedbox where it stands.</summary>
    public async Task KillSeedboxAsync(int number)
    {
        await Seedboxes[number]!.KillAsync();
        graveyard.Add(Seedboxes[number]!);
    }

    /// <summary>Starts the downloader, which stops at its offer.</summary>
    public async Task<JsonObject> StartDownloaderAsync(string magnet, Msat budget, CancellationToken cancellationToken)
    {
        string own = Path.Combine(folder, "downloader");
        Downloader = DemoProcess.Start("downloader", own,
            [
                "get", magnet, "--data", own, "--hub", hubListen, "--budget", Msat(budget), "--output", Path.Combine(own, "files"),
                "--port", "0", "--local", "--json",
            ]);
        return await Downloader.WaitForAsync("offer", cancellationToken);
    }

    /// <summary>Ends seedboxes and hub gently.</summary>
    /// <returns>The names of those that had to be killed or failed at their end.</returns>
    public async Task<IReadOnlyList<string>> StopAsync()
    {
        DemoProcess[] seedboxes = [.. Seedboxes.OfType<DemoProcess>()];
        bool[] gentle = await Task.WhenAll(seedboxes.Select(seedbox => seedbox.StopAsync()));
        bool hubGentle = Hub is null || await Hub.StopAsync();
        return [.. seedboxes.Where((_, index) => !gentle[index]).Select(seedbox => seedbox.Name), .. hubGentle ? [] : (string[])["hub"]];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (DemoProcess process in Seedboxes.Append(Downloader).Append(Hub).OfType<DemoProcess>().Concat(graveyard).Distinct())
        {
            await process.DisposeAsync();
        }
    }

    private static string Msat(Msat amount) => amount.Value.ToString(CultureInfo.InvariantCulture) + "msat";

    // The hub comes back on the same port after it was killed, so its port is chosen here.
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
