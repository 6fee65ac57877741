using System.Collections.Concurrent;
using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Analytic;
using SeederMesh.Sim.Attacks;
using SeederMesh.Sim.Published;
using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;

namespace SeederMesh.Sim.Running;

/// <summary>Runs a scenario's replicates on a number of threads; results come in order, whatever the threads
/// do.</summary>
internal sealed class Runner(Scenario scenario, int threads)
{
    /// <summary>Finished swarms that wait for an earlier one, for each thread: bounds memory.</summary>
    private const int AheadPerThread = 4;

    private const int ProgressEveryMs = 200;

    /// <summary>Called for each finished swarm, in order, on the caller's thread.</summary>
    public Action<uint, SwarmResult>? OnSwarm { get; init; }

    /// <summary>Called with the share done, 0 to 1, by one thread at a time.</summary>
    public Action<double>? OnProgress { get; init; }

    /// <summary>Runs what is wanted; a cancelled run gives what was finished.</summary>
    /// <param name="replicates">Which replicates, by number.</param>
    /// <param name="cancellation">Ends it early.</param>
    public RunOutcome Run(IReadOnlyList<uint> replicates, CancellationToken cancellation) =>
        scenario.Mode != ScenarioMode.Pieces ? RunReplicates(replicates, cancellation)
        : SwarmAttack.IsIn(scenario) ? RunAttacked(replicates, cancellation)
        : RunPieces(replicates, cancellation);

    /// <summary>The swarm as it is; then, replicate by replicate on the same random numbers, with its attackers honest,
    /// and with nobody defended.</summary>
    private RunOutcome RunAttacked(IReadOnlyList<uint> replicates, CancellationToken cancellation)
    {
        const int variants = 3;
        RunOutcome defended = Variant(scenario, 0, OnSwarm);
        RunOutcome honest = Variant(SwarmAttack.Honest(scenario), 1, null);
        RunOutcome undefended = Variant(SwarmAttack.Undefended(scenario), 2, null);
        int whole = Math.Min(defended.Replicates.Count, Math.Min(honest.Replicates.Count, undefended.Replicates.Count));
        if (cancellation.IsCancellationRequested)
        {
            return defended with { IsPartial = true };
        }

        AttackTable[] tables =
        [
            .. Enumerable.Range(0, whole).Select(index => SwarmAttack.Table(
                scenario, honest.Replicates[index], undefended.Replicates[index], defended.Replicates[index])),
        ];
        for (int index = 0; index < whole; index++)
        {
            foreach ((string name, double value) in tables[index].ToMetrics())
            {
                defended.Replicates[index][name] = value;
            }
        }

        return defended with
        {
            AttackTables = tables,
            Trace = CounterRandom.Mix(defended.Trace ^ CounterRandom.Mix(honest.Trace ^ CounterRandom.Mix(undefended.Trace))),
        };

        RunOutcome Variant(Scenario variant, int number, Action<uint, SwarmResult>? onSwarm) => new Runner(variant, threads)
        {
            OnSwarm = onSwarm,
            OnProgress = share => OnProgress?.Invoke((number + share) / variants),
        }.RunPieces(replicates, cancellation);
    }

