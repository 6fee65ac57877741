using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;

namespace SeederMesh.Sim.Published;

/// <summary>Published results that the scenario's own mode reproduces.</summary>
internal static class SwarmCases
{
    /// <summary>Leechers, seeds and download time of the steady state; parameters L, theta, mu, c, gamma,
    /// eta.</summary>
    public static IReadOnlyList<PublishedRow> QiuSrikant(Scenario scenario, CancellationToken cancellation)
    {
        (double leechers, double seeds, double seconds) = Analytic.QiuSrikant.Expected(scenario.Parameters);
        SortedDictionary<string, Estimate> got = Run(scenario, cancellation);
        return
        [
            PublishedRow.Relative("leechers.mean", leechers, got["leechers.mean"].Mean, scenario.PublishedTolerance),
            PublishedRow.Relative("seeds.mean", seeds, got["seeds.mean"].Mean, scenario.PublishedTolerance),
            PublishedRow.Relative("download_s.mean", seconds, got["download_s.mean"].Mean, scenario.PublishedTolerance),
        ];
    }

    /// <summary>
    /// The last download ends no earlier than max(F/us, F/dmin, N F/(us + sum u)), and within 1 + tolerance times
    /// that. F, us, d, u and N are those of the scenario: one population of seeds, one of leechers, fixed capacities.
    /// </summary>
    public static IReadOnlyList<PublishedRow> KumarRoss(Scenario scenario, CancellationToken cancellation)
    {
        Population seed = scenario.Populations.First(population => population.IsSeed);
        Population leechers = scenario.Populations.First(population => !population.IsSeed);
        double bytes = (double)scenario.Content.Pieces * scenario.Content.PieceLength;
        double bound = Math.Max(
            Math.Max(bytes / seed.Up.A, bytes / leechers.Down.A),
            leechers.Count * bytes / (seed.Up.A + (leechers.Count * leechers.Up.A)));
        SortedDictionary<string, Estimate> got = Run(scenario, cancellation);
        return
        [
            PublishedRow.Between("makespan_s", bound, got["makespan_s"].Mean, 1 + scenario.PublishedTolerance),
            PublishedRow.Absolute("unfinished", 0, got["unfinished"].Mean, 0),
        ];
    }

    /// <summary>Mean download time with random selection over that with rarest first, at the seed's speed and at a
    /// quarter of it.</summary>
    public static IReadOnlyList<PublishedRow> RarestFirst(Scenario scenario, CancellationToken cancellation)
    {
        double fast = Ratio(scenario, 1, cancellation);
        double slow = Ratio(scenario, 4, cancellation);
        return
        [
            new PublishedRow("random over rarest-first", 1, fast,
                $"at least 1 - {scenario.PublishedTolerance}", fast >= 1 - scenario.PublishedTolerance),
            new PublishedRow("the same, seed 4 times slower", fast, slow, "larger", slow >= fast),
        ];
    }

    /// <summary>Tit for tat makes peers of like uplinks exchange with each other; serving in turn does not.</summary>
    public static IReadOnlyList<PublishedRow> Clustering(Scenario scenario, CancellationToken cancellation)
    {
        double Got(ChokePolicy choke) => Run(
            scenario with
            {
                Populations =
                [
                    .. scenario.Populations.Select(population => population.IsSeed
                        ? population : population with { Choke = choke }),
                ],
            },
            cancellation)["exchange.clustering"].Mean;

        double inTurn = Got(ChokePolicy.Rotate);
        double titForTat = Got(ChokePolicy.TitForTat);
        return
        [
            new PublishedRow("clustering, tit for tat", 1, titForTat, "above 1 + " + scenario.PublishedTolerance,
                titForTat > 1 + scenario.PublishedTolerance),
            new PublishedRow("clustering, in turn", titForTat, inTurn, "smaller", inTurn < titForTat),
        ];
    }

    /// <summary>
    /// A client that cuts its uplink into more slots (parameter slots, 14) is repaid by more peers, as BitTyrant is;
    /// when everybody does it, it has nothing of it. Populations <c>client</c> and <c>others</c>. The direction is
    /// reproduced, not the median of 70%: the model's slots are equal, where BitTyrant sets each peer's rate by
    /// itself.
    /// </summary>
    public static IReadOnlyList<PublishedRow> BitTyrant(Scenario scenario, CancellationToken cancellation)
    {
        int slots = (int)scenario.Parameters.GetValueOrDefault("slots", 14);
        double Seconds(params string[] strategic) => Run(
            scenario with
            {
                Populations =
                [
                    .. scenario.Populations.Select(population => strategic.Contains(population.Name, StringComparer.Ordinal)
                        ? population with { Slots = slots }
                        : population),
                ],
            },
            cancellation)["client.download_s.mean"].Mean;

        double plain = Seconds();
        double alone = plain / Seconds("client");
        double everybody = plain / Seconds("client", "others");
        return
        [
            new PublishedRow("speed-up, strategic alone", 1, alone, "above 1 + " + scenario.PublishedTolerance,
                alone > 1 + scenario.PublishedTolerance),
            new PublishedRow("speed-up, everybody strategic", 1, everybody, "at most 1 + "
                + scenario.PublishedTolerance, everybody <= 1 + scenario.PublishedTolerance),
        ];
    }

    /// <summary>One slot that serves each of the idle peers in turn: each has an equal share of the time; tolerance in
    /// seconds.</summary>
    public static IReadOnlyList<PublishedRow> OptimisticUnchoke(Scenario scenario, CancellationToken cancellation)
    {
        SwarmPlan plan = SwarmPlan.ForRun(scenario, 0)[0];
        SwarmResult result = new Swarm(scenario, plan, 0).Run(cancellation);
        Population seed = scenario.Populations.First(population => population.IsSeed);
        double secondsPerPiece = scenario.Content.PieceLength / seed.Up.A;
        double[] seconds =
        [
            .. Enumerable.Range(0, result.State.Peers)
                .Where(peer => !scenario.Populations[result.State.PopulationOf[peer]].IsSeed)
                .Select(peer => result.State.HaveCount[peer] * secondsPerPiece),
        ];
        double each = scenario.EndTicks / scenario.TicksPerSecond / seconds.Length;
        return
        [
            PublishedRow.Absolute("least unchoked, s", each, seconds.Min(), scenario.PublishedTolerance),
            PublishedRow.Absolute("most unchoked, s", each, seconds.Max(), scenario.PublishedTolerance),
        ];
    }

    private static double Ratio(Scenario scenario, double slower, CancellationToken cancellation)
    {
        double Mean(PieceSelection selection) => Run(
            scenario with
            {
                Network = scenario.Network with { Selection = selection },
                Populations =
                [
                    .. scenario.Populations.Select(population => population.IsSeed
                        ? population with { Up = population.Up with { A = population.Up.A / slower } }
                        : population),
                ],
            },
            cancellation)["download_s.mean"].Mean;

        return Mean(PieceSelection.Random) / Mean(PieceSelection.RarestFirst);
    }

    private static SortedDictionary<string, Estimate> Run(Scenario scenario, CancellationToken cancellation) =>
        new Runner(scenario, Environment.ProcessorCount)
            .Run([.. Enumerable.Range(0, scenario.Replicates).Select(index => (uint)index)], cancellation)
            .Summarize();
}
