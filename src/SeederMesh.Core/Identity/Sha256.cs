using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SeederMesh.Core.Identity;

/// <summary>SHA-256 (FIPS 180-4) of short content, without what a call through .NET's one-shot function
/// costs.</summary>
/// <remarks>
/// A receipt is 136 bytes, which the processor hashes in some 100 ns; .NET's way into the same library adds several
/// times that in
/// allocations. So the library's own three functions (libcrypto.so.3, OpenSSL 3, which .NET itself needs) work on a
/// context on the stack.
/// Where they are missing, .NET's function gives the same digest.
/// </remarks>
internal static partial class Sha256
{
    private const string Library = "libcrypto.so.3";

    /// <summary>SHA256_CTX: eight words of state, two of length, a block of 64 bytes, two words; 112 bytes.</summary>
    private const int ContextSize = 112;

    private static readonly bool isNative = HasFunctions();

    /// <summary>Hashes.</summary>
    /// <param name="content">Any length.</param>
    /// <param name="hash">32 bytes.</param>
    public static void Hash(ReadOnlySpan<byte> content, Span<byte> hash)
    {
        if (!isNative)
        {
            SHA256.HashData(content, hash);
            return;
        }

        Invariant.Require(hash.Length == SHA256.HashSizeInBytes, "a SHA-256 digest has 32 bytes");
        Span<ulong> context = stackalloc ulong[ContextSize / sizeof(ulong)];
        Invariant.Require(
            SHA256_Init(context) == 1
            && SHA256_Update(context, content, (nuint)content.Length) == 1
            && SHA256_Final(hash, context) == 1,
            "libcrypto hashes");
    }

    private static bool HasFunctions() =>
        NativeLibrary.TryLoad(Library, typeof(Sha256).Assembly, DllImportSearchPath.SafeDirectories, out nint library)
        && NativeLibrary.TryGetExport(library, nameof(SHA256_Init), out _)
        && NativeLibrary.TryGetExport(library, nameof(SHA256_Update), out _)
        && NativeLibrary.TryGetExport(library, nameof(SHA256_Final), out _);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SHA256_Init(Span<ulong> context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SHA256_Update(Span<ulong> context, ReadOnlySpan<byte> content, nuint length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SHA256_Final(Span<byte> hash, Span<ulong> context);
}
