using System.Buffers.Binary;
using System.Text;
using SeederMesh.Core.Identity;

namespace SeederMesh.Torrents.Native;

/// <summary>Reads what native/blob.h writes: little-endian integers, byte strings after a 32-bit length.</summary>
internal ref struct BlobReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public readonly bool IsAtEnd => rest.IsEmpty;

    public byte ReadByte() => Take(1)[0];

    public bool ReadFlag() => ReadByte() != 0;

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>A count of entries, each of which takes at least one byte.</summary>
    public int ReadCount() => checked((int)ReadUInt32());

    public ReadOnlySpan<byte> ReadBytes() => Take(ReadCount());

    public string ReadString() => Encoding.UTF8.GetString(ReadBytes());

    public Digest ReadDigest() => new(Take(Digest.Size));

    public ReadOnlySpan<byte> Take(int count)
    {
        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
