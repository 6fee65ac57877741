using System.Collections.Immutable;
using System.Security.Cryptography;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Hub;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;
using SeederMesh.Torrents.Metainfos;
using Xunit;

namespace SeederMesh.Client.Tests.Swarm;

/// <summary>A creator's torrent, a hub, seeders and a downloader's wallet, all on the loopback and in one folder.</summary>
internal sealed class TestSwarm : IAsyncDisposable
{
    private static readonly SigningKey Creator = SigningKey.FromSeed([.. Enumerable.Repeat((byte)9, 32)]);

    private readonly TemporaryFolder folder;
    private readonly List<TestSeeder> seeders = [];

    private readonly LocalHub? local;
    private readonly RunningHub? real;

    private TestSwarm(TemporaryFolder folder, EmbeddedNetwork network, LocalHub? local, RunningHub? real, EmbeddedNode wallet)
    {
        (this.folder, this.local, this.real) = (folder, local, real);
        (Network, Wallet) = (network, wallet);
        HubUrl = local?.Url ?? real!.Address.ToString();
    }

    public string HubUrl { get; }

    /// <summary>The ledger of the real hub.</summary>
    public string LedgerPath => folder["hub/hub.db"];

    public EmbeddedNetwork Network { get; }

    /// <summary>The hub, where it is the one for tests.</summary>
    public LocalHub Hub => local!;

    /// <summary>The hub, where it is the real one.</summary>
    public RunningHub RealHub => real!;

    public EmbeddedNode Wallet { get; }

    public SignedManifest Manifest { get; private set; } = null!;

    public string TorrentPath => folder["album.torrent"];

    public string SourceFolder => folder["source"];

    public string Output => folder["output"];

    public long ContentBytes => Manifest.Manifest.Torrent.Files.Sum(file => file.Length);

    public PricePerMebibyte Price => new(Manifest.Manifest.Payment?.PricePerMiB.Value ?? 0);

    public IReadOnlyList<TestSeeder> Seeders => seeders;

