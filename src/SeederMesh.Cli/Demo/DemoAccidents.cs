using System.Text.Json.Nodes;

namespace SeederMesh.Cli.Demo;

/// <summary>What goes wrong on purpose while the demo runs: processes are killed with SIGKILL and come back.</summary>
internal sealed class DemoAccidents(DemoWorld world, DemoWatch watch, DemoOptions options, CancellationToken cancellationToken)
{
    /// <summary>The number of the seedbox that is killed, from 0, where there are so many.</summary>
    public const int KilledSeedbox = 1;

    private const int FundingKills = 4;
    private const int KillMsMin = 300;
    private const int KillMsMax = 1_500;

    /// <summary>Runs until all that was asked for has happened, and everything runs again.</summary>
    public Task RunAsync(Func<int, Task<JsonObject>> startSeedbox) =>
        Task.WhenAll(
            options.KillSeeder ? KillSeedboxAsync(startSeedbox) : Task.CompletedTask,
            options.HubKills > 0 ? KillHubAsync() : Task.CompletedTask);

    private async Task KillSeedboxAsync(Func<int, Task<JsonObject>> startSeedbox)
    {
        int number = Math.Min(KilledSeedbox, options.Seeders - 1);
        while (Share() < 0.35)
        {
            await Task.Delay(20, cancellationToken);
        }

        await world.KillSeedboxAsync(number);
        watch.Tell($"{watch.Elapsed.TotalSeconds:0.0} s: seedbox {number + 1} was killed (SIGKILL) at {Share():P0}");
        await Task.Delay(1_000, cancellationToken);
        await startSeedbox(number);
        watch.Tell($"{watch.Elapsed.TotalSeconds:0.0} s: seedbox {number + 1} is back, with every receipt that it had stored");
    }

    private async Task KillHubAsync()
    {
        var random = new Random(options.Seed);
        watch.Tell($"the hub will be killed {options.HubKills} times; seed {options.Seed}");
        for (int kill = 1; kill <= options.HubKills; kill++)
        {
            // The first ones hit the channel's funding, the others the transfer and the end.
            while (kill > FundingKills && Share() == 0 && world.Downloader!.IsRunning)
            {
                await Task.Delay(20, cancellationToken);
            }

            await Task.Delay(random.Next(KillMsMin, KillMsMax), cancellationToken);
            await world.KillHubAsync();
            watch.Tell($"{watch.Elapsed.TotalSeconds:0.0} s: the hub was killed ({kill} of {options.HubKills}) at {Share():P0}");
            await world.StartHubAsync(cancellationToken);
        }
    }

    private double Share()
    {
        JsonObject? get = world.Downloader?.Latest("snapshot");
        long wanted = DemoHub.Number(get, "wantedBytes");
        return wanted == 0 ? 0 : (double)DemoHub.Number(get, "doneBytes") / wanted;
    }
}
