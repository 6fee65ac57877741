using System.Net;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Torrents.Tests;

/// <summary>A temporary folder, gone when disposed.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("seedermesh-test-").FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Makes a directory with a file of random bytes, the same for the same seed.</summary>
    public string WriteContent(string directory, string file, int length, int seed)
    {
        string path = System.IO.Path.Combine(Path, directory, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        File.WriteAllBytes(path, content);
        return System.IO.Path.Combine(Path, directory);
    }

    public string Create(string name) => Directory.CreateDirectory(this[name]).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A session on loopback whose events are kept, and can be waited for.</summary>
internal sealed class Node : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly List<TorrentEvent> seen = [];
    private readonly Task pumping;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Node(TorrentSessionOptions? options = null)
    {
        Session = new TorrentSession(options ?? TorrentSessionOptions.Loopback);
        pumping = Task.Run(PumpAsync);
    }

    public TorrentSession Session { get; }

    /// <summary>Called for each event, on the pump, before anyone who waits sees it.</summary>
    public Action<TorrentEvent>? OnEvent { get; set; }

    /// <summary>The least that a torrent must have to speak receipts.</summary>
    public static ReadOnlyMemory<byte> Dictionary { get; } = "d1:vi1ee"u8.ToArray();

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Session.GetTotals().ListenPort);

    public List<T> All<T>()
        where T : TorrentEvent
    {
        lock (gate)
        {
            return [.. seen.OfType<T>()];
        }
    }

    /// <summary>The first event, past or coming, that fits.</summary>
    public async Task<T> WaitAsync<T>(Func<T, bool>? fits = null)
        where T : TorrentEvent
    {
        using CancellationTokenSource limit = new(Patience);
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (seen.OfType<T>().FirstOrDefault(item => fits is null || fits(item)) is T found)
                {
                    return found;
                }

                next = changed.Task;
            }

            try
            {
                await next.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException exception)
            {
                lock (gate)
                {
                    throw new TimeoutException(
                        $"No {typeof(T).Name} within {Patience.TotalSeconds} s; the last of {seen.Count} events: "
                        + string.Join(" | ", seen.TakeLast(12)),
                        exception);
                }
            }
        }
    }

    /// <summary>Adds a torrent whose files are there, and waits until they are checked.</summary>
    public async Task<TorrentHandleId> SeedAsync(byte[] torrent, string savePath, long credit = UploadCredit.Unlimited)
    {
        TorrentHandleId id = Session.Add(
            TorrentSource.File(torrent),
            new AddTorrentOptions
            {
                SavePath = savePath,
                ReceiptDictionary = Dictionary,
                DefaultUploadCredit = credit,
            });
        await WaitAsync<TorrentFinished>(finished => finished.Torrent == id);
        return id;
    }

    /// <summary>Adds a torrent to download from these peers.</summary>
    public TorrentHandleId Get(TorrentSource source, string savePath, params IPEndPoint[] peers) =>
        Session.Add(
            source,
            new AddTorrentOptions { SavePath = savePath, Peers = peers, ReceiptDictionary = Dictionary });

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await pumping;
    }

    private async Task PumpAsync()
    {
        await foreach (TorrentEvent next in Session.Events.ReadAllAsync())
        {
            OnEvent?.Invoke(next);
            TaskCompletionSource waiting;
            lock (gate)
            {
                seen.Add(next);
                waiting = changed;
                changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            waiting.SetResult();
        }
    }
}
