using System.Collections.Concurrent;
using System.Diagnostics;

namespace SeederMesh.Sim.Live;

/// <summary>How long a hub took for each kind of call, as its callers saw it.</summary>
internal sealed class CallTimes
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<double>> milliseconds = new(StringComparer.Ordinal);

    /// <summary>Makes a call and notes how long it took; one that fails is not counted.</summary>
    public async Task<T> MeasureAsync<T>(string call, Task<T> task)
    {
        long started = Stopwatch.GetTimestamp();
        T result = await task;
        milliseconds.GetOrAdd(call, _ => []).Enqueue(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return result;
    }

    /// <summary>Each kind of call: how many, and percentiles in milliseconds.</summary>
    public IReadOnlyList<CallTime> Summarize() =>
    [
        .. milliseconds.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry =>
        {
            double[] sorted = [.. entry.Value.Order()];
            return new CallTime(entry.Key, sorted.Length, At(sorted, 0.5), At(sorted, 0.99), sorted[^1]);
        }),
    ];

    private static double At(double[] sorted, double share) =>
        sorted[(int)Math.Min(sorted.Length - 1, Math.Floor(share * sorted.Length))];
}

/// <summary>Times of one kind of call, milliseconds.</summary>
internal sealed record CallTime(string Call, int Count, double P50Ms, double P99Ms, double MostMs);
