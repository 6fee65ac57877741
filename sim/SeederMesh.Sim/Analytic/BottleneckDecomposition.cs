using System.Numerics;

namespace SeederMesh.Sim.Analytic;

/// <summary>What proportional response comes to, without iterating it: the bottleneck decomposition (Wu and Zhang,
/// STOC 2007).</summary>
/// <remarks>
/// Of the sets S that are left, take the largest with the least w(neighbours of S)/w(S) = alpha: its members receive
/// alpha times what they give, its neighbours 1/alpha times; take both away and repeat. Paths of at most 20 peers:
/// every set is tried.
/// </remarks>
internal static class BottleneckDecomposition
{
    private const double Tie = 1e-12;

    public static double[] OfPath(IReadOnlyList<double> weights)
    {
        var received = new double[weights.Count];
        for (uint left = (1u << weights.Count) - 1; left != 0;)
        {
            (uint best, double alpha) = (0, double.PositiveInfinity);
            for (uint set = left; set != 0; set = (set - 1) & left)
            {
                double ratio = Sum(Around(set) & left) / Sum(set);
                if (ratio < alpha - Tie || (ratio <= alpha + Tie && BitOperations.PopCount(set) > BitOperations.PopCount(best)))
                {
                    (best, alpha) = (set, Math.Min(alpha, ratio));
                }
            }

            uint around = Around(best) & left;
            for (int peer = 0; peer < weights.Count; peer++)
            {
                bool gives = (best >> peer & 1) != 0;
                received[peer] = gives ? weights[peer] * alpha : (around >> peer & 1) != 0 ? weights[peer] / alpha : received[peer];
            }

            left &= ~(best | around);
        }

        return received;

        static uint Around(uint set) => (set << 1) | (set >> 1);

        double Sum(uint set)
        {
            double sum = 0;
            for (uint rest = set; rest != 0; rest &= rest - 1)
            {
                sum += weights[BitOperations.TrailingZeroCount(rest)];
            }

            return sum;
        }
    }
}
