using SeederMesh.Sim.Randomness;

namespace SeederMesh.Sim.Analytic;

/// <summary>Growth of a flash crowd's service, and visits of a random walk: small simulations.</summary>
internal static class Growth
{
    /// <summary>Rate at which the logarithm of the holders grows when an upload takes an exponential time of rate
    /// mu.</summary>
    /// <remarks>The slope over the second half, where hundreds of holders make it steady; the mean of 20
    /// runs.</remarks>
    public static double Exponential(double mu, double seconds, ref CounterRandom random)
    {
        const int runs = 20;
        double slopes = 0;
        for (int run = 0; run < runs; run++)
        {
            (double time, long holders, long half) = (0, 1, 0);
            while (true)
            {
                time += random.Exponential(1 / (mu * holders));
                if (half == 0 && time >= seconds / 2)
                {
                    half = holders;
                }

                if (time >= seconds)
                {
                    break;
                }

                holders++;
            }

            slopes += Math.Log((double)holders / half) / (seconds / 2);
        }

        return slopes / runs;
    }

    /// <summary>The same when every upload takes exactly 1/mu: all holders double at once.</summary>
    public static double Fixed(double mu, double seconds)
    {
        long holders = 1;
        int rounds = (int)Math.Floor((seconds * mu) + 1e-9);
        for (int round = 0; round < rounds; round++)
        {
            holders += holders;
        }

        return Math.Log(holders) / (rounds / mu);
    }

    /// <summary>Mean visits of a walk that stops with probability <paramref name="stop"/> before each step, in a line
    /// of nodes.</summary>
    public static double WalkVisits(double stop, int nodes, ref CounterRandom random)
    {
        const int walks = 200_000;
        long visits = 0;
        for (int walk = 0; walk < walks; walk++)
        {
            int at = 1;
            while (at < nodes && random.Uniform() >= stop)
            {
                at++;
            }

            visits += at;
        }

        return (double)visits / walks;
    }
}

/// <summary>An oracle's schedule that meets the makespan's floor: the binomial pipeline on a hypercube (Ganesan and
/// Seshadri, 2005).</summary>
internal static class BinomialPipeline
{
    /// <summary>Rounds of one part per uplink until <paramref name="peers"/> peers have <paramref name="parts"/> parts
    /// from one server.</summary>
    /// <remarks>
    /// Node 0 is the server. In round t everybody exchanges along dimension t mod k: the server sends part t (the last
    /// one again at the end), others the newest part that they have. With fewer than 2^k nodes, two share a corner,
    /// and take turns.
    /// </remarks>
    public static int Rounds(int peers, int parts)
    {
        int dimensions = Math.Max(1, (int)Math.Ceiling(Math.Log2(peers + 1)));
        int nodes = 1 << dimensions;
        var newest = new bool[nodes][];
        for (int node = 0; node < nodes; node++)
        {
            newest[node] = new bool[parts];
        }

        Array.Fill(newest[0], value: true);
        for (int round = 0; ; round++)
        {
            if (newest.All(have => Array.TrueForAll(have, part => part)))
            {
                return round;
            }

            var sends = new (int To, int Part)[nodes];
            for (int node = 0; node < nodes; node++)
            {
                int other = node ^ (1 << (round % dimensions));
                int part = node == 0 ? Math.Min(round, parts - 1) : Array.FindLastIndex(newest[node], have => have);
                sends[node] = (other, part >= 0 && !newest[other][part] ? part : Array.FindLastIndex(newest[node], have => have));
                for (int better = parts - 1; better >= 0 && node != 0 && sends[node].Part >= 0
                    && newest[other][sends[node].Part]; better--)
                {
                    sends[node] = newest[node][better] && !newest[other][better] ? (other, better) : sends[node];
                }
            }

            foreach ((int to, int part) in sends)
            {
                if (part >= 0)
                {
                    newest[to][part] = true;
                }
            }
        }
    }
}
