using System.Reflection;
using Orleans;
using SeederMesh.Grains.Channels;

namespace SeederMesh.Grains.Tests;

/// <summary>
/// Every type that crosses a grain call can be serialized by Orleans, whichever runtime is compiled in: what is green on the embedded one
/// also runs on the packages. Method: walk all grain interfaces' parameters and results, and all members of what they carry.
/// </summary>
public sealed class GrainSignatureTests
{
    private static readonly HashSet<Type> KnownToOrleans =
        [typeof(string), typeof(bool), typeof(byte), typeof(int), typeof(long), typeof(ulong), typeof(Guid), typeof(DateTimeOffset), typeof(TimeSpan)];

    private static readonly Type[] GrainInterfaces =
    [
        .. typeof(IPaymentChannelGrain).Assembly.GetTypes().Where(type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type)),
    ];

    [Fact]
    public void GrainInterfaces_OfThisAssembly_AreAllFound() => Assert.True(GrainInterfaces.Length >= 5);

    [Fact]
    public void GrainInterfaces_AndTheirMethods_HaveStableAliases()
    {
        MemberInfo[] members = [.. GrainInterfaces, .. GrainInterfaces.SelectMany(type => type.GetMethods())];
        Assert.Empty(members.Where(member => member.GetCustomAttributes<AliasAttribute>().SingleOrDefault() is null).Select(Name));
        Assert.Empty(GrainInterfaces
            .SelectMany(type => type.GetMethods().GroupBy(method => method.GetCustomAttribute<AliasAttribute>()!.Alias))
            .Where(group => group.Count() > 1)
            .Select(group => group.Key));
    }

    [Fact]
    public void TypesThatCrossAGrainCall_AreSerializableWithEveryMemberNumbered()
    {
        var faults = new List<string>();
        var seen = new HashSet<Type>();
        foreach (MethodInfo method in GrainInterfaces.SelectMany(type => type.GetMethods()))
        {
            foreach (Type? type in method.GetParameters().Select(parameter => parameter.ParameterType).Append(Result(method)))
            {
                Visit(type, Name(method), seen, faults);
            }
        }

        Assert.Empty(faults);
        Assert.NotEmpty(seen);
    }

    [Fact]
    public void AliasesOfSerializableTypes_AreUnique()
    {
        var aliases = typeof(IPaymentChannelGrain).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null)
            .Select(type => type.GetCustomAttributes<AliasAttribute>().Single().Alias)
            .ToArray();
        Assert.Equal(aliases.Length, aliases.Distinct(StringComparer.Ordinal).Count());
    }

    private static void Visit(Type? type, string where, HashSet<Type> seen, List<string> faults)
    {
        if (type is null || KnownToOrleans.Contains(type) || !seen.Add(type))
        {
            return;
        }

        if (type.IsArray || Nullable.GetUnderlyingType(type) is not null)
        {
            Visit(type.GetElementType() ?? Nullable.GetUnderlyingType(type), where, seen, faults);
            return;
        }

        if (type.GetCustomAttribute<GenerateSerializerAttribute>() is null || type.GetCustomAttributes<AliasAttribute>().SingleOrDefault() is null)
        {
            faults.Add($"{where}: {type.Name} needs [GenerateSerializer] and [Alias].");
        }

        if (type.IsEnum)
        {
            return;
        }

        PropertyInfo[] members =
        [
            .. type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Where(property => property.CanWrite && property.GetIndexParameters().Length == 0),
        ];
        faults.AddRange(members
            .Where(member => member.GetCustomAttribute<IdAttribute>() is null)
            .Select(member => $"{type.Name}.{member.Name} needs an [Id]."));
        faults.AddRange(members
            .GroupBy(member => member.GetCustomAttribute<IdAttribute>()?.Id)
            .Where(group => group.Count() > 1)
            .Select(group => $"{type.Name} uses Id {group.Key} twice."));
        foreach (PropertyInfo member in members)
        {
            Visit(member.PropertyType, $"{type.Name}.{member.Name}", seen, faults);
        }
    }

    private static Type? Result(MethodInfo method) =>
        method.ReturnType.IsGenericType ? method.ReturnType.GetGenericArguments()[0] : null;

    private static string Name(MemberInfo member) => $"{member.DeclaringType?.Name}.{member.Name}";
}
