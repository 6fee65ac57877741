using System.Numerics;
using System.Runtime.CompilerServices;
using SeederMesh.Sim.Accounting;
using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Timeline;

namespace SeederMesh.Sim.Swarms;

/// <summary>One swarm, piece by piece: discrete events on one thread in the total order (tick, order of
/// scheduling).</summary>
/// <remarks>
/// The model's limits: the last mile is the only bottleneck (as in OctoSim); an uplink is cut into equal slots that
/// carry one piece at a time, at most as fast as what the receiver has left; a hash check takes no time; the tracker
/// knows everybody. Shards are swarms: peers of different torrents share nothing, so that any number of threads gives
/// the same bytes.
/// </remarks>
internal sealed partial class Swarm
{
    /// <summary>A swarm that is smaller than this stays in a core's cache: there is nothing to wait for.</summary>
    private const long CacheBytes = 1 << 20;

    private readonly Scenario scenario;
    private readonly SwarmPlan plan;
    private readonly uint run;
    private readonly SwarmState state;
    private readonly TimingWheel wheel;
    private readonly ChannelBooks books;
    private readonly int lifeTimers;
    private readonly int chokeTimers;
    private readonly int abortTimers;
    private readonly int rechokeTicks;
    private readonly int latencyTicks;
    private readonly int[] superSeeded;
    private readonly long[] exchanges;
    private readonly StrategicLinks? strategic;
    private readonly bool looksAhead;
    private readonly int medianSplit;
    private CounterRandom random;
    private CounterRandom transfers;
    private int aliveCount;
    private int leechersPresent;
    private int leechersToCome;
    private int now;
    private double share;
    private ulong trace = 0x9E3779B97F4A7C15UL;

    public Swarm(Scenario scenario, SwarmPlan plan, uint run)
    {
        (this.scenario, this.plan, this.run) = (scenario, plan, run);
        state = new SwarmState(scenario, plan, run);
        wheel = new TimingWheel(checked(state.Peers * (state.SlotsMax + state.TimersPerPeer)));
        lifeTimers = state.Peers * state.SlotsMax;
        chokeTimers = lifeTimers + state.Peers;
        abortTimers = chokeTimers + state.Peers;
        rechokeTicks = scenario.Ticks(scenario.Network.RechokeSeconds, 1);
        latencyTicks = scenario.Ticks(scenario.Network.LatencySeconds);
        superSeeded = new int[state.Pieces];
        exchanges = new long[scenario.Populations.Count * scenario.Populations.Count];
        random = new CounterRandom(scenario.Seed, run, (ulong)plan.Torrent, RandomStream.Pieces);
        books = new ChannelBooks(scenario, plan, run, state);
        looksAhead = (long)state.Peers * state.BytesPerPeer > CacheBytes;
        transfers = new CounterRandom(scenario.Seed, run, (ulong)plan.Torrent, RandomStream.Transfer);
        if (scenario.Populations.Any(population => population.Choke == ChokePolicy.Bittyrant))
        {
            strategic = new StrategicLinks(checked(state.Peers * state.DegreeMax));
            medianSplit = MedianSplit();
        }
    }

    /// <summary>Pieces delivered.</summary>
    public long Deliveries { get; private set; }

    /// <summary>About how much of the run is done, 0 to 1; may be read while it runs.</summary>
    public double Share => Volatile.Read(ref share);

