using System.Buffers;

namespace SeederMesh.Core.Manifests;

/// <summary>
/// The rules of a file's path in a manifest: what a torrent engine would keep as it is, and no trick.
/// </summary>
internal static class FilePath
{
    public const int BytesMax = 4096;
    public const int PartBytesMax = 255;
    public const int PartsMax = 64;

    // Control characters, and those that turn the direction of writing, with which "exe.gpj" is made to look like a
    // picture.
    // libtorrent replaces the same ones, so that a manifest with them could never match what is on disk.
    private const string Directional = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e";

    private static readonly string Controls =
        string.Concat(Enumerable.Range(0, 32).Append(127).Select(code => (char)code));

    /// <summary>What no text in a manifest may hold.</summary>
    public static SearchValues<char> Unprintable { get; } = SearchValues.Create(Controls + Directional);

    private static SearchValues<char> Refused { get; } = SearchValues.Create(Controls + Directional + "\\");

    /// <summary>What is wrong with <paramref name="path"/>, or null.</summary>
    public static string? FindFault(string path)
    {
        if (path.Length == 0 || System.Text.Encoding.UTF8.GetByteCount(path) > BytesMax)
        {
            return $"A path has 1 to {BytesMax} bytes.";
        }

        if (path.AsSpan().IndexOfAny(Refused) >= 0)
        {
            return "A path must not hold a backslash, a control character or a mark that turns the writing direction; rename the file.";
        }

        int parts = 0;
        foreach (Range range in path.AsSpan().Split('/'))
        {
            ReadOnlySpan<char> part = path.AsSpan(range);
            parts++;
            if (part.Length == 0 || part is "." or "..")
            {
                return "A path must be relative and without empty, \".\" and \"..\" parts.";
            }

            if (System.Text.Encoding.UTF8.GetByteCount(part) > PartBytesMax)
            {
                return $"A part of a path has at most {PartBytesMax} bytes; shorten the name.";
            }
        }

        return parts > PartsMax ? $"A path has at most {PartsMax} parts." : null;
    }
}
