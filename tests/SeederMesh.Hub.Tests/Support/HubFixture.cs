using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Audit;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests.Support;

/// <summary>A hub in this process, on a folder of its own and a free port, that can be stopped and started again.</summary>
internal sealed class HubFixture : IAsyncDisposable
{
    private readonly List<HubCaller> callers = [];
    private readonly string folder = Directory.CreateTempSubdirectory("seedermesh-hub-").FullName;
    private int keys;

    public HubOptions Options { get; private init; } = new();

    public RunningHub Hub { get; private set; } = null!;

    public LedgerStore Ledger => Hub.Ledger;

    public static async Task<HubFixture> StartAsync(Func<HubOptions, HubOptions>? change = null)
    {
        var options = new HubOptions { Listen = "http://127.0.0.1:0", PayoutIntervalMs = 20, SweepIntervalMs = 50 };
        var fixture = new HubFixture { Options = change?.Invoke(options) ?? options };
        fixture.Hub = await HubApplication.StartAsync(fixture.Options with { DataFolder = fixture.folder });
        return fixture;
    }

    public string Folder => folder;

    /// <summary>Stops and starts on the same folder; callers made before talk to the old address.</summary>
    public async Task RestartAsync()
    {
        await Hub.StopAsync();
        Hub = await HubApplication.StartAsync(Options with { DataFolder = folder });
    }

    /// <summary>A caller with a key of its own.</summary>
    public HubCaller Caller(byte seed = 0)
    {
        byte[] bytes = new byte[32];
        bytes[0] = seed == 0 ? (byte)++keys : seed;
        bytes[1] = seed == 0 ? (byte)1 : (byte)2;
        return CallerOf(SigningKey.FromSeed(bytes));
    }

    /// <summary>A caller with a given key, at the hub's present address.</summary>
    public HubCaller CallerOf(SigningKey key)
    {
        var caller = new HubCaller(Hub.Address, key);
        callers.Add(caller);
        return caller;
    }

    /// <summary>A wallet of the play-money network.</summary>
    public async Task<EmbeddedNode> WalletAsync(string name, long satoshi = 0)
    {
        string token = Convert.ToHexStringLower(Digest.Of(System.Text.Encoding.ASCII.GetBytes(name)).Span);
        await Hub.Network.OpenWalletAsync(name, token, Msat.FromSatoshi(satoshi));
        return (await Hub.Network.AuthenticateAsync(name, token))!;
    }

    public static async Task<string> KeysendToAsync(ILightningNode wallet) => "keysend:" + (await wallet.GetInfoAsync()).NodeId;

    /// <summary>Waits for something that the hub does by itself.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, string what, int secondsMax = 20)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(secondsMax));
        while (!await holds())
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"Waited in vain for: {what}");
            }

            await Task.Delay(10, CancellationToken.None);
        }
    }

    /// <summary>Stops the hub and audits what it leaves: the books, and the play money of the whole network.</summary>
    public async ValueTask DisposeAsync()
    {
        callers.ForEach(caller => caller.Dispose());
        await Hub.DisposeAsync();
        AuditReport books = LedgerAudit.Run(Path.Combine(folder, "hub.db"));
        var network = EmbeddedNetworkAudit.Run(Path.Combine(folder, "lightning.db"));
        Directory.Delete(folder, recursive: true);
        Assert.True(books.IsPassed, string.Join('\n', books.Checks.Where(check => !check.IsPassed)));
        Assert.True(network.Holds, string.Join('\n', network.Findings));
    }
}
