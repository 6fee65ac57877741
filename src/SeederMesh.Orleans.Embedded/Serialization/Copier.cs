using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Orleans.Serialization;

namespace Orleans.Embedded;

/// <summary>What one copy has copied so far: an object that is there twice is there twice in the copy, too.</summary>
internal sealed class CopyContext
{
    private Dictionary<object, object>? copies;
    private object? firstOriginal;
    private object? firstCopy;

    internal void Add(object original, object copy)
    {
        if (firstOriginal is null)
        {
            (firstOriginal, firstCopy) = (original, copy);
            return;
        }

        (copies ??= new(ReferenceEqualityComparer.Instance)).Add(original, copy);
    }

    /// <summary>Whether nothing is left to do: there is no object, or its copy is there already.</summary>
    internal bool IsDone<T>([NotNullWhen(false)] T? original, out T? copy)
        where T : class
    {
        copy = original is null ? null
            : ReferenceEquals(original, firstOriginal) ? (T?)firstCopy
            : (T?)copies?.GetValueOrDefault(original);
        return original is null || copy is not null;
    }
}

/// <summary>Copies values whose type is known at run time only.</summary>
internal abstract class ObjectCopier
{
    private static readonly ConcurrentDictionary<Type, ObjectCopier> Known = new();

    internal static ObjectCopier For(Type type) => Known.GetOrAdd(
        type, static type => (ObjectCopier)Activator.CreateInstance(typeof(Of<>).MakeGenericType(type))!);

    internal abstract object Copy(object value, CopyContext context);

    private sealed class Of<T> : ObjectCopier
    {
        internal override object Copy(object value, CopyContext context) => Copier<T>.Copy((T)value, context)!;
    }
}

/// <summary>Copies values of one type, as Orleans would hand them to another grain.</summary>
internal static class Copier<T>
{
    // Made at the first copy and not before, so that types may hold themselves.
    private static Func<T, CopyContext, T>? function;

    /// <summary>A copy that shares nothing that can change.</summary>
    /// <exception cref="CodecNotFoundException">The type, or one inside it, cannot cross a grain call.</exception>
    internal static T Copy(T value, CopyContext context) => (function ??= Make())(value, context);

    private static Func<T, CopyContext, T> Make()
    {
        Type type = typeof(T);
        if (SerializableTypes.IsShared(type))
        {
            return static (value, _) => value;
        }

        if (type.IsInterface || type.IsAbstract || type == typeof(object))
        {
            return CopyAsItIs;
        }

        if (type.IsDefined(typeof(GenerateSerializerAttribute), false))
        {
            return type.IsDefined(typeof(ImmutableAttribute), false)
                ? static (value, context) => IsExact(value) ? value : CopyAsItIs(value, context)
                : MakeFromMembers(type);
        }

        SerializableTypes.Require(type, "a value in a call");
        if (type.IsArray)
        {
            return Collection(nameof(CollectionCopiers.CopyArray), type.GetElementType()!);
        }

        return Collection("Copy" + type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)], type.GenericTypeArguments);
    }

    private static Func<T, CopyContext, T> Collection(string name, params Type[] arguments) =>
        typeof(CollectionCopiers).GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
            .Single(method => method.Name == name && method.GetGenericArguments().Length == arguments.Length)
            .MakeGenericMethod(arguments)
            .CreateDelegate<Func<T, CopyContext, T>>();

    private static bool IsExact(T value) => value is null || value.GetType() == typeof(T);

    private static T CopyAsItIs(T value, CopyContext context)
    {
        Type? type = value?.GetType();
        if (type is null || SerializableTypes.IsShared(type))
        {
            return value;
        }

        return type == typeof(object)
            ? throw new CodecNotFoundException("A bare object cannot cross a grain call.")
            : (T)ObjectCopier.For(type).Copy(value!, context);
    }

    private static Func<T, CopyContext, T> MakeFromMembers(Type type)
    {
        SerializableTypes.Require(type, "a value in a call");
        MembersCopier<T> members = MakeMembersCopier(type);
        if (type.IsValueType)
        {
            return (value, context) =>
            {
                T copy = default!;
                members(ref value, ref copy, context);
                return copy;
            };
        }

        bool isConstructed = type.GetConstructor(Type.EmptyTypes) is not null;
        return (value, context) =>
        {
            if (!IsExact(value))
            {
                return CopyAsItIs(value, context);
            }

            if (context.IsDone((object?)value, out object? known))
            {
                return (T)known!;
            }

            // Deep data ends in an exception, not in the end of the process.
            RuntimeHelpers.EnsureSufficientExecutionStack();
            T copy = isConstructed ? Activator.CreateInstance<T>() : (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
            context.Add(value!, copy!);
            members(ref value, ref copy, context);
            return copy;
        };
    }

    /// <summary>Code that sets each member of the copy: read-only ones too, which expression trees refuse.</summary>
    private static MembersCopier<T> MakeMembersCopier(Type type)
    {
        DynamicMethod method = new(
            $"Copy {type.Name}",
            null,
            [type.MakeByRefType(), type.MakeByRefType(), typeof(CopyContext)],
            typeof(Copier<T>).Module,
            skipVisibility: true);
        ILGenerator code = method.GetILGenerator();
        foreach (FieldInfo member in SerializableTypes.Members(type))
        {
            Load(OpCodes.Ldarg_1);
            Load(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldfld, member);
            if (!SerializableTypes.IsShared(member.FieldType))
            {
                code.Emit(OpCodes.Ldarg_2);
                code.Emit(OpCodes.Call, typeof(Copier<>).MakeGenericType(member.FieldType)
                    .GetMethod(nameof(Copy), BindingFlags.Static | BindingFlags.NonPublic)!);
            }

            code.Emit(OpCodes.Stfld, member);
        }

        code.Emit(OpCodes.Ret);
        return method.CreateDelegate<MembersCopier<T>>();

        void Load(OpCode argument)
        {
            code.Emit(argument);
            if (!type.IsValueType)
            {
                code.Emit(OpCodes.Ldind_Ref);
            }
        }
    }
}

