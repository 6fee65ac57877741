using System.Globalization;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Album;
using SeederMesh.Cli.Wallets;

namespace SeederMesh.EndToEnd;

/// <summary>A hub, a creator who has published, and seedboxes; each a process with a home folder of its own. The hub
/// trusts direct downloaders for so little content that they have to pay while they download.</summary>
internal sealed class DirectScene : IAsyncDisposable
{
    private const string PricePerMebibyte = "50sat";
    private const string Budget = "5000sat";

    private readonly TemporaryFolder folder = new();
    private readonly List<MeshProcess> processes = [];
    private readonly List<(string Key, string Home)> seedboxes = [];
    private MeshProcess hub = null!;
    private string url = "http://127.0.0.1:0";
    private string magnet = "";

    private DirectScene()
    {
    }

    public string Source { get; private set; } = "";

    /// <summary>The paths of what was published, each below <see cref="Source"/>.</summary>
    public IReadOnlyList<string> Paths { get; private set; } = [];

    public IReadOnlyList<(string Key, string Home)> Seedboxes => seedboxes;

    public string DownloaderHome => folder.In("downloader");

    public string CreatorHome => folder.In("creator");

    public string Database { get; private set; } = "";

    public static async Task<DirectScene> StartAsync(long bytes, int seedboxes)
    {
        var scene = new DirectScene();
        await scene.OpenAsync(bytes, seedboxes);
        return scene;
    }

    /// <summary>Starts the download, or goes on with it.</summary>
    /// <param name="more">More of the command line.</param>
    public MeshProcess Get(params string[] more)
    {
        MeshProcess get = MeshProcess.Start(
            ["get", magnet, "--direct", "--budget", Budget, "--yes", "--data", DownloaderHome, "--output", folder.In("arrived"),
                "--port", "0", "--local", "--json", "--hub", url, .. more]);
        processes.Add(get);
        return get;
    }

    /// <summary>What the hub's API answers.</summary>
    /// <param name="path">Below /v1/.</param>
    public async Task<JsonObject> ReadAsync(string path)
    {
        using var http = new HttpClient();
        return (JsonObject)JsonNode.Parse(await http.GetStringAsync(new Uri($"{url}/v1/{path}")))!;
    }

    /// <summary>Kills the hub by SIGKILL and starts it again, on the same port and folder.</summary>
    public async Task KillHubAsync()
    {
        await hub.KillAsync();
        await StartHubAsync();
    }

    /// <summary>Ends all processes as a person would, and fails when one does not end well.</summary>
    public async Task StopAsync()
    {
        // The hub last: seedboxes report to it when they end.
        int[] codes = await Task.WhenAll(processes.Where(process => !process.HasExited).Select(process => process.StopAsync()));
        Assert.All(codes, code => Assert.Equal(0, code));
        Assert.Equal(0, await hub.StopAsync());
    }

    /// <summary>The name of a home's wallet on the network of play money.</summary>
    public static async Task<string> WalletAsync(string home)
    {
        string text = await File.ReadAllTextAsync(PlayWallet.FileIn(home));
        return text.Trim().Split(';').Single(part => part.StartsWith("node=", StringComparison.Ordinal))["node=".Length..];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (MeshProcess process in processes)
        {
            await process.DisposeAsync();
        }

        if (hub is not null)
        {
            await hub.DisposeAsync();
        }

        folder.Dispose();
    }

    private async Task OpenAsync(long bytes, int count)
    {
        Source = AlbumGenerator.Create(folder.Path, bytes);
        string settings = Path.Combine(folder.In("hub"), "hub");
        Directory.CreateDirectory(settings);
        await File.WriteAllTextAsync(Path.Combine(settings, "hub.json"), """{ "directWindowMiB": 4, "directWindowMiBMax": 16 }""");
        await StartHubAsync();
        await using MeshProcess publish = await MeshProcess.RunAsync(
            0, "publish", Source, "--licence", "CC-BY-4.0", "--price", PricePerMebibyte, "--data", CreatorHome, "--json", "--hub", url);
        JsonObject published = await publish.EventAsync("published");
        magnet = (string)published["magnet"]!;
        Paths = [.. ((JsonArray)published["paths"]!).Select(path => (string)path!)];
        for (int index = 0; index < count; index++)
        {
            string home = folder.In("seedbox-" + index.ToString(CultureInfo.InvariantCulture));
            MeshProcess seed = MeshProcess.Start(
                "seed", Source, "--data", home, "--unpaid", "0", "--port", "0", "--local", "--json", "--hub", url);
            processes.Add(seed);
            seedboxes.Add(("", home));
        }

        for (int index = 0; index < count; index++)
        {
            JsonObject ready = await processes[index].EventAsync("ready");
            seedboxes[index] = ((string)ready["key"]!, seedboxes[index].Home);
        }
    }

    private async Task StartHubAsync()
    {
        if (hub is not null)
        {
            await hub.DisposeAsync();
        }

        hub = MeshProcess.Start("hub", "--listen", url, "--data", folder.In("hub"), "--json");
        JsonObject listening = await hub.EventAsync("listening");
        url = (string)listening["url"]!;
        Database = (string)listening["database"]!;
    }
}