    private RunOutcome RunReplicates(IReadOnlyList<uint> replicates, CancellationToken cancellation)
    {
        var results = new SortedDictionary<string, double>[replicates.Count];
        var tables = new AttackTable?[replicates.Count];
        int done = 0;
        var gate = new Lock();
        Parallel.For(0, replicates.Count, new ParallelOptions { MaxDegreeOfParallelism = threads }, index =>
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            results[index] = Compute(replicates[index], out tables[index], cancellation);
            lock (gate)
            {
                OnProgress?.Invoke((double)++done / replicates.Count);
            }
        });
        var outcome = new RunOutcome([.. results.TakeWhile(result => result is not null)], 0, 0, done < replicates.Count, [])
        {
            AttackTables = [.. tables.OfType<AttackTable>()],
        };
        return outcome with { Trace = outcome.Replicates.Aggregate(0UL, HashMetrics) };
    }

    private SortedDictionary<string, double> Compute(uint replicate, out AttackTable? table, CancellationToken cancellation)
    {
        table = null;
        switch (scenario.Mode)
        {
            case ScenarioMode.Markov:
                return QiuSrikant.SimulateMarkov(scenario, replicate);
            case ScenarioMode.Fluid:
                return QiuSrikant.IntegrateFluid(scenario);
            case ScenarioMode.Exact:
                return MissingPiece.Simulate(scenario, replicate);
            case ScenarioMode.Published:
                // A replicate is a seed of its own; the first is the scenario's.
                Scenario own = replicate == 0 ? scenario : scenario with { Seed = CounterRandom.Mix(scenario.Seed ^ replicate) };
                return PublishedCases.ToMetrics(PublishedCases.Find(scenario.PublishedCase).Compute(own, cancellation));
            default:
                table = AttackArena.Run(scenario, replicate);
                return table.ToMetrics();
        }
    }

    /// <summary>A hash of the numbers themselves: analytic modes have no events to trace.</summary>
    private static ulong HashMetrics(ulong trace, SortedDictionary<string, double> metrics) => metrics.Values.Aggregate(
        trace, (hash, value) => CounterRandom.Mix(hash ^ BitConverter.DoubleToUInt64Bits(value)));

    private RunOutcome RunPieces(IReadOnlyList<uint> replicates, CancellationToken cancellation)
    {
        var metrics = new List<SortedDictionary<string, double>>();
        var last = new List<(double, double)>();
        ulong trace = 0;
        long deliveries = 0;
        for (int index = 0; index < replicates.Count && !cancellation.IsCancellationRequested; index++)
        {
            IReadOnlyList<SwarmPlan> plans = SwarmPlan.ForRun(scenario, replicates[index]);
            var run = new RunMetrics(scenario);
            double before = index;
            var watch = new SwarmWatch(plans, share => OnProgress?.Invoke((before + share) / replicates.Count));
            foreach (SwarmResult result in InOrder(plans, replicates[index], watch, cancellation))
            {
                run.Add(result);
                OnSwarm?.Invoke(replicates[index], result);
                trace = CounterRandom.Mix(trace ^ result.Trace ^ (ulong)result.Deliveries);
                deliveries += result.Deliveries;
            }

            watch.Show();

            // A replicate that was ended halfway is no replicate: it counts only where there is no whole one.
            if (!cancellation.IsCancellationRequested || metrics.Count == 0)
            {
                metrics.Add(run.Compute());
            }

            last = [.. run.Seeders];
        }

        return new RunOutcome(metrics, trace, deliveries, cancellation.IsCancellationRequested, last);
    }

    /// <summary>Simulates swarms on the threads and yields them in their order.</summary>
    private IEnumerable<SwarmResult> InOrder(
        IReadOnlyList<SwarmPlan> plans, uint replicate, SwarmWatch watch, CancellationToken cancellation)
    {
        var finished = new ConcurrentDictionary<int, SwarmResult?>();
        // Never disposed: a worker that fails late may still release them, and they hold nothing.
        var room = new SemaphoreSlim(threads * AheadPerThread);
        var arrived = new SemaphoreSlim(0);
        Exception? failure = null;
        int next = -1;
        Thread[] workers = [.. Enumerable.Range(0, Math.Min(threads, plans.Count)).Select(_ =>
            new Thread(Work) { IsBackground = true })];
        foreach (Thread worker in workers)
        {
            worker.Start();
        }

        for (int index = 0; index < plans.Count; index++)
        {
            SwarmResult? result;
            while (!finished.TryRemove(index, out result))
            {
                while (!arrived.Wait(ProgressEveryMs, CancellationToken.None))
                {
                    watch.Show();
                }

                if (failure is { } cause)
                {
                    throw new InvalidOperationException("A swarm failed: " + cause.Message, cause);
                }
            }

            room.Release();
            if (result is null)
            {
                // Cancelled before it began, and so is everything after it.
                room.Release(workers.Length);
                break;
            }

            yield return result;
        }

        foreach (Thread worker in workers)
        {
            worker.Join();
        }

        void Work()
        {
            try
            {
                while (failure is null)
                {
                    room.Wait(CancellationToken.None);
                    int index = Interlocked.Increment(ref next);
                    if (index >= plans.Count)
                    {
                        room.Release();
                        return;
                    }

                    SwarmResult? own = cancellation.IsCancellationRequested
                        ? null
                        : watch.Start(index, new Swarm(scenario, plans[index], replicate)).Run(cancellation);
                    watch.End(index);
                    finished[index] = own;
                    arrived.Release();
                    if (own is null)
                    {
                        return;
                    }
                }
            }
            catch (Exception exception) when (exception is InvalidOperationException or ArithmeticException or IndexOutOfRangeException)
            {
                failure = exception;
                arrived.Release();
            }
        }
    }
}

/// <summary>How far the swarms of a run are, by their peers.</summary>
internal sealed class SwarmWatch(IReadOnlyList<SwarmPlan> plans, Action<double> show)
{
    private readonly Swarm?[] running = new Swarm?[plans.Count];
    private readonly double total = plans.Sum(plan => (double)plan.Peers.Length);
    private long done;

    public Swarm Start(int index, Swarm swarm)
    {
        Volatile.Write(ref running[index], swarm);
        return swarm;
    }

    public void End(int index)
    {
        Volatile.Write(ref running[index], null);
        Interlocked.Add(ref done, plans[index].Peers.Length);
    }

    public void Show()
    {
        double share = Interlocked.Read(ref done);
        for (int index = 0; index < running.Length; index++)
        {
            share += (Volatile.Read(ref running[index])?.Share ?? 0) * plans[index].Peers.Length;
        }

        show(total > 0 ? Math.Min(1, share / total) : 1);
    }
}

/// <summary>What the replicates of a scenario gave.</summary>
/// <param name="Replicates">The metrics of each.</param>
/// <param name="Trace">A hash over every event, in order: equal on any number of threads.</param>
/// <param name="Deliveries">Pieces delivered in all.</param>
/// <param name="IsPartial">Whether it was ended early.</param>
/// <param name="Seeders">Payout and bytes of each seeder in the last replicate.</param>
internal sealed record RunOutcome(
    IReadOnlyList<SortedDictionary<string, double>> Replicates,
    ulong Trace,
    long Deliveries,
    bool IsPartial,
    IReadOnlyList<(double Payout, double Bytes)> Seeders)
{
    /// <summary>The tables of attack mode, one a replicate.</summary>
    public IReadOnlyList<AttackTable> AttackTables { get; init; } = [];

    /// <summary>Mean and confidence of each metric.</summary>
    public SortedDictionary<string, Estimate> Summarize()
    {
        var summary = new SortedDictionary<string, Estimate>(StringComparer.Ordinal);
        foreach (string name in Replicates.SelectMany(metrics => metrics.Keys).Distinct(StringComparer.Ordinal))
        {
            summary[name] = Estimate.Of(Replicates.Select(metrics => metrics.GetValueOrDefault(name, double.NaN)));
        }

        return summary;
    }
}
