using System.Collections.Immutable;
using System.Security.Cryptography;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
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

    private TestSwarm(TemporaryFolder folder, EmbeddedNetwork network, LocalHub hub, EmbeddedNode wallet)
    {
        this.folder = folder;
        (Network, Hub, Wallet) = (network, hub, wallet);
    }

    public EmbeddedNetwork Network { get; }

    public LocalHub Hub { get; }

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
        string token = new('a', 64);
        Assert.Equal(OpenWalletResult.Opened, await network.OpenWalletAsync("downloader", token, Msat.FromSatoshi(10_000)));
        EmbeddedNode wallet = (await network.AuthenticateAsync("downloader", token))!;
        LocalHub hub = await LocalHub.StartAsync(network.Hub);
        var swarm = new TestSwarm(place, network, hub, wallet);
        await swarm.PublishAsync(bytes, price, isPrivate);
        return swarm;
    }

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
        Hub = Hub.Url,
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

        await Hub.DisposeAsync();
        await Network.DisposeAsync();
        folder.Dispose();
    }

    private async Task PublishAsync(long bytes, long? price, bool isPrivate)
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
        Assert.True(PaymentEndpoint.TryParse("keysend:02" + new string('b', 64), out PaymentEndpoint endpoint));
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
        Hub.Register(Manifest);
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