    /// <summary>Runs to the end, or until <paramref name="cancellation"/>: then what was done so far is the
    /// result.</summary>
    public SwarmResult Run(CancellationToken cancellation)
    {
        for (int peer = 0; peer < state.Peers; peer++)
        {
            wheel.Schedule(lifeTimers + peer, state.Arrival[peer]);
            leechersToCome += scenario.Populations[state.PopulationOf(peer)].IsSeed ? 0 : 1;
        }

        double wanted = Math.Max(1, (double)leechersToCome * state.Pieces);
        var series = new SwarmSeries(scenario.SampleTicks);
        long events = 0;
        while (wheel.TryNext(scenario.EndTicks, out int node))
        {
            now = wheel.Now;
            series.UpTo(now, leechersPresent, aliveCount - leechersPresent, Deliveries);
            if (looksAhead)
            {
                LookAhead(node);
            }

            Handle(node);
            if ((++events & 0xFFFF) == 0)
            {
                if (cancellation.IsCancellationRequested)
                {
                    break;
                }

                Volatile.Write(ref share, Math.Max((double)now / scenario.EndTicks,
                    scenario.StopWhenComplete ? Deliveries / wanted : 0));
            }

            if (scenario.StopWhenComplete && leechersPresent == 0 && leechersToCome == 0)
            {
                break;
            }
        }

        bool drained = wheel.Count == 0 || (scenario.StopWhenComplete && leechersPresent == 0 && leechersToCome == 0);
        int end = drained || cancellation.IsCancellationRequested ? now : scenario.EndTicks;
        series.UpTo(end, leechersPresent, aliveCount - leechersPresent, Deliveries);
        foreach (int peer in state.Alive.AsSpan(0, aliveCount))
        {
            if (state.HaveCount(peer) < state.Pieces)
            {
                books.CloseChannel(peer);
            }
        }

        return new SwarmResult(plan, state, series.Rows, books.Totals, trace, Deliveries, events, end)
        {
            Channels = books.Closed,
            Exchanges = exchanges,
        };
    }

    /// <summary>Asks memory for what the next three events of this tick will touch; it changes nothing.</summary>
    /// <remarks>A swarm larger than the cache waits for memory most of the time; each step needs what the one before has
    /// brought.</remarks>
    private void LookAhead(int node)
    {
        int one = wheel.Following(node);
        if (one < 0 || one >= lifeTimers)
        {
            return;
        }

        state.PrefetchReceiver(one);
        int two = wheel.Following(one);
        if (two < 0 || two >= lifeTimers)
        {
            return;
        }

        state.PrefetchLink(two);
        int three = wheel.Following(two);
        if (three >= 0 && three < lifeTimers)
        {
            state.PrefetchSlot(three);
        }
    }

    private void Handle(int node)
    {
        if (node < lifeTimers)
        {
            OnSlot(node / state.SlotsMax, node % state.SlotsMax);
        }
        else if (node < chokeTimers)
        {
            int peer = node - lifeTimers;
            if (state.Departed(peer) == SwarmState.Never && !IsAlive(peer))
            {
                Arrive(peer);
            }
            else
            {
                Depart(peer);
            }
        }
        else if (node < abortTimers)
        {
            OnRechoke(node - chokeTimers);
        }
        else if (state.Completed(node - abortTimers) == SwarmState.Never)
        {
            Depart(node - abortTimers);
        }
    }

    private bool IsAlive(int peer) =>
        state.AliveAt[peer] < aliveCount && state.Alive[state.AliveAt[peer]] == peer;

    private Population PopulationOf(int peer) => scenario.Populations[state.PopulationOf(peer)];

    private void OnSlot(int peer, int slot)
    {
        if (state.Departed(peer) != SwarmState.Never)
        {
            return;
        }

        int index = (peer * state.SlotsMax) + slot;
        byte edge = state.SlotEdge(index);
        bool wasBusy = edge != SwarmState.NoEdge;
        if (wasBusy)
        {
            state.SlotEdge(index) = SwarmState.NoEdge;
            Deliver(peer, edge, state.SlotPiece(index), state.SlotRate(index));
        }

        StartUpload(peer, slot, wasBusy ? 0 : latencyTicks);
    }

