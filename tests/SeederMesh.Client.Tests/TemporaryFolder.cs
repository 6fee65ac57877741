namespace SeederMesh.Client.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("seedermesh-client-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Events as they came, and a way to wait for one.</summary>
internal sealed class EventLog<T> : IProgress<T>
{
    private readonly Lock gate = new();
    private readonly List<T> seen = [];
    private readonly List<(Func<T, bool> Wanted, TaskCompletionSource<T> Found)> waiting = [];

    public IReadOnlyList<T> Seen
    {
        get
        {
            lock (gate)
            {
                return [.. seen];
            }
        }
    }

    public void Report(T value)
    {
        lock (gate)
        {
            seen.Add(value);
            foreach ((Func<T, bool> wanted, TaskCompletionSource<T> found) in waiting)
            {
                if (wanted(value))
                {
                    found.TrySetResult(value);
                }
            }
        }
    }

    /// <summary>The first event that is wanted, past or future.</summary>
    public async Task<T> FirstAsync(Func<T, bool> wanted)
    {
        var found = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            foreach (T value in seen.Where(wanted))
            {
                found.TrySetResult(value);
            }

            waiting.Add((wanted, found));
        }

        return await found.Task.WaitAsync(Limits.Patience);
    }
}

internal static class Limits
{
    /// <summary>Only a broken test waits so long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
}
