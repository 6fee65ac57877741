using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SeederMesh.Torrents.Metainfos;

/// <summary>The 20-byte SHA-1 infohash of BEP 3; of a hybrid torrent one of two names of the same bytes.</summary>
/// <remarks><c>default</c> is 20 zero bytes, which no torrent has.</remarks>
public readonly record struct InfoHashV1
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 20;

    private readonly Bytes20 bytes;

    /// <summary>Takes 20 bytes.</summary>
    /// <exception cref="ArgumentException">There are not exactly 20.</exception>
    public InfoHashV1(ReadOnlySpan<byte> source)
    {
        if (source.Length != Size)
        {
            throw new ArgumentException($"A v1 infohash has {Size} bytes, not {source.Length}.", nameof(source));
        }

        source.CopyTo(MemoryMarshal.AsBytes(new Span<Bytes20>(ref bytes)));
    }

    /// <summary>A copy of the 20 bytes.</summary>
    public byte[] ToArray() => MemoryMarshal.AsBytes(new ReadOnlySpan<Bytes20>(in bytes)).ToArray();

    /// <inheritdoc/>
    public bool Equals(InfoHashV1 other) => ToArray().AsSpan().SequenceEqual(other.ToArray());

    /// <inheritdoc/>
    public override int GetHashCode() => MemoryMarshal.Read<int>(ToArray());

    /// <summary>40 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    [InlineArray(Size)]
    private struct Bytes20
    {
        private byte first;
    }
}
