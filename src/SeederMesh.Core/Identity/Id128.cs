using System.Buffers.Binary;

namespace SeederMesh.Core.Identity;

/// <summary>A 128-bit identifier: of a channel, a grant, a ledger account, a transfer, a payout.</summary>
/// <remarks>
/// Ids are chosen by whoever asks, so that a repeated request is recognised (DESIGN section 6, rule 3). Derived ids are
/// the
/// first 16 bytes of a domain-separated SHA-256. <c>default</c> is zero and is never a valid id. Source: TigerBeetle's
/// data model.
/// </remarks>
public readonly record struct Id128(UInt128 Value)
{
    /// <summary>Its length in bytes, big-endian on the wire and in the database.</summary>
    public const int Size = 16;

    /// <summary>Whether this is the zero that stands for "none".</summary>
    public bool IsNone => Value == UInt128.Zero;

    /// <summary>Reads 16 bytes.</summary>
    /// <exception cref="ArgumentException">There are not exactly 16.</exception>
    public static Id128 Read(ReadOnlySpan<byte> source) =>
        source.Length == Size
            ? new Id128(BinaryPrimitives.ReadUInt128BigEndian(source))
            : throw new ArgumentException($"Expected 16 bytes, got {source.Length}.", nameof(source));

    /// <summary>Reads 32 hexadecimal digits of either case.</summary>
    public static bool TryParseHex(string? text, out Id128 value)
    {
        Span<byte> buffer = stackalloc byte[Size];
        bool valid = Hexadecimal.TryRead(text, buffer);
        value = valid ? Read(buffer) : default;
        return valid;
    }

    /// <summary>The id that belongs to <paramref name="content"/> in <paramref name="domain"/>: the same input, the
    /// same id.</summary>
    /// <param name="domain">What kind of id it is, ASCII, e.g. "grant"; separates ids of different kinds.</param>
    /// <param name="content">The fields that make it unique, at most 1,024 bytes.</param>
    public static Id128 Derive(string domain, params ReadOnlySpan<byte> content)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        Invariant.Require(content.Length <= 1024, "what an id is derived from is short");
        Span<byte> buffer = stackalloc byte[domain.Length + 1 + content.Length];
        System.Text.Encoding.ASCII.GetBytes(domain, buffer);
        buffer[domain.Length] = 0;
        content.CopyTo(buffer[(domain.Length + 1)..]);
        return Read(Digest.Of(buffer).Span[..Size]);
    }

    /// <summary>Writes 16 big-endian bytes.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    /// <summary>The 16 big-endian bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
