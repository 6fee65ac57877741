using System.Globalization;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>The right of one process to run grains on a database: a lock on the file <c>PATH.lease</c> beside it.</summary>
/// <remarks>
/// The kernel holds the lock for the open file and drops it with the process, however that ends, so that a restart never
/// waits. The file itself stays and says who had it last.
/// </remarks>
internal sealed class SiloLease : IDisposable
{
    private readonly FileStream file;

    private SiloLease(FileStream file) => this.file = file;

    /// <summary>Takes the lease.</summary>
    /// <exception cref="OrleansException">Another process has it.</exception>
    internal static SiloLease Take(string databasePath)
    {
        string path = databasePath + ".lease";
        FileStream locked;
        try
        {
            locked = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new OrleansException(
                $"Another process ({HolderOf(path)}) runs its grains on {databasePath}. The embedded runtime is for one "
                + "process: stop the other one, or build with OrleansRuntime=packages to run several.",
                exception);
        }

        using StreamWriter writer = new(locked, leaveOpen: true);
        locked.SetLength(0);
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId}"));
        return new SiloLease(locked);
    }

    public void Dispose() => file.Dispose();

    private static string HolderOf(string path)
    {
        try
        {
            using FileStream shared = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using StreamReader reader = new(shared);
            return reader.ReadToEnd() is { Length: > 0 and < 40 } text ? text : "unknown";
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
