using MathNet.Numerics.Distributions;

namespace SeederMesh.Sim.Analysis;

/// <summary>A mean over replicates and how sure it is.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Ci95">Half the width of its 95% confidence interval (Student's t); 0 for a single value.</param>
/// <param name="N">How many replicates had a value.</param>
internal readonly record struct Estimate(double Mean, double Ci95, int N)
{
    /// <summary>The estimate from one value a replicate; those without (NaN, infinite) are left out.</summary>
    public static Estimate Of(IEnumerable<double> replicates)
    {
        double[] values = [.. replicates.Where(double.IsFinite)];
        if (values.Length == 0)
        {
            return new Estimate(double.NaN, 0, 0);
        }

        double mean = values.Average();
        if (values.Length == 1)
        {
            return new Estimate(mean, 0, 1);
        }

        double variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
        double t = StudentT.InvCDF(0, 1, values.Length - 1, 0.975);
        return new Estimate(mean, t * Math.Sqrt(variance / values.Length), values.Length);
    }

    /// <summary>The difference of two scenarios on common random numbers: replicate by replicate.</summary>
    public static Estimate Paired(IReadOnlyList<double> first, IReadOnlyList<double> second) =>
        Of(first.Zip(second, (one, other) => other - one));
}
