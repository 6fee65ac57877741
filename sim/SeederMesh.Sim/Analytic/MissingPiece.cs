using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Analytic;

/// <summary>The missing piece syndrome: random contact, exact piece sets (Hajek and Zhu, 2011).</summary>
/// <remarks>
/// Peers come empty at rate L. The fixed seed contacts a random peer at rate Us, each peer another at rate mu, and
/// uploads a random useful piece. A peer with all K pieces stays for an exponential time of rate gamma (inf: leaves at
/// once). It starts from a one-club: <c>club</c> peers that lack only the first piece. Parameters: K, L, Us, mu,
/// gamma, club (500), seconds (400).
/// </remarks>
internal static class MissingPiece
{
    /// <summary>Growth of the one-club, peers a second: L - Us / (1 - mu/gamma); at most 0 when seeds multiply (gamma
    /// at most mu).</summary>
    public static double Expected(double arrivals, double seedRate, double mu, double gamma) =>
        gamma <= mu ? double.NegativeInfinity : arrivals - (seedRate / (1 - (mu / gamma)));

    public static SortedDictionary<string, double> Simulate(Scenario scenario, uint run)
    {
        IReadOnlyDictionary<string, double> parameters = scenario.Parameters;
        int pieces = (int)parameters.GetValueOrDefault("K", 4);
        double arrivals = parameters.GetValueOrDefault("L", 2);
        double seedRate = parameters.GetValueOrDefault("Us", 1);
        double mu = parameters.GetValueOrDefault("mu", 1);
        double gamma = parameters.GetValueOrDefault("gamma", double.PositiveInfinity);
        int club = (int)parameters.GetValueOrDefault("club", 500);
        double end = parameters.GetValueOrDefault("seconds", 400);
        if (pieces is < 1 or > 30 || gamma <= 0)
        {
            throw new ScenarioException("parameters: K must be 1 to 30 and gamma positive");
        }

        var random = new CounterRandom(scenario.Seed, run, 0, RandomStream.Markov);
        int all = (1 << pieces) - 1;
        List<int> peers = [.. Enumerable.Repeat(all - 1, club)];
        int seeds = 0;
        double time = 0;
        double started = end / 4;
        double atStart = double.NaN;
        double peak = club;
        while (true)
        {
            double seedsLeave = double.IsInfinity(gamma) ? 0 : gamma * seeds;
            double total = arrivals + seedRate + (mu * peers.Count) + seedsLeave;
            time += random.Exponential(1 / total);
            if (double.IsNaN(atStart) && time >= started)
            {
                atStart = peers.Count;
            }

            if (time >= end)
            {
                break;
            }

            double draw = random.Uniform() * total;
            if (draw < arrivals)
            {
                peers.Add(0);
            }
            else if (draw < total - seedsLeave)
            {
                int uploader = draw < arrivals + seedRate || peers.Count == 0 ? all : peers[random.Below(peers.Count)];
                seeds += Contact(peers, uploader, all, double.IsInfinity(gamma), ref random);
            }
            else
            {
                seeds--;
                RemoveSeed(peers, all, ref random);
            }

            peak = Math.Max(peak, peers.Count);
        }

        return new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["growth_per_s"] = (peers.Count - atStart) / (end - started),
            ["peers.final"] = peers.Count,
            ["peers.peak"] = peak,
        };
    }

    /// <summary>One contact; the answer is how many seeds it adds.</summary>
    private static int Contact(List<int> peers, int uploader, int all, bool leavesAtOnce, ref CounterRandom random)
    {
        if (peers.Count == 0)
        {
            return 0;
        }

        int target = random.Below(peers.Count);
        int useful = uploader & ~peers[target];
        if (useful == 0)
        {
            return 0;
        }

        for (int skip = random.Below(int.PopCount(useful)); skip > 0; skip--)
        {
            useful &= useful - 1;
        }

        peers[target] |= useful & -useful;
        if (peers[target] != all)
        {
            return 0;
        }

        if (!leavesAtOnce)
        {
            return 1;
        }

        RemoveAt(peers, target);
        return 0;
    }

    private static void RemoveSeed(List<int> peers, int all, ref CounterRandom random)
    {
        int index = random.Below(peers.Count);
        while (peers[index] != all)
        {
            index = index + 1 == peers.Count ? 0 : index + 1;
        }

        RemoveAt(peers, index);
    }

    private static void RemoveAt(List<int> peers, int index)
    {
        peers[index] = peers[^1];
        peers.RemoveAt(peers.Count - 1);
    }
}
