using System.Diagnostics;
using System.Text.Json.Nodes;

namespace SeederMesh.Benchmarks.Direct;

/// <summary>The program as a person starts it, <c>mesh ARGUMENTS --json</c>, a process of its own; disposing ends
/// it.</summary>
internal sealed class MeshCommand : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly Process process;
    private readonly List<string> said = [];

    private MeshCommand(Process process) => this.process = process;

    public static MeshCommand Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "mesh.dll"), .. arguments, "--json"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

        // It ends with the benchmark, however that ends: the pipe closes.
        start.Environment["SEEDERMESH_WATCHED"] = "1";
        var command = new MeshCommand(Process.Start(start)!);
        command.process.ErrorDataReceived += (_, line) => command.said.Add(line.Data ?? "");
        command.process.BeginErrorReadLine();
        return command;
    }

    /// <summary>Runs it to its end.</summary>
    /// <param name="name">The event that is wanted of it.</param>
    /// <param name="arguments">The command line.</param>
    public static async Task<JsonObject> RunAsync(string name, params string[] arguments)
    {
        await using MeshCommand command = Start(arguments);
        JsonObject wanted = await command.EventAsync(name);
        using var patience = new CancellationTokenSource(Patience);
        await command.process.StandardOutput.ReadToEndAsync(patience.Token);
        await command.process.WaitForExitAsync(patience.Token);
        return command.process.ExitCode == 0 ? wanted : throw command.Failed(name);
    }

    /// <summary>Reads up to the next event of a name.</summary>
    /// <exception cref="InvalidOperationException">It ended without it, or took too long.</exception>
    public async Task<JsonObject> EventAsync(string name)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith('{') && JsonNode.Parse(line) is JsonObject fields && (string?)fields["event"] == name)
            {
                return fields;
            }
        }

        throw Failed(name);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.StandardInput.Close();
            Task ended = process.WaitForExitAsync();
            if (await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(20))) != ended)
            {
                process.Kill();
            }
        }

        process.Dispose();
    }

    private InvalidOperationException Failed(string name) =>
        new($"mesh {string.Join(' ', process.StartInfo.ArgumentList.Skip(1))}: no \"{name}\"\n{string.Join('\n', said)}");
}
