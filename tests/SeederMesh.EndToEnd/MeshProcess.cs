using System.Diagnostics;
using System.Text.Json.Nodes;

namespace SeederMesh.EndToEnd;

/// <summary>The program as a person starts it: <c>dotnet mesh.dll ARGUMENTS</c>. Disposal kills it.</summary>
internal sealed class MeshProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private readonly Process process;
    private readonly List<string> lines = [];
    private readonly List<string> errors = [];
    private readonly Task reading;

    private MeshProcess(Process process)
    {
        this.process = process;
        reading = Task.WhenAll(ReadAsync(process.StandardOutput, lines), ReadAsync(process.StandardError, errors));
    }

    public bool HasExited => process.HasExited;

    public string Errors
    {
        get
        {
            lock (errors)
            {
                return string.Join('\n', errors);
            }
        }
    }

    public string Text
    {
        get
        {
            lock (lines)
            {
                return string.Join('\n', lines);
            }
        }
    }

    public static MeshProcess Start(params string[] arguments) => Start([], arguments);

    private static MeshProcess Start((string Name, string Value)[] environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "mesh.dll"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // It ends with the test, however the test ends: the pipe closes.
        start.Environment["SEEDERMESH_WATCHED"] = "1";
        start.Environment["SEEDERMESH_HOME"] = Path.Combine(Path.GetTempPath(), "mesh-e2e-unused");
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new MeshProcess(Process.Start(start)!);
    }

    /// <summary>Runs it to its end and fails with all that it said when the exit code is another one.</summary>
    public static Task<MeshProcess> RunAsync(int exitCode, params string[] arguments) => RunAsync([], exitCode, arguments);

    /// <inheritdoc cref="RunAsync(int, string[])"/>
    public static async Task<MeshProcess> RunAsync((string Name, string Value)[] environment, int exitCode, params string[] arguments)
    {
        MeshProcess mesh = Start(environment, arguments);
        Assert.True(exitCode == await mesh.EndAsync(), $"mesh {string.Join(' ', arguments)}\n{mesh.Text}\n{mesh.Errors}");
        return mesh;
    }

    /// <summary>Waits for its end.</summary>
    public async Task<int> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
        await reading.WaitAsync(patience.Token);
        return process.ExitCode;
    }

    /// <summary>Waits for the first event of a name, or for the first of them that is as wanted.</summary>
    public async Task<JsonObject> EventAsync(string name, Func<JsonObject, bool>? isWanted = null)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (FindEvent(name, isWanted) is { } found)
            {
                return found;
            }

            Assert.False(process.HasExited && FindEvent(name, isWanted) is null, $"ended without \"{name}\":\n{Text}\n{Errors}");
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"no \"{name}\" in time:\n{Text}\n{Errors}");
            await Task.Delay(20);
        }
    }

    /// <summary>The last event of a name that is as wanted, if there was one.</summary>
    public JsonObject? FindEvent(string name, Func<JsonObject, bool>? isWanted = null)
    {
        lock (lines)
        {
            return lines.Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line) as JsonObject)
                .LastOrDefault(fields => (string?)fields?["event"] == name && isWanted?.Invoke(fields!) != false);
        }
    }

    /// <summary>All of standard output as one JSON document.</summary>
    public JsonObject Document() => (JsonObject)JsonNode.Parse(Text)!;

    /// <summary>Asks it to end, as Ctrl-C would.</summary>
    public async Task<int> StopAsync()
    {
        process.StandardInput.Close();
        return await EndAsync();
    }

    /// <summary>Ends it at once by SIGKILL, wherever it is.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private static async Task ReadAsync(StreamReader reader, List<string> into)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (into)
            {
                into.Add(line);
            }
        }
    }
}
