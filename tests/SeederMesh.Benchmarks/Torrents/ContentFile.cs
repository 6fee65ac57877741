using System.Security.Cryptography;
using System.Text;

namespace SeederMesh.Benchmarks.Torrents;

/// <summary>A folder with one file of random bytes, in memory where the machine has /dev/shm; gone when disposed.</summary>
internal sealed class ContentFile : IDisposable
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Writes the file.</summary>
    /// <param name="length">A multiple of 1 MiB.</param>
    public ContentFile(long length)
    {
        Length = length;
        string root = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        Folder = Path.Combine(root, "seedermesh-bench-" + Path.GetRandomFileName());
        Directory.CreateDirectory(Folder);
        FilePath = Path.Combine(Folder, "content.bin");
        byte[] chunk = new byte[ChunkBytes];
        Random random = new(1);
        using FileStream file = File.Create(FilePath);
        for (long written = 0; written < length; written += ChunkBytes)
        {
            random.NextBytes(chunk);
            file.Write(chunk);
        }
    }

    public string Folder { get; }

    public string FilePath { get; }

    public long Length { get; }

    /// <summary>A v1 torrent (BEP 3) of the file: Debian 12's clients read no others, and our builder makes none.</summary>
    public byte[] MakeV1Torrent(int pieceLength)
    {
        using FileStream file = File.OpenRead(FilePath);
        byte[] piece = new byte[pieceLength];
        var hashes = new MemoryStream();
        for (int read = file.ReadAtLeast(piece, pieceLength, false); read > 0; read = file.ReadAtLeast(piece, pieceLength, false))
        {
            hashes.Write(SHA1.HashData(piece.AsSpan(0, read)));
        }

        return
        [
            .. Encoding.ASCII.GetBytes(
                $"d4:infod6:lengthi{Length}e4:name11:content.bin12:piece lengthi{pieceLength}e6:pieces{hashes.Length}:"),
            .. hashes.ToArray(),
            .. "ee"u8,
        ];
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
