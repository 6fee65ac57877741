using System.Text.Json;

namespace SeederMesh.Lightning.Tests;

/// <summary>Official test data beside the checkout (../shared/vectors). Tests that need it skip, counted, where it is missing.</summary>
internal static class Vectors
{
    public static JsonDocument Json(string name)
    {
        string? path = Find(Path.Combine("shared", "vectors", name));
        Assert.SkipUnless(path is not null, $"../shared/vectors/{name} is not here.");
        return JsonDocument.Parse(File.ReadAllText(path!));
    }

    private static string? Find(string relative)
    {
        IEnumerable<string> roots = Parents(AppContext.BaseDirectory);
        return Environment.GetEnvironmentVariable("SEEDERMESH_VECTORS") is { Length: > 0 } folder
            ? Existing(Path.Combine(folder, Path.GetRelativePath(Path.Combine("shared", "vectors"), relative)))
            : roots.Select(root => Existing(Path.Combine(root, relative))).FirstOrDefault(path => path is not null);
    }

    private static IEnumerable<string> Parents(string start)
    {
        for (DirectoryInfo? at = new(start); at is not null; at = at.Parent)
        {
            yield return at.FullName;
        }
    }

    private static string? Existing(string path) => File.Exists(path) ? path : null;
}
