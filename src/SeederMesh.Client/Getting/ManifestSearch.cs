using SeederMesh.Core.Exchange;

namespace SeederMesh.Client;

/// <summary>Asks peers for a manifest, a few at a time, until one has a good one.</summary>
/// <remarks>
/// Called from one thread. A peer that has none, sends something else, or is slower than <see cref="PartTime"/> a part
/// gives its place to
/// the next; who sent what does not verify is let go. So a bad peer can delay the search and nothing more.
/// </remarks>
/// <param name="link">The peers.</param>
/// <param name="isGood">Judges what a peer has.</param>
/// <param name="clock">The time.</param>
internal sealed class ManifestSearch(IPeerLink link, Func<byte[], bool> isGood, TimeProvider clock)
{
    /// <summary>Peers that are asked at once: bounds the memory, as each may send a manifest of the largest
    /// size.</summary>
    public const int AskedMax = 4;

    /// <summary>How long a peer has for one part.</summary>
    public static readonly TimeSpan PartTime = TimeSpan.FromSeconds(5);

    private readonly Dictionary<ulong, Asked> asked = [];
    private readonly HashSet<ulong> known = [];
    private readonly Queue<ulong> waiting = new();

    /// <summary>Whether a peer had a good one.</summary>
    public bool IsFound { get; private set; }

    /// <summary>A peer speaks the extension. Again on one connection changes nothing.</summary>
    public void OnIntroduced(ulong peer)
    {
        if (known.Add(peer))
        {
            waiting.Enqueue(peer);
            AskNext();
        }
    }

    /// <summary>A peer left; it may be asked again when it comes back.</summary>
    public void OnDisconnected(ulong peer)
    {
        known.Remove(peer);
        asked.Remove(peer);
        AskNext();
    }

    /// <summary>A message of the extension arrived; what was not asked for is passed over.</summary>
    public void OnMessage(ulong peer, ReadOnlySpan<byte> message)
    {
        if (IsFound
            || message.Length == 0
            || message[0] != (byte)ReceiptMessageKind.ManifestPart
            || !asked.TryGetValue(peer, out Asked? answering))
        {
            return;
        }

        if (!answering.Parts.TryAdd(message[1..], out byte[]? whole))
        {
            asked.Remove(peer);
        }
        else if (whole is null)
        {
            Ask(peer, answering);
        }
        else
        {
            asked.Remove(peer);
            IsFound = isGood(whole);
            if (!IsFound)
            {
                link.Disconnect(peer);
            }
        }

        AskNext();
    }

    /// <summary>Gives the places of slow peers to others; called about once a second.</summary>
    public void Tick()
    {
        foreach ((ulong peer, _) in asked.Where(pair => clock.GetElapsedTime(pair.Value.AskedAt) >= PartTime).ToArray())
        {
            asked.Remove(peer);
        }

        AskNext();
    }

    private void AskNext()
    {
        while (!IsFound && asked.Count < AskedMax && waiting.TryDequeue(out ulong peer))
        {
            if (known.Contains(peer) && !asked.ContainsKey(peer))
            {
                asked[peer] = new Asked();
                Ask(peer, asked[peer]);
            }
        }
    }

    private void Ask(ulong peer, Asked answering)
    {
        answering.AskedAt = clock.GetTimestamp();
        link.Send(peer, answering.Parts.NextRequest);
    }

    private sealed class Asked
    {
        public ManifestMessages.Assembly Parts { get; } = new();

        public long AskedAt { get; set; }
    }
}
