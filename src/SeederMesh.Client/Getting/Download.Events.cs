using SeederMesh.Core.Money;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Client;

/// <content>What the engine and the clock bring, and the end.</content>
internal sealed partial class Download
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

            await loop.AskAsync(() =>
            {
                try
                {
                    batch.ForEach(Handle);
                }
                catch (Exception exception) when (exception is not OutOfMemoryException)
                {
                    Fail(exception);
                }

                return true;
            });
        }
    }

    private void Handle(TorrentEvent happened)
    {
        switch (happened)
        {
            case PiecePassed passed:
                OnPiecePassed(passed);
                break;
            case PeerMessage message:
                exchange?.OnMessage(message.Peer.Value, message.Payload);
                break;
            case PeerConnected connected:
                addresses[connected.Peer.Value] = connected.EndPoint.ToString();
                break;
            case PeerExtensionHandshake { SpeaksReceipts: true } handshake
                when exchange is not null && PeerExtension.TryRead(handshake.ReceiptDictionary, out PeerExtension? extension):
                exchange.OnIntroduced(handshake.Peer.Value, addresses.GetValueOrDefault(handshake.Peer.Value, ""), extension!);
                break;
            case PeerDisconnected disconnected:
                exchange?.OnDisconnected(disconnected.Peer.Value);
                break;
            case MetadataReceived:
                OnMetadata();
                break;
            case TorrentChecked:
                isChecked = true;
                StartIfReady();
                break;
            case TorrentFinished:
                EndIfFinished();
                break;
            case ResumeDataSaved saved:
                DurableFile.Write(folder.ResumePath, saved.Data);
                resumeSaved?.TrySetResult();
                break;
            case ResumeDataFailed:
                resumeSaved?.TrySetResult();
                break;
            case TorrentRemoved:
                gone.TrySetResult();
                break;
            case TorrentFailed failed:
                Fail(new ClientException($"The download stopped: {failed.Error.Message} {failed.File} The same command goes on."));
                break;
            case FileFailed failed:
                Fail(new ClientException($"The download stopped: {failed.Error.Message} {failed.File} The same command goes on."));
                break;
            case ListenFailed failed:
                events.Report(new GetWarning($"Cannot listen on {failed.Interface}: {failed.Message} Other peers cannot reach this one."));
                break;
        }
    }

    private TaskCompletionSource? resumeSaved;

    private void OnPiecePassed(PiecePassed passed)
    {
        pieces++;
        movedAt = clock.GetTimestamp();
        long sent = passed.Shares.Sum(share => (long)share.Bytes);
        if (sent == 0)
        {
            // What an earlier run left on the disk passes the check too, at whatever time; nobody sent it now.
            return;
        }

        bytes += sent;
        if (exchange is not null)
        {
            exchange.RemainingBytes = Math.Max(0, exchange.RemainingBytes - passed.Length);
        }

        foreach (PieceShare share in passed.Shares)
        {
            if (exchange?.OnPiecePassed(share.Peer.Value, passed.Piece, share.Bytes) != true && exchange?.Knows(share.Peer.Value) != true)
            {
                string address = addresses.GetValueOrDefault(share.Peer.Value, "");
                unpaidSuppliers[address] = unpaidSuppliers.GetValueOrDefault(address) + share.Bytes;
            }
        }
    }

    private async Task TickAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TickEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                await loop.AskAsync(Tick);
            }
        }
        catch (OperationCanceledException)
        {
            // It ended.
        }
    }

    private bool Tick()
    {
        UpdateRemaining();
        exchange?.Flush();
        if (clock.GetElapsedTime(announcedAt) > AnnounceEvery && engine.GetStatus(handle) is { PeerCount: 0 })
        {
            // Nobody is there: a tracker that was restarted knows peers again soon, long before its interval is over.
            announcedAt = clock.GetTimestamp();
            engine.Reannounce(handle);
        }

        if (isStarted && clock.GetElapsedTime(savedAt) > SaveEvery)
        {
            savedAt = clock.GetTimestamp();
            engine.RequestResumeData(handle);
        }

        if (request.StallTimeLimit is { } limit && clock.GetElapsedTime(movedAt) > limit)
        {
            End(GetOutcome.Stalled, $"Nothing came for {limit.TotalSeconds:F0} seconds. The same command goes on where it stopped.");
        }

        if (exchange is { IsTrustUsedUp: true } && Payer?.Standing() is { Trouble: { } trouble } standing)
        {
            End(
                GetOutcome.CannotPay,
                $"{standing.Due} is due, and nobody uploads more before it is paid. {trouble} The same command goes on where it stopped.");
        }

        return TakeSnapshot();
    }

    private bool TakeSnapshot()
    {
        TorrentStatus? status = engine.GetStatus(handle);
        IReadOnlyList<SupplierStatement> suppliers = Suppliers();
        DirectStanding? direct = Payer?.Standing();
        snapshot = new GetSnapshot
        {
            Phase = snapshot.Phase,
            WantedBytes = status?.BytesWanted ?? 0,
            DoneBytes = status?.BytesWantedDone ?? 0,
            DownloadRate = status?.DownloadRate ?? 0,
            Peers = status?.PeerCount ?? 0,
            Pieces = pieces,
            Receipts = suppliers.Sum(supplier => supplier.Receipts),
            Signed = exchange?.Signed ?? Msat.Zero,
            Reserved = exchange?.Reserved ?? Msat.Zero,
            Budget = exchange is null ? Msat.Zero : folder.State!.Budget,
            AtMostLost = direct?.AtMostLost ?? Funded,
            IsDirect = direct is not null,
            Paid = direct?.Paid ?? Msat.Zero,
            Due = direct?.Due ?? Msat.Zero,
            Suppliers = suppliers,
        };
        return true;
    }

    private IReadOnlyList<SupplierStatement> Suppliers() =>
    [
        .. (exchange?.Seeders ?? [])
            .Select(seeder => seeder.ToStatement())
            .Concat(unpaidSuppliers.Select(supplier => new SupplierStatement(null, supplier.Key, supplier.Value, 0, 0, Msat.Zero, null)))
            .OrderByDescending(supplier => supplier.Bytes),
    ];

    /// <summary>Saves where the download stands, for the next run.</summary>
    private async Task SaveAsync()
    {
        var saved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool asked = await loop.AskAsync(() =>
        {
            resumeSaved = saved;
            bool isThere = handle != default && engine.GetStatus(handle) is { HasMetadata: true };
            if (isThere)
            {
                engine.Pause(handle);
                engine.RequestResumeData(handle);
            }

            return isThere;
        });
        if (asked)
        {
            await Task.WhenAny(saved.Task, Task.Delay(TimeSpan.FromSeconds(5), clock));
        }

        DurableFile.Write(enginePath, engine.SaveState());
    }

    /// <summary>Closes all connections, so that seeders report and close their grants, and all files.</summary>
    private async Task LeaveAsync()
    {
        await loop.AskAsync(() =>
        {
            engine.Remove(handle);
            return true;
        });
        await Task.WhenAny(gone.Task, Task.Delay(TimeSpan.FromSeconds(5), clock));
        DurableFile.Write(enginePath, engine.SaveState());
        await engine.DisposeAsync();
    }

    /// <summary>Moves the content from the staging place to its own: only now may it be opened.</summary>
    private string Publish()
    {
        string place = Path.Combine(Path.GetFullPath(request.OutputFolder), metainfo!.Name);
        string content = Path.Combine(staging, metainfo.Name);
        if (File.Exists(content))
        {
            File.Move(content, place);
        }
        else
        {
            Directory.CreateDirectory(content);
            Directory.Move(content, place);
        }

        DurableFile.FlushFolder(Path.GetFullPath(request.OutputFolder));
        Directory.Delete(staging, recursive: true);
        File.Delete(folder.ResumePath);
        return place;
    }

    private async Task<GetStatement> SettleAsync(ChannelDesk? desk, TimeSpan duration, CancellationToken cancellation)
    {
        if (desk is null)
        {
            // An earlier run may have paid into a channel: then its rest is still to be collected.
            if (folder.State is { } earlier)
            {
                folder.Save(earlier with { IsEnding = true });
            }
            else
            {
                folder.Delete();
            }

            return await StateAsync(duration, null);
        }

        Enter(GetPhase.Settling);
        folder.Save(folder.State! with { IsEnding = true });
        if (Payer is not null)
        {
            return await PayDuesAsync(desk, Payer, duration, cancellation);
        }

        GetStatement statement;
        try
        {
            ChannelInfo channel = await desk.CloseAsync(request.RefundTimeLimit, cancellation);
            statement = await StateAsync(duration, channel);
            if (!statement.IsRefundPending)
            {
                folder.Delete();
                events.Report(new Refunded(channel.RefundedMsat));
            }
        }
        catch (HubException exception)
        {
            statement = await StateAsync(duration, null) with { IsRefundPending = true, RefundRemark = exception.Message };
        }

        return statement;
    }

    /// <summary>Tells seeders to report, and pays what is due until nothing is, or the time is over.</summary>
    private async Task<GetStatement> PayDuesAsync(
        ChannelDesk desk, DirectPayer payer, TimeSpan duration, CancellationToken cancellation)
    {
        bool isOver = false;
        ChannelInfo? channel = null;
        try
        {
            await desk.Client.CloseChannelAsync(desk.ChannelId, refund: null, cancellation);
            isOver = await payer.FinishAsync(request.RefundTimeLimit, cancellation);
            channel = await desk.Client.GetChannelAsync(desk.ChannelId, cancellation);
        }
        catch (HubException exception)
        {
            events.Report(new GetWarning(exception.Message));
        }

        GetStatement statement = await StateAsync(duration, channel) with { IsDuePending = !isOver };
        if (!isOver && statement.DueRemark is null)
        {
            statement = statement with
            {
                DueRemark = "the hub waits for seeders to close their grants; what is due then is paid by a later run.",
            };
        }

        if (isOver)
        {
            folder.Delete();
        }

        return statement;
    }

    private Task<GetStatement> StateAsync(TimeSpan duration, ChannelInfo? channel) => loop.AskAsync(() =>
    {
        IReadOnlyList<SupplierStatement> suppliers = Suppliers();
        bool isPending = channel is not null && Payer is null && !ChannelDesk.IsSettled(channel);
        DirectStanding? direct = Payer?.Standing();
        return new GetStatement
        {
            ChannelId = channelDesk?.ChannelId,
            Budget = folder.State?.Budget ?? Msat.Zero,
            Funded = direct is not null ? Msat.Zero : channel?.FundedMsat ?? Funded,
            RoutingFees = direct?.Fees ?? folder.State?.RoutingFees ?? Msat.Zero,
            IsDirect = direct is not null,
            Paid = direct?.Paid ?? Msat.Zero,
            Payments = direct?.Payments ?? 0,
            DueRemark = Payer?.Remainder(),
            Signed = exchange?.Signed ?? Msat.Zero,
            Settled = channel?.SettledMsat ?? Msat.Zero,
            Refunded = channel is not null && direct is null && !isPending ? channel.RefundedMsat : Msat.Zero,
            IsRefundPending = isPending,
            RefundRemark = isPending
                ? channel!.Refunds.Select(refund => refund.Reason).OfType<string>().FirstOrDefault()
                    ?? (channel.IsClosed
                        ? "The hub could not pay it where it was asked to yet, and goes on trying; another refund-to redirects it."
                        : "The hub waits for seeders to report. It is collected by a later run.")
                : null,
            Suppliers = suppliers,
            Bytes = bytes,
            ReceiptedBytes = suppliers.Sum(supplier => supplier.ReceiptedBytes),
            IsBudgetUsedUp = exchange?.IsBudgetUsedUp == true,
            Duration = duration,
        };
    });
}
