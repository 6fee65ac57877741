using System.Collections.Immutable;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;

namespace SeederMesh.Benchmarks.Receipts;

/// <summary>The accounting itself, without hub or disk: signatures, chains and splits of SeederMesh.Core.</summary>
internal static class ReceiptBenchmarks
{
    private const int PieceLength = 1 << 18;
    private static readonly SigningKey hub = SigningKey.FromSeed(new byte[32]);
    private static readonly SigningKey seeder = SigningKey.FromSeed([.. Enumerable.Repeat((byte)3, 32)]);

    /// <summary>Pieces examined, verified, decided and applied a second, all cores, in runs of <paramref name="piecesPerRun"/>.</summary>
    public static Finding CumulativePieces(int piecesPerRun)
    {
        const int channels = 32;
        (PaymentChannel Channel, ReceiptRun Run)[] prepared = [];
        long round()
        {
            Parallel.ForEach(prepared, pair => Settle(pair.Channel, pair.Run));
            return (long)channels * piecesPerRun;
        }

        var samples = new List<Sample>();
        for (int index = 0; index < 7; index++)
        {
            prepared = [.. Enumerable.Range(0, channels).AsParallel().Select(number => Prepare(number, piecesPerRun))];
            samples.Add(Sample.Take(round));
        }

        double median = samples.Select(sample => sample.Rate).Order().ElementAt(samples.Count / 2);
        double byCpu = samples.Select(sample => Environment.ProcessorCount / sample.CpuSecondsEach).Order().ElementAt(samples.Count / 2);
        return new Finding(
            $"pieces accounted, runs of {piecesPerRun:N0} under one signature (in memory)",
            $"{median:N0}/s on the clock; {byCpu:N0}/s by processor time, if nothing else ran on these cores",
            $"{median / 1_000_000:0.00} of 1,000,000/s, {byCpu / 1_000_000:0.00} by processor time",
            Target.AtLeast(1_000_000, median, "pieces a second"));
    }

    /// <summary>Receipts that each carry their own signature, against libsodium's verification alone, on one core.</summary>
    public static Finding SingleReceipts()
    {
        const int count = 2000;
        (PaymentChannel Channel, ReceiptRun Run)[] prepared = [];
        byte[] message = new byte[UploadReceipt.Size];
        Signature signature = hub.Sign(message);
        Ratio ratio = Comparison.Run(
            rounds: 7,
            () =>
            {
                foreach ((PaymentChannel channel, ReceiptRun run) in prepared)
                {
                    Settle(channel, run);
                }

                return count;
            },
            () =>
            {
                for (int index = 0; index < count; index++)
                {
                    Invariant(hub.PublicKey.Verify(message, signature));
                }

                return count;
            },
            before: () => prepared = [.. Enumerable.Range(0, count).AsParallel().Select(number => Prepare(number, 1))]);
        return new Finding(
            "receipts with a signature each, one a channel (in memory, one core)",
            $"{ratio.Measured:N0}/s",
            ratio.Of($"libsodium's verify alone ({ratio.Baseline:N0}/s)"),
            Target.AtLeast(0.8, ratio.Value, "of libsodium's verify alone"));
    }

    /// <summary>Bytes of receipt traffic a piece on the wire, message framing included, one message for each piece.</summary>
    public static Finding WireBytes()
    {
        const int pieces = 1024;
        var layout = new EqualPieces(pieces, PieceLength);
        SigningKey downloader = SigningKey.FromSeed([.. Enumerable.Repeat((byte)9, 32)]);
        PaymentChannel channel = NewChannel(downloader, layout);
        channel.DecideGrant(seeder.PublicKey, Msat.FromSatoshi(1_000_000), 0, 0, out Grant? grant);
        var session = new DownloaderSession(downloader, seeder.PublicKey, layout);
        const int framing = 4 + 1 + 1;
        long single = session.Present(SignedGrant.Sign(grant!, hub), new byte[16]).Length + framing;
        for (int piece = 0; piece < pieces; piece++)
        {
            session.OnPiecePassed(piece, PieceLength, 1_790_000_000_000 + (piece * 7));
            session.TryMakeReceipts(out byte[] receipts);
            int answer = new SeederAnswer(grant!.GrantId, SeederVerdict.Accepted, piece).ToMessage().Length;
            single += receipts.Length + framing + answer + framing;
        }

        double each = (double)single / pieces;
        return new Finding(
            "receipt bytes a piece, both ways, a message for each piece, grant included",
            $"{each:0.0} B",
            $"{each / 150:0.00} of 150 B",
            Target.AtMost(150, each, "bytes a piece"));
    }

    private static void Settle(PaymentChannel channel, ReceiptRun run)
    {
        ExaminedReport report = channel.Examine([run], seeder.PublicKey, 0, (_, _) => null);
        report.VerifySignatures();
        ReportDecision decision = channel.DecideSettlement(report);
        Invariant(decision.Verdicts[0] == ReceiptVerdict.Accepted);
        channel.Apply(decision.Settlements[0]);
    }

    private static (PaymentChannel Channel, ReceiptRun Run) Prepare(int number, int pieces)
    {
        byte[] seed = new byte[32];
        BitConverter.TryWriteBytes(seed, number + 1000);
        SigningKey downloader = SigningKey.FromSeed(seed);
        var layout = new EqualPieces(pieces, PieceLength);
        PaymentChannel channel = NewChannel(downloader, layout);
        Invariant(channel.DecideGrant(seeder.PublicKey, Msat.FromSatoshi(1_000_000), 0, 0, out Grant? grant) == GrantResult.Given);
        channel.Apply(grant!);
        ReceiptChain chain = ReceiptChain.Start(grant!.Hash());
        ReceiptChain anchor = chain;
        UploadReceipt tail = default;
        var entries = ImmutableArray.CreateBuilder<ReceiptEntry>(pieces);
        for (int piece = 0; piece < pieces; piece++)
        {
            entries.Add(new ReceiptEntry(piece, PieceLength, piece));
            tail = chain.Next(grant.GrantId, grant.Price, entries[^1], EqualPieces.Root);
            chain = ReceiptChain.After(tail);
        }

        return (channel, new ReceiptRun(grant.GrantId, anchor, entries.MoveToImmutable(), tail.Sign(downloader)));
    }

    private static PaymentChannel NewChannel(SigningKey downloader, EqualPieces layout)
    {
        var terms = new ChannelTerms(
            hub.PublicKey, downloader.PublicKey, EqualPieces.Root, EqualPieces.Root, new PricePerMebibyte(1000), long.MaxValue / 2);
        var split = new SplitPolicy([new PayeeShare(new Id128(1), new BasisPoints(7000))], new(2500), new(200), new(300));
        var channel = new PaymentChannel(terms, split, layout, ChannelLimits.Default);
        channel.Apply(channel.DecideFunding(Msat.FromSatoshi(1_000_000)));
        return channel;
    }

    private static void Invariant(bool holds) => Core.Invariant.Require(holds, "a benchmark does what it measures");
}

/// <summary>A torrent of equal pieces.</summary>
internal sealed class EqualPieces(int pieceCount, int pieceLength) : IPieceLayout
{
    public static readonly Digest Root = Digest.Of("root"u8);

    public int PieceCount => pieceCount;

    public bool TryGetPiece(int index, out PieceGeometry piece)
    {
        piece = new PieceGeometry(Root, pieceLength);
        return (uint)index < (uint)pieceCount;
    }
}
