using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;

namespace Orleans.Embedded.Tests;

/// <summary>A silo on a file of its own and a clock that stands still. Its <see cref="Journal"/> is what grains tell tests.</summary>
public sealed class SiloFixture : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("silo").FullName;
    private EmbeddedSilo? silo;

    internal FakeTime Time { get; } = new();

    internal Journal Journal { get; } = new();

    internal string DatabasePath => Path.Combine(folder, "grains.db");

    internal EmbeddedSilo Silo => silo!;

    public async ValueTask DisposeAsync()
    {
        if (silo is not null)
        {
            await silo.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    internal static async Task<SiloFixture> StartAsync(Action<ISiloBuilder>? configure = null)
    {
        SiloFixture fixture = new();
        await fixture.StartAgainAsync(configure);
        return fixture;
    }

    internal async Task StartAgainAsync(Action<ISiloBuilder>? configure = null) => silo = await EmbeddedSilo.StartAsync(
        DatabasePath, services => services.AddSingleton(Journal), configure, Time);

    internal async Task RestartAsync()
    {
        await silo!.DisposeAsync();
        await StartAgainAsync();
    }

    internal T Grain<T>(string key = "a")
        where T : IGrainWithStringKey => silo!.GrainFactory.GetGrain<T>(key);
}

/// <summary>Events that grains note down and gates that they wait at, both by name.</summary>
public sealed class Journal
{
    private readonly Lock gate = new();
    private readonly List<string> events = [];
    private readonly Dictionary<string, TaskCompletionSource> gates = [];
    private readonly List<(string Entry, int Count, TaskCompletionSource Done)> waits = [];

    internal IReadOnlyList<string> Events
    {
        get
        {
            lock (gate)
            {
                return [.. events];
            }
        }
    }

    internal bool Has(string entry) => Events.Any(one => one == entry);

    internal void Note(string entry)
    {
        lock (gate)
        {
            events.Add(entry);
            foreach ((string wanted, int count, TaskCompletionSource done) in waits)
            {
                if (events.Count(one => one == wanted) >= count)
                {
                    done.TrySetResult();
                }
            }
        }
    }

    /// <summary>Ends when the event has been noted so often; a test that waits in vain fails by the limit.</summary>
    internal Task SeenAsync(string entry, int count = 1)
    {
        lock (gate)
        {
            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (events.Count(one => one == entry) >= count)
            {
                done.SetResult();
            }

            waits.Add((entry, count, done));
            return done.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    internal Task PassAsync(string name) => Gate(name).Task;

    internal void Open(string name) => Gate(name).TrySetResult();

    private TaskCompletionSource Gate(string name)
    {
        lock (gate)
        {
            if (!gates.TryGetValue(name, out TaskCompletionSource? found))
            {
                gates[name] = found = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return found;
        }
    }
}
