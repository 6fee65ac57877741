using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Wire;

/// <summary>Builds the project's binary forms: big-endian fixed fields and LEB128 varints.</summary>
internal ref struct BinaryWriterSpan
{
    private byte[] buffer = new byte[256];
    private int length;

    public BinaryWriterSpan()
    {
    }

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void WriteBytes(scoped ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void WriteId(Id128 id) => id.Write(Reserve(Id128.Size));

    public void WriteInt64(long value) =>
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);

    /// <summary>LEB128: seven bits a byte, low first, at most ten bytes.</summary>
    public void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            WriteByte((byte)((value & 0x7F) | 0x80));
            value >>= 7;
        }

        WriteByte((byte)value);
    }

    /// <summary>Small differences of either sign in few bytes.</summary>
    public void WriteZigzag(long value) => WriteVarint(unchecked((ulong)((value << 1) ^ (value >> 63))));

    public readonly byte[] ToArray() => buffer.AsSpan(0, length).ToArray();

    private Span<byte> Reserve(int count)
    {
        if (buffer.Length - length < count)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, length + count));
        }

        length += count;
        return buffer.AsSpan(length - count, count);
    }
}
