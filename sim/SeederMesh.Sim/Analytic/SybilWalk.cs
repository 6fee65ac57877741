using SeederMesh.Sim.Randomness;

namespace SeederMesh.Sim.Analytic;

/// <summary>Random walks into a line of Sybils behind one identity, walked step by step.</summary>
internal static class SybilWalk
{
    private const int Walks = 200_000;

    /// <summary>Mean visits of a walk that starts at the identity and stops with probability <paramref name="stop"/>
    /// before each step.</summary>
    /// <param name="stop">Probability of stopping.</param>
    /// <param name="nodes">The identity and its Sybils; <see cref="int.MaxValue"/> is a cycle.</param>
    /// <param name="bridge">Connectivity decay: all walks to the Sybils pass one identity, so their visits count that
    /// much less.</param>
    /// <param name="random">Luck.</param>
    public static double Visits(double stop, int nodes, double bridge, ref CounterRandom random)
    {
        (long own, long sybils) = (0, 0);
        for (int walk = 0; walk < Walks; walk++)
        {
            own++;
            for (int at = 1; at < nodes && random.Uniform() >= stop; at++)
            {
                sybils++;
            }
        }

        return (own + (sybils * (1 - bridge))) / Walks;
    }
}
