using SeederMesh.Core;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Embedded;

/// <summary>A node of the embedded network in memory. Only the commit loop touches what changes.</summary>
internal sealed class MapNode(string name, int ordinal, byte[] secretKey, byte[] tokenHash)
{
    public string Name { get; } = name;

    /// <summary>Order of creation; breaks ties between equal routes.</summary>
    public int Ordinal { get; } = ordinal;

    public byte[] SecretKey { get; } = secretKey;

    public byte[] TokenHash { get; } = tokenHash;

    public NodeId Id { get; } = Secp256k1.PublicKey(secretKey);

    public List<MapChannel> Channels { get; } = [];

    /// <summary>Those of <see cref="Channels"/> whose other side has further channels: the ways through.</summary>
    public List<MapChannel> Transit { get; } = [];

    /// <summary>Pulsed after a commit in which a payment of the node's settled, failed or came in.</summary>
    public ChangeSignal Changed { get; } = new();

    public bool Online { get; set; } = true;

    public int HoldNext { get; set; }

    public int RefuseNext { get; set; }

    public int LoseNext { get; set; }

    /// <summary>How many payments came in; the last one's cursor.</summary>
    public long SettledCount { get; set; }

    public Msat ForwardedFees { get; set; }

    public Msat Spendable => Sum(channel => channel.BalanceOf(this));

    public Msat Receivable => Sum(channel => channel.BalanceOf(channel.PeerOf(this)));

    private Msat Sum(Func<MapChannel, Msat> side)
    {
        Msat total = Msat.Zero;
        foreach (MapChannel channel in Channels)
        {
            total += side(channel);
        }

        return total;
    }
}

/// <summary>A channel of the embedded network in memory: two sides whose sum, with what is in flight, never
/// changes.</summary>
internal sealed class MapChannel(long id, MapNode nodeA, MapNode nodeB, Msat initialA, Msat initialB, Msat baseFee, int feePpm)
{
    public long Id { get; } = id;

    public MapNode NodeA { get; } = nodeA;

    public MapNode NodeB { get; } = nodeB;

    public Msat InitialA { get; } = initialA;

    public Msat InitialB { get; } = initialB;

    public Msat BaseFee { get; } = baseFee;

    public int FeePpm { get; } = feePpm;

    public Msat BalanceA { get; set; } = initialA;

    public Msat BalanceB { get; set; } = initialB;

    public bool Usable { get; set; } = true;

    public MapNode PeerOf(MapNode node) => node == NodeA ? NodeB : NodeA;

    public Msat BalanceOf(MapNode node) => node == NodeA ? BalanceA : BalanceB;

    public void Take(MapNode from, Msat amount) => Set(from, BalanceOf(from).Less(amount));

    public void Give(MapNode to, Msat amount) => Set(to, BalanceOf(to) + amount);

    /// <summary>What forwarding an amount over this channel costs: base plus millionths, rounded down (BOLT
    /// 7).</summary>
    public Msat FeeFor(Msat amount) => BaseFee + Msat.From((long)((Int128)amount.Value * FeePpm / 1_000_000));

    private void Set(MapNode side, Msat balance)
    {
        Invariant.Require(side == NodeA || side == NodeB, "a channel pays only its two sides");
        if (side == NodeA)
        {
            BalanceA = balance;
        }
        else
        {
            BalanceB = balance;
        }
    }
}

/// <summary>One step of a route: <paramref name="From"/> sends <paramref name="Amount"/> over
/// <paramref name="Channel"/>.</summary>
internal sealed record RouteHop(MapChannel Channel, MapNode From, Msat Amount)
{
    public MapNode To => Channel.PeerOf(From);
}

/// <summary>All nodes and channels of an embedded network, and the cheapest way between two of them.</summary>
internal sealed class NetworkMap
{
    /// <summary>Most nodes of a network.</summary>
    public const int NodesMax = 100_000;

    /// <summary>Most channels of a route; BOLT 4's onion has room for about this many.</summary>
    public const int HopsMax = 20;

    private readonly Dictionary<string, MapNode> nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<NodeId, MapNode> nodesById = [];
    private readonly Dictionary<long, MapChannel> channels = [];

