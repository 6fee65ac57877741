namespace SeederMesh.Sim.Analysis;

/// <summary>How evenly something is spread. Sums run over sorted copies, so that the order of peers changes no
/// bit.</summary>
internal static class Fairness
{
    /// <summary>Jain's index (sum x)^2 / (n sum x^2): 1 is equal, 1/n is one for all. NaN when there is nothing to
    /// spread.</summary>
    public static double Jain(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        double sum = sorted.Sum();
        double squares = sorted.Sum(value => value * value);
        return squares > 0 ? sum * sum / (sorted.Length * squares) : double.NaN;
    }

    /// <summary>Gini: sum((2i - n - 1) x_i) / (n sum x), sorted: 0 is equal. NaN when there is nothing to
    /// spread.</summary>
    public static double Gini(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        double sum = sorted.Sum();
        double weighted = 0;
        for (int index = 0; index < sorted.Length; index++)
        {
            weighted += ((2.0 * (index + 1)) - sorted.Length - 1) * sorted[index];
        }

        return sum > 0 ? weighted / (sorted.Length * sum) : double.NaN;
    }

    /// <summary>The Lorenz curve: share of the total held by the poorest share of the population, at
    /// <paramref name="points"/> steps.</summary>
    public static IReadOnlyList<(double Population, double Share)> Lorenz(IEnumerable<double> values, int points = 100)
    {
        double[] sorted = [.. values.Order()];
        double sum = sorted.Sum();
        var curve = new List<(double, double)>(points + 1) { (0, 0) };
        double running = 0;
        int taken = 0;
        for (int point = 1; point <= points && sum > 0; point++)
        {
            int upTo = (int)((long)sorted.Length * point / points);
            for (; taken < upTo; taken++)
            {
                running += sorted[taken];
            }

            curve.Add(((double)point / points, running / sum));
        }

        return curve;
    }

    /// <summary>Jain of payout per verified byte, over those who uploaded: 1 when everybody earns the same for a
    /// byte.</summary>
    public static double RewardProportionality(IEnumerable<(double Payout, double Bytes)> seeders) =>
        Jain(seeders.Where(seeder => seeder.Bytes > 0).Select(seeder => seeder.Payout / seeder.Bytes));

    /// <summary>The largest envy max_ij [u_i(x_j) - u_i(x_i)]+, where a seeder values a payout by what its bytes cost
    /// it.</summary>
    /// <remarks>u_i(x_j) is what i would have for its own bytes at j's payout per byte.</remarks>
    public static double Envy(IEnumerable<(double Payout, double Bytes)> seeders)
    {
        (double Payout, double Bytes)[] active = [.. seeders.Where(seeder => seeder.Bytes > 0)];
        double best = active.Length == 0 ? 0 : active.Max(seeder => seeder.Payout / seeder.Bytes);
        return active.Length == 0 ? 0 : active.Max(seeder => Math.Max(0, (best * seeder.Bytes) - seeder.Payout));
    }

    /// <summary>U(k identities) / U(1 identity): 1 is Sybil-neutral.</summary>
    public static double SybilGain(double withMany, double withOne) => withMany / withOne;

    /// <summary>What the victims lose for each msat that the attack costs the attacker.</summary>
    public static double GriefingFactor(double victimsLoss, double attackersCost) =>
        attackersCost > 0 ? victimsLoss / attackersCost : victimsLoss > 0 ? double.PositiveInfinity : 0;

    /// <summary>1 - attacked / clean: the share of their income that honest peers lose.</summary>
    public static double HonestDilution(double attacked, double clean) => clean > 0 ? 1 - (attacked / clean) : 0;
}
