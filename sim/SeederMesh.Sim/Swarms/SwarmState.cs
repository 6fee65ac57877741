using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Timeline;

namespace SeederMesh.Sim.Swarms;

/// <summary>All peers of one swarm as a structure of arrays, allocated once.</summary>
/// <remarks>A peer's neighbours stand in <see cref="Degree"/> entries at peer x <see cref="DegreeMax"/>; a link stands
/// at both its ends, each naming the other's position.</remarks>
internal sealed class SwarmState
{
    public const byte NoEdge = byte.MaxValue;
    public const int Never = int.MaxValue;

    public SwarmState(Scenario scenario, SwarmPlan plan, uint run)
    {
        int peers = plan.Peers.Length;
        (Peers, Pieces, PieceLength) = (peers, scenario.Content.Pieces, scenario.Content.PieceLength);
        DegreeMax = scenario.Network.Neighbours;
        DownloadsMax = scenario.Network.DownloadsMax;
        SlotsMax = Math.Max(1, scenario.Populations.Max(population => population.Uploads ? population.Slots : 0));
        Words = (Pieces + 63) / 64;
        Arrival = plan.ArrivalTicks;
        PopulationOf = plan.Populations;
        Have = new ulong[(long)peers * Words];
        HaveCount = new int[peers];
        Rarity = new int[Pieces];
        Neighbour = new int[(long)peers * DegreeMax];
        Back = new byte[(long)peers * DegreeMax];
        Sent = new ushort[(long)peers * DegreeMax];
        Received = new byte[(long)peers * DegreeMax];
        Degree = new byte[peers];
        Unchoked = new ulong[peers];
        SlotEdge = new byte[(long)peers * SlotsMax];
        SlotPiece = new ushort[(long)peers * SlotsMax];
        SlotRate = new int[(long)peers * SlotsMax];
        ParkedSlots = new ulong[peers];
        Cursor = new byte[peers];
        InFlight = new ushort[(long)peers * DownloadsMax];
        InFlightCount = new byte[peers];
        Up = new int[peers];
        Down = new int[peers];
        DownUsed = new int[peers];
        Completed = new int[peers];
        Departed = new int[peers];
        Uploaded = new int[peers];
        AliveAt = new int[peers];
        Alive = new int[peers];
        IsNat = new bool[peers];
        EarnedMsat = new long[peers];
        PaidMsat = new long[peers];
        TimersPerPeer = scenario.Populations.Any(population => population.AbortRate > 0) ? 3 : 2;
        Array.Fill(SlotEdge, NoEdge);
        Array.Fill(Completed, Never);
        Array.Fill(Departed, Never);
        for (int peer = 0; peer < peers; peer++)
        {
            Population population = scenario.Populations[PopulationOf[peer]];
            var random = new CounterRandom(scenario.Seed, run, (ulong)plan.Peers[peer], RandomStream.Capacity);
            Up[peer] = SwarmPlan.Capacity(population.Up, ref random);
            Down[peer] = SwarmPlan.Capacity(population.Down, ref random);
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

    public byte[] PopulationOf { get; }

    public ulong[] Have { get; }

    public int[] HaveCount { get; }

    /// <summary>How many present peers have each piece.</summary>
    public int[] Rarity { get; }

    public int[] Neighbour { get; }

    /// <summary>Position of the same link at the neighbour.</summary>
    public byte[] Back { get; }

    /// <summary>Pieces sent over a link, by the peer that the entry belongs to.</summary>
    public ushort[] Sent { get; }

    /// <summary>Pieces that came over a link lately: what tit-for-tat ranks by.</summary>
    public byte[] Received { get; }

    public byte[] Degree { get; }

    /// <summary>Positions of the neighbours that may be served.</summary>
    public ulong[] Unchoked { get; }

    /// <summary>The link that a slot uploads over; <see cref="NoEdge"/> when it is idle.</summary>
    public byte[] SlotEdge { get; }

    public ushort[] SlotPiece { get; }

    public int[] SlotRate { get; }

    /// <summary>Idle slots that wait to be woken.</summary>
    public ulong[] ParkedSlots { get; }

    /// <summary>Where the round robin over the neighbours stands.</summary>
    public byte[] Cursor { get; }

    public ushort[] InFlight { get; }

    public byte[] InFlightCount { get; }

    public int[] Up { get; }

    public int[] Down { get; }

    public int[] DownUsed { get; }

    public int[] Completed { get; }

    public int[] Departed { get; }

    /// <summary>Pieces uploaded in all.</summary>
    public int[] Uploaded { get; }

    /// <summary>Position in <see cref="Alive"/>.</summary>
    public int[] AliveAt { get; }

    /// <summary>Peers that are present, in no meaningful but a reproducible order.</summary>
    public int[] Alive { get; }

    public bool[] IsNat { get; }

    /// <summary>A seeder's share of what downloaders paid, msat.</summary>
    public long[] EarnedMsat { get; }

    /// <summary>What a downloader paid, msat.</summary>
    public long[] PaidMsat { get; }

    /// <summary>Bytes of state that one peer takes, wheel included.</summary>
    public int BytesPerPeer =>
        (Words * sizeof(ulong)) + (DegreeMax * (sizeof(int) + 1 + sizeof(ushort) + 1))
        + (SlotsMax * (1 + sizeof(ushort) + sizeof(int))) + (DownloadsMax * sizeof(ushort))
        + (2 * sizeof(ulong)) + (10 * sizeof(int)) + (2 * sizeof(long)) + 5
        + ((SlotsMax + TimersPerPeer) * TimingWheel.BytesPerNode);
}