    public static async Task<TestSwarm> StartAsync(long bytes = 6_000_000, long? price = 5_000, bool isPrivate = false)
    {
        var place = new TemporaryFolder();
        EmbeddedNetwork network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(place["lightning.db"]));
        EmbeddedNode wallet = await WalletAsync(network, "downloader", 10_000);
        LocalHub hub = await LocalHub.StartAsync(network.Hub);
        var swarm = new TestSwarm(place, network, hub, null, wallet);
        await swarm.PublishAsync(bytes, price, isPrivate, "keysend:02" + new string('b', 64));
        hub.Register(swarm.Manifest);
        return swarm;
    }

    /// <summary>The same around the real hub, in this process; its creator has the wallet "creator".</summary>
    public static async Task<TestSwarm> StartWithRealHubAsync(
        long bytes, long price, TimeProvider? clock = null, bool isDirect = false, Func<HubOptions, HubOptions>? change = null)
    {
        var place = new TemporaryFolder();
        var options = new HubOptions
        {
            DataFolder = place["hub"],
            Listen = "http://127.0.0.1:0",
            PayoutIntervalMs = 20,
            SweepIntervalMs = 50,
            Clock = clock ?? TimeProvider.System,
        };
        RunningHub hub = await HubApplication.StartAsync(change?.Invoke(options) ?? options);
        EmbeddedNode wallet = await WalletAsync(hub.Network, "downloader", 10_000);
        var swarm = new TestSwarm(place, hub.Network, null, hub, wallet);
        await swarm.PublishAsync(bytes, price, isPrivate: false, isDirect ? await swarm.AddressAsync("creator") : await swarm.DestinationAsync("creator"));
        using var client = new HubClient(hub.Address, Creator, clock: clock);
        await client.RegisterManifestAsync(swarm.Manifest.Bytes);
        return swarm;
    }

    /// <summary>Opens an empty wallet.</summary>
    /// <returns>How to pay it.</returns>
    public async Task<string> DestinationAsync(string name) =>
        $"keysend:{(await (await WalletAsync(Network, name, 0)).GetInfoAsync()).NodeId}";

    /// <summary>Opens an empty wallet at the real hub.</summary>
    /// <returns>Its Lightning address, where a payment can be proved.</returns>
    public async Task<string> AddressAsync(string name)
    {
        await WalletAsync(Network, name, 0);
        return $"lnaddress:{name}@127.0.0.1:{RealHub.Address.Port}";
    }

    /// <summary>Opens another wallet.</summary>
    public Task<EmbeddedNode> WalletAsync(string name, long satoshi) => WalletAsync(Network, name, satoshi);

    public async Task<TestSeeder> AddSeederAsync(Func<ClientConfiguration, ClientConfiguration>? configure = null)
    {
        string name = $"seeder-{seeders.Count}";
        ClientConfiguration configuration = Configuration() with { Destination = "keysend:02" + new string('a', 64), Name = name };
        var seeder = new TestSeeder(folder[name], configure?.Invoke(configuration) ?? configuration);
        seeders.Add(seeder);
        seeder.Start();
        await seeder.Service.AddAsync(new SeedSource(TorrentPath, SourceFolder));
        await seeder.ReadyAsync();
        return seeder;
    }

    public ClientConfiguration Configuration() => new()
    {
        Hub = HubUrl,
        ListenAddress = "127.0.0.1",
        Port = 0,
        Loopback = true,
        AnnounceToHub = false,
    };

    public DataFolder OpenDownloaderData() => DataFolder.Open(folder["downloader"]);

    public GetRequest Request() => new()
    {
        Source = TorrentPath,
        OutputFolder = Output,
        Peers = [.. seeders.Select(seeder => $"127.0.0.1:{seeder.Service.Port}")],
        StallTimeLimit = Limits.Patience,
    };

    /// <summary>A magnet link that names the torrent and nothing else.</summary>
    public string Magnet => $"magnet:?xt=urn:btmh:1220{Manifest.Manifest.Torrent.InfohashV2}";

    public void AssertContentArrived()
    {
        foreach (string path in Directory.GetFiles(Path.Combine(SourceFolder, "Album"), "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(SourceFolder, path);
            Assert.True(File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Output, relative))), relative);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestSeeder seeder in seeders)
        {
            await seeder.StopAsync();
        }

        if (local is not null)
        {
            await local.DisposeAsync();
            await Network.DisposeAsync();
        }
        else
        {
            await RealHub.DisposeAsync();
        }

        folder.Dispose();
    }

    private static async Task<EmbeddedNode> WalletAsync(EmbeddedNetwork network, string name, long satoshi)
    {
        string token = Digest.Of(System.Text.Encoding.UTF8.GetBytes(name)).ToString();
        Assert.Equal(OpenWalletResult.Opened, await network.OpenWalletAsync(name, token, Msat.FromSatoshi(satoshi)));
        return (await network.AuthenticateAsync(name, token))!;
    }

    private async Task PublishAsync(long bytes, long? price, bool isPrivate, string payee)
    {
        string album = Directory.CreateDirectory(Path.Combine(SourceFolder, "Album")).FullName;
        Directory.CreateDirectory(Path.Combine(album, "extra"));
        Directory.CreateDirectory(Output);
        (string Name, long Length)[] files = [("01.flac", bytes / 2), ("02.flac", bytes / 3), ("empty.txt", 0), ("extra/notes.txt", 1), ("extra/rest.bin", bytes / 7)];
        foreach ((string name, long length) in files)
        {
            await File.WriteAllBytesAsync(Path.Combine(album, name), RandomNumberGenerator.GetBytes((int)length));
        }

        MetainfoBuildResult built = await MetainfoBuilder.BuildAsync(album, new MetainfoBuildOptions { PieceLength = 65_536, IsPrivate = isPrivate });
        await File.WriteAllBytesAsync(TorrentPath, built.Torrent);
        Assert.True(PaymentEndpoint.TryParse(payee, out PaymentEndpoint endpoint));
        var manifest = new Manifest
        {
            Torrent = TorrentFiles.ContentOf(built.Metainfo)!.ToManifest(),
            Creator = new DidKey(Creator.PublicKey),
            Licence = new Licence("CC-BY-4.0"),
            Rights = new Rights(TrainingRight.NotAllowed),
            Payment = price is { } msat
                ? new ManifestPayment
                {
                    PricePerMiB = Msat.From(msat),
                    Payees = [new Payee { ShareBps = 7_000, Endpoints = [endpoint] }],
                    SeedersBps = 2_500,
                    RegistryBps = 200,
                    HubBps = 300,
                }
                : null,
            CreatedAt = DateTimeOffset.UnixEpoch.AddDays(20_000),
        };
        ManifestVerification signed = SignedManifest.Sign(manifest, Creator, DateTimeOffset.UtcNow);
        Assert.True(signed.Signed is not null, signed.ToString());
        Manifest = signed.Signed;
        await File.WriteAllBytesAsync(folder[Manifest.FileName], Manifest.Bytes.ToArray());
    }
}

/// <summary>A seeder that can be stopped and started again on the same data folder.</summary>
internal sealed class TestSeeder(string path, ClientConfiguration configuration)
{
    private DataFolder? data;

    public EventLog<SeedEvent> Events { get; private set; } = new();

    public SeedService Service { get; private set; } = null!;

    public PublicKey Key => Service.Key;

    public void Start()
    {
        Events = new EventLog<SeedEvent>();
        data = DataFolder.Open(path);
        Service = SeedService.Start(new SeedOptions { Data = data, Configuration = configuration }, Events);
    }

    public async Task ReadyAsync()
    {
        await Events.FirstAsync(happened => happened is SeedingChecked { IsComplete: true });
        await Events.FirstAsync(happened => happened is HubReached);
    }

    public async Task StopAsync()
    {
        if (data is not null)
        {
            await Service.DisposeAsync();
            data.Dispose();
            data = null;
        }
    }
}
