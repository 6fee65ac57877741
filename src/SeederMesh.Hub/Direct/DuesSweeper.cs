using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using SeederMesh.Grains;
using SeederMesh.Grains.Direct;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Reading;

namespace SeederMesh.Hub.Direct;

/// <summary>Has written off what the downloaders of closed direct channels never paid, when their grace is over. The
/// deadlines stand in the ledger, so a restart forgets none.</summary>
internal sealed class DuesSweeper(
    HubOptions options,
    HubSettings settings,
    IGrainFactory grains,
    LedgerStore ledger,
    TimeProvider clock,
    ILogger<DuesSweeper> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.SweepIntervalMs), clock);
        try
        {
            do
            {
                await SweepAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The hub stops.
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        try
        {
            long closedBefore = clock.GetUtcNow().ToUnixTimeMilliseconds() - settings.DirectGraceMs;
            foreach (Id128Row channel in await ledger.Reader.ListOverdueDuesAsync(closedBefore))
            {
                cancellation.ThrowIfCancellationRequested();
                await grains.GetGrain<IDuesGrain>(channel.Id.ToString()).SweepAsync();
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            log.LogWarning(exception, "Writing off what was not paid failed; it is tried again");
        }
    }
}
