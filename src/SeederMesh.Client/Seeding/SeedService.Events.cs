using SeederMesh.Core.Identity;
using SeederMesh.Torrents;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Client;

/// <content>What the engine, the hubs and the clock bring.</content>
public sealed partial class SeedService
{
    private async Task PumpAsync()
    {
        var batch = new List<TorrentEvent>();
        while (await engine.Events.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < 1_024 && engine.Events.TryRead(out TorrentEvent? next))
            {
                batch.Add(next);
            }

            // Waits for the turn, so that a flood of events stays in the engine, which bounds it.
            await loop.AskAsync(() =>
            {
                batch.ForEach(Handle);
                return true;
            });
        }
    }

    private void Handle(TorrentEvent happened)
    {
        switch (happened)
        {
            case PeerUploaded uploaded:
                exchange.OnUploaded(uploaded.Peer.Value, uploaded.Uploaded);
                break;
            case PeerCreditExhausted exhausted:
                exchange.OnUploaded(exhausted.Peer.Value, exhausted.Uploaded);
                break;
            case PeerMessage message:
                exchange.OnMessage(message.Peer.Value, message.Payload);
                break;
            case PeerConnected { IsWebSeed: false } connected when torrents.TryGetValue(connected.Torrent, out SeedingTorrent? torrent):
                exchange.OnConnected(connected.Peer.Value, connected.EndPoint.ToString(), torrent.Paid, connected.Nonce);
                break;
            case PeerExtensionHandshake { SpeaksReceipts: true } handshake:
                exchange.OnIntroduced(handshake.Peer.Value);
                break;
            case PeerDisconnected disconnected:
                exchange.OnUploaded(disconnected.Peer.Value, disconnected.Uploaded);
                exchange.OnDisconnected(disconnected.Peer.Value);
                break;
            case TorrentRemoved gone when removed.Remove(gone.Torrent, out string? id):
                removals.Remove(id, out TaskCompletionSource? removal);
                removal?.TrySetResult();
                break;
            case ListenFailed failed:
                events.Report(new SeedFault($"Cannot listen on {failed.Interface}: {failed.Message} Choose another port."));
                break;
            case TorrentEventOf ofTorrent when torrents.TryGetValue(ofTorrent.Torrent, out SeedingTorrent? torrent):
                Handle(ofTorrent, torrent);
                break;
        }
    }

    private void Handle(TorrentEventOf happened, SeedingTorrent torrent)
    {
        switch (happened)
        {
            case TorrentChecked:
                bool isComplete = engine.GetStatus(torrent.Handle) is { IsSeeding: true };
                torrent.IsChecked = true;
                torrent.Remark = isComplete ? torrent.Remark : $"not all of its content is in {torrent.ContentFolder}";
                engine.RequestResumeData(torrent.Handle);
                events.Report(new SeedingChecked(torrent.Metainfo.Name, torrent.Metainfo.InfoHashes.V2, isComplete));
                break;
            case ResumeDataSaved saved:
                DurableFile.Write(torrent.ResumePath, saved.Data);
                CountSave();
                break;
            case ResumeDataFailed:
                CountSave();
                break;
            case TorrentFailed failed:
                Fail(torrent, $"{failed.Error.Message} {failed.File}".Trim());
                break;
            case FileFailed failed:
                Fail(torrent, $"{failed.Error.Message} {failed.File}".Trim());
                break;
        }
    }

    private void Fail(SeedingTorrent torrent, string reason)
    {
        torrent.HasFailed = true;
        torrent.Remark = reason;
        events.Report(new SeedingFailed(torrent.Metainfo.Name, reason));
    }

    /// <summary>Asks a hub who it is until it answers; one that was seen before is used at once.</summary>
    private async Task FindHubAsync(Uri url)
    {
        var directory = new HubDirectory(data.HubsPath);
        var client = new HubClient(url, data.Identity(), clock: clock);
        bool isUsed = false;
        bool wasAway = false;
        try
        {
            if (directory.Find(url.ToString()) is { } known)
            {
                isUsed = true;
                loop.Post(() => Use(client, known));
            }

            for (TimeSpan wait = TimeSpan.FromSeconds(1); ; wait = wait < TimeSpan.FromSeconds(15) ? wait * 2 : wait)
            {
                try
                {
                    HubInfo info = await directory.AskAsync(client, stopping.Token);
                    if (!isUsed)
                    {
                        isUsed = true;
                        loop.Post(() => Use(client, info));
                    }

                    return;
                }
                catch (HubException exception)
                {
                    if (!wasAway && !isUsed)
                    {
                        events.Report(new HubAway(url.ToString(), exception.Message));
                    }

                    wasAway = true;
                }

                await Task.Delay(wait, clock, stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
        catch (ClientException exception)
        {
            events.Report(new SeedFault(exception.Message));
        }
        finally
        {
            if (!isUsed)
            {
                client.Dispose();
            }
        }
    }

    private void Use(HubClient client, HubInfo info)
    {
        if (!trustedHubs.Add(info.PublicKey))
        {
            return;
        }

        var hub = new SeederHub(client, info, store, configuration, () => loop.AskAsync(exchange.GrantsInUse), events, clock)
        {
            Seeder = key,
            Unshown = unshown,
            Restarted = () => loop.Post(AnnounceAnew),
            ChannelRefused = channel => loop.Post(() => exchange.OnChannelRefused(channel)),
        };
        hubs.Add(hub);
        byte[] dictionary = PeerExtension.Write(key, trustedHubs);
        foreach (SeedingTorrent torrent in torrents.Values.Where(torrent => torrent.Paid is not null))
        {
            engine.SetReceiptExtension(torrent.Handle, dictionary, DefaultCredit);
        }

        events.Report(new HubReached(hub.Address));
        hub.Start();
    }

    private void AnnounceAnew()
    {
        foreach (SeedingTorrent torrent in torrents.Values.Where(torrent => torrent.Paid is not null))
        {
            engine.Reannounce(torrent.Handle);
        }
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(TickEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                await loop.AskAsync(() =>
                {
                    exchange.Tick();
                    if (ticks++ % 2 == 0)
                    {
                        snapshot = TakeSnapshot();
                    }

                    return true;
                });
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private SeedSnapshot TakeSnapshot()
    {
        SessionTotals totals = engine.GetTotals();
        ILookup<TorrentHandleId, TorrentStatus> statuses = engine.GetStatus().ToLookup(status => status.Torrent);
        return new SeedSnapshot(
            key,
            totals.ListenPort,
            [
                .. torrents.Values
                    .OrderBy(torrent => torrent.Metainfo.Name, StringComparer.Ordinal)
                    .Select(torrent => StatusOf(torrent, statuses[torrent.Handle].FirstOrDefault())),
            ],
            [.. hubs.Select(StatusOf)],
            totals.PeerCount,
            exchange.Connections.Count(connection => connection.Pays),
            totals.Uploaded,
            totals.UploadRate);
    }

    private static SeedingTorrentStatus StatusOf(SeedingTorrent torrent, TorrentStatus? status)
    {
        SeedingState state = torrent switch
        {
            { HasFailed: true } => SeedingState.Failed,
            { IsChecked: false } => SeedingState.Checking,
            _ => status is { IsSeeding: true } ? SeedingState.Seeding : SeedingState.Incomplete,
        };
        return new SeedingTorrentStatus(
            torrent.Id,
            torrent.Metainfo.Name,
            torrent.Metainfo.Length,
            state,
            status?.ProgressPpm ?? 0,
            torrent.Paid is { } paid ? new Core.Money.PricePerMebibyte(paid.Manifest.Manifest.Payment!.PricePerMiB.Value) : null,
            status?.Uploaded ?? 0,
            status?.PeerCount ?? 0,
            torrent.Remark);
    }

    private SeedingHubStatus StatusOf(SeederHub hub)
    {
        EarnedTotals totals = store.TotalsAt(hub.Info.PublicKey);
        return new SeedingHubStatus(
            hub.Address,
            hub.Info.Name,
            hub.Info.PublicKey,
            hub.Info.Network,
            hub.Trouble,
            totals.Receipts,
            totals.Bytes,
            totals.Earned,
            totals.Settled,
            totals.Unreported,
            totals.Refused,
            hub.Standing);
    }

    /// <summary>Stops the swarm and saves where each torrent stands.</summary>
    private async Task SaveAllAsync()
    {
        int asked = await loop.AskAsync(() =>
        {
            foreach (SeedingTorrent torrent in torrents.Values)
            {
                engine.Pause(torrent.Handle);
                engine.RequestResumeData(torrent.Handle);
            }

            return savesAwaited = torrents.Count;
        });
        if (asked > 0)
        {
            await Task.WhenAny(goodbyeSaved.Task, Task.Delay(GoodbyeTime, clock));
        }

        DurableFile.Write(data.EngineStatePath, engine.SaveState());
    }

    private void CountSave()
    {
        if (savesAwaited > 0 && --savesAwaited == 0)
        {
            goodbyeSaved.TrySetResult();
        }
    }
}
