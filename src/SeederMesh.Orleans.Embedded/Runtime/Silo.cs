using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>The silo of this process: every grain, its database, its clocks.</summary>
internal sealed class Silo : IHostedService, IGrainFactory, IDisposable
{
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);
    private readonly GrainTypes types;
    private readonly ConcurrentDictionary<Type, GrainClass> classes = new();
    private readonly string databasePath;
    private GrainDatabase? database;
    private ITimer? sweep;
    private ITimer? collect;
    private volatile bool closed = true;

    public Silo(
        IServiceScopeFactory serviceScopes,
        IOptions<GrainCollectionOptions> collection,
        IOptions<SiloMessagingOptions> messaging,
        IOptions<EmbeddedSiloOptions> embedded,
        TimeProvider time,
        ILogger<Silo> logger)
    {
        ServiceScopes = serviceScopes;
        Collection = collection.Value;
        Time = time;
        Logger = logger;
        Pending = new(time, messaging.Value.ResponseTimeout);
        databasePath = embedded.Value.DatabasePath;
        types = new GrainTypes();
        Reminders = new(this);
    }

    internal IServiceScopeFactory ServiceScopes { get; }

    internal GrainCollectionOptions Collection { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal PendingCalls Pending { get; }

    internal ReminderService Reminders { get; }

    internal GrainDatabase Database =>
        database ?? throw new SiloUnavailableException("The silo has no database: it is not running.");

    internal IEnumerable<Activation> Activations => classes.Values.SelectMany(one => one.Activations.Values);

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
    {
        ArgumentException.ThrowIfNullOrEmpty(primaryKey);
        if (grainClassNamePrefix is not null)
        {
            throw new ArgumentException("The embedded runtime wants one class an interface.", nameof(grainClassNamePrefix));
        }

        GrainClass grainClass = ClassOf(types.Implementing(typeof(TGrainInterface)));
        return (TGrainInterface)GrainReference.Create(typeof(TGrainInterface), grainClass, primaryKey);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        database = GrainDatabase.Open(databasePath);
        sweep = Time.CreateTimer(_ => Pending.Sweep(), null, SweepPeriod, SweepPeriod);
        collect = Time.CreateTimer(
            _ => CollectIdle(), null, Collection.CollectionQuantum, Collection.CollectionQuantum);
        closed = false;
        await Reminders.StartAsync(types);
    }

    /// <summary>Ends every activation, then lets the database go.</summary>
    /// <remarks>Grains may call others while they end; what that starts is ended in the next round.</remarks>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Reminders.Dispose();
        DeactivationReason reason = new(DeactivationReasonCode.ShuttingDown, "The process stops.");
        try
        {
            for (int rounds = 0; rounds < 100 && Activations.Any(); rounds++)
            {
                await Task.WhenAll(Activations.Select(one => one.DeactivateAndWaitAsync(reason))).WaitAsync(cancellationToken);
            }

            closed = true;
            await Task.WhenAll(Activations.Select(one => one.DeactivateAndWaitAsync(reason))).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Logger.LogWarning("The silo stopped before {Count} grains had ended", Activations.Count());
        }

        Dispose();
    }

    public void Dispose()
    {
        closed = true;
        Reminders.Dispose();
        sweep?.Dispose();
        collect?.Dispose();
        database?.Dispose();
        database = null;
    }

    internal GrainClass ClassOf(Type type) =>
        classes.GetOrAdd(type, static (type, silo) => new GrainClass(silo, type), this);

    internal bool Refuses(out string why)
    {
        why = closed ? "The silo of this process is not running, so that it takes no calls." : string.Empty;
        return closed;
    }

    private void CollectIdle()
    {
        foreach (Activation activation in Activations)
        {
            activation.CollectIfIdle(Collection.CollectionAge);
        }
    }
}
