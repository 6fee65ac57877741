using System.Text.RegularExpressions;
using SeederMesh.Core.Manifests;
using SeederMesh.Torrents.Metainfos;

namespace SeederMesh.Client;

/// <summary>Which files of a torrent are wanted: by pattern, or by the magnet's <c>so</c> (BEP 53).</summary>
internal sealed class FileSelection
{
    private readonly List<(string Text, Regex Regex)> patterns;
    private readonly IReadOnlyList<FileRange> ranges;

    public FileSelection(IReadOnlyList<string> patterns, IReadOnlyList<FileRange> ranges)
    {
        this.patterns = [.. patterns.Select(pattern => (pattern, ToRegex(pattern)))];
        this.ranges = ranges;
    }

    public bool IsAll => patterns.Count == 0 && ranges.Count == 0;

    /// <summary>Whether a file is wanted.</summary>
    /// <param name="index">Its index, padding files included, as BEP 53 counts.</param>
    /// <param name="path">Its path without the torrent's name.</param>
    public bool Includes(int index, string path) => patterns.Count > 0
        ? patterns.Exists(pattern => pattern.Regex.IsMatch(path))
        : ranges.Count == 0 || ranges.Any(range => index >= range.First && index <= range.Last);

    /// <summary>The indexes that BEP 53 gives to the files that a manifest names.</summary>
    /// <remarks>They are those of the metadata, where a padding file follows each file that does not end with a
    /// piece.</remarks>
    public static IReadOnlyList<int> IndexesOf(ManifestTorrent torrent)
    {
        var indexes = new List<int>();
        int next = 0;
        foreach (ManifestFile file in torrent.Files)
        {
            indexes.Add(next);
            next += file.Length % torrent.PieceLength == 0 ? 1 : 2;
        }

        return indexes;
    }

    /// <summary>The priorities of a torrent's files for the engine; empty for all.</summary>
    /// <exception cref="ClientException">A pattern matches nothing.</exception>
    public IReadOnlyList<byte> PrioritiesOf(Metainfo metainfo)
    {
        if (IsAll)
        {
            return [];
        }

        string[] paths = [.. metainfo.Files.Select(file => TorrentFiles.PathOf(file, metainfo))];
        RequireMatches([.. metainfo.Files.Where(file => !file.IsPadding).Select(file => paths[file.Index])]);
        return [.. metainfo.Files.Select(file => (byte)(!file.IsPadding && Includes(file.Index, paths[file.Index]) ? 4 : 0))];
    }

    /// <summary>Refuses patterns that match none of the paths, because they are misspelt.</summary>
    /// <exception cref="ClientException">One does.</exception>
    public void RequireMatches(IReadOnlyList<string> paths)
    {
        foreach ((string text, Regex regex) in patterns)
        {
            if (!paths.Any(regex.IsMatch))
            {
                throw new ClientException($"No file of the torrent matches \"{text}\".");
            }
        }
    }

    private static Regex ToRegex(string pattern)
    {
        string regex = Regex.Escape(pattern)
            .Replace(@"\*\*", ".*", StringComparison.Ordinal)
            .Replace(@"\*", "[^/]*", StringComparison.Ordinal)
            .Replace(@"\?", "[^/]", StringComparison.Ordinal);
        return new Regex($"^{regex}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }
}
