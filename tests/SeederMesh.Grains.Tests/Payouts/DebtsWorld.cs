using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Audit;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>A ledger that owes one debt of each kind, a play-money network, and a silo; hub and node can die and start again.</summary>
internal sealed class DebtsWorld : IAsyncDisposable, IInvoiceFetcher
{
    public const long OwedMsat = 7_000;
    private const string Offer = "bolt12:lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese";
    private const string Withdraw = "withdraw:did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd";

    private readonly string folder = Directory.CreateTempSubdirectory("seedermesh-debts-").FullName;
    private readonly SigningKey key = SigningKey.FromSeed(new byte[32]);
    private readonly Dictionary<string, string> given = new(StringComparer.Ordinal);
    private IHost silo = null!;
    private int silos;
    private int invoices;

    private DebtsWorld()
    {
    }

    public EmbeddedNetwork Network { get; private set; } = null!;

    public FaultyNode Node { get; private set; } = null!;

    public FaultyDatabase Database { get; private set; } = null!;

    public LedgerStore Ledger { get; private set; } = null!;

    public SteppedClock Clock { get; } = new();

    public IReadOnlyList<Debt> Debts { get; private set; } = [];

    /// <summary>What the hub's node had before anything was paid, msat.</summary>
    public long FundsMsat { get; private set; }

    /// <summary>The next invoice that an address gives is the one that it gave last.</summary>
    public bool GivesTheSameInvoice { get; set; }

    /// <summary>The next invoice that an address gives asks for twice as much.</summary>
    public bool GivesAnotherAmount { get; set; }

    private long NowUnixMs => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A world in which everybody is owed <see cref="OwedMsat"/>.</summary>
    /// <param name="revenueMsat">What the hub has earned and may spend on routing.</param>
    public static async Task<DebtsWorld> OpenAsync(long revenueMsat)
    {
        var world = new DebtsWorld();
        world.Database = new FaultyDatabase(Path.Combine(world.folder, "hub.db"));
        world.Ledger = new LedgerStore(world.Database, new LedgerOptions { Clock = world.Clock });
        await world.OpenNetworkAsync();
        await world.OweAsync(revenueMsat);
        world.Node = new FaultyNode(world.Network.Hub);
        world.ConnectOffers();
        world.FundsMsat = (await world.Network.Hub.GetBalanceAsync()).Spendable.Value;
        await world.StartAsync();
        return world;
    }

    public IPayoutGrain Grain(Debt debt) => silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IPayoutGrain>(debt.Key);

    /// <summary>More is earned.</summary>
    public Task EarnAsync(Debt debt, long msat, long revenueMsat) => Database.UndisturbedAsync(async () =>
    {
        await debt.Book.EarnAsync(1, revenueMsat, (debt.PayeeId, msat));
        debt.EarnedMsat += msat;
    });

    /// <summary>The downloader names a new invoice, over any amount.</summary>
    public Task RedirectAsync(Debt debt) => Database.UndisturbedAsync(
        async () => await debt.Book.RedirectAsync("bolt11:" + await InvoiceAsync(debt.Wallet, amount: null)));

    /// <summary>A wallet scans a new link and brings an invoice, over all that it may have or half of it; twice, and to another link
    /// too.</summary>
    public async Task WithdrawAsync(Debt debt, bool isHalf)
    {
        (WithdrawalRecord first, WithdrawalRecord second) = (NewLink(debt), NewLink(debt));
        await Database.UndisturbedAsync(async () => Assert.True((await Ledger.PostAsync(
            new Ledger.Postings.Posting { Id = default, Records = [first, second] })).IsPosted));
        long most = (await Grain(debt).FindWithdrawTermsAsync()).MostMsat;
        string invoice = await InvoiceAsync(debt.Wallet, Msat.From(Math.Max(1, isHalf ? most / 2 : most)));
        WithdrawReply taken = await BringAsync(debt, first, invoice);
        Assert.Equal(most > 0, taken.Outcome == WithdrawOutcome.Taken);
        if (taken.Outcome == WithdrawOutcome.Taken)
        {
            Assert.Equal(WithdrawOutcome.Taken, (await BringAsync(debt, first, invoice)).Outcome);
            Assert.NotEqual(WithdrawOutcome.Taken, (await BringAsync(debt, second, invoice)).Outcome);
        }
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
        await Network.DisposeAsync();
        await OpenNetworkAsync();
        foreach (Debt debt in Debts)
        {
            debt.Wallet = await Network.NodeAsync(Debt.NameOf(debt.Kind));
        }

        Node.Inner = Network.Hub;
        ConnectOffers();
    }

