using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;

namespace SeederMesh.Cli.Demo;

/// <summary>One process of the demo: this program again, with its own folder, speaking JSON lines.</summary>
/// <remarks>
/// Standard error goes to a log file, of which the end is shown when the process fails. Standard input stays open as
/// long as
/// this object lives: see <see cref="ParentWatch"/>. Thread safe.
/// </remarks>
internal sealed class DemoProcess : IAsyncDisposable
{
    private const int StartSecondsMax = 60;

    private readonly Lock gate = new();
    private readonly Dictionary<string, JsonObject> latest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskCompletionSource<JsonObject>> awaited = new(StringComparer.Ordinal);
    private readonly Process process;
    private readonly TextWriter log;
    private readonly TextWriter events;
    private readonly Task reading;
    private bool ended;

    private DemoProcess(string name, string logPath, Process process)
    {
        Name = name;
        LogPath = logPath;
        this.process = process;
        log = TextWriter.Synchronized(
            new StreamWriter(new FileStream(logPath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true });
        events = new StreamWriter(
            new FileStream(
                Path.ChangeExtension(logPath, ".events.jsonl"), FileMode.Append, FileAccess.Write,
                FileShare.ReadWrite))
        { AutoFlush = true };
        reading = Task.WhenAll(Task.Run(ReadEventsAsync), Task.Run(CopyErrorsAsync));
    }

    /// <summary>What people call it: "hub", "seedbox 2".</summary>
    public string Name { get; }

    /// <summary>Where its standard error goes.</summary>
    public string LogPath { get; }

    /// <summary>Its process id.</summary>
    public int Id => process.Id;

    /// <summary>Whether it is still running.</summary>
    public bool IsRunning => !process.HasExited;

    /// <summary>Starts <c>mesh</c> with arguments.</summary>
    /// <param name="name">What people call it.</param>
    /// <param name="folder">Where its log is written.</param>
    /// <param name="arguments">What a person would type after <c>mesh</c>.</param>
    public static DemoProcess Start(string name, string folder, IEnumerable<string> arguments)
    {
        Directory.CreateDirectory(folder);
        (string program, string[] first) = Self();
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in first.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[ParentWatch.Variable] = "1";
        // Six runtimes start at once: each compiles quickly, and keeps to few threads.
        start.Environment["DOTNET_TieredPGO"] = "0";
        // A tracker that was killed has forgotten its peers: here they come back soon.
        start.Environment["SEEDERMESH_HUB_ANNOUNCEINTERVALSECONDS"] = "3";
        // A grant that nobody closes is closed by the clock: a demo does not wait an hour for it, but longer than a seedbox
        // waits before it asks a hub that was away again.
        start.Environment["SEEDERMESH_HUB_REPORTGRACEMS"] = "28000";
        Process started = Process.Start(start) ?? throw new Failure($"The {name} could not be started.");
        return new DemoProcess(name, Path.Combine(folder, "log.txt"), started);
    }

    /// <summary>The newest event of a name, if one came.</summary>
    public JsonObject? Latest(string eventName)
    {
        lock (gate)
        {
            return latest.GetValueOrDefault(eventName);
        }
    }

    /// <summary>Waits for the first event of a name.</summary>
    /// <exception cref="Failure">The process ended, or said nothing for too long; the end of its log is in the
    /// message.</exception>
    public async Task<JsonObject> WaitForAsync(string eventName, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        TaskCompletionSource<JsonObject> source;
        lock (gate)
        {
            if (latest.TryGetValue(eventName, out JsonObject? there))
            {
                return there;
            }

            if (!awaited.TryGetValue(eventName, out source!))
            {
                source = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
                awaited[eventName] = source;
            }

            if (ended)
            {
                source.TrySetException(Fail("ended without a word"));
            }
        }

        try
        {
            return await source.Task.WaitAsync(limit ?? TimeSpan.FromSeconds(StartSecondsMax), cancellationToken);
        }
        catch (TimeoutException)
        {
            throw Fail($"did not answer in time (waiting for \"{eventName}\")");
        }
    }

    /// <summary>Answers a question that the process asked.</summary>
    public async Task TellAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until it has ended by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForEndAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        await reading.WaitAsync(TimeSpan.FromSeconds(5), cancellationToken);
        return process.ExitCode;
    }

    /// <summary>Kills it with SIGKILL: it gets no chance to save anything.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Asks it to end, waits, and kills it when it does not.</summary>
    /// <returns>Whether it ended by itself with exit code 0.</returns>
    public async Task<bool> StopAsync()
    {
        if (process.HasExited)
        {
            return process.ExitCode == ExitCode.Ok;
        }

        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended this moment: there is nobody to ask any more.
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(ParentWatch.GraceSeconds + 2));
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return process.ExitCode == ExitCode.Ok;
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            return false;
        }
    }

    /// <summary>A failure that shows what the process said last.</summary>
    public Failure Fail(string what) => new($"The {Name} {what}.{Environment.NewLine}{LogTail()}");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        await reading.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await log.DisposeAsync();
        await events.DisposeAsync();
        process.Dispose();
    }

    private string LogTail()
    {
        const int Lines = 12;
        using var reader = new StreamReader(new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        string[] lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0
            ? $"  Its log is empty: {LogPath}"
            : $"  The end of its log ({LogPath}):{Environment.NewLine}"
                + string.Join(Environment.NewLine, lines.TakeLast(Lines).Select(line => "    " + line));
    }

    private async Task ReadEventsAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (Parse(line) is { } fields && (string?)fields["event"] is { } name)
            {
                await events.WriteLineAsync(line);
                lock (gate)
                {
                    latest[name] = fields;
                    if (awaited.Remove(name, out TaskCompletionSource<JsonObject>? source))
                    {
                        source.SetResult(fields);
                    }
                }
            }
            else
            {
                await log.WriteLineAsync(line);
            }
        }

        await process.WaitForExitAsync();
        lock (gate)
        {
            ended = true;
            foreach (TaskCompletionSource<JsonObject> source in awaited.Values)
            {
                source.TrySetException(Fail($"ended with exit code {process.ExitCode}"));
            }

            awaited.Clear();
        }
    }

    private async Task CopyErrorsAsync()
    {
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            await log.WriteLineAsync(line);
        }
    }

    private static JsonObject? Parse(string line)
    {
        try
        {
            return line.StartsWith('{') ? JsonNode.Parse(line) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Under "dotnet mesh.dll" the program is dotnet, and the assembly its first argument.
    private static (string Program, string[] First) Self()
    {
        string program = Environment.ProcessPath ?? "dotnet";
        string assembly = Path.Combine(AppContext.BaseDirectory, "mesh.dll");
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? (program, [assembly])
            : (Path.Combine(AppContext.BaseDirectory, "mesh"), []);
    }
}
