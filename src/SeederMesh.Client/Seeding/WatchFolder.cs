namespace SeederMesh.Client;

/// <summary>Seeds every .torrent file of a folder while it is there.</summary>
/// <remarks>Looks every two seconds, which also works on network file systems. A file that cannot be used is told about
/// once, and tried
/// again when it changes.</remarks>
internal sealed class WatchFolder(
    SeedService service, string folder, string contentFolder, IProgress<SeedEvent> events, TimeProvider clock)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private readonly Dictionary<string, (DateTime WrittenAt, string? Id)> seen = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        try
        {
            do
            {
                await LookAsync();
            }
            while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException)
        {
            // The service stops; the torrents stay known.
        }
    }

    private async Task LookAsync()
    {
        string[] present;
        try
        {
            present = Directory.GetFiles(folder, "*.torrent");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A folder that cannot be read says nothing about its torrents: they stay.
            if (seen.TryAdd(folder, default))
            {
                events.Report(new SeedingRefused(folder, $"The watch folder cannot be read: {exception.Message}"));
            }

            return;
        }

        foreach (string path in present)
        {
            await AddAsync(path);
        }

        foreach ((string path, (_, string? id)) in seen.Where(entry => !present.Contains(entry.Key, StringComparer.Ordinal)).ToList())
        {
            seen.Remove(path);
            if (id is not null && !seen.Values.Any(other => string.Equals(other.Id, id, StringComparison.Ordinal)))
            {
                await service.RemoveAsync(id);
            }
        }
    }

    private async Task AddAsync(string path)
    {
        DateTime writtenAt = File.GetLastWriteTimeUtc(path);
        if (seen.TryGetValue(path, out (DateTime WrittenAt, string? Id) before) && before.WrittenAt == writtenAt)
        {
            return;
        }

        string? id = null;
        try
        {
            id = await service.AddAsync(new SeedSource(path, contentFolder) { WatchedPath = Path.GetFullPath(path) });
        }
        catch (ClientException exception)
        {
            events.Report(new SeedingRefused(path, exception.Message));
        }

        seen[path] = (writtenAt, id);
    }
}
