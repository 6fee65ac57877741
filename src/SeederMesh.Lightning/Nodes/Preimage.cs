using SeederMesh.Core.Identity;

namespace SeederMesh.Lightning;

/// <summary>The 32 secret bytes whose SHA-256 is a payment hash; whoever pays learns them, and they prove the
/// payment.</summary>
/// <remarks><c>default</c> is 32 zero bytes and stands for none. Source: BOLT 2, "payment_preimage".</remarks>
public readonly record struct Preimage
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 32;

    // A Digest is the 32-byte value with equality that Core has; this one is hashed, not a hash.
    private readonly Digest bytes;

    /// <summary>Takes 32 bytes.</summary>
    /// <exception cref="ArgumentException">There are not exactly 32.</exception>
    public Preimage(ReadOnlySpan<byte> source) => bytes = new Digest(source);

    /// <summary>The payment hash that belongs to it.</summary>
    public Digest PaymentHash => Digest.Of(bytes.Span);

    /// <summary>Reads 64 hexadecimal digits of either case.</summary>
    public static bool TryParseHex(string? text, out Preimage value)
    {
        bool valid = Digest.TryParseHex(text, out Digest digest);
        value = valid ? new Preimage(digest.Span) : default;
        return valid;
    }

    /// <summary>A copy of the 32 bytes.</summary>
    public byte[] ToArray() => bytes.ToArray();

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => bytes.ToString();
}
