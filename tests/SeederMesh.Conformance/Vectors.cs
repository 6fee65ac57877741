using System.Text.Json;
using Xunit;

namespace SeederMesh.Conformance;

/// <summary>
/// Published test data, read from <c>../shared/vectors</c> beside the checkout; where it is missing, its tests are
/// skipped and counted.
/// </summary>
internal static class Vectors
{
    private static readonly string? root = Find();

    public static string Path(string name)
    {
        Assert.SkipUnless(root is not null, "The folder ../shared/vectors is not beside this checkout.");
        return System.IO.Path.Combine(root!, name);
    }

    public static byte[] Bytes(string name) => File.ReadAllBytes(Path(name));

    public static string Text(string name) => File.ReadAllText(Path(name));

    public static JsonElement Json(string name) => JsonDocument.Parse(Bytes(name)).RootElement;

    public static string String(this JsonElement element, string member) => element.GetProperty(member).GetString()!;

    public static byte[] Hex(this JsonElement element, string member) => Convert.FromHexString(element.String(member));

    private static string? Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "SeederMesh.sln")))
        {
            folder = System.IO.Path.GetDirectoryName(folder);
        }

        string? vectors = folder is null ? null : System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, "..", "shared", "vectors"));
        return Directory.Exists(vectors) ? vectors : null;
    }
}
