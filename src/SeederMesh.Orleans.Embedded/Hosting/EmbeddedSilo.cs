using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Orleans.Embedded;

/// <summary>The settings of the embedded silo.</summary>
public sealed class EmbeddedSiloOptions
{
    /// <summary>The SQLite file of grain state and reminders; see
    /// <see cref="SiloBuilderExtensions.UseEmbeddedDatabase"/>.</summary>
    public string DatabasePath { get; set; } = string.Empty;
}

/// <summary>A host with a silo and nothing else, for tests and tools. Start it again on the same file for a
/// restart.</summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    private readonly IHost host;

    private EmbeddedSilo(IHost host) => this.host = host;

    /// <summary>Makes references to grains.</summary>
    public IGrainFactory GrainFactory => host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>The host's services.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>The number of grains in memory.</summary>
    public int ActivationCount => host.Services.GetRequiredService<Silo>().Activations.Count();

    /// <summary>Starts a silo.</summary>
    /// <param name="databasePath">The SQLite file.</param>
    /// <param name="configureServices">Adds what grains ask for in their constructors.</param>
    /// <param name="configureSilo">Sets further options.</param>
    /// <param name="time">The clock of every time-out, timer and reminder; the system's when null.</param>
    /// <returns>The silo, running.</returns>
    /// <exception cref="Runtime.OrleansException">Another process, or another silo, runs on this file.</exception>
    public static async Task<EmbeddedSilo> StartAsync(
        string databasePath,
        Action<IServiceCollection>? configureServices = null,
        Action<ISiloBuilder>? configureSilo = null,
        TimeProvider? time = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging();
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        configureServices?.Invoke(builder.Services);
        builder.UseOrleans(silo =>
        {
            silo.UseEmbeddedDatabase(databasePath);
            configureSilo?.Invoke(silo);
        });

        IHost built = builder.Build();
        try
        {
            await built.StartAsync();
            return new EmbeddedSilo(built);
        }
        catch
        {
            built.Dispose();
            throw;
        }
    }

    /// <summary>Ends every grain with its OnDeactivateAsync and lets the file go.</summary>
    /// <returns>A task.</returns>
    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    /// <summary>Lets the file go as a crash would: no grain is told. For tests of what is durable.</summary>
    public void Kill() => host.Dispose();
}
