using SeederMesh.Client.Tests.Swarm;
using Xunit;

namespace SeederMesh.Client.Tests.Seeding;

// Goal: what lies in the watch folder is seeded, and nothing else of it stays. Method: files come and go, events tell.
public sealed class WatchFolderTests
{
    [Fact]
    public async Task RunAsync_FilesComeAndGo_AreSeededWhileTheyAreThere()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 200_000);
        using var folder = new TemporaryFolder();
        string watched = Directory.CreateDirectory(folder["watched"]).FullName;
        ClientConfiguration configuration = swarm.Configuration() with { WatchFolder = watched, ContentFolder = swarm.SourceFolder };
        var seeder = new TestSeeder(folder["seeder"], configuration);
        seeder.Start();
        File.Copy(Path.Combine(Path.GetDirectoryName(swarm.TorrentPath)!, swarm.Manifest.FileName), Path.Combine(watched, swarm.Manifest.FileName));
        File.Copy(swarm.TorrentPath, Path.Combine(watched, "album.torrent"));
        await File.WriteAllTextAsync(Path.Combine(watched, "broken.torrent"), "d4:infoi1ee");

        await seeder.Events.FirstAsync(happened => happened is SeedingStarted { IsPaid: true });
        await seeder.Events.FirstAsync(happened => happened is SeedingChecked { IsComplete: true });
        SeedEvent refused = await seeder.Events.FirstAsync(happened => happened is SeedingRefused);
        File.Delete(Path.Combine(watched, "album.torrent"));
        await seeder.Events.FirstAsync(happened => happened is SeedingStopped);

        Assert.EndsWith("broken.torrent", ((SeedingRefused)refused).Path, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(folder["seeder/torrents"]));
        await seeder.StopAsync();
    }

    [Fact]
    public async Task Start_AfterRestart_SeedsAgainAndForgetsWhatLeftTheWatchFolder()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 200_000);
        TestSeeder seeder = await swarm.AddSeederAsync();
        await seeder.StopAsync();
        seeder.Start();

        await seeder.ReadyAsync();

        Assert.Contains(seeder.Events.Seen, happened => happened is SeedingStarted { IsPaid: true, Name: "Album" });
    }

    [Fact]
    public async Task AddAsync_NotATorrent_IsRefusedByName()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync(bytes: 200_000);
        TestSeeder seeder = await swarm.AddSeederAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["x.torrent"], "hello");

        ClientException refused = await Assert.ThrowsAsync<ClientException>(
            () => seeder.Service.AddAsync(new SeedSource(folder["x.torrent"], folder.Path)));

        Assert.Contains("x.torrent is not a torrent", refused.Message, StringComparison.Ordinal);
    }
}
