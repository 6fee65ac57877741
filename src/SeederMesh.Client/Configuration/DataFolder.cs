using System.Security.Cryptography;
using System.Text;
using SeederMesh.Core.Identity;

namespace SeederMesh.Client;

/// <summary>Everything that a client keeps between runs, in one folder that only its owner may read.</summary>
/// <remarks>
/// <code>
/// config.json          settings (optional)
/// identity.key         the Ed25519 seed, 64 hexadecimal digits, mode 0600
/// lock                 held while a process uses the folder
/// engine.state         the BitTorrent engine's own (DHT nodes)
/// hubs.json            the keys of hubs seen before
/// torrents/ID/         a seeded torrent: metainfo, manifest, where its content is, resume data
/// receipts/            the receipts earned (<see cref="ReceiptStore"/>)
/// downloads/ID/        a download under way: its key, channel, grants, resume data
/// </code>
/// Disposal releases the lock.
/// </remarks>
public sealed class DataFolder : IDisposable
{
    private readonly FileStream guard;
    private SigningKey? identity;

    private DataFolder(string path, FileStream guard)
    {
        Path = path;
        this.guard = guard;
    }

    /// <summary>The folder, absolute.</summary>
    public string Path { get; }

    /// <summary>Where the settings are.</summary>
    public string ConfigurationPath => In("config.json");

    /// <summary>Where the identity is.</summary>
    public string IdentityPath => In("identity.key");

    internal string EngineStatePath => In("engine.state");

    internal string HubsPath => In("hubs.json");

    internal string TorrentsPath => In("torrents");

    internal string ReceiptsPath => In("receipts");

    internal string DownloadsPath => In("downloads");

    /// <summary>Opens the folder, makes it if needed (mode 0700), and keeps other processes out of it.</summary>
    /// <exception cref="ClientException">It cannot be made, or another process uses it.</exception>
    public static DataFolder Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException($"The data folder {full} cannot be made: {exception.Message}", exception);
        }

        try
        {
            return new DataFolder(
                full,
                new FileStream(System.IO.Path.Combine(full, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(
                $"The data folder {full} is in use by another process or not yours ({exception.Message}). "
                + "Stop it, or name another with --data.",
                exception);
        }
    }

    /// <summary>The identity of this folder; drawn and stored at the first call.</summary>
    /// <exception cref="ClientException">The key file is not one.</exception>
    public SigningKey Identity() => identity ??= LoadOrMakeKey(IdentityPath);

    /// <inheritdoc/>
    public void Dispose()
    {
        identity?.Dispose();
        guard.Dispose();
    }

    /// <summary>Reads the key of a folder that another process may be using.</summary>
    /// <param name="keyPath">The key file.</param>
    /// <exception cref="ClientException">There is none, others may read it, or it holds no key.</exception>
    public static SigningKey ReadKey(string keyPath) => File.Exists(keyPath)
        ? LoadOrMakeKey(keyPath)
        : throw new ClientException($"There is no key at {keyPath}.");

    /// <summary>Reads a key file, or draws a key and stores it durably before it is used.</summary>
    internal static SigningKey LoadOrMakeKey(string path)
    {
        byte[] seed = new byte[SigningKey.SeedSize];
        try
        {
            if (!File.Exists(path))
            {
                RandomNumberGenerator.Fill(seed);
                DurableFile.Write(path, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(seed) + "\n"));
                return SigningKey.FromSeed(seed);
            }

            string text = ReadKeyText(path);
            if (text.Length != 2 * SigningKey.SeedSize
                || Convert.FromHexString(text, seed, out _, out int written) != System.Buffers.OperationStatus.Done
                || written != seed.Length)
            {
                throw new ClientException($"The key file {path} does not hold 64 hexadecimal digits. Restore it from your backup.");
            }

            return SigningKey.FromSeed(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    private static string ReadKeyText(string path)
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        var information = new FileInfo(path);
        if ((information.UnixFileMode & others) != UnixFileMode.None)
        {
            throw new ClientException($"The key file {path} may be read by others. Run: chmod 600 {path}");
        }

        return information.Length > 1024 ? "" : File.ReadAllText(path).Trim();
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
