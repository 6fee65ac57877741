using System.Linq.Expressions;
using System.Reflection;
using Orleans.Concurrency;

namespace Orleans.Embedded;

/// <summary>A method of a grain interface: its compiled call, and the copiers of what goes in and out.</summary>
internal abstract class GrainMethod
{
    private readonly ParameterInfo[] parameters;
    private readonly Lazy<Func<object, object?[], Task>> invoke;
    private readonly Lazy<ObjectCopier?[]> copiers;

    private protected GrainMethod(MethodInfo method)
    {
        Method = method;
        Name = $"{method.DeclaringType!.Name}.{method.Name}";
        Interleaves = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        IsReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        parameters = method.GetParameters();
        invoke = new(Compile);
        copiers = new(() => Array.ConvertAll(parameters, CopierOf));
    }

    internal MethodInfo Method { get; }

    internal string Name { get; }

    internal bool Interleaves { get; }

    internal bool IsReadOnly { get; }

    internal static GrainMethod Create(MethodInfo method)
    {
        Type type = method.ReturnType;
        Type result = type == typeof(Task) ? typeof(NoResult)
            : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>) ? type.GenericTypeArguments[0]
            : throw new ArgumentException(
                $"{method.DeclaringType}.{method.Name} returns {type}: a grain's method returns Task or Task<T>.");
        if (method.IsGenericMethodDefinition)
        {
            throw new ArgumentException($"{method.DeclaringType}.{method.Name} is generic; the embedded runtime has no such calls.");
        }

        string where = $"{method.DeclaringType}.{method.Name}";
        foreach (ParameterInfo parameter in method.GetParameters())
        {
            SerializableTypes.Require(parameter.ParameterType, $"parameter {parameter.Name} of {where}");
        }

        if (result != typeof(NoResult))
        {
            SerializableTypes.Require(result, $"the result of {where}");
        }

        return (GrainMethod)Activator.CreateInstance(typeof(GrainMethod<>).MakeGenericType(result), method)!;
    }

    /// <summary>Sends a call.</summary>
    /// <returns>The caller's task, of the method's own type.</returns>
    internal abstract Task Send(GrainReference target, object?[] arguments);

    internal Task Invoke(object grain, object?[] arguments) => invoke.Value(grain, arguments);

    private protected void CopyArguments(object?[] arguments)
    {
        CopyContext? context = null;
        ObjectCopier?[] all = copiers.Value;
        for (int i = 0; i < all.Length; i++)
        {
            if (all[i] is { } copier && arguments[i] is { } argument)
            {
                arguments[i] = copier.Copy(argument, context ??= new CopyContext());
            }
        }
    }

    private static ObjectCopier? CopierOf(ParameterInfo parameter) =>
        parameter.IsDefined(typeof(ImmutableAttribute)) || SerializableTypes.IsShared(parameter.ParameterType)
            ? null
            : ObjectCopier.For(parameter.ParameterType);

    private Func<object, object?[], Task> Compile()
    {
        ParameterExpression grain = Expression.Parameter(typeof(object));
        ParameterExpression arguments = Expression.Parameter(typeof(object?[]));
        IEnumerable<Expression> unpacked = parameters.Select((parameter, index) => Expression.Convert(
            Expression.ArrayIndex(arguments, Expression.Constant(index)), parameter.ParameterType));
        MethodCallExpression call = Expression.Call(
            Expression.Convert(grain, Method.DeclaringType!), Method, unpacked);
        return Expression.Lambda<Func<object, object?[], Task>>(call, grain, arguments).Compile();
    }
}

/// <inheritdoc/>
internal sealed class GrainMethod<T>(MethodInfo method) : GrainMethod(method)
{
    private readonly bool sharesResult = typeof(T) == typeof(NoResult) || SerializableTypes.IsShared(typeof(T))
        || method.ReturnParameter.IsDefined(typeof(ImmutableAttribute));

    internal override Task Send(GrainReference target, object?[] arguments)
    {
        try
        {
            CopyArguments(arguments);
        }
        catch (Exception exception)
        {
            return Task.FromException<T>(exception);
        }

        PendingCalls pending = target.Class.Silo.Pending;
        GrainCall<T> call = new(this, pending, arguments) { Interleaves = Interleaves, IsReadOnly = IsReadOnly };
        pending.Add(call);
        target.Deliver(call);
        return call.Answer;
    }

    internal T CopyResult(T result) =>
        sharesResult || result is null ? result : Copier<T>.Copy(result, new CopyContext());
}
