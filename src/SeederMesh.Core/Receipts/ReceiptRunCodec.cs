using System.Collections.Immutable;
using SeederMesh.Core.Wire;
using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Receipts;

/// <summary>The compact binary form of receipt runs, used on the wire, towards the hub and in the ledger.</summary>
/// <remarks>
/// <code>
/// run    = grant-id(16) anchored(1) varint(anchor sequence) [varint(anchor bytes) anchor-hash(32)] varint(count)
/// entry* signature(64)
/// entry  = zigzag(piece index - previous index) varint(piece bytes) zigzag(unix ms - previous ms)
/// report = "SMR1" varint(run count) run*
/// </code>
/// Between peers the anchor is left out, because both know the chain; a report carries it, so that the hub can tell a
/// repeated run from a forged one. One receipt alone takes about 100 bytes; in a run, 3 to 7 bytes a piece.
/// </remarks>
public static class ReceiptRunCodec
{
    /// <summary>Media type of a report.</summary>
    public const string MediaType = "application/vnd.seedermesh.receipts";

    /// <summary>At most so many runs in one report.</summary>
    public const int RunsMax = 4_096;

    /// <summary>At most so many bytes in one report.</summary>
    public const int ReportBytesMax = 4 << 20;

    private static ReadOnlySpan<byte> Magic => "SMR1"u8;

    /// <summary>Writes a report of runs, each with its anchor.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="RunsMax"/>.</exception>
    public static byte[] WriteReport(IReadOnlyCollection<ReceiptRun> runs)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(runs.Count, RunsMax, nameof(runs));
        var writer = new BinaryWriterSpan();
        writer.WriteBytes(Magic);
        writer.WriteVarint((ulong)runs.Count);
        foreach (ReceiptRun run in runs)
        {
            Write(ref writer, run, anchored: true);
        }

        return writer.ToArray();
    }

    /// <summary>Reads a report. Total: any bytes give a value or an error.</summary>
    public static bool TryReadReport(ReadOnlySpan<byte> bytes, out ImmutableArray<ReceiptRun> runs, out string error)
    {
        runs = [];
        if (bytes.Length > ReportBytesMax)
        {
            error = $"A report has at most {ReportBytesMax} bytes, this one has {bytes.Length}.";
            return false;
        }

        var reader = new BinaryReaderSpan(bytes);
        if (!reader.ReadBytes(4).SequenceEqual(Magic))
        {
            error = "A report starts with SMR1.";
            return false;
        }

        int count = reader.ReadVarintInt(RunsMax);
        var builder = ImmutableArray.CreateBuilder<ReceiptRun>();
        for (int index = 0; index < count && !reader.Failed; index++)
        {
            ReceiptRun? run = Read(ref reader, default);
            if (run is not null)
            {
                builder.Add(run);
            }
        }

        bool valid = reader.Finish(out error);
        runs = valid ? builder.ToImmutable() : [];
        return valid;
    }

    /// <summary>Writes one run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="anchored">Whether the reader does not know the chain before it.</param>
    public static byte[] Write(ReceiptRun run, bool anchored)
    {
        var writer = new BinaryWriterSpan();
        Write(ref writer, run, anchored);
        return writer.ToArray();
    }

    /// <summary>Reads one run that fills <paramref name="bytes"/>.</summary>
    /// <param name="bytes">The run.</param>
    /// <param name="chain">The chain that an unanchored run continues.</param>
    /// <param name="run">The run, if it is one.</param>
    /// <param name="error">What is wrong, if it is not.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, in ReceiptChain chain, out ReceiptRun? run, out string error)
    {
        var reader = new BinaryReaderSpan(bytes);
        run = Read(ref reader, chain);
        bool valid = reader.Finish(out error);
        run = valid ? run : null;
        return valid;
    }

    private static void Write(ref BinaryWriterSpan writer, ReceiptRun run, bool anchored)
    {
        writer.WriteId(run.GrantId);
        writer.WriteByte(anchored ? (byte)1 : (byte)0);
        writer.WriteVarint((ulong)run.Anchor.Sequence);
        if (anchored)
        {
            writer.WriteVarint((ulong)run.Anchor.CumulativeBytes);
            writer.WriteBytes(run.Anchor.Hash.Span);
        }

        writer.WriteVarint((ulong)run.Entries.Length);
        (int pieceBefore, long msBefore) = (0, 0L);
        foreach (ReceiptEntry entry in run.Entries)
        {
            writer.WriteZigzag(entry.PieceIndex - pieceBefore);
            writer.WriteVarint((ulong)entry.PieceBytes);
            writer.WriteZigzag(entry.UnixMs - msBefore);
            (pieceBefore, msBefore) = (entry.PieceIndex, entry.UnixMs);
        }

        writer.WriteBytes(run.TailSignature.Span);
    }

    private static ReceiptRun? Read(ref BinaryReaderSpan reader, in ReceiptChain known)
    {
        Id128 grantId = reader.ReadId();
        byte anchored = reader.ReadByte();
        long sequence = reader.ReadVarintLong(long.MaxValue - ReceiptRun.EntriesMax);
        ReceiptChain anchor = known;
        if (anchored == 1)
        {
            anchor = new ReceiptChain(sequence, reader.ReadVarintLong(long.MaxValue / 2), reader.ReadDigest());
        }
        else if (anchored != 0 || sequence != known.Sequence)
        {
            reader.Fail("a run that starts where the chain does not stand");
        }

        int count = reader.ReadVarintInt(ReceiptRun.EntriesMax);
        if (count == 0)
        {
            reader.Fail("a run without receipts");
        }

        // An entry has at least three bytes: a count that the rest cannot hold allocates nothing.
        var entries = ImmutableArray.CreateBuilder<ReceiptEntry>(Math.Min(count, reader.Remaining / 3));
        (long piece, long ms) = (0, 0);
        for (int index = 0; index < count && !reader.Failed; index++)
        {
            piece = reader.ReadZigzagFrom(piece, int.MaxValue);
            int bytes = reader.ReadVarintInt(int.MaxValue);
            ms = reader.ReadZigzagFrom(ms, UnixMsMax);
            if (bytes == 0)
            {
                reader.Fail("a receipt for no bytes");
            }

            entries.Add(new ReceiptEntry((int)piece, bytes, ms));
        }

        Signature signature = reader.ReadSignature();
        return reader.Failed ? null : new ReceiptRun(grantId, anchor, entries.DrainToImmutable(), signature);
    }

    /// <summary>The year 9999, the last that .NET can name.</summary>
    private const long UnixMsMax = 253_402_300_799_999;
}
