using SeederMesh.Sim.Accounting;

namespace SeederMesh.Sim.Swarms;

/// <summary>One row of a swarm's time series.</summary>
/// <param name="Tick">When.</param>
/// <param name="Leechers">Peers that are downloading.</param>
/// <param name="Seeds">Peers that have everything.</param>
/// <param name="Deliveries">Pieces delivered so far.</param>
internal readonly record struct SeriesRow(int Tick, int Leechers, int Seeds, long Deliveries);

/// <summary>Collects rows at fixed ticks; it only reads, so that it changes no run.</summary>
internal sealed class SwarmSeries(int everyTicks)
{
    /// <summary>At most so many rows a swarm.</summary>
    private const int RowsMax = 100_000;

    private long next;

    public List<SeriesRow> Rows { get; } = [];

    /// <summary>What holds from the last event on is what the ticks up to <paramref name="tick"/> show.</summary>
    public void UpTo(int tick, int leechers, int seeds, long deliveries)
    {
        while (next <= tick && Rows.Count < RowsMax)
        {
            Rows.Add(new SeriesRow((int)next, leechers, seeds, deliveries));
            next += everyTicks;
        }
    }
}

/// <summary>What became of one swarm.</summary>
internal sealed record SwarmResult(
    SwarmPlan Plan,
    SwarmState State,
    IReadOnlyList<SeriesRow> Series,
    ChannelTotals Totals,
    ulong Trace,
    long Deliveries,
    long Events,
    int EndTick)
{
    /// <summary>Pieces that leechers gave each other: from population (row) to population (column).</summary>
    public IReadOnlyList<long> Exchanges { get; init; } = [];

    /// <summary>Every channel, when the scenario keeps them.</summary>
    public IReadOnlyList<ClosedChannel> Channels { get; init; } = [];
}
