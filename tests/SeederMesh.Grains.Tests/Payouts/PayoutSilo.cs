using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Payouts;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>A silo with what payout grains need.</summary>
internal static class PayoutSilo
{
    /// <summary>Makes it; several may run side by side.</summary>
    /// <param name="grains">Where the stand-in for Orleans keeps its state: a file of its own.</param>
    /// <param name="add">Adds ledger, node, clock, invoices and settings.</param>
    public static IHost Build(string grains, Action<IServiceCollection> add)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        add(builder.Services);
        builder.Services.AddSingleton<PayoutSender>();
        builder.Services.AddSingleton<RoutingFeeBudget>();
        builder.Services.AddSingleton<NodeLiquidity>();
        builder.Services.AddSingleton<NodeMeter>();
        builder.Services.AddSingleton<PayoutQueue>();
        builder.Services.AddSingleton<HubFeed>();
        builder.UseOrleans(silo => Configure(silo, grains));
        return builder.Build();
    }

    private static void Configure(ISiloBuilder builder, string grains)
    {
#if ORLEANS_EMBEDDED
        builder.UseEmbeddedDatabase(grains);
#else
        _ = grains;
        using var port = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        using var gateway = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        port.Start();
        gateway.Start();

        // As at a hub, whose clock may be set back while it runs.
        builder.Services.AddKeyedSingleton<TimeProvider>(Orleans.Runtime.TimeProviderNames.ActivationManagement, new SteadyTime());
        builder.UseLocalhostClustering(
            ((System.Net.IPEndPoint)port.LocalEndpoint).Port, ((System.Net.IPEndPoint)gateway.LocalEndpoint).Port);
#endif
    }
}
