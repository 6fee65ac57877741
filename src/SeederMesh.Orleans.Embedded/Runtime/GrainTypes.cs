using System.Collections.Concurrent;
using System.Reflection;

namespace Orleans.Embedded;

/// <summary>Finds grain classes in the assemblies of this process that reference this one.</summary>
internal sealed class GrainTypes
{
    private static readonly Assembly Own = typeof(GrainTypes).Assembly;
    private readonly ConcurrentDictionary<Type, Type> implementations = new();
    private readonly ConcurrentDictionary<Assembly, Type[]> classes = new();

    /// <summary>The one class of this grain interface.</summary>
    /// <exception cref="ArgumentException">There is none, or more than one.</exception>
    internal Type Implementing(Type interfaceType) =>
        implementations.GetOrAdd(interfaceType, static (type, self) => self.Find(type), this);

    /// <summary>The class that stores under this name, or null.</summary>
    internal Type? Named(string name) => All().FirstOrDefault(type => GrainClass.NameOf(type) == name);

    private Type Find(Type interfaceType)
    {
        Type[] found = [.. All().Where(interfaceType.IsAssignableFrom)];
        if (found is not [var only])
        {
            throw new ArgumentException(found.Length == 0
                ? $"Could not find an implementation for interface {interfaceType}."
                : $"Interface {interfaceType} has more than one implementation: {string.Join(", ", (object[])found)}.");
        }

        // Two classes under one name would share their stored state.
        return All().FirstOrDefault(type => type != only && GrainClass.NameOf(type) == GrainClass.NameOf(only)) is { } twin
            ? throw new ArgumentException($"Grain classes {only} and {twin} both store as {GrainClass.NameOf(only)}.")
            : only;
    }

    private IEnumerable<Type> All()
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        Queue<Assembly> rest = new(AppDomain.CurrentDomain.GetAssemblies());
        while (rest.TryDequeue(out Assembly? assembly))
        {
            if (assembly.IsDynamic || IsPlatform(assembly.GetName()) || !seen.Add(assembly.FullName!))
            {
                continue;
            }

            AssemblyName[] references = assembly.GetReferencedAssemblies();
            if (references.Any(name => name.Name == Own.GetName().Name))
            {
                foreach (Type type in classes.GetOrAdd(assembly, static one => Array.FindAll(one.GetTypes(), IsGrainClass)))
                {
                    yield return type;
                }
            }

            // What it references and nobody has used yet is not loaded, and may hold grains, too.
            foreach (AssemblyName name in references)
            {
                if (!IsPlatform(name) && !seen.Contains(name.FullName) && TryLoad(name) is { } referenced)
                {
                    rest.Enqueue(referenced);
                }
            }
        }
    }

    private static Assembly? TryLoad(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (IOException)
        {
            // A reference that was not deployed holds no grain that could run here.
            return null;
        }
    }

    private static bool IsGrainClass(Type type) =>
        type.IsSubclassOf(typeof(Grain)) && !type.IsAbstract && !type.ContainsGenericParameters;

    private static bool IsPlatform(AssemblyName name) =>
        name.Name is null || name.Name.StartsWith("System", StringComparison.Ordinal)
        || name.Name.StartsWith("Microsoft", StringComparison.Ordinal);
}