    public async Task<FetchedInvoice> FetchAsync(PayoutDestination destination, Msat amount)
    {
        (bool isSame, bool isOther) = (GivesTheSameInvoice, GivesAnotherAmount);
        (GivesTheSameInvoice, GivesAnotherAmount) = (false, false);
        string name = destination.ToString();
        if (!isSame || !given.TryGetValue(name, out string? bolt11))
        {
            Debt debt = Debts.Single(owed => owed.Destination == name);
            bolt11 = await InvoiceAsync(debt.Wallet, isOther ? amount + amount : amount);
        }

        given[name] = bolt11;
        return new FetchedInvoice(bolt11, "");
    }

    public AuditReport Audit() => LedgerAudit.Run(Path.Combine(folder, "hub.db"));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Ledger.Dispose();
        Database.Dispose();
        await Network.DisposeAsync();
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task OpenNetworkAsync() => Network = await EmbeddedNetwork.OpenAsync(
        new EmbeddedNetworkOptions(Path.Combine(folder, "lightning.db")) { Clock = Clock });

    private void ConnectOffers() => Node.OfferIssuer = Debts.Single(debt => debt.Kind == DebtKind.PayeeByOffer).Wallet;

    private async Task OweAsync(long revenueMsat)
    {
        var debts = new List<Debt>();
        var payees = new EarningsBook(Ledger, 1, Msat.From(100_000_000));
        foreach (DebtKind kind in Enum.GetValues<DebtKind>())
        {
            await Network.OpenWalletAsync(Debt.NameOf(kind), Digest.Of([(byte)kind]).ToString(), Msat.Zero);
            EmbeddedNode wallet = await Network.NodeAsync(Debt.NameOf(kind));
            string destination = kind switch
            {
                DebtKind.PayeeByKeysend or DebtKind.RefundByKeysend => "keysend:" + (await wallet.GetInfoAsync()).NodeId,
                DebtKind.PayeeByOffer => Offer,
                DebtKind.PayeeWhoWithdraws => Withdraw,
                DebtKind.RefundByInvoice => "bolt11:" + await InvoiceAsync(wallet, amount: null),
                _ => $"lnaddress:{Debt.NameOf(kind)}@example.org",
            };
            EarningsBook book = kind >= DebtKind.RefundByKeysend ? new EarningsBook(Ledger, 2 + (int)kind, Msat.From(OwedMsat)) : payees;
            debts.Add(new Debt(kind, wallet, destination, book));
        }

        Debts = debts;
        await EarningsBook.AddPayeesAsync(Ledger, debts.Where(debt => !debt.IsRefund).Select(debt => new PayeeRecord
        {
            Id = debt.PayeeId,
            Kind = PayeeKind.Creator,
            Owner = "did:key:anna",
            Destination = debt.Destination,
        }));
        await payees.OpenAsync();
        foreach (Debt debt in debts)
        {
            if (debt.IsRefund)
            {
                await debt.Book.OpenAsync();
                await debt.Book.CloseAsync(debt.Destination);
                debt.EarnedMsat = OwedMsat;
            }
            else
            {
                await EarnAsync(debt, OwedMsat, revenueMsat / 4);
            }
        }
    }

    private WithdrawalRecord NewLink(Debt debt) => new()
    {
        Id = Digest.Of(Guid.NewGuid().ToByteArray()),
        PayeeId = debt.PayeeId,
        CreatedUnixMs = NowUnixMs,
        ExpiresUnixMs = NowUnixMs + 900_000,
    };

    private Task<WithdrawReply> BringAsync(Debt debt, WithdrawalRecord link, string invoice) =>
        Grain(debt).WithdrawAsync(new WithdrawCommand { LinkId = link.Id.ToArray(), Invoice = invoice });

    private async Task<string> InvoiceAsync(EmbeddedNode wallet, Msat? amount) =>
        (await wallet.CreateInvoiceAsync(new InvoiceRequest($"debt-{invoices++}", amount, "debt"))).Required().Bolt11;

    private async Task StartAsync()
    {
        silo = PayoutSilo.Build(Path.Combine(folder, $"grains-{silos++}.db"), services =>
        {
            services.AddSingleton(Ledger);
            services.AddSingleton<ILightningNode>(Node);
            services.AddSingleton<TimeProvider>(Clock);
            services.AddSingleton<IInvoiceFetcher>(this);
            services.AddSingleton(
                new HubSettings(key, ChannelLimits.Default, PayoutPolicy.Default, new byte[32]) { PaysOffers = true });
        });
        await silo.StartAsync();
    }

    private async Task StopAsync()
    {
        await silo.StopAsync();
        silo.Dispose();
    }
}
