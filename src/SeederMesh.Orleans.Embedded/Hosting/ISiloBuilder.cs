using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;

namespace Orleans.Configuration
{
    /// <summary>When idle activations end.</summary>
    public class GrainCollectionOptions
    {
        /// <summary>How often idle activations are looked for. Default: one minute.</summary>
        public TimeSpan CollectionQuantum { get; set; } = TimeSpan.FromMinutes(1);

        /// <summary>How long an activation stays without a call. Default: 15 minutes.</summary>
        public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

        /// <summary>When the token of OnActivateAsync is cancelled. Default: 30 seconds.</summary>
        public TimeSpan ActivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>When the token of OnDeactivateAsync is cancelled. Default: 30 seconds.</summary>
        public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);
    }

    /// <summary>How long a caller waits.</summary>
    public class SiloMessagingOptions
    {
        /// <summary>After this a call fails with <see cref="TimeoutException"/>; its grain may still run it. Default:
        /// 30 seconds.</summary>
        public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);
    }
}

namespace Orleans.Hosting
{
    /// <summary>Sets up the silo of a host.</summary>
    public interface ISiloBuilder
    {
        /// <summary>The host's services.</summary>
        IServiceCollection Services { get; }

        /// <summary>The host's configuration.</summary>
        IConfiguration Configuration { get; }
    }

    /// <summary>The settings of a silo.</summary>
    public static class SiloBuilderExtensions
    {
        /// <summary>Sets options, such as <see cref="Configuration.GrainCollectionOptions"/>.</summary>
        /// <typeparam name="TOptions">The options' type.</typeparam>
        /// <param name="builder">The silo's builder.</param>
        /// <param name="configureOptions">Sets them.</param>
        /// <returns>The builder.</returns>
        public static ISiloBuilder Configure<TOptions>(this ISiloBuilder builder, Action<TOptions> configureOptions)
            where TOptions : class
        {
            builder.Services.Configure(configureOptions);
            return builder;
        }

        /// <summary>Runs the silo on this SQLite file. Embedded runtime only.</summary>
        /// <remarks>It holds grain state and reminders. One process at a time opens it: the lock is on a file beside
        /// it.</remarks>
        /// <param name="builder">The silo's builder.</param>
        /// <param name="path">The file; it is made when it is not there, its folder is not.</param>
        /// <returns>The builder.</returns>
        public static ISiloBuilder UseEmbeddedDatabase(this ISiloBuilder builder, string path)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(path);
            return builder.Configure<EmbeddedSiloOptions>(options => options.DatabasePath = path);
        }
    }
}
