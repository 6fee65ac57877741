using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace SeederMesh.Core.Identity;

/// <summary>An Ed25519 signature, 64 bytes (RFC 8032, section 5.1.6).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Signature
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 64;

    private readonly Bytes32 r;
    private readonly Bytes32 s;

    /// <summary>Takes 64 bytes.</summary>
    /// <exception cref="ArgumentException">There are not exactly 64.</exception>
    public Signature(ReadOnlySpan<byte> source)
    {
        if (source.Length != Size)
        {
            throw new ArgumentException($"Expected 64 bytes, got {source.Length}.", nameof(source));
        }

        r = Bytes32.Read(source[..32]);
        s = Bytes32.Read(source[32..]);
    }

    /// <summary>The 64 bytes, in place.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in r, 2));

    /// <summary>Reads 128 hexadecimal digits of either case.</summary>
    public static bool TryParseHex(string? text, out Signature value)
    {
        Span<byte> buffer = stackalloc byte[Size];
        bool valid = Hexadecimal.TryRead(text, buffer);
        value = valid ? new Signature(buffer) : default;
        return valid;
    }

    /// <summary>A copy of the 64 bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>128 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);
}
