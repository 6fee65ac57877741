using System.Buffers.Binary;
using System.Numerics;
using SeederMesh.Core;

namespace SeederMesh.Client;

/// <summary>The kinds of records in a receipt store.</summary>
internal enum ReceiptRecordKind
{
    None = 0,
    Start = 1,
    Grant = 2,
    Run = 3,
    Acknowledged = 4,
    Refused = 5,
    GrantClosed = 6,
    Totals = 7,
}

/// <summary>One record as it was read.</summary>
internal readonly record struct ReceiptRecord(ReceiptRecordKind Kind, ReadOnlyMemory<byte> Payload);

/// <summary>The framing of a receipt store's files: every record can be told whole from torn, and found again after
/// damage.</summary>
/// <remarks>
/// <code>frame = "SMJ1" length(4, little-endian; kind and payload) crc32c(4, of length, kind and payload) kind(1)
/// payload</code>
/// A frame that fails is a torn tail when no whole frame follows it, and damage otherwise. Source: Bitcask's and
/// RocksDB's logs.
/// </remarks>
internal static class ReceiptJournal
{
    public const int HeaderSize = 12;

    /// <summary>No record is longer: the largest run has 4,096 entries of at most 25 bytes.</summary>
    public const int PayloadMax = 1 << 18;

    private static ReadOnlySpan<byte> Magic => "SMJ1"u8;

    public static byte[] Frame(ReceiptRecordKind kind, ReadOnlySpan<byte> payload)
    {
        Invariant.Require(payload.Length <= PayloadMax, "a record fits its frame");
        byte[] frame = new byte[HeaderSize + 1 + payload.Length];
        Magic.CopyTo(frame);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), payload.Length + 1);
        frame[HeaderSize] = (byte)kind;
        payload.CopyTo(frame.AsSpan(HeaderSize + 1));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Checksum(frame));
        return frame;
    }

    /// <summary>Reads all whole frames, passing over damage.</summary>
    /// <param name="bytes">A file.</param>
    /// <param name="damage">Ranges in the middle that are no frames.</param>
    /// <param name="wholeLength">Where the last whole frame ends; what follows is a torn tail.</param>
    public static List<ReceiptRecord> Read(ReadOnlyMemory<byte> bytes, List<Range> damage, out int wholeLength)
    {
        var records = new List<ReceiptRecord>();
        int position = 0;
        wholeLength = 0;
        while (position < bytes.Length)
        {
            if (TryReadAt(bytes, position, out ReceiptRecord record, out int next))
            {
                if (position > wholeLength)
                {
                    damage.Add(wholeLength..position);
                }

                records.Add(record);
                position = wholeLength = next;
                continue;
            }

            int found = bytes.Span[(position + 1)..].IndexOf(Magic);
            position = found < 0 ? bytes.Length : position + 1 + found;
        }

        return records;
    }

    private static bool TryReadAt(ReadOnlyMemory<byte> bytes, int position, out ReceiptRecord record, out int next)
    {
        record = default;
        next = 0;
        ReadOnlySpan<byte> rest = bytes.Span[position..];
        if (rest.Length <= HeaderSize || !rest.StartsWith(Magic))
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]);
        if (length < 1 || length > PayloadMax + 1 || length > rest.Length - HeaderSize)
        {
            return false;
        }

        ReadOnlySpan<byte> frame = rest[..(HeaderSize + length)];
        if (Checksum(frame) != BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]))
        {
            return false;
        }

        next = position + frame.Length;
        record = new ReceiptRecord((ReceiptRecordKind)frame[HeaderSize], bytes[(position + HeaderSize + 1)..next]);
        return true;
    }

    /// <summary>CRC-32C (Castagnoli) over the length and everything after the checksum.</summary>
    private static uint Checksum(ReadOnlySpan<byte> frame)
    {
        uint crc = BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]));
        ReadOnlySpan<byte> body = frame[HeaderSize..];
        while (body.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(body));
            body = body[sizeof(ulong)..];
        }

        foreach (byte value in body)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
