using System.Diagnostics.CodeAnalysis;

namespace SeederMesh.Lightning;

/// <summary>A Lightning node's public key: a compressed secp256k1 point, 33 bytes, in 66 lower-case hexadecimal
/// digits.</summary>
/// <remarks>The first byte is 02 or 03; whether the rest lies on the curve is checked by <see cref="IsOnCurve"/>.
/// Source: BOLT 1.</remarks>
public sealed record NodeId
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 33;

    private readonly string hex;

    private NodeId(string hex) => this.hex = hex;

    /// <summary>Takes 33 bytes.</summary>
    /// <exception cref="ArgumentException">They are not a compressed point's encoding.</exception>
    public static NodeId From(ReadOnlySpan<byte> bytes) =>
        TryParse(Convert.ToHexStringLower(bytes), out NodeId? id)
            ? id
            : throw new ArgumentException("A node id has 33 bytes and begins with 02 or 03.", nameof(bytes));

    /// <summary>Reads 66 hexadecimal digits of either case that begin with 02 or 03.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out NodeId? id)
    {
        bool valid = text is { Length: Size * 2 } && text[0] == '0' && text[1] is '2' or '3' && text.All(char.IsAsciiHexDigit);
        id = valid ? new NodeId(text!.ToLowerInvariant()) : null;
        return valid;
    }

    /// <summary>Whether the key is a point of the curve.</summary>
    public bool IsOnCurve() => Secp256k1.IsPublicKey(ToArray());

    /// <summary>The 33 bytes.</summary>
    public byte[] ToArray() => Convert.FromHexString(hex);

    /// <summary>66 lower-case hexadecimal digits.</summary>
    public override string ToString() => hex;
}
