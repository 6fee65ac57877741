using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>A stored record, as the runtime sees it while it activates the grain.</summary>
internal interface IPersistentRecord
{
    Task ReadStateAsync();
}

/// <summary>A constructor parameter that asks for a stored record.</summary>
internal abstract class PersistentStateRequest
{
    internal abstract IPersistentRecord Create(Activation activation);

    internal static PersistentStateRequest For(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType;
        return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IPersistentState<>)
            ? (PersistentStateRequest)Activator.CreateInstance(
                typeof(Of<>).MakeGenericType(type.GenericTypeArguments),
                parameter.GetCustomAttribute<PersistentStateAttribute>()!.StateName)!
            : throw new ArgumentException(
                $"Parameter {parameter.Name} of {parameter.Member.DeclaringType} is no {typeof(IPersistentState<>).Name}.");
    }

    private sealed class Of<TState>(string name) : PersistentStateRequest
    {
        internal override IPersistentRecord Create(Activation activation) => new PersistentState<TState>(activation, name);
    }
}

/// <summary>A stored record of a grain. The state is written as it is when the write is asked for.</summary>
internal sealed class PersistentState<TState>(Activation activation, string name)
    : IPersistentState<TState>, IPersistentRecord
{
    // The same rules as Orleans's System.Text.Json storage serializer, so that the stored text moves over.
    private static readonly JsonSerializerOptions Json = new()
    {
        IncludeFields = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private long? version;

    public TState State { get; set; } = Empty();

    public string? Etag => version?.ToString();

    public bool RecordExists => version is not null;

    private RecordKey Key => new(activation.Class.Name, activation.Key, name);

    public async Task ReadStateAsync()
    {
        (long Version, byte[] Content)? record = await activation.Silo.Database.ReadAsync(Key);
        version = record?.Version;
        State = record is { } stored
            ? JsonSerializer.Deserialize<TState>(stored.Content, Json)
                ?? throw new InvalidDataException($"The stored record {name} of grain {activation} is null.")
            : Empty();
    }

    public async Task WriteStateAsync() => version = await activation.Silo.Database.WriteAsync(
        Key, version, JsonSerializer.SerializeToUtf8Bytes(State, Json));

    public async Task ClearStateAsync()
    {
        await activation.Silo.Database.DeleteAsync(Key, version);
        version = null;
        State = Empty();
    }

    private static TState Empty() =>
        typeof(TState).IsValueType ? default!
        : typeof(TState).GetConstructor(Type.EmptyTypes) is not null ? Activator.CreateInstance<TState>()
        : typeof(TState) == typeof(string) ? default!
        : (TState)RuntimeHelpers.GetUninitializedObject(typeof(TState));
}
