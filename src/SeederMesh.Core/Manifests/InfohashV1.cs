using System.Buffers.Binary;
using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Manifests;

/// <summary>
/// A BitTorrent v1 infohash: 20 bytes of SHA-1 (BEP 3). It finds peers of a hybrid torrent and proves nothing.
/// </summary>
public readonly record struct InfohashV1
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 20;

    private readonly UInt128 high;
    private readonly uint low;

    /// <summary>Takes 20 bytes.</summary>
    /// <exception cref="ArgumentException">There are not exactly 20.</exception>
    public InfohashV1(ReadOnlySpan<byte> source)
    {
        if (source.Length != Size)
        {
            throw new ArgumentException($"Expected 20 bytes, got {source.Length}.", nameof(source));
        }

        high = BinaryPrimitives.ReadUInt128BigEndian(source);
        low = BinaryPrimitives.ReadUInt32BigEndian(source[16..]);
    }

    /// <summary>Reads 40 hexadecimal digits of either case.</summary>
    public static bool TryParseHex(string? text, out InfohashV1 value)
    {
        Span<byte> buffer = stackalloc byte[Size];
        bool valid = Hexadecimal.TryRead(text, buffer);
        value = valid ? new InfohashV1(buffer) : default;
        return valid;
    }

    /// <summary>A copy of the 20 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), low);
        return bytes;
    }

    /// <summary>40 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
