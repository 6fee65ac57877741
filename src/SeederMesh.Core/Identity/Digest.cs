using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace SeederMesh.Core.Identity;

/// <summary>A 32-byte SHA-256 digest: a v2 infohash, a pieces root, a manifest digest, a receipt hash.</summary>
/// <remarks><c>default</c> is 32 zero bytes, which stands for "none" where a field is optional.</remarks>
public readonly record struct Digest
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 32;

    private readonly Bytes32 bytes;

    /// <summary>Takes 32 bytes.</summary>
    /// <exception cref="ArgumentException">There are not exactly 32.</exception>
    public Digest(ReadOnlySpan<byte> source) => bytes = Bytes32.Read(source);

    /// <summary>The 32 bytes, in place.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => MemoryMarshal.AsBytes(new ReadOnlySpan<Bytes32>(in bytes));

    /// <summary>The SHA-256 digest of <paramref name="content"/>.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Size];
        Sha256.Hash(content, hash);
        return new Digest(hash);
    }

    /// <summary>Reads 64 hexadecimal digits of either case.</summary>
    public static bool TryParseHex(string? text, out Digest value)
    {
        Span<byte> buffer = stackalloc byte[Size];
        bool valid = Hexadecimal.TryRead(text, buffer);
        value = valid ? new Digest(buffer) : default;
        return valid;
    }

    /// <summary>A copy of the 32 bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);
}
