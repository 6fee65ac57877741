using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>A grain class in one silo, with its activations.</summary>
internal sealed class GrainClass
{
    private const int ForwardsMax = 2;
    private readonly ObjectFactory factory;
    private readonly PersistentStateRequest[] states;

    internal GrainClass(Silo silo, Type type)
    {
        Silo = silo;
        Name = NameOf(type);
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute));
        ParameterInfo[] facets = type.GetConstructors() is [var only]
            ? Array.FindAll(only.GetParameters(), one => one.IsDefined(typeof(PersistentStateAttribute)))
            : throw new ArgumentException($"Grain class {type} needs exactly one public constructor.");
        states = Array.ConvertAll(facets, PersistentStateRequest.For);
        factory = ActivatorUtilities.CreateFactory(type, Array.ConvertAll(facets, one => one.ParameterType));
    }

    internal Silo Silo { get; }

    /// <summary>What its state and reminders are stored under; Orleans makes the same name.</summary>
    internal string Name { get; }

    internal bool IsReentrant { get; }

    internal ConcurrentDictionary<string, Activation> Activations { get; } = new(StringComparer.Ordinal);

    internal static string NameOf(Type type) => type.GetCustomAttribute<GrainTypeAttribute>() is { } named
        ? named.GrainType
        : type.Name.EndsWith("grain", StringComparison.OrdinalIgnoreCase) && type.Name.Length > 5
            ? type.Name[..^5].ToLowerInvariant()
            : type.Name.ToLowerInvariant();

    /// <summary>Makes the grain; its constructor sees the activation as the current one.</summary>
    internal (Grain Grain, IPersistentRecord[] Records) Create(Activation activation, IServiceProvider services)
    {
        IPersistentRecord[] records = Array.ConvertAll(states, state => state.Create(activation));
        return ((Grain)factory(services, records), records);
    }

    /// <summary>Gives a turn to the one activation of this key, which it makes if there is none.</summary>
    /// <param name="key">The grain's key.</param>
    /// <param name="turn">The turn.</param>
    /// <param name="lastSeen">The caller's memory of the activation.</param>
    internal void Deliver(string key, Turn turn, ref Activation? lastSeen)
    {
        while (lastSeen?.TryEnqueue(turn) != true)
        {
            if (lastSeen is not null)
            {
                // It ended between look-up and delivery. Only that very one may go: a new one may be there already.
                Activations.TryRemove(new(key, lastSeen));
                lastSeen = null;
            }

            if (Silo.Refuses(out string why))
            {
                turn.Fail(new SiloUnavailableException(why));
                return;
            }

            lastSeen = Activations.GetOrAdd(
                key, static (key, grainClass) => new Activation(grainClass, key), this);
        }
    }

    /// <summary>Gives the turns that an ended activation left to its successor.</summary>
    internal void Forward(string key, Turn? first)
    {
        Activation? successor = null;
        while (first is { } turn)
        {
            first = turn.Next;
            turn.Next = null;
            if (++turn.Forwards > ForwardsMax)
            {
                turn.Fail(new OrleansMessageRejectionException(
                    $"Grain {Name}/{key} ended {turn.Forwards} times before it took the call."));
            }
            else
            {
                Deliver(key, turn, ref successor);
            }
        }
    }
}
