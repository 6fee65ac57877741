using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Timeline;

namespace SeederMesh.Sim.Swarms;

/// <summary>All peers of one swarm in a few flat arrays, allocated once.</summary>
/// <remarks>
/// What one event touches together stands together: a delivery in a swarm larger than the cache costs a line of memory
/// for each array that it reads, so that a peer's counters, a link's and a slot's are a record each. A peer's links
/// stand in <see cref="Degree"/> entries at peer x <see cref="DegreeMax"/>; a link stands at both its ends, each naming
/// the other's position.
/// </remarks>
internal sealed class SwarmState
{
    public const byte NoEdge = byte.MaxValue;
    public const int Never = int.MaxValue;

    private readonly PeerRecord[] peers;
    private readonly LinkRecord[] links;
    private readonly SlotRecord[] slots;

    public SwarmState(Scenario scenario, SwarmPlan plan, uint run)
    {
        int count = plan.Peers.Length;
        (Peers, Pieces, PieceLength) = (count, scenario.Content.Pieces, scenario.Content.PieceLength);
        DegreeMax = scenario.Network.Neighbours;
        DownloadsMax = scenario.Network.DownloadsMax;
        SlotsMax = Math.Max(1, scenario.Populations.Max(population => population.Uploads ? population.Slots : 0));
        Words = (Pieces + 63) / 64;
        Arrival = plan.ArrivalTicks;
        Have = new ulong[(long)count * Words];
        Rarity = new int[Pieces];
        peers = new PeerRecord[count];
        links = new LinkRecord[(long)count * DegreeMax];
        slots = new SlotRecord[(long)count * SlotsMax];
        InFlight = new ushort[(long)count * DownloadsMax];
        AliveAt = new int[count];
        Alive = new int[count];
        IsNat = new bool[count];
        EarnedMsat = new long[count];
        PaidMsat = new long[count];
        TimersPerPeer = scenario.Populations.Any(population => population.AbortRate > 0) ? 3 : 2;
        Array.Fill(slots, new SlotRecord { Edge = NoEdge });
        for (int peer = 0; peer < count; peer++)
        {
            Population population = scenario.Populations[plan.Populations[peer]];
            var random = new CounterRandom(scenario.Seed, run, (ulong)plan.Peers[peer], RandomStream.Capacity);
            peers[peer] = new PeerRecord
            {
                PopulationOf = plan.Populations[peer],
                Completed = Never,
                Departed = Never,
                Up = SwarmPlan.Capacity(population.Up, ref random),
                Down = SwarmPlan.Capacity(population.Down, ref random),
            };
            IsNat[peer] = random.Uniform() < population.Nat;
        }
    }

    /// <summary>Timers beside the slots: one for coming and leaving, one for choking, and one for giving up where
    /// anybody does.</summary>
    public int TimersPerPeer { get; }

    public int Peers { get; }

    public int Pieces { get; }

    public int PieceLength { get; }

    public int Words { get; }

    public int DegreeMax { get; }

    public int SlotsMax { get; }

    public int DownloadsMax { get; }

    public int[] Arrival { get; }

    public ulong[] Have { get; }

    /// <summary>How many present peers have each piece.</summary>
    public int[] Rarity { get; }

    public ushort[] InFlight { get; }

    /// <summary>Position in <see cref="Alive"/>.</summary>
    public int[] AliveAt { get; }

    /// <summary>Peers that are present, in no meaningful but a reproducible order.</summary>
    public int[] Alive { get; }

    public bool[] IsNat { get; }

    /// <summary>A seeder's share of what downloaders paid, msat.</summary>
    public long[] EarnedMsat { get; }

    /// <summary>What a downloader paid, msat.</summary>
    public long[] PaidMsat { get; }

    /// <summary>Bytes of state that one peer takes, its plan and the wheel's nodes included.</summary>
    public int BytesPerPeer =>
        (Words * sizeof(ulong)) + Unsafe.SizeOf<PeerRecord>() + (DegreeMax * Unsafe.SizeOf<LinkRecord>())
        + (SlotsMax * Unsafe.SizeOf<SlotRecord>())
        + (DownloadsMax * sizeof(ushort)) + (4 * sizeof(int)) + 2 + (2 * sizeof(long))
        + ((SlotsMax + TimersPerPeer) * TimingWheel.BytesPerNode);

    public ref byte PopulationOf(int peer) => ref peers[peer].PopulationOf;

