using System.Security.Cryptography;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Cli.Verification;

/// <summary>One file that is not what the manifest says.</summary>
/// <param name="Path">Its path in the manifest.</param>
/// <param name="Problem">What is wrong with it.</param>
internal sealed record FileProblem(string Path, string Problem);

/// <summary>What a check of content against a manifest found.</summary>
/// <param name="Files">Files that were checked.</param>
/// <param name="Bytes">Bytes that were hashed.</param>
/// <param name="Problems">Files that are missing or different.</param>
/// <param name="Surplus">Files on disk that the manifest does not name; nobody vouches for them.</param>
internal sealed record ContentVerdict(int Files, long Bytes, IReadOnlyList<FileProblem> Problems, IReadOnlyList<string> Surplus);

/// <summary>Checks files on disk against a manifest: every length, every Merkle root, every SHA-256 that it
/// gives.</summary>
internal static class ContentVerifier
{
    /// <summary>Checks all files.</summary>
    /// <param name="torrent">What the manifest says.</param>
    /// <param name="content">The folder that the manifest calls by the torrent's name; the file itself, where that is
    /// all.</param>
    /// <param name="progress">Told the bytes of each file that was checked.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public static ContentVerdict Check(
        ManifestTorrent torrent, string content, IProgress<long> progress, CancellationToken cancellationToken)
    {
        var problems = new List<FileProblem>();
        bool single = File.Exists(content);
        foreach (ManifestFile file in torrent.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string path = single ? content : Path.Combine(content, file.Path);
            if (FindProblem(file, path, cancellationToken) is { } problem)
            {
                problems.Add(new FileProblem(file.Path, problem));
            }

            progress.Report(file.Length);
        }

        return new ContentVerdict(
            torrent.Files.Count, torrent.Files.Sum(file => file.Length), problems, single ? [] : FindSurplus(torrent, content));
    }

    private static string? FindProblem(ManifestFile expected, string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return "is missing";
        }

        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
        long length = RandomAccess.GetLength(file);
        if (length != expected.Length)
        {
            return $"has {length:N0} bytes instead of {expected.Length:N0}";
        }

        if (PiecesRoot.Of(file, cancellationToken) != expected.PiecesRoot)
        {
            return "has other content than the creator signed";
        }

        if (expected.Sha256 is { } sha256)
        {
            using FileStream stream = File.OpenRead(path);
            return new Digest(SHA256.HashData(stream)) == sha256 ? null : "has another SHA-256 than the creator signed";
        }

        return null;
    }

    private static IReadOnlyList<string> FindSurplus(ManifestTorrent torrent, string content)
    {
        if (!Directory.Exists(content))
        {
            return [];
        }

        var named = torrent.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.None,
            IgnoreInaccessible = true,
        };
        return
        [
            .. Directory.EnumerateFiles(content, "*", options)
                .Select(path => Path.GetRelativePath(content, path))
                .Where(path => !named.Contains(path))
                .Order(StringComparer.Ordinal),
        ];
    }
}
