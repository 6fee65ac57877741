using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;

namespace Orleans.Embedded;

/// <summary>What a grain interface offers, checked once for all silos of the process.</summary>
internal sealed class GrainInterface
{
    private static readonly ConcurrentDictionary<Type, GrainInterface> Known = new();
    private readonly FrozenDictionary<MethodInfo, GrainMethod> methods;

    private GrainInterface(Type type)
    {
        methods = type.GetInterfaces().Append(type)
            .SelectMany(part => part.GetMethods())
            .Where(method => method.IsAbstract)
            .ToFrozenDictionary(method => method, GrainMethod.Create);
    }

    /// <summary>The interface, checked.</summary>
    /// <exception cref="ArgumentException">It cannot be called across grains.</exception>
    /// <exception cref="Serialization.CodecNotFoundException">A type in it could not cross a grain call.</exception>
    internal static GrainInterface For(Type type) => Known.GetOrAdd(type, static type => new(type));

    internal GrainMethod Find(MethodInfo method) => methods[method];
}
