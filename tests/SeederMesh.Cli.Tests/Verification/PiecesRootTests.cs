using System.Security.Cryptography;
using SeederMesh.Cli.Verification;
using SeederMesh.Core.Identity;

namespace SeederMesh.Cli.Tests.Verification;

// BEP 52's Merkle root, against the definition written down as it stands in the BEP: all leaves, padded with zeros to a power of two.
public sealed class PiecesRootTests
{
    private const int Block = 16 << 10;

    [Theory]
    [InlineData(1)]
    [InlineData(Block - 1)]
    [InlineData(Block)]
    [InlineData(Block + 1)]
    [InlineData(3 * Block)]
    [InlineData(256 * Block)]
    [InlineData((256 * Block) + 1)]
    [InlineData((700 * Block) + 5)]
    [InlineData(1024 * Block)]
    public void Of_FileOfAnyLength_IsTheRootOfItsPaddedTree(int length)
    {
        using var folder = new TemporaryFolder();
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        File.WriteAllBytes(folder.In("file"), content);
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(folder.In("file"));
        Assert.Equal(new Digest(ByDefinition(content)), PiecesRoot.Of(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Of_EmptyFile_IsNothing()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.In("file"), []);
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(folder.In("file"));
        Assert.Null(PiecesRoot.Of(file, TestContext.Current.CancellationToken));
    }

    private static byte[] ByDefinition(byte[] content)
    {
        List<byte[]> level = [.. content.Chunk(Block).Select(SHA256.HashData)];
        while (!int.IsPow2(level.Count))
        {
            level.Add(new byte[32]);
        }

        while (level.Count > 1)
        {
            level = [.. level.Chunk(2).Select(pair => SHA256.HashData([.. pair[0], .. pair[1]]))];
        }

        return level[0];
    }
}
