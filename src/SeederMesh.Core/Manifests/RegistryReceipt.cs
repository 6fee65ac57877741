using System.Buffers.Binary;
using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Manifests;

/// <summary>
/// A registry's signed word that it keeps a manifest. It verifies offline, with the registry's key alone.
/// </summary>
/// <remarks>
/// What is signed is a fixed layout, big-endian, so that no other statement of the same key can be taken for it: the
/// domain
/// <c>seedermesh/registry-receipt/1</c> and a zero byte, then registry key (32), v2 infohash (32), manifest digest
/// (32), sequence (8),
/// Unix milliseconds (8).
/// </remarks>
/// <param name="Registry">The registry's key.</param>
/// <param name="InfohashV2">The torrent.</param>
/// <param name="Manifest">The digest of the manifest.</param>
/// <param name="Sequence">The manifest's version, from 1.</param>
/// <param name="RegisteredUnixMs">When it was stored, in Unix milliseconds, by the registry's clock.</param>
/// <param name="Signature">The registry's signature.</param>
public sealed record RegistryReceipt(
    PublicKey Registry, Digest InfohashV2, Digest Manifest, long Sequence, long RegisteredUnixMs, Signature Signature)
{
    private const int StatementSize = 30 + (3 * 32) + 8 + 8;

    private static ReadOnlySpan<byte> Domain => "seedermesh/registry-receipt/1\0"u8;

    /// <summary>The digest of the signed receipt, as <c>x.prcpt</c> in a magnet link carries it.</summary>
    public Digest Digest => Digest.Of([.. Statement(), .. Signature.Span]);

    /// <summary>Signs a receipt. Deterministic: the same input gives the same receipt.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is before 1970.</exception>
    public static RegistryReceipt Sign(SigningKey registry, SignedManifest manifest, long registeredUnixMs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(registeredUnixMs);
        RegistryReceipt unsigned = new(
            registry.PublicKey,
            manifest.Manifest.Torrent.InfohashV2,
            manifest.Digest,
            manifest.Manifest.Sequence,
            registeredUnixMs,
            default);
        return unsigned with { Signature = registry.Sign(unsigned.Statement()) };
    }

    /// <summary>
    /// Whether <see cref="Registry"/> signed this receipt; whether that registry is trusted is the caller's question.
    /// </summary>
    public bool IsSigned() => Registry.Verify(Statement(), Signature);

    /// <summary>Whether this receipt is signed and speaks of <paramref name="manifest"/>.</summary>
    public bool Covers(SignedManifest manifest) =>
        InfohashV2 == manifest.Manifest.Torrent.InfohashV2
        && Manifest == manifest.Digest
        && Sequence == manifest.Manifest.Sequence
        && IsSigned();

    private byte[] Statement()
    {
        byte[] bytes = new byte[StatementSize];
        Domain.CopyTo(bytes);
        Span<byte> rest = bytes.AsSpan(Domain.Length);
        Registry.Span.CopyTo(rest);
        InfohashV2.Span.CopyTo(rest[32..]);
        Manifest.Span.CopyTo(rest[64..]);
        BinaryPrimitives.WriteInt64BigEndian(rest[96..], Sequence);
        BinaryPrimitives.WriteInt64BigEndian(rest[104..], RegisteredUnixMs);
        return bytes;
    }
}