/// <summary>Copies the members of one object to another.</summary>
internal delegate void MembersCopier<T>(ref T from, ref T to, CopyContext context);

/// <summary>Copies collections; found by name, "Copy" and the collection's name.</summary>
internal static class CollectionCopiers
{
    internal static T[]? CopyArray<T>(T[]? value, CopyContext context)
    {
        if (context.IsDone(value, out T[]? copy))
        {
            return copy;
        }

        copy = (T[])value.Clone();
        context.Add(value, copy);
        if (!SerializableTypes.IsShared(typeof(T)))
        {
            for (int i = 0; i < copy.Length; i++)
            {
                copy[i] = Copier<T>.Copy(copy[i], context);
            }
        }

        return copy;
    }

    internal static List<T>? CopyList<T>(List<T>? value, CopyContext context)
    {
        if (context.IsDone(value, out List<T>? copy))
        {
            return copy;
        }

        copy = new(value.Count);
        context.Add(value, copy);
        copy.AddRange(SerializableTypes.IsShared(typeof(T)) ? value : value.Select(one => Copier<T>.Copy(one, context)));
        return copy;
    }

    internal static Dictionary<TKey, T>? CopyDictionary<TKey, T>(Dictionary<TKey, T>? value, CopyContext context)
        where TKey : notnull
    {
        if (context.IsDone(value, out Dictionary<TKey, T>? copy))
        {
            return copy;
        }

        copy = new(value.Count, value.Comparer);
        context.Add(value, copy);
        foreach ((TKey key, T one) in value)
        {
            copy.Add(Copier<TKey>.Copy(key, context), Copier<T>.Copy(one, context));
        }

        return copy;
    }

    internal static HashSet<T>? CopyHashSet<T>(HashSet<T>? value, CopyContext context)
    {
        if (context.IsDone(value, out HashSet<T>? copy))
        {
            return copy;
        }

        copy = new(value.Count, value.Comparer);
        context.Add(value, copy);
        foreach (T one in value)
        {
            copy.Add(Copier<T>.Copy(one, context));
        }

        return copy;
    }

    internal static ImmutableArray<T> CopyImmutableArray<T>(ImmutableArray<T> value, CopyContext context) =>
        value.IsDefault || SerializableTypes.IsShared(typeof(T))
            ? value
            : ImmutableArray.CreateRange(value, static (one, context) => Copier<T>.Copy(one, context), context);

    internal static T? CopyNullable<T>(T? value, CopyContext context)
        where T : struct => value is { } some ? Copier<T>.Copy(some, context) : null;

    internal static KeyValuePair<TKey, T> CopyKeyValuePair<TKey, T>(KeyValuePair<TKey, T> value, CopyContext context) =>
        new(Copier<TKey>.Copy(value.Key, context), Copier<T>.Copy(value.Value, context));

    internal static (T1, T2) CopyValueTuple<T1, T2>((T1, T2) value, CopyContext context) =>
        (Copier<T1>.Copy(value.Item1, context), Copier<T2>.Copy(value.Item2, context));

    internal static (T1, T2, T3) CopyValueTuple<T1, T2, T3>((T1, T2, T3) value, CopyContext context) =>
        (Copier<T1>.Copy(value.Item1, context), Copier<T2>.Copy(value.Item2, context), Copier<T3>.Copy(value.Item3, context));

    internal static (T1, T2, T3, T4) CopyValueTuple<T1, T2, T3, T4>((T1, T2, T3, T4) value, CopyContext context) =>
        (Copier<T1>.Copy(value.Item1, context), Copier<T2>.Copy(value.Item2, context),
            Copier<T3>.Copy(value.Item3, context), Copier<T4>.Copy(value.Item4, context));
}
