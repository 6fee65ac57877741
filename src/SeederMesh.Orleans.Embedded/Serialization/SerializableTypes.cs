using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Orleans.Embedded;

/// <summary>Which types may cross a grain call: no more than Orleans can send to another process.</summary>
/// <remarks>Stricter than Orleans where it has a choice, so that what passes here passes there.</remarks>
internal static class SerializableTypes
{
    private static readonly HashSet<Type> Values =
    [
        typeof(string), typeof(decimal), typeof(DateTime), typeof(DateOnly), typeof(TimeOnly), typeof(DateTimeOffset),
        typeof(TimeSpan), typeof(IPAddress), typeof(IPEndPoint), typeof(CancellationToken), typeof(Guid),
        typeof(CultureInfo), typeof(Version), typeof(Uri), typeof(Int128), typeof(UInt128), typeof(BigInteger), typeof(Half),
    ];

    /// <summary>Collections that are copied, by their generic definition.</summary>
    private static readonly HashSet<Type> Collections =
    [
        typeof(List<>), typeof(Dictionary<,>), typeof(HashSet<>), typeof(ImmutableArray<>), typeof(Nullable<>),
        typeof(KeyValuePair<,>), typeof(ValueTuple<,>), typeof(ValueTuple<,,>), typeof(ValueTuple<,,,>),
    ];

    private static readonly HashSet<Type> Interfaces =
    [
        typeof(IEnumerable<>), typeof(IReadOnlyCollection<>), typeof(IReadOnlyList<>), typeof(IReadOnlyDictionary<,>),
        typeof(IReadOnlySet<>), typeof(ICollection<>), typeof(IList<>), typeof(IDictionary<,>), typeof(ISet<>),
    ];

    private static readonly ConcurrentDictionary<Type, bool> Passed = new();

    /// <summary>Values of this type never change, so that calls share them.</summary>
    internal static bool IsShared(Type type) =>
        type.IsPrimitive || type.IsEnum || Values.Contains(type)
        || (type.IsSealed && type.IsDefined(typeof(ImmutableAttribute), false))
        || (Nullable.GetUnderlyingType(type) is { } inner && IsShared(inner))
        || type.IsAssignableTo(typeof(Exception)) || type.IsAssignableTo(typeof(Type))
        || type.IsAssignableTo(typeof(GrainReference));

    /// <summary>Refuses a type that cannot cross a call, with all that it holds.</summary>
    /// <param name="type">The type.</param>
    /// <param name="where">Where it stands, for the message.</param>
    /// <exception cref="CodecNotFoundException">It cannot.</exception>
    internal static void Require(Type type, string where)
    {
        if (!Passed.TryAdd(type, true))
        {
            return;
        }

        try
        {
            RequireContent(type, where);
        }
        catch (CodecNotFoundException)
        {
            Passed.TryRemove(type, out _);
            throw;
        }
    }

    /// <summary>The members by which a [GenerateSerializer] type is copied: its fields, base types first.</summary>
    /// <exception cref="CodecNotFoundException">A member is in the object and not in the contract.</exception>
    internal static IReadOnlyList<FieldInfo> Members(Type type)
    {
        List<FieldInfo> members = [];
        for (Type? level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            FieldInfo[] fields = level.GetFields(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
            if (fields.Length > 0 && !level.IsDefined(typeof(GenerateSerializerAttribute), false))
            {
                throw new CodecNotFoundException($"{level}, a base of {type}, has no [GenerateSerializer].");
            }

            members.InsertRange(0, fields.Where(field => !field.IsDefined(typeof(NonSerializedAttribute)) && IsMember(level, field)));
        }

        return members;
    }

    private static void RequireContent(Type type, string where)
    {
        if (type.IsDefined(typeof(GenerateSerializerAttribute), false) && !type.IsEnum)
        {
            foreach (FieldInfo member in Members(type))
            {
                Require(member.FieldType, $"{type.Name}.{NameOf(member)}, in {where}");
            }
        }
        else if (type.IsArray && type.GetArrayRank() == 1)
        {
            Require(type.GetElementType()!, where);
        }
        else if (type.IsGenericType
            && (Collections.Contains(type.GetGenericTypeDefinition()) || Interfaces.Contains(type.GetGenericTypeDefinition())))
        {
            Array.ForEach(type.GenericTypeArguments, argument => Require(argument, where));
        }
        else if (type != typeof(object) && !type.IsAssignableTo(typeof(IAddressable))
            && !type.IsPrimitive && !type.IsEnum && !Values.Contains(type) && !type.IsAssignableTo(typeof(Exception)))
        {
            throw new CodecNotFoundException(
                $"{type} cannot cross a grain call: {where}. Give it [GenerateSerializer] and its members [Id], "
                + "or use an array, List, Dictionary, HashSet or ImmutableArray of such types.");
        }
    }

    private static bool IsMember(Type type, FieldInfo field)
    {
        string name = NameOf(field);
        PropertyInfo? property = type.GetProperty(
            name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
        bool isNumbered = field.IsDefined(typeof(IdAttribute)) || property?.IsDefined(typeof(IdAttribute)) == true;
        return isNumbered || IsPrimaryParameter(type, name, field.FieldType)
            ? true
            : throw new CodecNotFoundException(
                $"{type}.{name} has no [Id]: Orleans would lose it. Number it, or mark its field [NonSerialized].");
    }

    /// <summary>The parameters of a record's primary constructor are members without a number.</summary>
    private static bool IsPrimaryParameter(Type type, string name, Type fieldType) =>
        type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly) is not null
        && type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Any(one => one.GetParameters().Any(parameter => parameter.Name == name && parameter.ParameterType == fieldType));

    /// <summary>The name in the source: that of the property, for the field behind one.</summary>
    private static string NameOf(FieldInfo field) =>
        field.IsDefined(typeof(CompilerGeneratedAttribute)) && field.Name is ['<', .. var rest] && rest.IndexOf('>') is > 0 and var end
            ? rest[..end]
            : field.Name;
}
