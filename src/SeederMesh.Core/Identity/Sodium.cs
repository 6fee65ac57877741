using System.Runtime.InteropServices;

namespace SeederMesh.Core.Identity;

/// <summary>The four functions of libsodium that the project needs (libsodium.so.23, Debian package
/// libsodium23).</summary>
internal static partial class Sodium
{
    private const string Library = "libsodium.so.23";

    static Sodium() => Invariant.Require(sodium_init() >= 0, "libsodium initialises");

    public static void KeyPair(ReadOnlySpan<byte> seed, Span<byte> publicKey, Span<byte> secretKey) =>
        Invariant.Require(crypto_sign_seed_keypair(publicKey, secretKey, seed) == 0, "a seed makes a key pair");

    public static void Sign(Span<byte> signature, ReadOnlySpan<byte> message, ReadOnlySpan<byte> secretKey) =>
        Invariant.Require(
            crypto_sign_detached(signature, nint.Zero, message, (ulong)message.Length, secretKey) == 0,
            "a key signs");

    public static bool Verify(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> message, ReadOnlySpan<byte> publicKey) =>
        crypto_sign_verify_detached(signature, message, (ulong)message.Length, publicKey) == 0;

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int crypto_sign_seed_keypair(Span<byte> publicKey, Span<byte> secretKey, ReadOnlySpan<byte> seed);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int crypto_sign_detached(
        Span<byte> signature, nint signatureLength, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> secretKey);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int crypto_sign_verify_detached(
        ReadOnlySpan<byte> signature, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> publicKey);
}
