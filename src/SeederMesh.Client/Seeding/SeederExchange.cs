using SeederMesh.Core.Channels;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Client;

/// <summary>The seeder's side of the receipt protocol with all peers at once: who may be sent how much.</summary>
/// <remarks>
/// Called by one <see cref="TurnLoop"/>. A receipt is on the disk before the peer's credit grows by it. Whatever a peer
/// sends, the worst
/// that it gets is a refusal and, after <see cref="RefusalsMax"/>, the end of its connection.
/// </remarks>
internal sealed class SeederExchange(
    SeederPolicy policy,
    ReceiptStore store,
    IPeerLink link,
    UnpaidShare unpaidShare,
    Func<PublicKey, Msat> owedByHub,
    Action<Action> post,
    TimeProvider clock,
    IProgress<SeedEvent> events,
    UnshownGrants? unshown = null)
{
    /// <summary>A peer that was refused so often is let go.</summary>
    public const int RefusalsMax = 16;

    /// <summary>Channels that are remembered as refused; forgotten ones can only show grants anew.</summary>
    private const int RefusedChannelsMax = 10_000;

    /// <summary>More parts of a manifest than any manifest has, twice.</summary>
    private const int ManifestPartsMax = 1_024;

    /// <summary>Receipts are reported at the latest when this part of a grant stands in them: a downloader that is trusted
    /// little gets its next grant when these are settled.</summary>
    private const int ReportDivisor = 2;

    private readonly Dictionary<ulong, SeederConnection> connections = [];
    private readonly Dictionary<Id128, int> beingStored = [];
    private readonly HashSet<Id128> refusedChannels = [];
    private long paidBytes;
    private long dividedAtMs = clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Called with a hub for which there is something worth a report before the next one is due.</summary>
    public Action<PublicKey> ReportSoon { get; init; } = _ => { };

    /// <summary>The connections, for a live view.</summary>
    public IReadOnlyCollection<SeederConnection> Connections => connections.Values;

    /// <summary>Grants that may still bring receipts: in use on a connection, or with receipts on their way to the
    /// disk.</summary>
    public HashSet<Id128> GrantsInUse() =>
        [.. beingStored.Keys, .. connections.Values.Select(connection => connection.GrantId).OfType<Id128>()];

    /// <summary>A peer connected.</summary>
    public void OnConnected(ulong peer, string address, PaidTorrent? torrent, byte[] nonce)
    {
        var connection = new SeederConnection(peer, address, torrent, nonce);
        connections[peer] = connection;
        DivideAmong([connection], milliseconds: 0);
    }

    /// <summary>A peer introduced itself as speaking the extension.</summary>
    public void OnIntroduced(ulong peer)
    {
        if (connections.TryGetValue(peer, out SeederConnection? connection) && connection is { Torrent: { } torrent, Session: null })
        {
            connection.Session = new SeederSession(
                policy, torrent.Infohash, torrent.Manifest.Digest, torrent.Layout, torrent.Exposure, connection.Nonce);
        }
    }

    /// <summary>The engine counted what it sent.</summary>
    public void OnUploaded(ulong peer, long bytes)
    {
        if (connections.TryGetValue(peer, out SeederConnection? connection) && bytes > connection.UploadedBytes)
        {
            paidBytes += connection.Pays ? bytes - connection.UploadedBytes : 0;
            connection.UploadedBytes = bytes;
        }
    }

    /// <summary>A peer left.</summary>
    public void OnDisconnected(ulong peer)
    {
        if (connections.Remove(peer, out SeederConnection? gone) && gone.Session?.Grant is { } grant)
        {
            ReportSoon(grant.Grant.Hub);
        }
    }

    /// <summary>A message of the extension arrived.</summary>
    public void OnMessage(ulong peer, ReadOnlySpan<byte> message)
    {
        if (!connections.TryGetValue(peer, out SeederConnection? connection)
            || connection is not { Session: { } session, Torrent: { } torrent })
        {
            return;
        }

        ReadOnlySpan<byte> body = message.Length == 0 ? [] : message[1..];
        switch (message.Length == 0 ? ReceiptMessageKind.None : (ReceiptMessageKind)message[0])
        {
            case ReceiptMessageKind.Grant:
                OnGrant(connection, session, torrent, body);
                break;
            case ReceiptMessageKind.Receipts:
                OnReceipts(connection, session, torrent, body);
                break;
            case ReceiptMessageKind.ManifestRequest
                when connection.ManifestParts++ < ManifestPartsMax
                && ManifestMessages.Answer(body, torrent.Manifest.Bytes.Span) is { } part:
                link.Send(peer, part);
                break;
            case ReceiptMessageKind.ManifestPart or ReceiptMessageKind.Answer:
                // Asked for by nobody here; a peer that both seeds and downloads may send it.
                break;
            default:
                Refuse(connection, new SeederAnswer(default, SeederVerdict.Malformed, 0));
                break;
        }
    }

    /// <summary>Divides the unpaid share; called about four times a second.</summary>
    public void Tick()
    {
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        long elapsed = Math.Clamp(now - dividedAtMs, 0, 10_000);
        dividedAtMs = now;
        DivideAmong([.. connections.Values.Where(connection => !connection.Pays)], elapsed);
        paidBytes = 0;
    }

    /// <summary>The hub refused receipts of a channel for good: who holds it gets nothing more on trust.</summary>
    /// <remarks>Its receipts may be worthless however well they are signed, for instance when the downloader's own seeder
    /// reported the same pieces first.</remarks>
    public void OnChannelRefused(Id128 channelId)
    {
        if (refusedChannels.Count >= RefusedChannelsMax)
        {
            refusedChannels.Clear();
        }

        refusedChannels.Add(channelId);
        foreach (SeederConnection connection in connections.Values)
        {
            if (connection.Session?.Grant?.Grant is { } grant && grant.ChannelId == channelId && !connection.IsRefused)
            {
                // From here on it is a peer that does not pay, counted from what it has.
                connection.IsRefused = true;
                connection.UnpaidBytes = connection.UploadedBytes;
                UpdateCredit(connection);
                Refuse(connection, new SeederAnswer(grant.GrantId, SeederVerdict.ChannelRefused, 0));
            }
        }
    }

    private bool IsUsed(Id128 grantId) => store.IsUsed(grantId) || unshown?.Contains(grantId) == true;

    private void OnGrant(SeederConnection connection, SeederSession session, PaidTorrent torrent, ReadOnlySpan<byte> body)
    {
        long? creditBefore = connection.PaidCredit;
        SeederAnswer answer = session.OnGrant(
            body, connection.UploadedBytes, owedByHub, IsUsed, refusedChannels.Contains, clock.GetUtcNow().ToUnixTimeMilliseconds());
        if (answer.Verdict != SeederVerdict.Accepted)
        {
            Refuse(connection, answer);
            return;
        }

        connection.IsRefused = false;
        connection.ReportedBytes = 0;

        // What it was sent unpaid since its last grant ran out is not owed.
        connection.FreeBytes += creditBefore is { } before ? Math.Max(0, connection.UploadedBytes - before) : 0;
        SignedGrant grant = session.Grant!;
        Observe(store.AddGrantAsync(grant));
        link.Send(connection.Peer, answer.ToMessage());
        UpdateCredit(connection);
        if (creditBefore is not null)
        {
            // What is left of the one before is free again when the hub hears that it is over.
            ReportSoon(grant.Grant.Hub);
        }

        events.Report(new GrantTaken(connection.Address, torrent.Infohash, grant.Grant.Limit));
    }

    private void OnReceipts(SeederConnection connection, SeederSession session, PaidTorrent torrent, ReadOnlySpan<byte> body)
    {
        SeederAnswer answer = session.OnReceipts(body, clock.GetUtcNow().ToUnixTimeMilliseconds(), out ReceiptRun? run);
        if (run is null)
        {
            Refuse(connection, answer);
            return;
        }

        beingStored[run.GrantId] = beingStored.GetValueOrDefault(run.GrantId) + 1;
        connection.Storing = StoreAsync(connection.Storing);
        Observe(connection.Storing);

        async Task StoreAsync(Task before)
        {
            // On the disk first, then the window grows: a crash between the two costs nothing. Runs of one commit are
            // taken up in their
            // order, however the thread pool wakes those who wait for it.
            Task adding = store.AddAsync(run);
            await before;
            await adding;
            post(() =>
            {
                if (--beingStored[run.GrantId] == 0)
                {
                    beingStored.Remove(run.GrantId);
                }

                session.OnStored(run);
                link.Send(connection.Peer, answer.ToMessage());
                UpdateCredit(connection);
                ReportIfWorth(connection, session);
                events.Report(new ReceiptsStored(
                    connection.Address, torrent.Infohash, run.Entries.Length, run.Entries.Sum(entry => (long)entry.PieceBytes)));
            });
        }
    }

    private void ReportIfWorth(SeederConnection connection, SeederSession session)
    {
        if (session.Grant is not { } grant)
        {
            return;
        }

        long bytes = session.Received.CumulativeBytes;
        long granted = grant.Grant.Price.BytesFor(grant.Grant.Limit);
        if (bytes - connection.ReportedBytes >= granted / ReportDivisor || granted - bytes < connection.Torrent!.PieceLength)
        {
            connection.ReportedBytes = bytes;
            ReportSoon(grant.Grant.Hub);
        }
    }

    private void Refuse(SeederConnection connection, SeederAnswer answer)
    {
        link.Send(connection.Peer, answer.ToMessage());
        events.Report(new PeerRefused(connection.Address, answer.Verdict));
        if (++connection.Refusals >= RefusalsMax)
        {
            link.Disconnect(connection.Peer);
        }
    }

    private void DivideAmong(IReadOnlyCollection<SeederConnection> unpaid, long milliseconds)
    {
        bool somebodyPays = connections.Values.Any(connection => connection.Pays);
        unpaidShare.Divide(unpaid, paidBytes, somebodyPays, milliseconds);
        foreach (SeederConnection connection in unpaid)
        {
            UpdateCredit(connection);
        }
    }

    private void UpdateCredit(SeederConnection connection)
    {
        long credit = connection.Pays ? connection.PaidCredit!.Value : Math.Max(connection.PaidCredit ?? 0, connection.UnpaidBytes);
        long? bounded = credit == long.MaxValue ? null : credit;
        if (bounded != connection.Credit || credit == 0)
        {
            connection.Credit = bounded;
            link.SetCredit(connection.Peer, bounded);
        }
    }

    private void Observe(Task storing) => _ = storing.ContinueWith(
        failed => post(() => events.Report(new SeedFault(
            failed.Exception!.InnerException!.Message
            + " Nothing more is uploaded to who pays until this is put right and the seeder is started again."))),
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
