using System.Reflection;

namespace Orleans.Embedded;

/// <summary>The base of the proxies that stand for a grain.</summary>
/// <remarks>Public because the proxies are made in an assembly of their own; grains use their interfaces
/// only.</remarks>
public class GrainReference : DispatchProxy, Orleans.Runtime.IAddressable
{
    private GrainInterface? contract;
    private Activation? lastSeen;

    internal GrainClass Class { get; private set; } = null!;

    internal string Key { get; private set; } = string.Empty;

    /// <inheritdoc/>
    public override bool Equals(object? obj) =>
        obj is GrainReference other && other.Class == Class && other.Key == Key;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Class, Key);

    /// <inheritdoc/>
    public override string ToString() => $"{Class.Name}/{Key}";

    internal static object Create(Type interfaceType, GrainClass grainClass, string key)
    {
        var reference = (GrainReference)Create(interfaceType, typeof(GrainReference));
        reference.contract = GrainInterface.For(interfaceType);
        reference.Class = grainClass;
        reference.Key = key;
        return reference;
    }

    internal void Deliver(Turn turn) => Class.Deliver(Key, turn, ref lastSeen);

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        contract!.Find(targetMethod!).Send(this, args ?? []);
}
