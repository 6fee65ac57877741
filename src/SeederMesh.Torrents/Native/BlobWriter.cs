using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SeederMesh.Torrents.Native;

/// <summary>Writes what native/blob.h reads.</summary>
internal sealed class BlobWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new();

    public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    public BlobWriter Write(byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
        return this;
    }

    public BlobWriter Write(bool value) => Write(value ? (byte)1 : (byte)0);

    public BlobWriter Write(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(buffer.GetSpan(sizeof(ushort)), value);
        buffer.Advance(sizeof(ushort));
        return this;
    }

    public BlobWriter Write(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(sizeof(int)), value);
        buffer.Advance(sizeof(int));
        return this;
    }

    public BlobWriter Write(uint value) => Write(unchecked((int)value));

    public BlobWriter Write(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(sizeof(long)), value);
        buffer.Advance(sizeof(long));
        return this;
    }

    public BlobWriter Write(ReadOnlySpan<byte> bytes)
    {
        Write(bytes.Length);
        buffer.Write(bytes);
        return this;
    }

    public BlobWriter Write(string text) => Write(Encoding.UTF8.GetBytes(text).AsSpan());
}
