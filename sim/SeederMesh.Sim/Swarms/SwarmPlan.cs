using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Swarms;

/// <summary>Who comes to one torrent's swarm, and when: all the randomness of arrivals and capacities, drawn
/// beforehand.</summary>
/// <param name="Torrent">The torrent's number.</param>
/// <param name="Peers">Numbers of the peers in the whole run, which key their random streams, in order of
/// arrival.</param>
/// <param name="ArrivalTicks">When each comes.</param>
/// <param name="Populations">Which population each belongs to.</param>
internal sealed record SwarmPlan(int Torrent, int[] Peers, int[] ArrivalTicks, byte[] Populations)
{
    /// <summary>The swarms of one run, one for each torrent that anybody comes to.</summary>
    public static IReadOnlyList<SwarmPlan> ForRun(Scenario scenario, uint run)
    {
        var arrivals = new List<(int Torrent, int Tick, byte Population)>();
        double[] popularity = Popularity(scenario.Content);
        ulong entity = 0;
        for (int index = 0; index < scenario.Populations.Count; index++)
        {
            Population population = scenario.Populations[index];
            foreach (int tick in ArrivalTicksOf(scenario, population, index, run))
            {
                int torrents = population.IsSeed ? scenario.Content.Torrents : 1;
                for (int torrent = 0; torrent < torrents; torrent++)
                {
                    int chosen = population.IsSeed ? torrent : Choose(popularity, scenario.Seed, run, entity);
                    arrivals.Add((chosen, tick, (byte)index));
                    entity++;
                }
            }
        }

        return Group(arrivals, scenario.Content.Torrents);
    }

    /// <summary>A capacity in bytes a second, at least 1, at most 2^30.</summary>
    public static int Capacity(Distribution distribution, ref CounterRandom random)
    {
        double value = distribution.Kind switch
        {
            DistributionKind.Uniform => distribution.A + (random.Uniform() * (distribution.B - distribution.A)),
            DistributionKind.Exponential => random.Exponential(distribution.A),
            DistributionKind.LogNormal => distribution.A * Math.Exp(distribution.B * random.Normal()),
            DistributionKind.Choice => distribution.Values[Weighted(distribution.Weights, random.Uniform())],
            _ => distribution.A,
        };
        return (int)Math.Clamp(value, 1, 1 << 30);
    }

    private static IEnumerable<int> ArrivalTicksOf(Scenario scenario, Population population, int index, uint run)
    {
        var random = new CounterRandom(scenario.Seed, run, (ulong)index, RandomStream.Arrival);
        ArrivalModel arrival = population.Arrival;
        switch (arrival.Kind)
        {
            case ArrivalKind.Poisson:
                double seconds = random.Exponential(1 / arrival.Rate);
                for (int peer = 0; peer < population.Count && scenario.Ticks(seconds) < scenario.EndTicks; peer++)
                {
                    yield return scenario.Ticks(seconds);
                    seconds += random.Exponential(1 / arrival.Rate);
                }

                break;
            case ArrivalKind.Trace:
                foreach (double time in arrival.Times)
                {
                    yield return scenario.Ticks(time);
                }

                break;
            default:
                for (int peer = 0; peer < population.Count; peer++)
                {
                    yield return arrival.Kind == ArrivalKind.Flash ? scenario.Ticks(random.Uniform() * arrival.WithinSeconds) : 0;
                }

                break;
        }
    }

    private static List<SwarmPlan> Group(List<(int Torrent, int Tick, byte Population)> arrivals, int torrents)
    {
        var members = new List<int>[torrents];
        for (int peer = 0; peer < arrivals.Count; peer++)
        {
            (members[arrivals[peer].Torrent] ??= []).Add(peer);
        }

        var plans = new List<SwarmPlan>();
        for (int torrent = 0; torrent < torrents; torrent++)
        {
            if (members[torrent] is { } peers)
            {
                int[] ordered = [.. peers.OrderBy(peer => arrivals[peer].Tick)];
                plans.Add(new SwarmPlan(
                    torrent,
                    ordered,
                    [.. ordered.Select(peer => arrivals[peer].Tick)],
                    [.. ordered.Select(peer => arrivals[peer].Population)]));
            }
        }

        return plans;
    }

    /// <summary>Cumulative shares of the torrents: the k-th most popular has a weight of k^-zipf.</summary>
    private static double[] Popularity(ContentModel content)
    {
        var cumulative = new double[content.Torrents];
        double sum = 0;
        for (int rank = 0; rank < content.Torrents; rank++)
        {
            sum += Math.Pow(rank + 1, -content.Zipf);
            cumulative[rank] = sum;
        }

        for (int rank = 0; rank < content.Torrents; rank++)
        {
            cumulative[rank] /= sum;
        }

        return cumulative;
    }

    private static int Choose(double[] cumulative, ulong seed, uint run, ulong entity)
    {
        if (cumulative.Length == 1)
        {
            return 0;
        }

        double draw = new CounterRandom(seed, run, entity, RandomStream.Torrent).Uniform();
        int found = Array.BinarySearch(cumulative, draw);
        return Math.Min(found < 0 ? ~found : found + 1, cumulative.Length - 1);
    }

    private static int Weighted(IReadOnlyList<double> weights, double draw)
    {
        double rest = draw * weights.Sum();
        for (int index = 0; index < weights.Count - 1; index++)
        {
            rest -= weights[index];
            if (rest < 0)
            {
                return index;
            }
        }

        return weights.Count - 1;
    }
}
