using System.Net;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Metainfos;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Benchmarks.Torrents;

/// <summary>
/// 1 GiB over loopback between two sessions of one process. The measured way sends a message of a receipt's size for each
/// piece and is served by a credit that each message raises; the baseline is the same engine without either.
/// </summary>
internal static class DownloadBenchmarks
{
    private const int Rounds = 5;
    private const long Length = 1L << 30;
    private const int PieceLength = 1 << 20;
    private const int WindowPieces = 64;
    private const int ReceiptBytes = 150;

    /// <summary>Messages and credit for each piece against none; no signatures.</summary>
    public static Finding WithExtension()
    {
        using ContentFile content = new(Length);
        byte[] torrent = MetainfoBuilder.BuildAsync(
            content.FilePath, new MetainfoBuildOptions { PieceLength = PieceLength }).GetAwaiter().GetResult().Torrent;
        using Seeder paid = new(content, torrent, withReceipts: true);
        using Seeder stock = new(content, torrent, withReceipts: false);
        Ratio ratio = Comparison.Run(
            Rounds,
            () => DownloadAsync(content, torrent, paid).GetAwaiter().GetResult(),
            () => DownloadAsync(content, torrent, stock).GetAwaiter().GetResult(),
            () => { });
        return new Finding(
            "download 1 GiB over loopback, one process, with sm_receipt messages and upload credit",
            $"{ratio.Measured / 1e6:N0} MB/s, stock {ratio.Baseline / 1e6:N0} MB/s",
            $"{ratio.Value:N3} ({ratio.Lowest:N3} to {ratio.Highest:N3}) of the same engine without",
            "0.99");
    }

    private static async Task<long> DownloadAsync(ContentFile content, byte[] torrent, Seeder seeder)
    {
        string target = Path.Combine(content.Folder, Path.GetRandomFileName());
        await using TorrentSession leecher = new(TorrentSessionOptions.Loopback);
        leecher.Add(
            TorrentSource.File(torrent),
            new AddTorrentOptions
            {
                SavePath = target,
                ReceiptDictionary = seeder.Dictionary,
                Peers = [seeder.EndPoint],
            });
        byte[] receipt = new byte[ReceiptBytes];
        await foreach (TorrentEvent next in leecher.Events.ReadAllAsync())
        {
            if (seeder.WithReceipts && next is PiecePassed passed)
            {
                leecher.Send(passed.Shares[0].Peer, receipt);
            }

            if (next is TorrentFinished)
            {
                break;
            }
        }

        Directory.Delete(target, recursive: true);
        return Length;
    }

    private sealed class Seeder : IDisposable
    {
        private readonly TorrentSession session = new(TorrentSessionOptions.Loopback);
        private readonly TaskCompletionSource ready = new();
        private readonly Task serving;

        public Seeder(ContentFile content, byte[] torrent, bool withReceipts)
        {
            WithReceipts = withReceipts;
            Dictionary = withReceipts ? "d1:vi1ee"u8.ToArray() : default;
            serving = ServeAsync();
            session.Add(
                TorrentSource.File(torrent),
                new AddTorrentOptions
                {
                    SavePath = content.Folder,
                    ReceiptDictionary = Dictionary,
                    DefaultUploadCredit = withReceipts ? (long)WindowPieces * PieceLength : UploadCredit.Unlimited,
                });
            ready.Task.GetAwaiter().GetResult();
            EndPoint = new IPEndPoint(IPAddress.Loopback, session.GetTotals().ListenPort);
        }

        public bool WithReceipts { get; }

        public ReadOnlyMemory<byte> Dictionary { get; }

        public IPEndPoint EndPoint { get; }

        public void Dispose()
        {
            session.DisposeAsync().AsTask().GetAwaiter().GetResult();
            serving.GetAwaiter().GetResult();
        }

        private async Task ServeAsync()
        {
            Dictionary<PeerHandleId, long> credits = [];
            await foreach (TorrentEvent next in session.Events.ReadAllAsync())
            {
                if (next is PeerMessage message)
                {
                    long credit = credits.GetValueOrDefault(message.Peer, (long)WindowPieces * PieceLength);
                    credits[message.Peer] = credit + PieceLength;
                    session.SetUploadCredit(message.Peer, credit + PieceLength);
                }
                else if (next is TorrentFinished)
                {
                    ready.TrySetResult();
                }
            }
        }
    }
}
