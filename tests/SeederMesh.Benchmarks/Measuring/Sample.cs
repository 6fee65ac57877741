using System.Diagnostics;

namespace SeederMesh.Benchmarks.Measuring;

/// <summary>What one way did in one round.</summary>
/// <param name="Units">How much it did.</param>
/// <param name="Seconds">On the clock.</param>
/// <param name="CpuSeconds">Of this process's processor time, all threads: what a busy machine disturbs least.</param>
internal readonly record struct Sample(long Units, double Seconds, double CpuSeconds)
{
    public double Rate => Units / Seconds;

    public double CpuSecondsEach => CpuSeconds / Units;

    /// <summary>Measures a round from start to end.</summary>
    public static Sample Take(Func<long> round)
    {
        Meter meter = Meter.Start();
        return meter.Stop(round());
    }
}

/// <summary>Clock and processor time since a moment.</summary>
internal readonly record struct Meter(long Started, TimeSpan Cpu)
{
    public static Meter Start() => new(Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);

    public Sample Stop(long units) => new(
        units, Stopwatch.GetElapsedTime(Started).TotalSeconds, (Environment.CpuUsage.TotalTime - Cpu).TotalSeconds);
}
