namespace SeederMesh.Benchmarks.Torrents;

/// <summary>A folder with one file of random bytes, in memory where the machine has /dev/shm; gone when disposed.</summary>
internal sealed class ContentFile : IDisposable
{
    private const int ChunkBytes = 1 << 20;

    public ContentFile(long length)
    {
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

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
