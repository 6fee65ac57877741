namespace SeederMesh.Cli.Demo;

/// <summary>Compares what arrived with what was published, byte by byte.</summary>
internal static class TreeComparison
{
    private const int BufferBytes = 1 << 20;

    /// <summary>What is different first, or null when every published file arrived as it is, and nothing else
    /// did.</summary>
    /// <param name="source">The published folder or file.</param>
    /// <param name="arrived">The downloaded one.</param>
    /// <param name="published">The paths of the manifest, below <paramref name="source"/>; of a single file its
    /// name.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    public static string? FindDifference(
        string source, string arrived, IReadOnlyCollection<string> published, CancellationToken cancellationToken)
    {
        if (File.Exists(source))
        {
            return FindFileDifference(source, arrived);
        }

        if (!Directory.Exists(arrived))
        {
            return $"nothing arrived at {arrived}";
        }

        string? difference = null;
        Parallel.ForEach(published, new ParallelOptions { CancellationToken = cancellationToken }, (path, loop) =>
        {
            if (FindFileDifference(Path.Combine(source, path), Path.Combine(arrived, path)) is { } found)
            {
                Interlocked.CompareExchange(ref difference, found, null);
                loop.Stop();
            }
        });
        if (difference is not null)
        {
            return difference;
        }

        var expected = new HashSet<string>(published, StringComparer.Ordinal);
        string? surplus = Directory.EnumerateFiles(arrived, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(arrived, path))
            .FirstOrDefault(path => !expected.Contains(path));
        return surplus is null ? null : $"{surplus} arrived but was never published";
    }

    private static string? FindFileDifference(string source, string arrived)
    {
        if (!File.Exists(arrived))
        {
            return $"{arrived} did not arrive";
        }

        using FileStream left = File.OpenRead(source);
        using FileStream right = File.OpenRead(arrived);
        if (left.Length != right.Length)
        {
            return $"{arrived} has {right.Length} bytes, not {left.Length}";
        }

        int size = (int)Math.Clamp(left.Length, 1, BufferBytes);
        byte[] one = new byte[size];
        byte[] other = new byte[size];
        for (int read; (read = left.ReadAtLeast(one, size, throwOnEndOfStream: false)) > 0;)
        {
            right.ReadExactly(other, 0, read);
            if (!one.AsSpan(0, read).SequenceEqual(other.AsSpan(0, read)))
            {
                return $"{arrived} differs from its source";
            }
        }

        return null;
    }
}
