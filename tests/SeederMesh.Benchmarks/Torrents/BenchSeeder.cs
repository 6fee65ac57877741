using System.Net;
using SeederMesh.Client;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Benchmarks.Torrents;

/// <summary>
/// A seeder as <c>mesh seed</c> runs it: the engine, and with receipts also its exchange and a receipt store on a real disk.
/// </summary>
internal sealed class BenchSeeder : IAsyncDisposable
{
    private readonly TorrentSession engine = new(TorrentSessionOptions.Loopback);
    private readonly TurnLoop loop = new(Failures.Report);
    private readonly string receipts = Directory.CreateTempSubdirectory("seedermesh-bench-").FullName;
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReceiptStore? store;
    private readonly SeederExchange? exchange;
    private readonly PaidTorrent? paid;
    private readonly Task serving;

    public BenchSeeder(ContentFile content, PaidWork work, bool withReceipts)
    {
        if (withReceipts)
        {
            paid = PaidTorrent.Of(work.Manifest);
            store = ReceiptStore.Open(receipts, TimeProvider.System);
            exchange = new SeederExchange(
                new SeederPolicy(PaidWork.Seeder.PublicKey, new HashSet<PublicKey> { PaidWork.Hub }, PaidWork.Price, 0, Msat.Max),
                store,
                new EngineLink(engine),
                new UnpaidShare(0),
                hub => store.OutstandingAt(hub),
                loop.Post,
                TimeProvider.System,
                new Progress<SeedEvent>());
        }

        serving = Task.Run(ServeAsync);
        engine.Add(
            TorrentSource.File(work.Torrent),
            new AddTorrentOptions
            {
                SavePath = content.Folder,
                ReceiptDictionary = withReceipts
                    ? PeerExtension.Write(PaidWork.Seeder.PublicKey, [PaidWork.Hub])
                    : default(ReadOnlyMemory<byte>),
                DefaultUploadCredit = withReceipts ? 0 : UploadCredit.Unlimited,
            });
    }

    /// <summary>Receipts that are on the disk.</summary>
    public long StoredReceipts => store!.TotalsAt(PaidWork.Hub).Receipts;

    /// <summary>Completes with where peers reach it, when it has checked the content.</summary>
    public async Task<IPEndPoint> ReadyAsync()
    {
        await ready.Task;
        return new IPEndPoint(IPAddress.Loopback, engine.GetTotals().ListenPort);
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await serving;
        await loop.DisposeAsync();
        if (store is not null)
        {
            await store.DisposeAsync();
        }

        Directory.Delete(receipts, recursive: true);
    }

    private async Task ServeAsync()
    {
        await foreach (TorrentEvent next in engine.Events.ReadAllAsync())
        {
            if (next is TorrentFinished)
            {
                ready.TrySetResult();
            }
            else if (exchange is not null)
            {
                loop.Post(() => Handle(exchange, next));
            }
        }
    }

    private void Handle(SeederExchange taking, TorrentEvent happened)
    {
        switch (happened)
        {
            case PeerUploaded uploaded:
                taking.OnUploaded(uploaded.Peer.Value, uploaded.Uploaded);
                break;
            case PeerCreditExhausted exhausted:
                taking.OnUploaded(exhausted.Peer.Value, exhausted.Uploaded);
                break;
            case PeerMessage message:
                taking.OnMessage(message.Peer.Value, message.Payload);
                break;
            case PeerConnected connected:
                taking.OnConnected(connected.Peer.Value, connected.EndPoint.ToString(), paid, connected.Nonce);
                break;
            case PeerExtensionHandshake { SpeaksReceipts: true } handshake:
                taking.OnIntroduced(handshake.Peer.Value);
                break;
            case PeerDisconnected disconnected:
                taking.OnDisconnected(disconnected.Peer.Value);
                break;
        }
    }
}

/// <summary>Faults of turns: a benchmark whose clients fail has measured nothing.</summary>
internal static class Failures
{
    public static void Report(Exception exception) => Environment.FailFast(exception.ToString());
}
