using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace SeederMesh.Core.Tests.Tidy;

// Goal: the rules of the tree that no compiler checks (DESIGN section 3, STYLE rules 8, 9 and 23), read from the sources.
public sealed partial class SourceTreeTests
{
    // What each project may refer to: dependencies point downwards only.
    private static readonly Dictionary<string, string[]> allowed = new(StringComparer.Ordinal)
    {
        ["SeederMesh.Core"] = [],
        ["SeederMesh.Orleans.Embedded"] = [],
        ["SeederMesh.Ledger"] = ["SeederMesh.Core"],
        ["SeederMesh.Lightning"] = ["SeederMesh.Core"],
        ["SeederMesh.Torrents"] = ["SeederMesh.Core"],
        ["SeederMesh.Registry"] = ["SeederMesh.Core", "SeederMesh.Ledger"],
        ["SeederMesh.Client"] = ["SeederMesh.Core", "SeederMesh.Lightning", "SeederMesh.Torrents"],
        ["SeederMesh.Grains"] =
            ["SeederMesh.Core", "SeederMesh.Ledger", "SeederMesh.Lightning", "SeederMesh.Registry", "SeederMesh.Orleans.Embedded"],
        ["SeederMesh.Hub"] =
        [
            "SeederMesh.Core", "SeederMesh.Ledger", "SeederMesh.Lightning", "SeederMesh.Registry", "SeederMesh.Grains",
            "SeederMesh.Orleans.Embedded",
        ],
    };

    private static readonly string root = FindRoot();

    [Fact]
    public void Core_ItsMoney_HasNoFloatingPoint()
    {
        foreach (string folder in new[] { "Money", "Splits", "Channels", "Receipts", "Exchange" })
        {
            foreach (string file in Sources("src/SeederMesh.Core/" + folder))
            {
                Assert.DoesNotMatch(FloatingPoint(), Code(file));
            }
        }
    }

    [Fact]
    public void Core_ItsProject_HasNoPackageAndNoReference()
    {
        XDocument project = XDocument.Load(Path.Combine(root, "src/SeederMesh.Core/SeederMesh.Core.csproj"));
        Assert.Empty(project.Descendants("PackageReference"));
        Assert.Empty(project.Descendants("ProjectReference"));
    }

    [Fact]
    public void Projects_TheirReferences_PointDownwards()
    {
        foreach ((string project, string[] targets) in allowed)
        {
            string file = Path.Combine(root, "src", project, project + ".csproj");
            if (!File.Exists(file))
            {
                continue;
            }

            IEnumerable<string> found = XDocument.Load(file).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.Empty(found.Except(targets, StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Files_TheirLength_StaysReadable()
    {
        IEnumerable<string> tooLong = Sources("src").Concat(Sources("sim")).Concat(Sources("tests"))
            .Select(file => (File: Path.GetRelativePath(root, file), Lines: File.ReadLines(file).Count()))
            .Where(entry => entry.Lines > 450)
            .Select(entry => $"{entry.File} has {entry.Lines} lines");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Files_TheirLines_StayUnder140Columns()
    {
        IEnumerable<string> tooWide = Sources("src").Concat(Sources("sim"))
            .SelectMany(file => File.ReadLines(file).Select((line, index) => (file, line, number: index + 1)))
            .Where(entry => entry.line.Length > 140)
            .Select(entry => $"{Path.GetRelativePath(root, entry.file)}:{entry.number}");
        Assert.Empty(tooWide);
    }

    [Fact]
    public void Sources_NothingInThem_IsLeftForLater()
    {
        IEnumerable<string> unfinished = Sources("src").Concat(Sources("sim"))
            .Where(file => Unfinished().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(root, file));
        Assert.Empty(unfinished);
    }

    private static IEnumerable<string> Sources(string folder)
    {
        string path = Path.Combine(root, folder);
        return !Directory.Exists(path)
            ? []
            : Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));
    }

    /// <summary>A file without its comments.</summary>
    private static string Code(string file) =>
        string.Join('\n', File.ReadLines(file).Select(line => line.Split("//", 2)[0]));

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "SeederMesh.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("The tests run inside the checkout, beside SeederMesh.sln.");
    }

    [GeneratedRegex(@"\b(double|float|decimal|Double|Single|Decimal|Half)\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex FloatingPoint();

    [GeneratedRegex("NotImplementedException|TO" + "DO|FIX" + "ME", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Unfinished();
}
