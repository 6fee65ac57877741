using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SeederMesh.Core;

namespace SeederMesh.Lightning;

/// <summary>The ECDSA of Lightning by libsecp256k1 (libsecp256k1.so.1, Debian package libsecp256k1-1).</summary>
/// <remarks>Thread safe: the context is written once, at start. Keys are 32-byte scalars, public keys compressed, 33
/// bytes.</remarks>
internal static partial class Secp256k1
{
    public const int SecretKeySize = 32;
    public const int CompactSignatureSize = 64;

    private const string Library = "libsecp256k1.so.1";
    private const uint ContextSignVerify = 0x301;
    private const uint Compressed = 0x102;
    private const int PublicKeyStructSize = 64;
    private const int RecoverableStructSize = 65;

    private static readonly nint context = CreateContext();

    public static bool IsSecretKey(ReadOnlySpan<byte> secretKey) =>
        secretKey.Length == SecretKeySize && secp256k1_ec_seckey_verify(context, secretKey) == 1;

    public static bool IsPublicKey(ReadOnlySpan<byte> compressed)
    {
        Span<byte> parsed = stackalloc byte[PublicKeyStructSize];
        return compressed.Length == NodeId.Size
            && secp256k1_ec_pubkey_parse(context, parsed, compressed, (nuint)compressed.Length) == 1;
    }

    public static NodeId PublicKey(ReadOnlySpan<byte> secretKey)
    {
        Span<byte> key = stackalloc byte[PublicKeyStructSize];
        Invariant.Require(
            secretKey.Length == SecretKeySize && secp256k1_ec_pubkey_create(context, key, secretKey) == 1,
            "a node's secret key is a scalar of secp256k1");
        return Serialize(key);
    }

    /// <summary>Signs deterministically (RFC 6979); the result has a low S.</summary>
    /// <returns>The recovery id, 0 to 3.</returns>
    public static int SignRecoverable(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> secretKey, Span<byte> compactSignature)
    {
        Invariant.Require(
            hash.Length == 32 && secretKey.Length == SecretKeySize && compactSignature.Length == CompactSignatureSize,
            "a hash, a key and a compact signature have 32, 32 and 64 bytes");
        Span<byte> signature = stackalloc byte[RecoverableStructSize];
        Invariant.Require(
            secp256k1_ecdsa_sign_recoverable(context, signature, hash, secretKey, 0, 0) == 1,
            "a node's secret key signs");
        secp256k1_ecdsa_recoverable_signature_serialize_compact(context, compactSignature, out int recoveryId, signature);
        return recoveryId;
    }

    /// <summary>The key that signed, or null when no key can have. Accepts a high S, as BOLT 11 does without an
    /// <c>n</c> field.</summary>
    public static NodeId? Recover(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> compactSignature, int recoveryId)
    {
        Span<byte> signature = stackalloc byte[RecoverableStructSize];
        Span<byte> key = stackalloc byte[PublicKeyStructSize];
        bool recovered = hash.Length == 32
            && compactSignature.Length == CompactSignatureSize
            && recoveryId is >= 0 and <= 3
            && secp256k1_ecdsa_recoverable_signature_parse_compact(context, signature, compactSignature, recoveryId) == 1
            && secp256k1_ecdsa_recover(context, key, signature, hash) == 1;
        return recovered ? Serialize(key) : null;
    }

    /// <summary>Whether a key signed. A high S is refused.</summary>
    public static bool Verify(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> compactSignature, ReadOnlySpan<byte> publicKey)
    {
        Span<byte> signature = stackalloc byte[64];
        Span<byte> key = stackalloc byte[PublicKeyStructSize];
        return hash.Length == 32
            && compactSignature.Length == CompactSignatureSize
            && publicKey.Length == NodeId.Size
            && secp256k1_ec_pubkey_parse(context, key, publicKey, (nuint)publicKey.Length) == 1
            && secp256k1_ecdsa_signature_parse_compact(context, signature, compactSignature) == 1
            && secp256k1_ecdsa_verify(context, signature, hash, key) == 1;
    }

    private static NodeId Serialize(ReadOnlySpan<byte> key)
    {
        Span<byte> compressed = stackalloc byte[NodeId.Size];
        nuint length = NodeId.Size;
        _ = secp256k1_ec_pubkey_serialize(context, compressed, ref length, key, Compressed);
        return NodeId.From(compressed);
    }

    private static nint CreateContext()
    {
        nint created = secp256k1_context_create(ContextSignVerify);
        // Blinds the signing arithmetic against side channels.
        Span<byte> seed = stackalloc byte[32];
        RandomNumberGenerator.Fill(seed);
        Invariant.Require(created != 0 && secp256k1_context_randomize(created, seed) == 1, "libsecp256k1 initialises");
        return created;
    }

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint secp256k1_context_create(uint flags);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_context_randomize(nint context, ReadOnlySpan<byte> seed);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_ec_seckey_verify(nint context, ReadOnlySpan<byte> secretKey);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_ec_pubkey_create(nint context, Span<byte> publicKey, ReadOnlySpan<byte> secretKey);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_ec_pubkey_parse(
        nint context, Span<byte> publicKey, ReadOnlySpan<byte> input, nuint inputLength);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_ec_pubkey_serialize(
        nint context, Span<byte> output, ref nuint outputLength, ReadOnlySpan<byte> publicKey, uint flags);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_ecdsa_sign_recoverable(
        nint context, Span<byte> signature, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> secretKey, nint nonce, nint nonceData);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_ecdsa_recoverable_signature_serialize_compact(
        nint context, Span<byte> output, out int recoveryId, ReadOnlySpan<byte> signature);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_ecdsa_recoverable_signature_parse_compact(
        nint context, Span<byte> signature, ReadOnlySpan<byte> input, int recoveryId);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_ecdsa_recover(
        nint context, Span<byte> publicKey, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> hash);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_ecdsa_signature_parse_compact(
        nint context, Span<byte> signature, ReadOnlySpan<byte> input);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int secp256k1_ecdsa_verify(
        nint context, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> publicKey);
}
