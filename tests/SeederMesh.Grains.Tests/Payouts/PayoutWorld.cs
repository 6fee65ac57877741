using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Audit;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>Who is paid, and how.</summary>
public enum Paid
{
    /// <summary>A payee, without an invoice.</summary>
    PayeeByKeysend = 1,

    /// <summary>A payee, by the invoices that answer its offer.</summary>
    PayeeByInvoice,

    /// <summary>A closed channel's rest.</summary>
    Refund,
}

/// <summary>A ledger that owes somebody, a play-money network, and a silo; each of them can die and start again.</summary>
internal sealed class PayoutWorld : IAsyncDisposable
{
    public const long OwedMsat = 7_000;
    public const long RevenueMsat = 3_000;
    private const string Offer = "bolt12:lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese";
    private static readonly Id128 payeeId = Id128.Derive("payee", [1]);

    private readonly string folder = Directory.CreateTempSubdirectory("seedermesh-grains-").FullName;
    private readonly SigningKey key = SigningKey.FromSeed(new byte[32]);
    private readonly Paid paid;
    private readonly TimeSpan nodeSkew;
    private EarningsBook book = null!;
    private EmbeddedNetwork network = null!;
    private IHost silo = null!;
    private int silos;

    private PayoutWorld(Paid paid, TimeSpan nodeSkew) => (this.paid, this.nodeSkew) = (paid, nodeSkew);

    public FaultyNode Node { get; private set; } = null!;

    public FaultyDatabase Database { get; private set; } = null!;

    public LedgerStore Ledger { get; private set; } = null!;

    public SteppedClock Clock { get; } = new();

    public EmbeddedNode Wallet { get; private set; } = null!;

    public ScriptedInvoices Invoices { get; } = new();

    /// <summary>What the operator decided; counts from the next start of the silo on.</summary>
    public HubSettings Settings { get; set; } = null!;

    public EmbeddedNetwork Network => network;

    public IServiceProvider Services => silo.Services;

    private AccountOpening Account =>
        paid == Paid.Refund ? AccountOpening.Channel(book.ChannelId) : AccountOpening.Payee(payeeId);

    private string Key => paid == Paid.Refund ? PayoutKey.OfChannel(book.ChannelId) : PayoutKey.OfPayee(payeeId);

    /// <summary>A world in which <see cref="OwedMsat"/> is owed, and the hub has earned <see cref="RevenueMsat"/>.</summary>
    /// <param name="paid">To whom.</param>
    /// <param name="nodeSkew">By how much the node's clock is wrong.</param>
    /// <param name="destination">Of the payee; null takes its own wallet.</param>
    public static async Task<PayoutWorld> OpenAsync(
        Paid paid = Paid.PayeeByKeysend, TimeSpan nodeSkew = default, string? destination = null)
    {
        var world = new PayoutWorld(paid, nodeSkew);
        world.Settings = new HubSettings(world.key, ChannelLimits.Default, PayoutPolicy.Default, new byte[32]) { PaysOffers = true };
        world.Database = new FaultyDatabase(Path.Combine(world.folder, "hub.db"));
        world.Ledger = new LedgerStore(world.Database, new LedgerOptions { Clock = world.Clock });
        await world.OpenNetworkAsync();
        await world.network.OpenWalletAsync("payee", new string('a', 64), Msat.Zero);
        world.Wallet = await world.network.NodeAsync("payee");
        world.Node = new FaultyNode(world.network.Hub) { OfferIssuer = paid == Paid.PayeeByInvoice ? world.Wallet : null };
        await world.OweAsync(destination);
        await world.StartAsync();
        return world;
    }

    /// <summary>Calls the grain; what a fault throws is thrown here.</summary>
    public Task<PayReply> PayAsync() => Grain().PayAsync();

    public IPayoutGrain Grain() => silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IPayoutGrain>(Key);

    /// <summary>More is earned.</summary>
    public Task EarnAsync(long msat, long revenueMsat = 0) => book.EarnAsync(1, revenueMsat, (payeeId, msat));

    /// <summary>The payee names other destinations, one a line.</summary>
    public async Task NameAsync(string destinations)
    {
        PayeeRecord payee = (await Ledger.Reader.FindPayeeAsync(payeeId))!;
        Ledger.Postings.PostingResult result = await Ledger.PostAsync(new Ledger.Postings.Posting
        {
            Id = default,
            Records = [payee with { Destination = destinations, Revision = payee.Revision + 1 }],
        });
        Assert.True(result.IsPosted, result.Detail);
    }