    public ref int HaveCount(int peer) => ref peers[peer].HaveCount;

    public ref byte InFlightCount(int peer) => ref peers[peer].InFlightCount;

    public ref byte Degree(int peer) => ref peers[peer].Degree;

    /// <summary>Positions of the neighbours that may be served.</summary>
    public ref ulong Unchoked(int peer) => ref peers[peer].Unchoked;

    /// <summary>Idle slots that wait to be woken.</summary>
    public ref ulong ParkedSlots(int peer) => ref peers[peer].ParkedSlots;

    /// <summary>Where the round robin over the neighbours stands.</summary>
    public ref byte Cursor(int peer) => ref peers[peer].Cursor;

    public ref int Up(int peer) => ref peers[peer].Up;

    public ref int Down(int peer) => ref peers[peer].Down;

    public ref int DownUsed(int peer) => ref peers[peer].DownUsed;

    public ref int Completed(int peer) => ref peers[peer].Completed;

    public ref int Departed(int peer) => ref peers[peer].Departed;

    /// <summary>Pieces uploaded in all.</summary>
    public ref int Uploaded(int peer) => ref peers[peer].Uploaded;

    public ref int Neighbour(int link) => ref links[link].Neighbour;

    /// <summary>Position of the same link at the neighbour.</summary>
    public ref byte Back(int link) => ref links[link].Back;

    /// <summary>Pieces sent over a link, by the peer that the entry belongs to.</summary>
    public ref ushort Sent(int link) => ref links[link].Sent;

    /// <summary>Pieces that came over a link lately: what tit-for-tat ranks by.</summary>
    public ref byte Received(int link) => ref links[link].Received;

    /// <summary>Lets one link take the place of another.</summary>
    public void MoveLink(int from, int to) => links[to] = links[from];

    /// <summary>Asks memory for a slot and its peer, which an event will read soon.</summary>
    public void PrefetchSlot(int slot)
    {
        Prefetch(ref slots[slot]);
        Prefetch(ref peers[slot / SlotsMax]);
    }

    /// <summary>Asks for the link that a slot uploads over; the slot itself has come.</summary>
    public void PrefetchLink(int slot)
    {
        byte edge = slots[slot].Edge;
        if (edge != NoEdge)
        {
            Prefetch(ref links[(slot / SlotsMax * DegreeMax) + edge]);
        }
    }

    /// <summary>Asks for what a delivery changes at its receiver; the link has come.</summary>
    public void PrefetchReceiver(int slot)
    {
        SlotRecord record = slots[slot];
        if (record.Edge != NoEdge)
        {
            LinkRecord link = links[(slot / SlotsMax * DegreeMax) + record.Edge];
            Prefetch(ref peers[link.Neighbour]);
            Prefetch(ref Have[(link.Neighbour * Words) + (record.Piece >> 6)]);
            Prefetch(ref InFlight[link.Neighbour * DownloadsMax]);
            Prefetch(ref links[(link.Neighbour * DegreeMax) + link.Back]);
        }
    }

    private static unsafe void Prefetch<T>(ref T place)
    {
        if (Sse.IsSupported)
        {
            // Only an address is formed, and a prefetch faults nowhere: the collector may move what it points at.
            Sse.Prefetch0(Unsafe.AsPointer(ref place));
        }
    }

    /// <summary>Whether two peers are linked.</summary>
    public bool AreLinked(int peer, int other)
    {
        foreach (ref readonly LinkRecord link in links.AsSpan(peer * DegreeMax, peers[peer].Degree))
        {
            if (link.Neighbour == other)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The link that a slot uploads over; <see cref="NoEdge"/> when it is idle.</summary>
    public ref byte SlotEdge(int slot) => ref slots[slot].Edge;

    public ref ushort SlotPiece(int slot) => ref slots[slot].Piece;

    public ref int SlotRate(int slot) => ref slots[slot].Rate;

    private struct PeerRecord
    {
        public ulong Unchoked;
        public ulong ParkedSlots;
        public int HaveCount;
        public int Up;
        public int Down;
        public int DownUsed;
        public int Uploaded;
        public int Completed;
        public int Departed;
        public byte InFlightCount;
        public byte Degree;
        public byte Cursor;
        public byte PopulationOf;
    }

    private struct LinkRecord
    {
        public int Neighbour;
        public ushort Sent;
        public byte Back;
        public byte Received;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct SlotRecord
    {
        public int Rate;
        public ushort Piece;
        public byte Edge;
    }
}
