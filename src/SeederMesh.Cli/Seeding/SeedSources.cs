using SeederMesh.Cli.Terminal;
using SeederMesh.Client;

namespace SeederMesh.Cli.Seeding;

/// <summary>Finds the torrents that a path on the command line means.</summary>
internal static class SeedSources
{
    /// <summary>A torrent file itself, the torrent beside a folder or file, or all torrents in a folder.</summary>
    /// <param name="path">What a person typed.</param>
    /// <param name="contentFolder">The folder that holds the content; null for the torrent file's own.</param>
    /// <exception cref="Refusal">There is no torrent.</exception>
    public static IEnumerable<SeedSource> Find(string path, string? contentFolder)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(full) && Path.GetExtension(full) == ".torrent")
        {
            return [new SeedSource(full, contentFolder ?? Path.GetDirectoryName(full)!)];
        }

        string beside = full + ".torrent";
        if (Path.Exists(full) && File.Exists(beside))
        {
            return [new SeedSource(beside, contentFolder ?? Path.GetDirectoryName(full)!)];
        }

        string[] inside = Directory.Exists(full) ? Directory.GetFiles(full, "*.torrent") : [];
        return inside.Length > 0
            ? inside.Order(StringComparer.Ordinal).Select(torrent => new SeedSource(torrent, contentFolder ?? full))
            : throw new Refusal(Path.Exists(full)
                ? $"There is no torrent beside or in {full}: make one with \"mesh publish\", or name the .torrent file."
                : $"There is no file or folder {full}.");
    }
}
