using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using SeederMesh.Core;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Core.Splits;
using SeederMesh.Grains;
using SeederMesh.Grains.Direct;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Manifests;
using SeederMesh.Grains.Payouts;
using SeederMesh.Hub.Api;
using SeederMesh.Hub.Channels;
using SeederMesh.Hub.Direct;
using SeederMesh.Hub.Funding;
using SeederMesh.Hub.History;
using SeederMesh.Hub.Hosting;
using SeederMesh.Hub.Lnurl;
using SeederMesh.Hub.Pages;
using SeederMesh.Hub.Payouts;
using SeederMesh.Hub.Registry;
using SeederMesh.Hub.Tracker;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Lightning.Embedded;
using SeederMesh.Lightning.Embedded.Http;
using SeederMesh.Lightning.Lnurl;
using SeederMesh.Registry;

namespace SeederMesh.Hub;

/// <summary>A hub: channels, receipts, payouts, registry, tracker and the Lightning node (the operator's, or the
/// embedded network of play money) in one process.</summary>
/// <remarks>All of its state is in the data folder: <c>hub.key</c>, <c>registry.key</c> (mode 0600), <c>hub.db</c>,
/// <c>grains.db</c>, <c>money.json</c> (the network that the books are of), <c>lightning.db</c> (play money).</remarks>
public static class HubApplication
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs a hub until it is told to stop.</summary>
    /// <param name="options">What the operator decided.</param>
    /// <param name="output">Where the ready line goes: <c>listening on http://...</c>.</param>
    /// <param name="cancellation">Stops it, as SIGTERM and SIGINT do.</param>
    /// <returns>The exit code: 0.</returns>
    /// <exception cref="HubStartException">It cannot start; the message says why and what to do.</exception>
    public static async Task<int> RunAsync(HubOptions options, TextWriter output, CancellationToken cancellation = default)
    {
        await using RunningHub hub = await StartAsync(options, cancellation);
        await output.WriteLineAsync($"{NodeInfo.NameMoney(hub.Node.Network)}: every amount of this hub"
            + (hub.Node.IsRealMoney ? " is real bitcoin" : $" is {hub.Node.Network}, worth nothing"));
        await output.WriteLineAsync($"listening on {hub.Address.GetLeftPart(UriPartial.Authority)}");
        await output.FlushAsync(CancellationToken.None);
        await hub.WaitForShutdownAsync(cancellation);
        return 0;
    }

    /// <summary>Starts a hub and returns when it answers requests.</summary>
    /// <param name="options">What the operator decided.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="HubStartException">It cannot start; the message says why and what to do.</exception>
    public static async Task<RunningHub> StartAsync(HubOptions options, CancellationToken cancellation = default)
    {
        if (options.Defect() is { } defect)
        {
            throw new HubStartException(defect);
        }

        var opened = new List<object>();
        try
        {
            return await OpenAsync(options, opened, cancellation);
        }
        catch (Exception exception)
        {
            for (int index = opened.Count - 1; index >= 0; index--)
            {
                await RunningHub.DisposeAsync(opened[index]);
            }

            throw exception switch
            {
                LedgerInUseException => new HubStartException(
                    $"Another hub runs on {options.DataFolder}. Stop it first, or give this one a data folder of its own.", exception),
                LedgerDatabaseException or IOException or UnauthorizedAccessException =>
                    new HubStartException(exception.Message, exception),
                _ => exception,
            };
        }
    }

    private static async Task<RunningHub> OpenAsync(HubOptions options, List<object> opened, CancellationToken cancellation)
    {
        string folder = Path.GetFullPath(options.DataFolder);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        // The ledger's lock comes first: it is what keeps a second hub out before anything else is touched.
        LedgerStore ledger = Keep(LedgerStore.OpenSqlite(Path.Combine(folder, "hub.db"), new LedgerOptions { Clock = options.Clock }));
        HubKeys keys = Keep(HubKeys.Open(folder));
        HubNode node = Keep(await HubNode.OpenAsync(options, folder, cancellation));
        DestinationResolver resolver = Keep(new DestinationResolver(new OutgoingPolicy
        {
            // The wallets of the embedded network are on this machine.
            AllowLoopback = node.Embedded is not null || options.AllowPrivateAddresses,
            AllowPrivate = options.AllowPrivateAddresses,
        }));
        await ledger.PostAsync(
            new Posting { Id = Id128.Derive("posting-hub-accounts"), Accounts = AccountOpening.OfHub }, cancellation);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true)
            .SetMinimumLevel(LogLevel.Warning)

            // At each start Orleans advises another garbage collector and doubts the clock: no operator's business.
            .AddFilter("Orleans.Runtime.Silo", LogLevel.Error)
            .AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error)

            // Why it did not start is thrown too, and told in a sentence.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.UseUrls(options.Listen);
        builder.WebHost.ConfigureKestrel(Configure);
        AddServices(builder.Services, options, ledger, keys, resolver, node);
        builder.UseOrleans(silo => ConfigureSilo(silo, folder));
        WebApplication application = builder.Build();
        Map(application, node.Embedded);
        try
        {
            await application.StartAsync(cancellation);
        }
        catch
        {
            await application.StopAsync(CancellationToken.None);
            await application.DisposeAsync();
            throw;
        }

        string address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new RunningHub(application, new Uri(address), ledger, node, opened);

        T Keep<T>(T resource)
            where T : notnull
        {
            opened.Add(resource);
            return resource;
        }
    }

    private static void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = Manifest.SizeMax + 1;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxConcurrentConnections = 10_000;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
    }

    private static void AddServices(
        IServiceCollection services,
        HubOptions options,
        LedgerStore ledger,
        HubKeys keys,
        DestinationResolver resolver,
        HubNode node)
    {
        services.AddSingleton(options);
        services.AddSingleton(options.Clock);
        services.AddSingleton(new HubIdentity(
            node.Info.Network, node.Info.NodeId.ToString(), options.Clock.GetUtcNow().ToUnixTimeMilliseconds()));
        services.AddSingleton(ledger);
        services.AddSingleton(keys);
        services.AddSingleton(node.Node);
        services.AddSingleton(resolver);
        services.AddSingleton(SettingsOf(options, keys) with { PaysOffers = node.Info.Features.HasFlag(NodeFeatures.Offers) });
        services.AddSingleton(new ManifestRegistry(
            ledger,
            keys.Registry,
            new RegistryOptions
            {
                SubmissionsPerMinute = options.RegistrationsPerMinute,
                SubmissionsPerMinuteOfAll = 10 * options.RegistrationsPerMinute,
            }));
        services.AddSingleton<ManifestCatalog>();
        services.AddSingleton<PayeeDirectory>();
        services.AddSingleton<PayoutQueue>();
        services.AddSingleton<PayoutSender>();
        services.AddSingleton<RoutingFeeBudget>();
        services.AddSingleton<NodeLiquidity>();
        services.AddSingleton<NodeMeter>();
        services.AddSingleton<IInvoiceFetcher, DestinationInvoices>();
        services.AddSingleton<IDestinationProbe, DestinationInvoices>();
        services.AddSingleton<HubFeed>();
        services.AddSingleton<DuesBell>();
        services.AddSingleton<DirectDestinations>();
        services.AddSingleton<SeederTrust>();
        services.AddSingleton<StatusReader>();
        services.AddSingleton<EventStream>();
        services.AddSingleton(new Swarms(options.Clock, TimeSpan.FromSeconds(2.5 * options.AnnounceIntervalSeconds)));
        services.AddSingleton<HubEndpoints>();
        services.AddSingleton<RegistryEndpoints>();
        services.AddSingleton<ChannelEndpoints>();
        services.AddSingleton<SeederEndpoints>();
        services.AddSingleton<PayeeEndpoints>();
        services.AddSingleton<DuesEndpoints>();
        services.AddSingleton<DirectOfferEndpoint>();
        services.AddSingleton<ReceiptEndpoints>();
        services.AddSingleton<ReadingEndpoints>();
        services.AddSingleton<TrackerEndpoint>();
        services.AddSingleton<PayoutHistory>();
        services.AddSingleton<HistoryEndpoints>();
        services.AddSingleton<WebhookEndpoints>();
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<PublicAddress>();
        services.AddSingleton(new EmbeddedWallets(node.Embedded));
        services.AddSingleton<CreatorAddresses>();
        services.AddSingleton<CreatorAddressEndpoints>();
        services.AddSingleton<DonationDesk>();
        services.AddSingleton<WithdrawEndpoints>();
        services.AddSingleton<WithdrawService>();
        services.AddSingleton<WithdrawPage>();
        services.AddSingleton<TorrentPage>();
        services.AddOpenApi();
        services.AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new() { Timeout = RequestTimeout, TimeoutStatusCode = 503 });
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
    }

    private static HubSettings SettingsOf(HubOptions options, HubKeys keys) => new(
        keys.Hub,
        ChannelLimits.Default with { ReportGraceMs = options.ReportGraceMs },
        new PayoutPolicy(new BasisPoints(options.PayoutFeeLimitBps)),
        keys.PayoutSecret)
    {
        ChannelLifetimeMsMax = options.ChannelLifetimeMsMax,
        BudgetMax = Msat.From(options.BudgetMsatMax),
        HubBpsMin = options.HubBpsMin,
        RegistryBpsMin = options.RegistryBpsMin,
        TakesDirect = options.DirectChannels,
        Direct = new DirectPolicy((long)options.DirectWindowMiB << 20, (long)options.DirectWindowMiBMax << 20),
        DirectGraceMs = options.DirectGraceMs,
        Terms = BoundsOf(options),
        RoutingFees = new RoutingFeeAllowance(
            options.RoutingFeesPerDayMsat == 0 ? Msat.Max : Msat.From(options.RoutingFeesPerDayMsat),
            new BasisPoints(options.RoutingFeesShareBps)),
        LiquidityReserve = Msat.From(options.LiquidityReserveMsat),
    };

    private static PayoutBounds BoundsOf(HubOptions options)
    {
        Invariant.Require(
            PayoutSchedule.TryParse(options.PayoutSchedule, out PayoutSchedule schedule)
                & FeeBearers.TryParse(options.PayoutFeeBearer, out FeeBearer bearer),
            "options without a defect can be read");
        var threshold = Msat.From(options.PayoutThresholdMsat);
        return new PayoutBounds(
            new PayoutTerms(threshold, schedule, bearer),
            Msat.Min(threshold, Msat.From(options.PayoutThresholdMsatMin)),
            Msat.From(options.PayoutThresholdMsatMax));
    }

    private static void ConfigureSilo(ISiloBuilder silo, string folder)
    {
#if ORLEANS_EMBEDDED
        silo.UseEmbeddedDatabase(Path.Combine(folder, "grains.db"));
#else
        (int siloPort, int gatewayPort) = SiloPorts.TakeFree();
        silo.UseLocalhostClustering(siloPort, gatewayPort);
        silo.Services.AddKeyedSingleton<TimeProvider>(Orleans.Runtime.TimeProviderNames.ActivationManagement, new SteadyTime());
#endif
        silo.Configure<Orleans.Configuration.GrainCollectionOptions>(collection =>
        {
            // A channel loads in milliseconds, and an idle one need not be in memory.
            collection.CollectionAge = TimeSpan.FromMinutes(2);
            collection.CollectionQuantum = TimeSpan.FromSeconds(30);
        });

        // After the silo, so that they stop before it does.
        silo.Services.AddHostedService<FundingWatcher>();
        silo.Services.AddHostedService<OverdueSweeper>();
        silo.Services.AddHostedService<PayoutLoop>();
        silo.Services.AddHostedService<DuesSweeper>();
        silo.Services.AddHostedService<WebhookTeller>();
    }

    private static void Map(WebApplication application, EmbeddedNetwork? network)
    {
        application.UseMiddleware<ProblemMiddleware>();
        application.UseRouting();
        application.UseRequestTimeouts();
        IServiceProvider services = application.Services;
        services.GetRequiredService<HubEndpoints>().Map(application);
        services.GetRequiredService<RegistryEndpoints>().Map(application);
        services.GetRequiredService<ChannelEndpoints>().Map(application);
        services.GetRequiredService<SeederEndpoints>().Map(application);
        services.GetRequiredService<PayeeEndpoints>().Map(application);
        services.GetRequiredService<DuesEndpoints>().Map(application);
        services.GetRequiredService<DirectOfferEndpoint>().Map(application);
        services.GetRequiredService<ReceiptEndpoints>().Map(application);
        services.GetRequiredService<ReadingEndpoints>().Map(application);
        services.GetRequiredService<TrackerEndpoint>().Map(application);
        services.GetRequiredService<HistoryEndpoints>().Map(application);
        services.GetRequiredService<WebhookEndpoints>().Map(application);
        services.GetRequiredService<CreatorAddressEndpoints>().Map(application);
        services.GetRequiredService<WithdrawEndpoints>().Map(application);
        services.GetRequiredService<WithdrawService>().Map(application);
        services.GetRequiredService<WithdrawPage>().Map(application);
        services.GetRequiredService<TorrentPage>().Map(application);
        if (network is not null)
        {
            application.MapEmbeddedLightning(
                network,
                others: services.GetRequiredService<CreatorAddresses>().FindAsync,
                address: services.GetRequiredService<PublicAddress>().Of);
        }
        else
        {
            new LnurlPayServer(
                "/lnurl",
                services.GetRequiredService<CreatorAddresses>().FindAsync,
                services.GetRequiredService<PublicAddress>().Of).Map(application);
        }

        application.MapOpenApi("/openapi/v1.json");
    }
}