    public IReadOnlyCollection<MapNode> Nodes => nodes.Values;

    public IReadOnlyCollection<MapChannel> Channels => channels.Values;

    public MapNode? Find(string name) => nodes.GetValueOrDefault(name);

    public MapNode? Find(NodeId id) => nodesById.GetValueOrDefault(id);

    public MapChannel? FindChannel(long id) => channels.GetValueOrDefault(id);

    public void Add(MapNode node)
    {
        nodes.Add(node.Name, node);
        nodesById.Add(node.Id, node);
    }

    public void Add(MapChannel channel)
    {
        channels.Add(channel.Id, channel);
        channel.NodeA.Channels.Add(channel);
        channel.NodeB.Channels.Add(channel);
        AddTransit(channel.NodeA, channel);
        AddTransit(channel.NodeB, channel);
    }

    // A node with a second channel has become a way through, and its neighbours learn it.
    private static void AddTransit(MapNode node, MapChannel added)
    {
        foreach (MapChannel channel in node.Channels.Count == 2 ? node.Channels : [added])
        {
            if (node.Channels.Count >= 2)
            {
                channel.PeerOf(node).Transit.Add(channel);
            }
        }
    }

    /// <summary>The cheapest way to bring an amount to a node, or null.</summary>
    /// <remarks>Dijkstra backwards from the payee, because each fee depends on what arrives after it. Ties go to fewer
    /// hops, then to the
    /// older node, so that the same network always takes the same way. Nodes with one channel are no way through and
    /// are not visited.</remarks>
    public static List<RouteHop>? FindRoute(MapNode payer, MapNode payee, Msat amount)
    {
        Dictionary<MapNode, (Msat Needed, int Hops, MapChannel? Next)> best = new() { [payee] = (amount, 0, null) };
        HashSet<MapNode> done = [];
        PriorityQueue<MapNode, (Msat Needed, int Hops, int Ordinal)> open = new();
        open.Enqueue(payee, (amount, 0, payee.Ordinal));
        while (open.TryDequeue(out MapNode? node, out _))
        {
            if (node == payer)
            {
                return Walk(payer, payee, best);
            }

            (Msat needed, int hops, _) = best[node];
            if (!done.Add(node) || !node.Online || hops >= HopsMax)
            {
                continue;
            }

            foreach (MapChannel channel in Ways(node, payer))
            {
                MapNode from = channel.PeerOf(node);
                if (done.Contains(from) || !channel.Usable || channel.BalanceOf(from) < needed)
                {
                    continue;
                }

                Msat before = from == payer ? needed : needed + channel.FeeFor(needed);
                bool better = !best.TryGetValue(from, out (Msat Needed, int Hops, MapChannel? Next) known)
                    || before < known.Needed
                    || (before == known.Needed && hops + 1 < known.Hops);
                if (better)
                {
                    best[from] = (before, hops + 1, channel);
                    open.Enqueue(from, (before, hops + 1, from.Ordinal));
                }
            }
        }

        return null;
    }

    // A routing node has a channel to each of thousands of wallets: when the payer has few channels, its own are looked
    // at from its side.
    private static IEnumerable<MapChannel> Ways(MapNode node, MapNode payer)
    {
        foreach (MapChannel channel in payer.Channels)
        {
            if (channel.PeerOf(payer) == node)
            {
                yield return channel;
            }
        }

        foreach (MapChannel channel in node.Transit)
        {
            if (channel.PeerOf(node) != payer)
            {
                yield return channel;
            }
        }
    }

    private static List<RouteHop> Walk(
        MapNode payer, MapNode payee, Dictionary<MapNode, (Msat Needed, int Hops, MapChannel? Next)> best)
    {
        List<RouteHop> hops = [];
        for (MapNode at = payer; at != payee;)
        {
            MapChannel channel = best[at].Next!;
            MapNode next = channel.PeerOf(at);
            hops.Add(new RouteHop(channel, at, best[next].Needed));
            at = next;
        }

        return hops;
    }
}

/// <summary>Wakes those who wait for something to change.</summary>
internal sealed class ChangeSignal
{
    private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next change. Take it before looking, so that no change is missed.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    public void Pulse() =>
        Interlocked.Exchange(ref next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
