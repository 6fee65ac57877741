using System.Buffers.Binary;
using SeederMesh.Core.Wire;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Channels;

/// <summary>A hub's word that one seeder may draw on one channel: the money is set aside, so the seeder is certain of
/// it.</summary>
/// <param name="GrantId">Derived from channel, seeder and generation: see <see cref="IdFor"/>.</param>
/// <param name="ChannelId">The channel that pays.</param>
/// <param name="Hub">The hub's key, whose signature makes the grant valid.</param>
/// <param name="Downloader">The key that signs receipts.</param>
/// <param name="Seeder">The key that may report them.</param>
/// <param name="Infohash">The full 32-byte v2 infohash (BEP 52), never its truncation.</param>
/// <param name="ManifestDigest">The manifest whose split applies.</param>
/// <param name="Price">What a MiB costs.</param>
/// <param name="Limit">The most that this grant can pay.</param>
/// <param name="ExpiresUnixMs">Receipts of a later time do not count; milliseconds since 1970.</param>
/// <remarks>
/// Fixed layout, 232 bytes, big-endian: domain "SeederMesh/grnt1" (16), grant id (16), channel id (16), hub (32),
/// downloader (32), seeder (32),
/// infohash (32), manifest digest (32), price (8), limit (8), expiry (8). Source: Storj's OrderLimit.
/// </remarks>
public sealed record Grant(
    Id128 GrantId,
    Id128 ChannelId,
    PublicKey Hub,
    PublicKey Downloader,
    PublicKey Seeder,
    Digest Infohash,
    Digest ManifestDigest,
    PricePerMebibyte Price,
    Msat Limit,
    long ExpiresUnixMs)
{
    /// <summary>Length in bytes of the signed form.</summary>
    public const int Size = 232;

    private static ReadOnlySpan<byte> Domain => "SeederMesh/grnt1"u8;

    /// <summary>The id of a seeder's <paramref name="generation"/>th grant on a channel; asking twice gives the same
    /// grant.</summary>
    public static Id128 IdFor(Id128 channel, PublicKey seeder, int generation)
    {
        Span<byte> content = stackalloc byte[Id128.Size + PublicKey.Size + sizeof(int)];
        channel.Write(content);
        seeder.Span.CopyTo(content[Id128.Size..]);
        BinaryPrimitives.WriteInt32BigEndian(content[(Id128.Size + PublicKey.Size)..], generation);
        return Id128.Derive("grant", content);
    }

    /// <summary>The signed form.</summary>
    public byte[] ToBytes()
    {
        var writer = new BinaryWriterSpan();
        writer.WriteBytes(Domain);
        writer.WriteId(GrantId);
        writer.WriteId(ChannelId);
        writer.WriteBytes(Hub.Span);
        writer.WriteBytes(Downloader.Span);
        writer.WriteBytes(Seeder.Span);
        writer.WriteBytes(Infohash.Span);
        writer.WriteBytes(ManifestDigest.Span);
        writer.WriteInt64(Price.Msat);
        writer.WriteInt64(Limit.Value);
        writer.WriteInt64(ExpiresUnixMs);
        return writer.ToArray();
    }

    /// <summary>The SHA-256 of the signed form: the receipt chain starts from it.</summary>
    public Digest Hash() => Digest.Of(ToBytes());

    internal static Grant? Read(ref BinaryReaderSpan reader)
    {
        if (!reader.ReadBytes(16).SequenceEqual(Domain))
        {
            reader.Fail("not a grant");
            return null;
        }

        var grant = new Grant(
            reader.ReadId(),
            reader.ReadId(),
            reader.ReadPublicKey(),
            reader.ReadPublicKey(),
            reader.ReadPublicKey(),
            reader.ReadDigest(),
            reader.ReadDigest(),
            new PricePerMebibyte(reader.ReadInt64(PricePerMebibyte.MsatMax)),
            reader.ReadMsat(),
            reader.ReadInt64(long.MaxValue));
        return reader.Failed ? null : grant;
    }
}

/// <summary>A grant with the hub's signature: 296 bytes.</summary>
/// <param name="Grant">The grant.</param>
/// <param name="HubSignature">The hub's Ed25519 signature over <see cref="Channels.Grant.ToBytes"/>.</param>
public sealed record SignedGrant(Grant Grant, Signature HubSignature)
{
    /// <summary>Length in bytes.</summary>
    public const int Size = Grant.Size + Signature.Size;

    /// <summary>Signs as the hub.</summary>
    /// <exception cref="ArgumentException">The key is not the grant's hub.</exception>
    public static SignedGrant Sign(Grant grant, SigningKey hub) =>
        hub.PublicKey == grant.Hub
            ? new SignedGrant(grant, hub.Sign(grant.ToBytes()))
            : throw new ArgumentException("A grant is signed by the hub that it names.", nameof(hub));

    /// <summary>Whether the hub that the grant names has signed it. Whether that hub is trusted is the caller's
    /// question.</summary>
    public bool Verify() => Grant.Hub.Verify(Grant.ToBytes(), HubSignature);

    /// <summary>Grant and signature.</summary>
    public byte[] ToBytes() => [.. Grant.ToBytes(), .. HubSignature.Span];

    /// <summary>Reads grant and signature; the signature is not verified here.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out SignedGrant? grant, out string error)
    {
        var reader = new BinaryReaderSpan(bytes);
        SignedGrant? read = Read(ref reader);
        bool valid = reader.Finish(out error);
        grant = valid ? read : null;
        return valid;
    }

    internal static SignedGrant? Read(ref BinaryReaderSpan reader)
    {
        Grant? grant = Grant.Read(ref reader);
        Signature signature = reader.ReadSignature();
        return grant is null || reader.Failed ? null : new SignedGrant(grant, signature);
    }
}
