using System.Buffers.Binary;
using SeederMesh.Cli.Album;

namespace SeederMesh.Cli.Tests.Album;

// The demo's album: real files that players open, the same bytes every time. Headers are read back by hand.
public sealed class AlbumGeneratorTests
{
    private const long Bytes = 1_500_000;

    [Fact]
    public void Create_SmallAlbum_HasTheSizeAskedFor()
    {
        using var folder = new TemporaryFolder();
        string album = AlbumGenerator.Create(folder.Path, Bytes);
        long wave = Directory.GetFiles(album, "*.wav").Sum(path => new FileInfo(path).Length);
        Assert.InRange(wave, Bytes * 9 / 10, Bytes * 11 / 10);
        Assert.Equal(3, Directory.GetFiles(album, "*.wav").Length);
    }

    [Fact]
    public void Create_Twice_GivesTheSameBytes()
    {
        using var one = new TemporaryFolder();
        using var other = new TemporaryFolder();
        string first = AlbumGenerator.Create(one.Path, Bytes);
        string second = AlbumGenerator.Create(other.Path, Bytes);
        foreach (string path in Directory.GetFiles(first))
        {
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(second, Path.GetFileName(path))));
        }
    }

    [Fact]
    public void Create_Tracks_AreWavesThatSound()
    {
        using var folder = new TemporaryFolder();
        foreach (string path in Directory.GetFiles(AlbumGenerator.Create(folder.Path, Bytes), "*.wav"))
        {
            byte[] wave = File.ReadAllBytes(path);
            Assert.Equal("RIFF"u8, wave.AsSpan(0, 4));
            Assert.Equal("WAVE"u8, wave.AsSpan(8, 4));
            Assert.Equal(wave.Length - 8, BinaryPrimitives.ReadInt32LittleEndian(wave.AsSpan(4)));
            Assert.Equal(wave.Length - 44, BinaryPrimitives.ReadInt32LittleEndian(wave.AsSpan(40)));
            Assert.Contains(
                Enumerable.Range(11_000, 4_000), sample =>
                    Math.Abs((int)BinaryPrimitives.ReadInt16LittleEndian(wave.AsSpan(44 + (2 * sample)))) > 1_000);
        }
    }

    [Fact]
    public void Create_Cover_IsAPngWithRightChecksums()
    {
        using var folder = new TemporaryFolder();
        byte[] png = File.ReadAllBytes(Path.Combine(AlbumGenerator.Create(folder.Path, Bytes), "cover.png"));
        // IEND's checksum is a constant of the format (RFC 2083).
        Assert.Equal(Convert.FromHexString("0000000049454e44ae426082"), png[^12..]);
    }

    [Theory]
    [InlineData(AlbumGenerator.BytesMin - 1)]
    [InlineData(AlbumGenerator.BytesMax + 1)]
    public void Create_SizeOutOfRange_IsRefused(long bytes)
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<ArgumentOutOfRangeException>(() => AlbumGenerator.Create(folder.Path, bytes));
    }
}
