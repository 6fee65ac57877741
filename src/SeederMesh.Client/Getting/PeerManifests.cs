using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Client;

/// <summary>Joins a torrent's swarm for its manifest alone: when no registry has it, peers that seed it do.</summary>
/// <remarks>
/// Nothing is downloaded: the decision, which needs the manifest, comes first. A magnet's metadata need not be there
/// either, as the
/// extension speaks from the first handshake on. Peers learn nothing but that somebody asks: no key, no hub.
/// </remarks>
internal sealed class PeerManifests(ClientConfiguration configuration, DataFolder data, TimeProvider clock)
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);

    /// <summary>Asks peers.</summary>
    /// <param name="source">What of.</param>
    /// <param name="request">Which peers to ask first, and how long to look for others.</param>
    /// <param name="folder">The download's; what the engine leaves in it is deleted.</param>
    /// <param name="isGood">Judges what a peer has.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Whether a peer had a good one within the request's time.</returns>
    public async Task<bool> SearchAsync(
        DownloadSource source, GetRequest request, DownloadFolder folder, Func<byte[], bool> isGood, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(request.ManifestTimeLimit, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        string place = Path.Combine(folder.Path, "search");
        try
        {
            await using var engine = new TorrentSession(EngineOptions.Of(configuration, data.EngineStatePath));
            var search = new ManifestSearch(new EngineLink(engine), isGood, clock);
            engine.Add(
                source.Torrent is { } torrent ? TorrentSource.File(torrent) : TorrentSource.Magnet(request.Source),
                new AddTorrentOptions
                {
                    SavePath = Directory.CreateDirectory(place).FullName,
                    UploadOnly = true,
                    AllowPrivate = configuration.PrivateTorrents,
                    Peers = EngineOptions.Peers([.. request.Peers, .. configuration.Peers]),
                    ReceiptDictionary = PeerExtension.Write(seeder: null, []),
                });
            await PumpAsync(engine, search, both.Token);
            return search.IsFound;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            if (Directory.Exists(place))
            {
                Directory.Delete(place, recursive: true);
            }
        }
    }

    private async Task PumpAsync(TorrentSession engine, ManifestSearch search, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TickEvery, clock);
        Task<bool> ticking = timer.WaitForNextTickAsync(cancellation).AsTask();
        Task<bool> reading = engine.Events.WaitToReadAsync(cancellation).AsTask();
        while (!search.IsFound)
        {
            await await Task.WhenAny(ticking, reading);
            if (ticking.IsCompleted)
            {
                search.Tick();
                ticking = timer.WaitForNextTickAsync(cancellation).AsTask();
            }

            if (reading.IsCompleted)
            {
                while (!search.IsFound && engine.Events.TryRead(out TorrentEvent? happened))
                {
                    Handle(happened, search);
                }

                reading = engine.Events.WaitToReadAsync(cancellation).AsTask();
            }
        }
    }

    private static void Handle(TorrentEvent happened, ManifestSearch search)
    {
        switch (happened)
        {
            case PeerExtensionHandshake { SpeaksReceipts: true } handshake:
                search.OnIntroduced(handshake.Peer.Value);
                break;
            case PeerMessage message:
                search.OnMessage(message.Peer.Value, message.Payload);
                break;
            case PeerDisconnected disconnected:
                search.OnDisconnected(disconnected.Peer.Value);
                break;
        }
    }
}
