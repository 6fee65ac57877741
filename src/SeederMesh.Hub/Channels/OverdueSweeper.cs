using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Grains;
using SeederMesh.Grains.Channels;
using SeederMesh.Hub.Tracker;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Reading;

namespace SeederMesh.Hub.Channels;

/// <summary>Tells channels when a deadline has passed. The deadlines stand in the ledger, so a restart forgets
/// none.</summary>
internal sealed class OverdueSweeper(
    HubOptions options,
    HubSettings settings,
    IGrainFactory grains,
    LedgerStore ledger,
    Swarms swarms,
    TimeProvider clock,
    ILogger<OverdueSweeper> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.SweepIntervalMs), clock);
        try
        {
            do
            {
                await SweepAsync(stoppingToken);
                swarms.Expire();
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
            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (Id128Row channel in await ledger.Reader.ListOverdueChannelsAsync(now, now - settings.Limits.ReportGraceMs))
            {
                cancellation.ThrowIfCancellationRequested();
                await SweepAsync(channel.Id);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            log.LogWarning(exception, "Looking for what is overdue failed; it is tried again");
        }
    }

    /// <summary>One channel that cannot be closed holds up no other.</summary>
    private async Task SweepAsync(Id128 channelId)
    {
        try
        {
            await grains.GetGrain<IPaymentChannelGrain>(channelId.ToString()).SweepAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            log.LogWarning(exception, "Closing what is overdue of channel {Channel} failed; it is tried again", channelId);
        }
    }
}
