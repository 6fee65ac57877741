using System.Net;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Native;

namespace SeederMesh.Torrents.Sessions;

/// <summary>A BitTorrent engine (libtorrent-rasterbar): its torrents, its peers and what happens to them.</summary>
/// <remarks>
/// Safe to use from several threads. Exactly one reader must read <see cref="Events"/> without long pauses: when 8,192
/// events wait, the engine keeps the rest, and beyond 64 MiB of them it disconnects peers that go on sending messages.
/// Disposing closes every connection; ask for resume data before.
/// </remarks>
public sealed partial class TorrentSession : IAsyncDisposable
{
    private const int EventsWaitingMax = 8192;
    private const int WaitMilliseconds = 500;

    private readonly SessionHandle handle;
    private readonly CancellationTokenSource stopping = new();
    private readonly Channel<TorrentEvent> events = Channel.CreateBounded<TorrentEvent>(
        new BoundedChannelOptions(EventsWaitingMax) { SingleReader = true, SingleWriter = true });

    private readonly Task reading;
    private int disposed;

    /// <summary>Starts a session, which listens at once.</summary>
    /// <exception cref="TorrentException">An option is not valid, or the engine cannot start.</exception>
    public TorrentSession(TorrentSessionOptions options)
    {
        handle = Open(options);
        reading = Task.Factory.StartNew(
            ReadEventsAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>The version of libtorrent that runs, such as <c>2.0.8.0</c>.</summary>
    public static unsafe string LibtorrentVersion =>
        Marshal.PtrToStringUTF8((nint)NativeMethods.sm_libtorrent_version()) ?? "";

    /// <summary>What happened, in order; completed when the session is disposed.</summary>
    public ChannelReader<TorrentEvent> Events => events.Reader;

    /// <summary>
    /// Adds a torrent. <see cref="TorrentAdded"/> follows, and <see cref="TorrentChecked"/> for its files.
    /// </summary>
    /// <exception cref="TorrentException">
    /// The source is not valid (Metainfo or Engine), the torrent is there already (<c>duplicate_torrent</c>), or it is
    /// private and that is not allowed (<c>private_torrent</c>).
    /// </exception>
    public unsafe TorrentHandleId Add(TorrentSource source, AddTorrentOptions options)
    {
        BlobWriter writer = WriteAdd(source, options);
        fixed (byte* data = writer.Written)
        {
            int status = NativeMethods.sm_torrent_add(handle, data, writer.Written.Length, out nint buffer);
            using NativeBuffer result = NativeBuffer.Take(status, buffer);
            BlobReader reader = new(result.Bytes);
            return new TorrentHandleId(reader.ReadUInt32());
        }
    }

    /// <summary>
    /// Removes a torrent; <see cref="TorrentRemoved"/> follows, and <see cref="TorrentDataDeleted"/>.
    /// </summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void Remove(TorrentHandleId torrent, bool withData = false) =>
        NativeBuffer.Take(
            NativeMethods.sm_torrent_remove(handle, torrent.Value, withData ? 1 : 0, out nint buffer),
            buffer).Dispose();

    /// <summary>Disconnects its peers and stops; <see cref="TorrentPaused"/> follows.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void Pause(TorrentHandleId torrent) => Command(torrent, TorrentCommand.Pause, new BlobWriter());

    /// <summary>Goes on.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void Resume(TorrentHandleId torrent) => Command(torrent, TorrentCommand.Resume, new BlobWriter());

    /// <summary>Hashes all its files again; <see cref="TorrentChecked"/> follows.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void Recheck(TorrentHandleId torrent) => Command(torrent, TorrentCommand.Recheck, new BlobWriter());

    /// <summary>
    /// Asks for resume data: <see cref="ResumeDataSaved"/> or <see cref="ResumeDataFailed"/> follows.
    /// </summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void RequestResumeData(TorrentHandleId torrent) =>
        Command(torrent, TorrentCommand.SaveResumeData, new BlobWriter());

    /// <summary>Connects to a peer, unless it is connected already.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void ConnectPeer(TorrentHandleId torrent, IPEndPoint peer) =>
        Command(torrent, TorrentCommand.ConnectPeer, WriteEndPoint(new BlobWriter(), peer));

    /// <summary>Sets 0 (not wanted) to 7 for each file, padding files included.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void SetFilePriorities(TorrentHandleId torrent, IReadOnlyList<byte> priorities) =>
        Command(torrent, TorrentCommand.FilePriorities, new BlobWriter().Write(priorities.ToArray().AsSpan()));

    /// <summary>Downloads pieces in order, or rarest first.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void SetSequential(TorrentHandleId torrent, bool sequential) =>
        Command(torrent, TorrentCommand.Sequential, new BlobWriter().Write(sequential));

    /// <summary>Wants a piece soon, before others and from the fastest peers.</summary>
    /// <exception cref="TorrentException">There is no such torrent or piece.</exception>
    public void SetPieceDeadline(TorrentHandleId torrent, int piece, TimeSpan soon) =>
        Command(
            torrent, TorrentCommand.PieceDeadline, new BlobWriter().Write(piece).Write((int)soon.TotalMilliseconds));

    /// <summary>Forgets all deadlines.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void ClearPieceDeadlines(TorrentHandleId torrent) =>
        Command(torrent, TorrentCommand.ClearDeadlines, new BlobWriter());

    /// <summary>Limits a torrent, in bytes a second, 0 for no limit.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void SetRateLimits(TorrentHandleId torrent, int upload, int download) =>
        Command(torrent, TorrentCommand.RateLimits, new BlobWriter().Write(upload).Write(download));

    /// <summary>Adds a tracker.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void AddTracker(TorrentHandleId torrent, string url, byte tier = 0) =>
        Command(torrent, TorrentCommand.AddTracker, new BlobWriter().Write(url).Write(tier));

    /// <summary>Asks its trackers for peers now.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void Reannounce(TorrentHandleId torrent) => Command(torrent, TorrentCommand.Reannounce, new BlobWriter());

    /// <summary>Stops or allows downloading; uploading goes on.</summary>
    /// <exception cref="TorrentException">There is no such torrent.</exception>
    public void SetUploadOnly(TorrentHandleId torrent, bool uploadOnly) =>
        Command(torrent, TorrentCommand.UploadOnly, new BlobWriter().Write(uploadOnly));

    /// <summary>The session at this moment.</summary>
    public SessionTotals GetTotals()
    {
        using NativeBuffer result = NativeBuffer.Take(
            NativeMethods.sm_session_totals(handle, out nint buffer), buffer);
        BlobReader reader = new(result.Bytes);
        return new SessionTotals(
            reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(),
            reader.ReadInt32(), reader.ReadUInt16(), reader.ReadFlag());
    }

    /// <summary>The DHT's state, for <see cref="TorrentSessionOptions.State"/> next time.</summary>
    public byte[] SaveState()
    {
        using NativeBuffer result = NativeBuffer.Take(
            NativeMethods.sm_session_state(handle, out nint buffer), buffer);
        return result.Bytes.ToArray();
    }

    /// <summary>Changes the limits of all torrents together while it runs: rates and connections.</summary>
    public unsafe void SetLimits(int uploadRate, int downloadRate, int connections)
    {
        BlobWriter writer = new BlobWriter().Write(uploadRate).Write(downloadRate).Write(connections);
        fixed (byte* data = writer.Written)
        {
            NativeBuffer.Take(
                NativeMethods.sm_session_apply(handle, data, writer.Written.Length, out nint buffer), buffer).Dispose();
        }
    }

    /// <summary>
    /// Sets what new peers of a torrent are told under <c>sm</c>, and what they may be sent at first.
    /// </summary>
    /// <exception cref="TorrentException">
    /// There is no such torrent, or it is not a bencoded dictionary of up to 8 KiB.
    /// </exception>
    public unsafe void SetReceiptExtension(
        TorrentHandleId torrent, ReadOnlySpan<byte> dictionary, long defaultUploadCredit)
    {
        fixed (byte* data = dictionary)
        {
            int status = NativeMethods.sm_torrent_extension(
                handle, torrent.Value, data, dictionary.Length, defaultUploadCredit, out nint buffer);
            NativeBuffer.Take(status, buffer).Dispose();
        }
    }

    /// <summary>
    /// Sends a message of <c>sm_receipt</c>; nothing happens when the peer left or does not speak it.
    /// </summary>
    /// <param name="peer">To whom.</param>
    /// <param name="payload">1 to 65,534 bytes.</param>
    /// <exception cref="TorrentException">The payload is empty or too long.</exception>
    public unsafe void Send(PeerHandleId peer, ReadOnlySpan<byte> payload)
    {
        fixed (byte* data = payload)
        {
            int status = NativeMethods.sm_peer_send(handle, peer.Value, data, payload.Length, out nint buffer);
            NativeBuffer.Take(status, buffer).Dispose();
        }
    }

    /// <summary>
    /// Sets how many bytes of content the peer may be sent in all since it connected, padding not counted. Idempotent;
    /// nothing happens when the peer left.
    /// </summary>
    /// <remarks>
    /// A request that does not fit whole waits for more credit, so leave room for a piece: a peer that can never
    /// finish one has nothing to sign a receipt for.
    /// </remarks>
    /// <param name="peer">Who.</param>
    /// <param name="bytes">Bytes, or <see cref="UploadCredit.Unlimited"/>.</param>
    public void SetUploadCredit(PeerHandleId peer, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, UploadCredit.Unlimited);
        NativeBuffer.Take(NativeMethods.sm_peer_credit(handle, peer.Value, bytes, out nint buffer), buffer).Dispose();
    }

    /// <summary>Closes a connection; nothing happens when the peer left already.</summary>
    public void Disconnect(PeerHandleId peer) =>
        NativeBuffer.Take(NativeMethods.sm_peer_disconnect(handle, peer.Value, out nint buffer), buffer).Dispose();

    /// <summary>Closes all connections and stops; unsaved resume data is lost.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        await stopping.CancelAsync();
        NativeMethods.sm_session_wake(handle);
        await reading;
        handle.Dispose();
        stopping.Dispose();
    }

