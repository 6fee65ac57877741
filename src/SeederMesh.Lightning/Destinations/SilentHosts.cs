namespace SeederMesh.Lightning.Destinations;

/// <summary>Hosts that do not answer: for a while nobody but one waits for them, so that a thousand payees at one host
/// that is down hold up nobody else.</summary>
/// <remarks>Thread safe. Remembers <see cref="HostsMax"/> hosts. A host that answered anybody while somebody waited in
/// vain is not silent: one slow address there is no reason to keep the others waiting.</remarks>
/// <param name="clock">The time.</param>
/// <param name="pause">For how long a silent host is not asked, and how long one request waits for it.</param>
internal sealed class SilentHosts(TimeProvider clock, TimeSpan pause)
{
    private const int HostsMax = 10_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, (long? AnsweredAt, long? SilentSince)> hosts = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether to wait for a host's answer now. After each pause one request may find out.</summary>
    public bool MayAsk(string host)
    {
        lock (gate)
        {
            if (!hosts.TryGetValue(host, out (long? AnsweredAt, long? SilentSince) known) || known.SilentSince is not { } since)
            {
                return true;
            }

            if (clock.GetElapsedTime(since) < pause)
            {
                return false;
            }

            hosts[host] = known with { SilentSince = clock.GetTimestamp() };
            return true;
        }
    }

    /// <summary>A host answered, whatever it said.</summary>
    public void NoteAnswer(string host) => Note(host, (clock.GetTimestamp(), null));

    /// <summary>A request got no answer.</summary>
    /// <param name="host">Of this host.</param>
    /// <param name="askedAt">When it was sent, as the clock's timestamp.</param>
    public void NoteSilence(string host, long askedAt)
    {
        lock (gate)
        {
            bool answeredOthers = hosts.TryGetValue(host, out (long? AnsweredAt, long? SilentSince) known) && known.AnsweredAt >= askedAt;
            if (!answeredOthers)
            {
                Note(host, (null, clock.GetTimestamp()));
            }
        }
    }

    private void Note(string host, (long? AnsweredAt, long? SilentSince) state)
    {
        lock (gate)
        {
            if (hosts.Count >= HostsMax && !hosts.ContainsKey(host))
            {
                // Forgetting costs a request that waits once more.
                hosts.Clear();
            }

            hosts[host] = state;
        }
    }
}
