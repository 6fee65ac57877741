using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans;
using Orleans.Embedded;
using Orleans.Hosting;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds a silo to a host. It starts and stops with the host.</summary>
public static class OrleansSiloGenericHostExtensions
{
    /// <summary>Adds a silo to this host.</summary>
    /// <param name="hostAppBuilder">The host's builder, a WebApplicationBuilder for one.</param>
    /// <param name="configureDelegate">Sets the silo up.</param>
    /// <returns>The host's builder.</returns>
    public static IHostApplicationBuilder UseOrleans(
        this IHostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
    {
        Add(hostAppBuilder.Services, hostAppBuilder.Configuration, configureDelegate);
        return hostAppBuilder;
    }

    /// <inheritdoc cref="UseOrleans(IHostApplicationBuilder, Action{ISiloBuilder})"/>
    public static IHostBuilder UseOrleans(this IHostBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate) =>
        hostAppBuilder.ConfigureServices(
            (context, services) => Add(services, context.Configuration, configureDelegate));

    private static void Add(
        IServiceCollection services, IConfiguration configuration, Action<ISiloBuilder> configureDelegate)
    {
        services.AddOptions();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Silo>();
        services.TryAddSingleton<IGrainFactory>(provider => provider.GetRequiredService<Silo>());
        services.AddHostedService(provider => provider.GetRequiredService<Silo>());
        configureDelegate(new SiloBuilder(services, configuration));
    }

    private sealed record SiloBuilder(IServiceCollection Services, IConfiguration Configuration) : ISiloBuilder;
}
