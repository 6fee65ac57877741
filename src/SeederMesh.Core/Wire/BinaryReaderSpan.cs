using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Wire;

/// <summary>Reads the project's binary forms. The first failure sticks; afterwards every read gives zero.</summary>
internal ref struct BinaryReaderSpan(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> source = bytes;
    private int position;
    private string? failure;

    public readonly bool Failed => failure is not null;

    public readonly int Remaining => source.Length - position;

    /// <summary>Notes what is wrong, unless something already is.</summary>
    public void Fail(string what) => failure ??= $"At byte {position}: {what}.";

    /// <summary>Whether all was read and nothing is left over.</summary>
    public readonly bool Finish(out string error)
    {
        error = failure ?? (Remaining == 0 ? "" : $"At byte {position}: {Remaining} bytes too many.");
        return error.Length == 0;
    }

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (Failed || Remaining < count)
        {
            Fail($"{count} bytes expected, {Remaining} there");
            return new byte[count];
        }

        position += count;
        return source.Slice(position - count, count);
    }

    public byte ReadByte() => ReadBytes(1)[0];

    public Id128 ReadId() => Id128.Read(ReadBytes(Id128.Size));

    public Digest ReadDigest() => new(ReadBytes(Digest.Size));

    public PublicKey ReadPublicKey() => new(ReadBytes(PublicKey.Size));

    public Signature ReadSignature() => new(ReadBytes(Signature.Size));

    public long ReadInt64(long maximum)
    {
        long value = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(ReadBytes(8));
        return Bounded(value, maximum);
    }

    public Msat ReadMsat() => Msat.From(ReadInt64(Msat.Max.Value));

    public int ReadVarintInt(int maximum) => (int)ReadVarintLong(maximum);

    public long ReadVarintLong(long maximum)
    {
        ulong value = ReadVarint();
        return Bounded(value > long.MaxValue ? -1 : (long)value, maximum);
    }

    /// <summary>Reads a signed difference; the result must lie from 0 to <paramref name="maximum"/>.</summary>
    public long ReadZigzagFrom(long before, long maximum)
    {
        ulong raw = ReadVarint();
        Int128 value = before + (Int128)unchecked((long)(raw >> 1) ^ -(long)(raw & 1));
        return Bounded(value < 0 || value > maximum ? -1 : (long)value, maximum);
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = ReadByte();
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                // One value, one form: a longer spelling of the same number is refused.
                if (next == 0 && shift > 0)
                {
                    break;
                }

                return value;
            }
        }

        Fail("a number that is too long");
        return 0;
    }

    private long Bounded(long value, long maximum)
    {
        if (!Failed && (value < 0 || value > maximum))
        {
            Fail($"a number outside 0 to {maximum}");
        }

        return Failed ? 0 : value;
    }
}
