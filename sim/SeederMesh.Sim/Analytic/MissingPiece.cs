using System.Collections.Immutable;
using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Analytic;

/// <summary>The missing piece syndrome: random contact, exact piece sets (Hajek and Zhu, 2011).</summary>
/// <remarks>
/// Peers come empty at rate L. The fixed seed contacts a random peer at rate Us, each peer another at rate mu, and
/// uploads a random useful piece. A peer with all K pieces stays for an exponential time of rate gamma (inf: leaves at
/// once). It starts from a one-club: <c>club</c> peers that lack only the first piece.
/// </remarks>
internal static class MissingPiece
{
    private const double ContactsMax = 4e7;

    public static ImmutableArray<ScenarioParameter> Parameters { get; } =
    [
        new("K", 4, "pieces", 1, 30, IsWhole: true),
        new("L", 2, "peers that come, a second", 0, 1e6),
        new("Us", 1, "contacts of the fixed seed, a second", 0, 1e6),
        new("mu", 1, "contacts of a peer, a second", ScenarioParameter.AboveZero, 1e6),
        new("gamma", double.PositiveInfinity, "rate at which who has everything leaves; inf: at once", ScenarioParameter.AboveZero),
        new("club", 0, "peers that lack the first piece only at the start; 0: enough for the expected growth to be seen", 0, 1e7,
            IsWhole: true),
        new("seconds", 0, "of a run; 0: enough for the mean of 5 runs to be within a quarter of a peer a second", 0, 1e7),
    ];

    /// <summary>The club and the time that are given, or those that make the growth visible over its own noise.</summary>
    public static (int Club, double Seconds) Size(IReadOnlyDictionary<string, double> parameters)
    {
        (double arrivals, double seedRate, double mu, double gamma) = (
            parameters["L"], parameters["Us"], parameters["mu"], parameters["gamma"]);
        double growth = Expected(arrivals, seedRate, mu, gamma);
        // Each upload of the seed starts a family of uploads, of mean 1/(1 - rho) and variance rho (1 + rho)/(1 - rho)^3.
        double rest = Math.Max(0.02, 1 - (mu / gamma));
        double noise = arrivals + (seedRate * (1 + ((1 - rest) * (2 - rest) / rest)) / (rest * rest));
        double wanted = double.IsFinite(growth) ? Math.Max(400, noise * 40) : 2000;
        double Club(double time) => Math.Max(500, double.IsFinite(growth) && growth < 0 ? -4 * growth * time : 0);
        while (wanted > 100 && mu * (Club(wanted) + (Math.Max(0, growth) * wanted / 2)) * wanted > ContactsMax)
        {
            wanted *= 0.8;
        }

        double seconds = parameters["seconds"] > 0 ? parameters["seconds"] : wanted;
        return (parameters["club"] > 0 ? (int)parameters["club"] : (int)Club(seconds), seconds);
    }

    /// <summary>Growth of the one-club, peers a second: L - Us / (1 - mu/gamma); at most 0 when seeds multiply (gamma
    /// at most mu).</summary>
    public static double Expected(double arrivals, double seedRate, double mu, double gamma) =>
        gamma <= mu ? double.NegativeInfinity : arrivals - (seedRate / (1 - (mu / gamma)));

    public static SortedDictionary<string, double> Simulate(Scenario scenario, uint run)
    {
        IReadOnlyDictionary<string, double> parameters = scenario.Parameters;
        int pieces = (int)parameters["K"];
        double arrivals = parameters["L"];
        double seedRate = parameters["Us"];
        double mu = parameters["mu"];
        double gamma = parameters["gamma"];
        (int club, double end) = Size(parameters);
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
