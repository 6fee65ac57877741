using System.Net;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Client;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Benchmarks.Torrents;

/// <summary>One download as <c>mesh get</c> runs it: the engine, and with receipts also its exchange, key and grants.</summary>
internal sealed class BenchDownload : IAsyncDisposable
{
    private readonly TorrentSession engine = new(TorrentSessionOptions.Loopback);
    private readonly TurnLoop loop = new(Failures.Report);
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ContentFile content;
    private readonly PaidWork work;
    private readonly DownloaderExchange? exchange;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(2);
    private int generations;

    private BenchDownload(ContentFile content, PaidWork work, bool withReceipts)
    {
        (this.content, this.work) = (content, work);
        if (withReceipts)
        {
            ManifestTorrent torrent = work.Manifest.Manifest.Torrent;
            SigningKey key = PaidWork.NextDownloader();
            Msat budget = PaidWork.Price.Of(content.Length * 4);
            PaymentChannel channel = work.OpenChannel(key.PublicKey, budget);
            exchange = new DownloaderExchange(
                new PaymentPlan(key, PaidWork.Hub, new PieceMap(torrent), torrent.PieceLength, PaidWork.Price, budget),
                new EngineLink(engine),
                (seeder, limit, generation) => Task.Run(() => PaidWork.Grant(channel, seeder, limit, generation)),
                _ => generations++,
                loop.Post,
                TimeProvider.System,
                new Progress<GetEvent>())
            {
                RemainingBytes = content.Length,
            };
        }
    }

    /// <summary>Downloads the work; with receipts the clock stops when the seeder has stored the last of them.</summary>
    public static async Task<Sample> RunAsync(ContentFile content, PaidWork work, IPEndPoint seeder, bool withReceipts)
    {
        string target = Path.Combine(content.Folder, Path.GetRandomFileName());
        await using var download = new BenchDownload(content, work, withReceipts);
        Meter meter = Meter.Start();
        await download.GetAsync(target, seeder);
        Sample sample = meter.Stop(content.Length);
        Directory.Delete(target, recursive: true);
        return sample;
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await loop.DisposeAsync();
    }

    private async Task GetAsync(string target, IPEndPoint seeder)
    {
        Task pumping = PumpAsync();
        engine.Add(
            TorrentSource.File(work.Torrent),
            new AddTorrentOptions
            {
                SavePath = target,
                ReceiptDictionary = exchange is null ? default(ReadOnlyMemory<byte>) : PeerExtension.Write(seeder: null, [PaidWork.Hub]),
                Peers = [seeder],
            });
        await finished.Task.WaitAsync(TimeLimit);
        if (exchange is not null)
        {
            await await loop.AskAsync(exchange.FinishAsync);
            long signed = await loop.AskAsync(() => exchange.Seeders.Sum(supplier => supplier.ReceiptedBytes));
            Core.Invariant.Require(signed == content.Length, "every byte is receipted");
        }

        _ = pumping.ContinueWith(
            failed => Failures.Report(failed.Exception!),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
    }

    private async Task PumpAsync()
    {
        await foreach (TorrentEvent next in engine.Events.ReadAllAsync())
        {
            if (exchange is not null)
            {
                loop.Post(() => Handle(exchange, next));
            }

            if (next is TorrentFinished)
            {
                loop.Post(() => finished.TrySetResult());
            }
        }
    }

    private static void Handle(DownloaderExchange paying, TorrentEvent happened)
    {
        switch (happened)
        {
            case PiecePassed passed:
                paying.RemainingBytes = Math.Max(0, paying.RemainingBytes - passed.Length);
                foreach (PieceShare share in passed.Shares)
                {
                    paying.OnPiecePassed(share.Peer.Value, passed.Piece, share.Bytes);
                }

                break;
            case PeerMessage message:
                paying.OnMessage(message.Peer.Value, message.Payload);
                break;
            case PeerExtensionHandshake { SpeaksReceipts: true } handshake
                when PeerExtension.TryRead(handshake.ReceiptDictionary, out PeerExtension? extension):
                paying.OnIntroduced(handshake.Peer.Value, "loopback", extension!);
                break;
            case PeerDisconnected disconnected:
                paying.OnDisconnected(disconnected.Peer.Value);
                break;
        }
    }
}
