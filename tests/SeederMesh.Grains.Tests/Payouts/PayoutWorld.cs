using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>A ledger that owes one payee, a play-money network, and a silo that can die and start again over both.</summary>
internal sealed class PayoutWorld : IAsyncDisposable
{
    public const long OwedMsat = 7_000;
    private const long RevenueMsat = 300;
    private static readonly Id128 payeeId = Id128.Derive("payee", [1]);

    private readonly string folder = Directory.CreateTempSubdirectory("seedermesh-grains-").FullName;
    private readonly SigningKey key = SigningKey.FromSeed(new byte[32]);
    private LedgerStore ledger = null!;
    private EmbeddedNetwork network = null!;
    private EmbeddedNode wallet = null!;
    private IHost silo = null!;

    public FaultyNode Node { get; private set; } = null!;

    public AheadClock Clock { get; } = new();

    /// <summary>The payee is paid by keysend, or by the invoices that answer an offer.</summary>
    public static async Task<PayoutWorld> OpenAsync(bool toOffer = false)
    {
        var world = new PayoutWorld();
        world.ledger = LedgerStore.OpenSqlite(Path.Combine(world.folder, "hub.db"));
        world.network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(Path.Combine(world.folder, "lightning.db")));
        await world.network.OpenWalletAsync("payee", new string('a', 64), Msat.Zero);
        world.wallet = (await world.network.AuthenticateAsync("payee", new string('a', 64)))!;
        world.Node = new FaultyNode(world.network.Hub) { OfferIssuer = toOffer ? world.wallet : null };
        await world.OweAsync(toOffer ? "bolt12:lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese" : "keysend:" + (await world.wallet.GetInfoAsync()).NodeId);
        await world.StartAsync();
        return world;
    }

    /// <summary>Calls the grain; what a crash throws is thrown here.</summary>
    public Task<PayReply> PayAsync() =>
        silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IPayoutGrain>($"payee/{payeeId}").PayAsync();

    /// <summary>The process ends; another one starts on what is durable.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    public async Task<long> ReceivedMsatAsync() => (await wallet.GetBalanceAsync()).Spendable.Value;

    public async Task<LedgerAccount> AccountAsync() => (await ledger.Reader.FindAccountAsync(AccountOpening.Payee(payeeId).Id))!;

    public Task<IReadOnlyList<PayoutRecord>> PayoutsAsync() => ledger.Reader.ListNewestPayoutsAsync(payeeId, 10);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        ledger.Dispose();
        await network.DisposeAsync();
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task OweAsync(string destination)
    {
        Id128 channel = Id128.Derive("channel", [1]);
        Id128 grant = Id128.Derive("grant", [1]);
        Id128 settlement = Id128.Derive("settlement", [1]);
        AccountOpening payee = AccountOpening.Payee(payeeId);
        var funded = Msat.From(OwedMsat + RevenueMsat);
        PostingResult result = await ledger.PostAsync(new Posting
        {
            Id = Id128.Derive("posting", [1]),
            Accounts = [.. AccountOpening.OfHub, AccountOpening.Channel(channel), AccountOpening.Grant(grant), payee],
            Transfers =
            [
                Bookings.Fund(channel, Digest.Of([1]), funded),
                Bookings.OpenGrant(channel, grant, funded),
                Bookings.Settle(settlement, 0, grant, payee.Id, Msat.From(OwedMsat)),
                Bookings.Settle(settlement, 1, grant, AccountOpening.HubRevenue.Id, Msat.From(RevenueMsat)),
            ],
            Records =
            [
                new PayeeRecord
                {
                    Id = payeeId,
                    Kind = PayeeKind.Creator,
                    Owner = "did:key:anna",
                    Destination = destination,
                },
            ],
        });
        Assert.True(result.IsPosted, result.Detail);
    }

    private async Task StartAsync()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(ledger);
        builder.Services.AddSingleton<ILightningNode>(Node);
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddSingleton<IInvoiceFetcher, NoInvoices>();
        builder.Services.AddSingleton(new HubSettings(key, ChannelLimits.Default, PayoutPolicy.Default, new byte[32]) { PaysOffers = true });
        builder.Services.AddSingleton<PayoutSender>();
        builder.Services.AddSingleton<RoutingFeeBudget>();
        builder.Services.AddSingleton<NodeLiquidity>();
        builder.Services.AddSingleton<NodeMeter>();
        builder.Services.AddSingleton<PayoutQueue>();
        builder.Services.AddSingleton<HubFeed>();
        builder.UseOrleans(ConfigureSilo);
        silo = builder.Build();
        await silo.StartAsync();
    }

    private void ConfigureSilo(ISiloBuilder builder)
    {
#if ORLEANS_EMBEDDED
        builder.UseEmbeddedDatabase(Path.Combine(folder, "grains.db"));
#else
        // Free ports, because worlds run side by side.
        using var silo = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        using var gateway = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        builder.UseLocalhostClustering(
            ((System.Net.IPEndPoint)silo.LocalEndpoint).Port, ((System.Net.IPEndPoint)gateway.LocalEndpoint).Port);
#endif
    }

    private async Task StopAsync()
    {
        await silo.StopAsync();
        silo.Dispose();
    }

    /// <summary>The machine's clock, and ahead of it by what a test passes over.</summary>
    internal sealed class AheadClock : TimeProvider
    {
        private TimeSpan ahead;

        public void Advance(TimeSpan by) => ahead += by;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }

    private sealed class NoInvoices : IInvoiceFetcher
    {
        public Task<FetchedInvoice> FetchAsync(PayoutDestination destination, Msat amount) => Task.FromResult(new FetchedInvoice(null, "No invoices here."));
    }
}
