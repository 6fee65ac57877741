using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace SeederMesh.Core.Identity;

/// <summary>An Ed25519 public key (RFC 8032): of a creator, a seeder, a downloader, a hub or a registry.</summary>
/// <remarks>Any 32 bytes are accepted here; verification refuses points of small order and non-canonical
/// encodings.</remarks>
public readonly record struct PublicKey
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 32;

    private readonly Bytes32 bytes;

    /// <summary>Takes 32 bytes.</summary>
    /// <exception cref="ArgumentException">There are not exactly 32.</exception>
    public PublicKey(ReadOnlySpan<byte> source) => bytes = Bytes32.Read(source);

    /// <summary>The 32 bytes, in place.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => MemoryMarshal.AsBytes(new ReadOnlySpan<Bytes32>(in bytes));

    /// <summary>Whether <paramref name="signature"/> is this key's over <paramref name="message"/>, by the strict rules
    /// of libsodium.</summary>
    public bool Verify(ReadOnlySpan<byte> message, in Signature signature) =>
        Sodium.Verify(signature.Span, message, Span);

    /// <summary>Reads 64 hexadecimal digits of either case.</summary>
    public static bool TryParseHex(string? text, out PublicKey value)
    {
        Span<byte> buffer = stackalloc byte[Size];
        bool valid = Hexadecimal.TryRead(text, buffer);
        value = valid ? new PublicKey(buffer) : default;
        return valid;
    }

    /// <summary>A copy of the 32 bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);
}
