namespace SeederMesh.Sim.Analytic;

/// <summary>Reputation that flows over who served whom, and what Sybils make of it.</summary>
internal static class Reputation
{
    /// <summary>EigenTrust: (1-a) e / (a + (1-a) e) of all trust ends in a collective that leaks e to it and keeps
    /// what it has.</summary>
    /// <remarks>Computed by power iteration over honest peers and a closed collective of
    /// <paramref name="size"/>.</remarks>
    public static double EigenTrustCollective(double leak, double reset, int size)
    {
        // Honest trust flows evenly among the honest, the leak into the collective; the collective trusts only itself.
        double honest = 1;
        double[] members = new double[size];
        for (int round = 0; round < 10_000; round++)
        {
            double held = members.Sum();
            double fresh = (1 - reset) * ((honest * leak) + held) / size;
            double nextHonest = reset + ((1 - reset) * honest * (1 - leak));
            double change = Math.Abs(nextHonest - honest);
            honest = nextHonest;
            Array.Fill(members, fresh);
            if (change < 1e-15)
            {
                break;
            }
        }

        return members.Sum() / (honest + members.Sum());
    }

    /// <summary>What k Sybils in a chain behind an identity multiply its random-walk score by: (1-(1-a)^(k+1))/a, a =
    /// stopping.</summary>
    /// <param name="sybils">How many.</param>
    /// <param name="stop">Probability that the walk stops at each step.</param>
    /// <param name="decay">Transitivity decay for each hop beyond the first (MeritRank); 0 is none.</param>
    /// <param name="connectivity">Connectivity decay: what is reached through one identity only counts that much
    /// less.</param>
    public static double SybilChainGain(int sybils, double stop, double decay, double connectivity = 0)
    {
        double gain = 1;
        double reach = 1;
        for (int hop = 1; hop <= sybils; hop++)
        {
            reach *= (1 - stop) * (1 - decay);
            gain += reach * (1 - connectivity);
        }

        return gain;
    }

    /// <summary>A Sybil cycle keeps the walk until it stops: 1/a without decay.</summary>
    public static double SybilCycleGain(double stop, double decay) => 1 / (1 - ((1 - stop) * (1 - decay)));

    /// <summary>Proportional response on a path of peers with those uplinks, iterated to its fixed point: what each
    /// receives.</summary>
    public static double[] ProportionalResponse(IReadOnlyList<double> uplinks, int rounds = 10_000)
    {
        int peers = uplinks.Count;
        double[][] sent = Square(peers);
        for (int peer = 0; peer < peers; peer++)
        {
            int degree = (peer > 0 ? 1 : 0) + (peer < peers - 1 ? 1 : 0);
            for (int other = Math.Max(0, peer - 1); other <= Math.Min(peers - 1, peer + 1); other++)
            {
                sent[peer][other] = other == peer ? 0 : uplinks[peer] / degree;
            }
        }

        for (int round = 0; round < rounds; round++)
        {
            double[][] next = Square(peers);
            for (int peer = 0; peer < peers; peer++)
            {
                double received = Received(sent, peer);
                for (int other = 0; other < peers; other++)
                {
                    next[peer][other] = received > 0 ? uplinks[peer] * sent[other][peer] / received : 0;
                }
            }

            sent = next;
        }

        return [.. Enumerable.Range(0, peers).Select(peer => Received(sent, peer))];
    }

    private static double[][] Square(int size) => [.. Enumerable.Range(0, size).Select(_ => new double[size])];

    private static double Received(double[][] sent, int peer) => sent.Sum(row => row[peer]);
}