    private static unsafe SessionHandle Open(TorrentSessionOptions options)
    {
        BlobWriter writer = new();
        writer.Write(options.UploadRateLimit).Write(options.DownloadRateLimit).Write(options.ConnectionLimit)
            .Write(options.ListenInterfaces).Write(options.UserAgent).Write(options.Dht)
            .Write(options.LocalServiceDiscovery).Write(options.Upnp).Write(options.NatPmp).Write(options.Utp)
            .Write((byte)options.Encryption).Write(options.SeveralPeersPerAddress).Write(options.DhtBootstrapNodes)
            .Write(options.PeerExchange).Write(options.DiskThreads).Write(options.HashingThreads)
            .Write(options.State.Span);
        fixed (byte* data = writer.Written)
        {
            int status = NativeMethods.sm_session_open(data, writer.Written.Length, out nint session, out nint buffer);
            NativeBuffer.Take(status, buffer).Dispose();
            return new SessionHandle(session);
        }
    }

    private static BlobWriter WriteAdd(TorrentSource source, AddTorrentOptions options)
    {
        uint flags = (options.Paused ? 1u : 0) | (options.Sequential ? 2u : 0) | (options.AssumeComplete ? 4u : 0)
            | (options.UploadOnly ? 8u : 0) | (options.AllowPrivate ? 16u : 0);
        BlobWriter writer = new BlobWriter().Write(source.Kind).Write(source.Bytes.Span)
            .Write(options.SavePath.Length == 0 ? "" : Path.GetFullPath(options.SavePath)).Write(flags)
            .Write(options.UploadRateLimit).Write(options.DownloadRateLimit)
            .Write(options.FilePriorities.ToArray().AsSpan()).Write(options.Trackers.Count);
        foreach (string url in options.Trackers)
        {
            writer.Write(url);
        }

        writer.Write(options.Peers.Count);
        foreach (IPEndPoint peer in options.Peers)
        {
            WriteEndPoint(writer, peer);
        }

        return writer.Write(options.ReceiptDictionary.Span).Write(options.DefaultUploadCredit);
    }

