namespace SeederMesh.Benchmarks.Measuring;

/// <summary>Two ways measured in turns, so that a noisy machine disturbs both alike.</summary>
/// <remarks>
/// Rates are medians over the rounds; the ratio is the median of the rounds' own ratios, with the lowest and highest beside it. A
/// benchmark library that runs each way in a process of its own could not pair them, nor drive downloads between processes.
/// </remarks>
internal static class Comparison
{
    /// <summary>Runs both ways <paramref name="rounds"/> times after one warm-up round each.</summary>
    /// <param name="rounds">At least 3.</param>
    /// <param name="measured">Does a round and says how many units it did.</param>
    /// <param name="baseline">The same for what it is held against.</param>
    /// <param name="before">Makes what a round uses up, outside the clock.</param>
    public static Ratio Run(int rounds, Func<long> measured, Func<long> baseline, Action before) =>
        Run(rounds, () => Sample.Take(measured), () => Sample.Take(baseline), before);

    /// <summary>The same for rounds that measure themselves, because they begin or end with what is not to be counted.</summary>
    public static Ratio Run(int rounds, Func<Sample> measured, Func<Sample> baseline, Action before)
    {
        before();
        measured();
        baseline();
        var pairs = new List<(Sample Measured, Sample Baseline)>();
        for (int round = 0; round < rounds; round++)
        {
            before();

            // Who goes first alternates: neither always finds the machine as the other left it.
            if (round % 2 == 0)
            {
                Sample first = measured();
                pairs.Add((first, baseline()));
            }
            else
            {
                Sample first = baseline();
                pairs.Add((measured(), first));
            }
        }

        double[] ratios = [.. pairs.Select(pair => pair.Measured.Rate / pair.Baseline.Rate).Order()];
        return new Ratio(
            Median(pairs.Select(pair => pair.Measured.Rate)),
            Median(pairs.Select(pair => pair.Baseline.Rate)),
            ratios[ratios.Length / 2],
            ratios[0],
            ratios[^1],
            Median(pairs.Select(pair => pair.Baseline.CpuSecondsEach / pair.Measured.CpuSecondsEach)));
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}

/// <summary>What a comparison gave.</summary>
/// <param name="Measured">Units a second, median.</param>
/// <param name="Baseline">Units a second of the baseline, median.</param>
/// <param name="Value">Measured against baseline, median of the rounds.</param>
/// <param name="Lowest">Lowest round.</param>
/// <param name="Highest">Highest round.</param>
/// <param name="PerCpuSecond">Units a second of processor time against those of the baseline, median of the rounds.</param>
internal sealed record Ratio(
    double Measured, double Baseline, double Value, double Lowest, double Highest, double PerCpuSecond)
{
    /// <summary>Ratio with its spread, and by processor time.</summary>
    public string Of(string what) =>
        $"{Value:0.000} of {what} ({Lowest:0.000} to {Highest:0.000}; by processor time {PerCpuSecond:0.000})";
}
