using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>The right of one process to run grains on a database: a lock on the file <c>PATH.lease</c> beside
/// it.</summary>
/// <remarks>
/// The kernel holds the lock for the open file (flock) and drops it with the process, however that ends, so that a
/// restart
/// never waits. The file itself is empty and stays.
/// </remarks>
internal sealed class SiloLease : IDisposable
{
    private readonly FileStream file;

    private SiloLease(FileStream file) => this.file = file;

    /// <summary>Takes the lease.</summary>
    /// <exception cref="OrleansException">Another process has it.</exception>
    /// <exception cref="IOException">The folder is not there or cannot be written.</exception>
    internal static SiloLease Take(string databasePath)
    {
        string path = databasePath + ".lease";
        try
        {
            return new SiloLease(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new OrleansException(
                $"Another process runs its grains on {databasePath} (`fuser {path}` names it). The embedded runtime is for "
                + "one process: stop the other one, or build with OrleansRuntime=packages to run several.",
                exception);
        }
    }

    public void Dispose() => file.Dispose();
}