    /// <summary>Lightning addresses give invoices of the payee's wallet.</summary>
    public void GiveInvoices(string label = "given")
    {
        int number = 0;
        Invoices.Answer = async amount => new FetchedInvoice(
            (await Wallet.CreateInvoiceAsync(new InvoiceRequest($"{label}-{number++}", amount, "given"))).Invoice!.Bolt11, "");
    }

    /// <summary>The hub's process ends; another one starts on what is durable.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>The node ends and starts again on what is durable.</summary>
    public async Task RestartNodeAsync()
    {
        await network.DisposeAsync();
        await OpenNetworkAsync();
        Wallet = await network.NodeAsync("payee");
        Node.Inner = network.Hub;
        Node.OfferIssuer = paid == Paid.PayeeByInvoice ? Wallet : null;
    }

    /// <summary>A second hub over the same ledger, as two silos that both think that the grain is theirs.</summary>
    public async Task<IHost> StartTwinAsync()
    {
        IHost twin = Build();
        await twin.StartAsync();
        return twin;
    }

    public Task<PayReply> PayAsync(IHost twin) =>
        twin.Services.GetRequiredService<IGrainFactory>().GetGrain<IPayoutGrain>(Key).PayAsync();

    public async Task<long> ReceivedMsatAsync() => (await Wallet.GetBalanceAsync()).Spendable.Value;

    public async Task<LedgerAccount> AccountAsync() => (await Ledger.Reader.FindAccountAsync(Account.Id))!;

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<PayoutRecord>> PayoutsAsync() => paid == Paid.Refund
        ? Ledger.Reader.ListNewestRefundsAsync(book.ChannelId, 100)
        : Ledger.Reader.ListNewestPayoutsAsync(payeeId, 100);

    public AuditReport Audit() => LedgerAudit.Run(Path.Combine(folder, "hub.db"));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Ledger.Dispose();
        Database.Dispose();
        await network.DisposeAsync();
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task OpenNetworkAsync() => network = await EmbeddedNetwork.OpenAsync(
        new EmbeddedNetworkOptions(Path.Combine(folder, "lightning.db")) { Clock = Clock.Skewed(nodeSkew) });

    private async Task OweAsync(string? destination)
    {
        string keysend = "keysend:" + (await Wallet.GetInfoAsync()).NodeId;
        await EarningsBook.AddPayeesAsync(Ledger, new PayeeRecord
        {
            Id = payeeId,
            Kind = PayeeKind.Creator,
            Owner = "did:key:anna",
            Destination = destination ?? (paid == Paid.PayeeByInvoice ? Offer : keysend),
        });
        bool isRefund = paid == Paid.Refund;
        book = new EarningsBook(Ledger, 1, Msat.From(isRefund ? RevenueMsat + OwedMsat : 100_000_000));
        await book.OpenAsync();
        await book.EarnAsync(1, RevenueMsat, isRefund ? [] : [(payeeId, OwedMsat)]);
        if (isRefund)
        {
            await book.CloseAsync(destination ?? keysend);
        }
    }

    private async Task StartAsync()
    {
        silo = Build();
        await silo.StartAsync();
    }

    private IHost Build() => PayoutSilo.Build(Path.Combine(folder, $"grains-{silos++}.db"), services =>
    {
        services.AddSingleton(Ledger);
        services.AddSingleton<ILightningNode>(Node);
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton<IInvoiceFetcher>(Invoices);
        services.AddSingleton(Settings);
    });

    private async Task StopAsync()
    {
        await silo.StopAsync();
        silo.Dispose();
    }

    /// <summary>Lightning addresses that answer as a test wants.</summary>
    internal sealed class ScriptedInvoices : IInvoiceFetcher
    {
        public Func<Msat, Task<FetchedInvoice>> Answer { get; set; } = _ => Task.FromResult(new FetchedInvoice(null, "No invoices here."));

        /// <summary>Whom it was asked for, in order.</summary>
        public List<string> Asked { get; } = [];

        /// <summary>What one of several destinations answers, by what it is written as; the others give <see cref="Answer"/>.</summary>
        public Dictionary<string, FetchedInvoice> At { get; } = new(StringComparer.Ordinal);

        public Task<FetchedInvoice> FetchAsync(PayoutDestination destination, Msat amount)
        {
            Asked.Add(destination.ToString());
            return At.TryGetValue(destination.ToString(), out FetchedInvoice? told) ? Task.FromResult(told) : Answer(amount);
        }
    }
}
