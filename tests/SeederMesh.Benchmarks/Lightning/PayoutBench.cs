using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Payouts;
using SeederMesh.Grains.Tests.Payouts;
using SeederMesh.Hub;
using SeederMesh.Hub.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Benchmarks.Lightning;

/// <summary>The payout engine as a hub runs it: queue, loop, grains, ledger with fsync, embedded network with fsync.</summary>
internal sealed class PayoutBench : IAsyncDisposable
{
    private const int Wallets = 20;

    private readonly string folder = Directory.CreateTempSubdirectory("seedermesh-bench-").FullName;
    private readonly SigningKey key = SigningKey.FromSeed(new byte[32]);
    private IHost host = null!;
    private EmbeddedNetwork network = null!;

    public LedgerStore Ledger { get; private set; } = null!;

    public Id128[] Payees { get; private set; } = [];

    public PayoutQueue Queue => host.Services.GetRequiredService<PayoutQueue>();

    public NodeCapacity Capacity => host.Services.GetRequiredService<NodeMeter>().Capacity;

    /// <summary>Starts an engine over a ledger that owes nobody yet.</summary>
    /// <param name="payees">How many; each is paid at one of a few wallets.</param>
    /// <param name="around">The node that pays, around that of the embedded network.</param>
    public static async Task<PayoutBench> StartAsync(int payees, Func<ILightningNode, ILightningNode>? around = null)
    {
        var bench = new PayoutBench
        {
            Payees = [.. Enumerable.Range(0, payees).Select(index => Id128.Derive("payee", BitConverter.GetBytes(index)))],
        };
        bench.Ledger = LedgerStore.OpenSqlite(Path.Combine(bench.folder, "hub.db"));
        bench.network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(Path.Combine(bench.folder, "lightning.db")));
        string[] destinations = new string[Wallets];
        for (int wallet = 0; wallet < Wallets; wallet++)
        {
            await bench.network.OpenWalletAsync($"payee-{wallet}", new string('0', 32), Msat.Zero);
            destinations[wallet] = "keysend:" + (await (await bench.network.NodeAsync($"payee-{wallet}")).GetInfoAsync()).NodeId;
        }

        await EarningsBook.AddPayeesAsync(bench.Ledger, bench.Payees.Select((id, index) => new PayeeRecord
        {
            Id = id,
            Kind = PayeeKind.Creator,
            Owner = "did:key:anna",
            Destination = destinations[index % Wallets],
        }));
        bench.host = bench.Build(around?.Invoke(bench.network.Hub) ?? bench.network.Hub);
        await bench.host.StartAsync();
        return bench;
    }

    /// <summary>What has left the hub, routing included.</summary>
    public async Task<long> PaidMsatAsync() =>
        (await Ledger.Reader.FindAccountAsync(AccountOpening.Lightning.Id))!.CreditsPosted.Value;

    /// <summary>What routing cost, and what arrived, ever.</summary>
    public async Task<(long Fees, long Arrived)> FeesAsync()
    {
        long fees = (await Ledger.Reader.SumRoutingFeesAsync(0)).Ever.Value;
        return (fees, await PaidMsatAsync() - fees);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
        Ledger.Dispose();
        await network.DisposeAsync();
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private IHost Build(ILightningNode node)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(Ledger);
        builder.Services.AddSingleton(node);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IInvoiceFetcher, NoInvoices>();
        builder.Services.AddSingleton(new HubSettings(key, ChannelLimits.Default, PayoutPolicy.Default, new byte[32]));
        builder.Services.AddSingleton(new HubOptions());
        builder.Services.AddSingleton<PayoutSender>();
        builder.Services.AddSingleton<RoutingFeeBudget>();
        builder.Services.AddSingleton<NodeLiquidity>();
        builder.Services.AddSingleton<NodeMeter>();
        builder.Services.AddSingleton<PayoutQueue>();
        builder.Services.AddSingleton<HubFeed>();
        builder.UseOrleans(ConfigureSilo);
        builder.Services.AddHostedService<PayoutLoop>();
        return builder.Build();
    }

    private void ConfigureSilo(ISiloBuilder silo)
    {
#if ORLEANS_EMBEDDED
        silo.UseEmbeddedDatabase(Path.Combine(folder, "grains.db"));
#else
        silo.UseLocalhostClustering();
#endif
    }

    private sealed class NoInvoices : IInvoiceFetcher
    {
        public Task<FetchedInvoice> FetchAsync(PayoutDestination destination, Msat amount) =>
            Task.FromResult(new FetchedInvoice(null, "No invoices here."));
    }
}
