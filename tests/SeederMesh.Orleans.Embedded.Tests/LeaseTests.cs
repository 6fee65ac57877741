using System.Diagnostics;
using Orleans.Runtime;
using Xunit;

namespace Orleans.Embedded.Tests;

// Goal: one process a database, and a dead one never locks its successor out.
// Method: another program (flock, of util-linux) holds the same lock of the kernel and is killed with SIGKILL.
public sealed class LeaseTests
{
    [Fact]
    public async Task Start_SecondSiloOnTheSameFile_IsRefusedAndNamesPackages()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        OrleansException error = await Assert.ThrowsAsync<OrleansException>(
            () => EmbeddedSilo.StartAsync(fixture.DatabasePath));
        Assert.Contains("OrleansRuntime=packages", error.Message, StringComparison.Ordinal);
        Assert.Contains(fixture.DatabasePath, error.Message, StringComparison.Ordinal);
        await fixture.RestartAsync();
    }

    [Fact]
    public async Task Start_HolderWasKilled_StartsAtOnce()
    {
        string folder = Directory.CreateTempSubdirectory("lease").FullName;
        string database = Path.Combine(folder, "grains.db");

        // Without a child, which would hold the lock a moment longer than the process that is waited for.
        using Process holder = Process.Start(
            new ProcessStartInfo("flock", ["--no-fork", database + ".lease", "sleep", "600"]))!;
        try
        {
            await UntilLockedAsync(database + ".lease");
            await Assert.ThrowsAsync<OrleansException>(() => EmbeddedSilo.StartAsync(database));
        }
        finally
        {
            holder.Kill(entireProcessTree: true);
            await holder.WaitForExitAsync();
        }

        await using (await EmbeddedSilo.StartAsync(database))
        {
            Assert.True(File.Exists(database));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task UntilLockedAsync(string path)
    {
        for (int i = 0; i < 2_000; i++)
        {
            try
            {
                using FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                return;
            }

            await Task.Delay(5);
        }
    }
}
