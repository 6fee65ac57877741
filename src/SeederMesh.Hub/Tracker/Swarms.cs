using System.Collections.Concurrent;
using System.Net;

namespace SeederMesh.Hub.Tracker;

/// <summary>Who announced which torrent. In memory only: after a restart peers announce again.</summary>
/// <remarks>Thread safe. At most <see cref="SwarmsMax"/> swarms of <see cref="PeersMax"/> peers; when full, new ones
/// are refused until others expire.</remarks>
internal sealed class Swarms(TimeProvider clock, TimeSpan lifetime)
{
    public const int SwarmsMax = 10_000;
    public const int PeersMax = 2_000;
    public const int PeersInAllMax = 1_000_000;

    private readonly ConcurrentDictionary<string, Swarm> swarms = new(StringComparer.Ordinal);
    private int peerCount;

    /// <summary>Peers over all swarms.</summary>
    public int PeerCount => Volatile.Read(ref peerCount);

    /// <summary>Whether a swarm is there already.</summary>
    public bool Knows(string infohash) => swarms.ContainsKey(infohash);

    /// <summary>Notes an announce and picks peers for it.</summary>
    /// <returns>Null when there is no place for another swarm.</returns>
    public SwarmAnswer? Announce(string infohash, Announce announce)
    {
        if (!swarms.TryGetValue(infohash, out Swarm? swarm))
        {
            if (swarms.Count >= SwarmsMax)
            {
                return null;
            }

            swarm = swarms.GetOrAdd(infohash, _ => new Swarm());
        }

        lock (swarm)
        {
            DateTimeOffset now = clock.GetUtcNow();
            Expire(swarm, now);
            Note(swarm, announce, now);
            return Pick(swarm, announce);
        }
    }

    /// <summary>Drops peers that no longer announce, and empty swarms.</summary>
    public void Expire()
    {
        DateTimeOffset now = clock.GetUtcNow();
        foreach ((string infohash, Swarm swarm) in swarms)
        {
            lock (swarm)
            {
                Expire(swarm, now);
                if (swarm.Peers.Count == 0)
                {
                    swarms.TryRemove(infohash, out _);
                }
            }
        }
    }

    private void Expire(Swarm swarm, DateTimeOffset now)
    {
        if (now - swarm.Expired < TimeSpan.FromSeconds(1))
        {
            return;
        }

        swarm.Expired = now;
        foreach ((IPEndPoint address, Peer peer) in swarm.Peers)
        {
            if (now - peer.Seen > lifetime)
            {
                swarm.Peers.Remove(address);
                Interlocked.Decrement(ref peerCount);
            }
        }
    }

    private void Note(Swarm swarm, Announce announce, DateTimeOffset now)
    {
        if (announce.IsStopped)
        {
            if (swarm.Peers.Remove(announce.Address))
            {
                Interlocked.Decrement(ref peerCount);
            }

            return;
        }

        bool known = swarm.Peers.ContainsKey(announce.Address);
        if (!known && (swarm.Peers.Count >= PeersMax || PeerCount >= PeersInAllMax))
        {
            return;
        }

        swarm.Peers[announce.Address] = new Peer(announce.IsComplete, now);
        if (!known)
        {
            Interlocked.Increment(ref peerCount);
        }
    }

    private static SwarmAnswer Pick(Swarm swarm, Announce announce)
    {
        int complete = swarm.Peers.Values.Count(peer => peer.IsComplete);

        // One that has everything has no use for others that do.
        IPEndPoint[] others =
        [
            .. swarm.Peers
                .Where(peer => !peer.Key.Equals(announce.Address) && !(announce.IsComplete && peer.Value.IsComplete))
                .Select(peer => peer.Key),
        ];
        Random.Shared.Shuffle(others);
        int wanted = announce.IsStopped ? 0 : Math.Min(announce.Wanted, others.Length);
        return new SwarmAnswer(complete, swarm.Peers.Count - complete, others[..wanted]);
    }

    private sealed class Swarm
    {
        public Dictionary<IPEndPoint, Peer> Peers { get; } = [];

        public DateTimeOffset Expired { get; set; }
    }

    private readonly record struct Peer(bool IsComplete, DateTimeOffset Seen);
}

/// <summary>One announce.</summary>
/// <param name="Address">Where the peer listens: the address that it called from, and its port.</param>
/// <param name="IsComplete">Whether it has everything.</param>
/// <param name="IsStopped">Whether it leaves.</param>
/// <param name="Wanted">How many peers it wants.</param>
internal sealed record Announce(IPEndPoint Address, bool IsComplete, bool IsStopped, int Wanted);

/// <summary>What the tracker answers.</summary>
/// <param name="Complete">Peers that have everything.</param>
/// <param name="Incomplete">The others.</param>
/// <param name="Peers">Some of them.</param>
internal sealed record SwarmAnswer(int Complete, int Incomplete, IReadOnlyList<IPEndPoint> Peers);
