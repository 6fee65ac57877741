using System.Numerics;

namespace SeederMesh.Sim.Timeline;

/// <summary>Pending events in the total order (tick, order of scheduling), in constant time each.</summary>
/// <remarks>
/// Three wheels of 2,048 buckets, aligned to blocks, with intrusive first-in-first-out lists: a node is in the wheel
/// at most once, and nothing is allocated after construction. Events of a block come down before anything can be
/// scheduled inside it, so that equal ticks keep the order in which they were scheduled. Range: 2^31 - 1 ticks.
/// </remarks>
internal sealed class TimingWheel
{
    private const int Bits = 11;
    private const int Buckets = 1 << Bits;
    private const int Mask = Buckets - 1;
    private const int None = -1;

    private readonly Node[] nodes;
    private readonly int[][] heads = [new int[Buckets], new int[Buckets], new int[Buckets]];
    private readonly int[][] tails = [new int[Buckets], new int[Buckets], new int[Buckets]];
    private readonly ulong[][] occupied = [new ulong[Buckets / 64], new ulong[Buckets / 64], new ulong[Buckets / 64]];

    public TimingWheel(int nodes)
    {
        this.nodes = new Node[nodes];
        foreach (int[] level in heads)
        {
            Array.Fill(level, None);
        }
    }

    /// <summary>The current tick.</summary>
    public int Now { get; private set; }

    /// <summary>How many events are pending.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes for each node.</summary>
    public const int BytesPerNode = 2 * sizeof(int);

    /// <summary>Schedules a node that is not pending, at <paramref name="tick"/>, at the earliest now.</summary>
    public void Schedule(int node, int tick)
    {
        nodes[node].Due = tick;
        Insert(node, tick);
        Count++;
    }

    /// <summary>Takes the next event; false when there is none up to <paramref name="end"/>.</summary>
    public bool TryNext(int end, out int node)
    {
        while (Count > 0)
        {
            int block = Now >> Bits;
            int bucket = NextOccupied(occupied[0], Now & Mask);
            if (bucket >= 0)
            {
                int tick = (block << Bits) | bucket;
                if (tick > end)
                {
                    break;
                }

                Now = tick;
                node = Pop(bucket);
                Count--;
                return true;
            }

            if (!Advance(end))
            {
                break;
            }
        }

        node = None;
        return false;
    }

    /// <summary>What follows a node that has just been taken, in the same tick; -1 when nothing does.</summary>
    public int Following(int node) => nodes[node].Next;

    /// <summary>Moves to the next block that holds something and brings its events down.</summary>
    private bool Advance(int end)
    {
        int block = Now >> Bits;
        int middle = NextOccupied(occupied[1], (block & Mask) + 1);
        if (middle >= 0)
        {
            int tick = ((block >> Bits << Bits) | middle) << Bits;
            if (tick > end)
            {
                return false;
            }

            Now = tick;
            Cascade(1, middle);
            return true;
        }

        int top = NextOccupied(occupied[2], (block >> Bits & Mask) + 1);
        if (top < 0 || (long)top << (2 * Bits) > end)
        {
            return false;
        }

        Now = top << (2 * Bits);
        Cascade(2, top);
        // Its first block is current now: what lies in it comes down all the way.
        if ((occupied[1][0] & 1) != 0)
        {
            Cascade(1, 0);
        }

        return true;
    }

    private void Cascade(int level, int bucket)
    {
        int node = heads[level][bucket];
        heads[level][bucket] = None;
        occupied[level][bucket >> 6] &= ~(1UL << (bucket & 63));
        while (node != None)
        {
            int following = nodes[node].Next;
            Insert(node, nodes[node].Due);
            node = following;
        }
    }

    private void Insert(int node, int tick)
    {
        int block = tick >> Bits;
        int level = block == Now >> Bits ? 0 : block >> Bits == Now >> (2 * Bits) ? 1 : 2;
        int bucket = tick >> (level * Bits) & Mask;
        nodes[node].Next = None;
        ref int head = ref heads[level][bucket];
        if (head == None)
        {
            head = node;
            occupied[level][bucket >> 6] |= 1UL << (bucket & 63);
        }
        else
        {
            nodes[tails[level][bucket]].Next = node;
        }

        tails[level][bucket] = node;
    }

    private int Pop(int bucket)
    {
        ref int head = ref heads[0][bucket];
        int node = head;
        head = nodes[node].Next;
        if (head == None)
        {
            occupied[0][bucket >> 6] &= ~(1UL << (bucket & 63));
        }

        return node;
    }

    private static int NextOccupied(ulong[] words, int from)
    {
        if (from >= Buckets)
        {
            return None;
        }

        int word = from >> 6;
        ulong bits = words[word] & (ulong.MaxValue << (from & 63));
        while (bits == 0)
        {
            if (++word == words.Length)
            {
                return None;
            }

            bits = words[word];
        }

        return (word << 6) | BitOperations.TrailingZeroCount(bits);
    }

    private struct Node
    {
        public int Next;
        public int Due;
    }
}
