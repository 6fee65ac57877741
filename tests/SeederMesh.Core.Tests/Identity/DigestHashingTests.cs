using System.Security.Cryptography;
using SeederMesh.Core.Identity;
using Xunit;

namespace SeederMesh.Core.Tests.Identity;

/// <summary>A digest is .NET's SHA-256 at every length around the blocks of 64 bytes, and the same from many threads.</summary>
public sealed class DigestHashingTests
{
    [Fact]
    public void Of_EveryLengthUpTo400_IsSha256()
    {
        byte[] content = new byte[400];
        new Random(1).NextBytes(content);
        for (int length = 0; length <= content.Length; length++)
        {
            Assert.Equal(SHA256.HashData(content.AsSpan(0, length)), Digest.Of(content.AsSpan(0, length)).ToArray());
        }
    }

    [Fact]
    public void Of_FourMebibytes_IsSha256()
    {
        byte[] content = new byte[4 << 20];
        new Random(2).NextBytes(content);
        Assert.Equal(SHA256.HashData(content), Digest.Of(content).ToArray());
    }

    [Fact]
    public void Of_FromManyThreads_StaysSha256()
    {
        byte[] expected = SHA256.HashData("receipt"u8);
        Parallel.For(0, 10_000, _ => Assert.Equal(expected, Digest.Of("receipt"u8).ToArray()));
    }
}
