using System.Security.Cryptography;

namespace SeederMesh.Core.Identity;

/// <summary>An Ed25519 private key. Never printed; <see cref="ToString"/> shows the public half.</summary>
/// <remarks>Thread safe. Disposal overwrites the secret.</remarks>
public sealed class SigningKey : IDisposable
{
    /// <summary>Length in bytes of the seed that the key is made from (RFC 8032, section 5.1.5).</summary>
    public const int SeedSize = 32;

    private readonly byte[] secret = new byte[64];

    private SigningKey(ReadOnlySpan<byte> seed)
    {
        Span<byte> publicKey = stackalloc byte[Identity.PublicKey.Size];
        Sodium.KeyPair(seed, publicKey, secret);
        PublicKey = new PublicKey(publicKey);
    }

    /// <summary>The public half.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>Makes the key of a 32-byte seed. The caller draws the seed from a secure source and keeps it.</summary>
    /// <exception cref="ArgumentException">The seed is not 32 bytes.</exception>
    public static SigningKey FromSeed(ReadOnlySpan<byte> seed) =>
        seed.Length == SeedSize
            ? new SigningKey(seed)
            : throw new ArgumentException($"A seed has 32 bytes, not {seed.Length}.", nameof(seed));

    /// <summary>Signs a message. Deterministic: the same message gives the same signature.</summary>
    public Signature Sign(ReadOnlySpan<byte> message)
    {
        Span<byte> signature = stackalloc byte[Signature.Size];
        Sodium.Sign(signature, message, secret);
        return new Signature(signature);
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(secret);

    /// <summary>The public key in hexadecimal.</summary>
    public override string ToString() => PublicKey.ToString();
}