    private void Deliver(int uploader, byte edge, ushort piece, int rate)
    {
        int link = (uploader * state.DegreeMax) + edge;
        int receiver = state.Neighbour(link);
        EndDownload(receiver, piece, rate);
        state.Have[(receiver * state.Words) + (piece >> 6)] |= 1UL << (piece & 63);
        state.Rarity[piece]++;
        state.Sent(link)++;
        state.Uploaded(uploader)++;
        Deliveries++;
        if (state.HaveCount(uploader) < state.Pieces)
        {
            exchanges[(state.PopulationOf(uploader) * scenario.Populations.Count) + state.PopulationOf(receiver)]++;
        }

        ref byte received = ref state.Received((receiver * state.DegreeMax) + state.Back(link));
        received += received == byte.MaxValue ? (byte)0 : (byte)1;
        if (strategic is not null)
        {
            strategic.Pieces[(receiver * state.DegreeMax) + state.Back(link)]++;
        }

        unchecked
        {
            ulong what = ((ulong)(uint)uploader << 32) ^ (uint)receiver ^ ((ulong)piece << 20) ^ ((ulong)(uint)now << 11);
            trace = BitOperations.RotateLeft(trace, 7) ^ (what * 0xD1342543DE82EF95UL);
        }

        books.OnDelivery(receiver, uploader, piece, now);
        if (++state.HaveCount(receiver) == state.Pieces)
        {
            Complete(receiver);
        }

        Wake(receiver);
    }

    private void EndDownload(int receiver, ushort piece, int rate)
    {
        state.DownUsed(receiver) -= rate;
        Span<ushort> inFlight = state.InFlight.AsSpan(receiver * state.DownloadsMax, state.InFlightCount(receiver));
        int position = inFlight.IndexOf(piece);
        inFlight[position] = inFlight[^1];
        state.InFlightCount(receiver)--;
    }

    /// <summary>Gives parked slots another chance: their peer has something new, or somebody new to serve.</summary>
    private void Wake(int peer)
    {
        ulong parked = state.ParkedSlots(peer);
        state.ParkedSlots(peer) = 0;
        while (parked != 0)
        {
            wheel.Schedule((peer * state.SlotsMax) + BitOperations.TrailingZeroCount(parked), now);
            parked &= parked - 1;
        }
    }

    /// <summary>Finds a neighbour and a piece for an idle slot; parks it when nobody wants anything.</summary>
    [SkipLocalsInit]
    private void StartUpload(int peer, int slot, int delay)
    {
        int first = peer * state.DegreeMax;
        ulong unchoked = state.Unchoked(peer);
        int slotRate = Math.Max(1, state.Up(peer) / PopulationOf(peer).Slots);
        bool isStrategic = IsStrategic(peer);
        int left = int.MaxValue;
        if (isStrategic)
        {
            (left, ulong served) = StrategicUse(peer);
            unchoked &= ~served;
        }

        bool full = false;
        int cursor = state.Cursor(peer);
        for (ulong upper = unchoked & (ulong.MaxValue << (cursor & 63)), lower = unchoked & ~upper; (upper | lower) != 0;)
        {
            int edge = BitOperations.TrailingZeroCount(upper != 0 ? upper : lower);
            if (upper != 0)
            {
                upper &= upper - 1;
            }
            else
            {
                lower &= lower - 1;
            }

            int receiver = state.Neighbour(first + edge);
            if (state.HaveCount(receiver) + state.InFlightCount(receiver) >= state.Pieces)
            {
                continue;
            }

            int offered = slotRate;
            if (isStrategic && (offered = strategic!.Needed[first + edge]) > left)
            {
                continue;
            }

            int rate = Math.Min(offered, state.Down(receiver) - state.DownUsed(receiver));
            if (state.InFlightCount(receiver) >= state.DownloadsMax || rate < 1 + (Math.Min(offered, state.Down(receiver)) >> 3))
            {
                full = true;
                continue;
            }

            if (books.Withholds(receiver) && !books.MayServe(receiver, Outstanding(peer, edge)))
            {
                continue;
            }

            int piece = ChoosePiece(peer, receiver);
            if (piece >= 0)
            {
                Begin(peer, slot, (byte)edge, receiver, (ushort)piece, rate, delay);
                return;
            }
        }

        if (full)
        {
            // Somebody wants more than it can take now: look again when about half a piece has passed.
            wheel.Schedule((peer * state.SlotsMax) + slot, now + TicksFor(state.PieceLength / 2, slotRate));
        }
        else
        {
            state.ParkedSlots(peer) |= 1UL << slot;
        }
    }