    private static BlobWriter WriteEndPoint(BlobWriter writer, IPEndPoint peer) =>
        writer.Write(peer.Address.ToString()).Write((ushort)peer.Port);

    private unsafe void Command(TorrentHandleId torrent, TorrentCommand command, BlobWriter arguments)
    {
        fixed (byte* data = arguments.Written)
        {
            int status = NativeMethods.sm_torrent_command(
                handle, torrent.Value, (int)command, data, arguments.Written.Length, out nint buffer);
            NativeBuffer.Take(status, buffer).Dispose();
        }
    }

    /// <summary>The one reader of the native queue; a full channel makes it wait, and the native queue grows.</summary>
    private async Task ReadEventsAsync()
    {
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                foreach (TorrentEvent next in TakeBatch())
                {
                    await events.Writer.WriteAsync(next, stopping.Token);
                }
            }

            events.Writer.Complete();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            events.Writer.Complete();
        }
        catch (Exception exception)
        {
            events.Writer.Complete(exception);
            throw;
        }
    }

    private List<TorrentEvent> TakeBatch()
    {
        using NativeBuffer result = NativeBuffer.Take(
            NativeMethods.sm_session_next(handle, WaitMilliseconds, out nint buffer), buffer);
        BlobReader reader = new(result.Bytes);
        List<TorrentEvent> batch = [];
        while (!reader.IsAtEnd)
        {
            batch.Add(EventReader.ReadNext(ref reader));
        }

        return batch;
    }
}