    /// <summary>Pieces sent over a link or on their way.</summary>
    private int Outstanding(int peer, int edge)
    {
        int pieces = state.Sent((peer * state.DegreeMax) + edge);
        for (int slot = peer * state.SlotsMax; slot < (peer + 1) * state.SlotsMax; slot++)
        {
            pieces += state.SlotEdge(slot) == edge ? 1 : 0;
        }

        return pieces;
    }

    private void Begin(int peer, int slot, byte edge, int receiver, ushort piece, int rate, int delay)
    {
        int index = (peer * state.SlotsMax) + slot;
        state.Cursor(peer) = (byte)((edge + 1) % state.DegreeMax);
        state.SlotEdge(index) = edge;
        state.SlotPiece(index) = piece;
        state.SlotRate(index) = rate;
        state.DownUsed(receiver) += rate;
        state.InFlight[(receiver * state.DownloadsMax) + state.InFlightCount(receiver)++] = piece;
        int ticks = TicksFor(state.PieceLength, rate);
        if (scenario.Network.TransferIsExponential)
        {
            ticks = (int)Math.Clamp(transfers.Exponential(ticks), 1, int.MaxValue - now - 1.0 - latencyTicks);
        }

        wheel.Schedule(index, now + delay + ticks);
    }

    /// <summary>Whole ticks, rounded up, so that no transfer beats its capacity.</summary>
    private int TicksFor(int bytes, int rate)
    {
        double ticks = Math.Ceiling(bytes * scenario.TicksPerSecond / rate);
        return (int)Math.Clamp(ticks, 1, int.MaxValue - now - 1 - latencyTicks);
    }

    /// <summary>A piece that the uploader has, the receiver lacks, and nobody is sending it; -1 when there is
    /// none.</summary>
    private int ChoosePiece(int uploader, int receiver)
    {
        Population population = PopulationOf(uploader);
        bool takesFirst = scenario.Network.Selection == PieceSelection.Random;
        int limit = population.SuperSeeds || scenario.Network.RarestSample == 0 ? int.MaxValue : scenario.Network.RarestSample;
        ReadOnlySpan<int> weight = population.SuperSeeds ? superSeeded : state.Rarity;
        ReadOnlySpan<ulong> has = state.Have.AsSpan(uploader * state.Words, state.Words);
        ReadOnlySpan<ulong> lacks = state.Have.AsSpan(receiver * state.Words, state.Words);
        ReadOnlySpan<ushort> inFlight = state.InFlight.AsSpan(receiver * state.DownloadsMax, state.InFlightCount(receiver));
        ulong draw = random.Next64();
        int start = (int)(((draw >> 32) * (ulong)state.Pieces) >> 32);
        int turn = start & 63;
        int word = start >> 6;
        int best = -1;
        int bestWeight = int.MaxValue;
        int seen = 0;
        for (int step = 0; step <= state.Words; step++)
        {
            ulong candidates = has[word] & ~lacks[word];
            // The first word is visited twice: its upper part at the start, its lower part at the end.
            candidates &= step == 0 ? ulong.MaxValue << turn : step == state.Words ? ~(ulong.MaxValue << turn) : ulong.MaxValue;
            while (candidates != 0)
            {
                int piece = (word << 6) | BitOperations.TrailingZeroCount(candidates);
                candidates &= candidates - 1;
                if (weight[piece] < bestWeight && !inFlight.Contains((ushort)piece))
                {
                    (best, bestWeight) = (piece, weight[piece]);
                }

                if ((best >= 0 && takesFirst) || (++seen >= limit && best >= 0))
                {
                    step = state.Words;
                    break;
                }
            }

            word = word + 1 == state.Words ? 0 : word + 1;
        }

        if (best >= 0 && population.SuperSeeds)
        {
            superSeeded[best]++;
        }

        return best;
    }
}
