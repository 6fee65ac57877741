using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.Payouts;

/// <summary>Calls the payout grains of whoever is due as soon as there is a place, each at most once an interval, and
/// after a start everybody who is owed.</summary>
internal sealed class PayoutLoop(
    HubOptions options,
    HubSettings settings,
    IGrainFactory grains,
    PayoutQueue queue,
    NodeMeter meter,
    LedgerStore ledger,
    TimeProvider clock,
    ILogger<PayoutLoop> log) : BackgroundService
{
    private const long RetryMs = 5_000;

    /// <summary>A payment that takes longer than this, or than four others, gives its place to another: who is paid may
    /// hold it in flight for long, and nobody else shall wait for that.</summary>
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(1);

    private readonly PayoutPlaces places = new(meter);
    private readonly ConcurrentDictionary<Task, bool> underWay = new();

    private long NowUnixMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Task found = FindWhatAStopLeftAsync(stoppingToken);
        try
        {
            while (true)
            {
                await places.TakeAsync(stoppingToken);
                string key = await queue.TakeAsync(stoppingToken);
                Task payment = PayAsync(key);
                underWay.TryAdd(payment, true);
                _ = payment.ContinueWith(
                    ended => underWay.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is under way finishes or is asked about at the next start.
        }

        await found.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Nobody is paid any more once this returns.
        await Task.WhenAll(underWay.Keys);
    }

    private async Task PayAsync(string key)
    {
        // The loop goes on at once, however much of the call runs before it first waits.
        await Task.Yield();
        PayReply reply;
        try
        {
            reply = await CallAsync(grains.GetGrain<IPayoutGrain>(key).PayAsync());
        }
        catch (Exception exception)
        {
            log.LogWarning(exception, "Paying {Key} failed; it is looked at again", key);
            reply = new PayReply { AgainAtUnixMs = NowUnixMs + RetryMs, IgnoresEarnings = true };
        }

        queue.Finish(key, reply, options.PayoutIntervalMs);
    }

    private async Task<PayReply> CallAsync(Task<PayReply> call)
    {
        try
        {
            TimeSpan usual = TimeSpan.FromMicroseconds(4 * meter.Capacity.LatencyMicroseconds);
            await call.WaitAsync(usual > patience ? usual : patience, clock);
        }
        catch (TimeoutException)
        {
            // Waited for below, without a place.
        }
        finally
        {
            places.Release();
        }

        return await call;
    }

    /// <summary>Nobody else asks for what an earlier run left, so it is looked for until it is found.</summary>
    private async Task FindWhatAStopLeftAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await FindOwedAsync(cancellation);
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                log.LogWarning(exception, "Finding out who is owed failed; it is tried again");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(RetryMs), clock, cancellation);
        }
    }

    /// <summary>What a stopped hub left: payments whose fate is open, payees that are owed, closed channels with a
    /// rest.</summary>
    private async Task FindOwedAsync(CancellationToken cancellation)
    {
        for (Id128 after = default; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<PayoutRecord> page = await ledger.Reader.ListUnfinishedPayoutsAsync(after);
            foreach (PayoutRecord payout in page)
            {
                Note(payout.PayeeId, payout.ChannelId);
            }

            if (page.Count < LedgerReader.PageMax)
            {
                break;
            }

            after = page[^1].Id;
        }

        HashSet<Id128> payees = await ListAccountsAsync(AccountKind.Payee, settings.Terms.ThresholdMin, cancellation);
        for (Id128 after = default; payees.Count > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<PayeeRecord> page = await ledger.Reader.ListPayeesAsync(after);
            foreach (PayeeRecord payee in page.Where(payee => payees.Contains(AccountOpening.Payee(payee.Id).Id)))
            {
                Note(payee.Id, default);
            }

            if (page.Count < LedgerReader.PageMax)
            {
                break;
            }

            after = page[^1].Id;
        }

        HashSet<Id128> channels = await ListAccountsAsync(AccountKind.Channel, Msat.From(1), cancellation);
        for (Id128 after = default; channels.Count > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<ChannelRecord> page = await ledger.Reader.ListChannelsAsync(ChannelStatus.Closed, after);
            foreach (ChannelRecord channel in page.Where(channel => channels.Contains(AccountOpening.Channel(channel.Id).Id)))
            {
                Note(default, channel.Id);
            }

            if (page.Count < LedgerReader.PageMax)
            {
                break;
            }

            after = page[^1].Id;
        }
    }

    private void Note(Id128 payeeId, Id128 channelId)
    {
        if (payeeId.IsNone)
        {
            queue.NoteChannel(channelId);
        }
        else
        {
            queue.NoteChanged(payeeId);
        }
    }

    private async Task<HashSet<Id128>> ListAccountsAsync(AccountKind kind, Msat least, CancellationToken cancellation)
    {
        var accounts = new HashSet<Id128>();
        IReadOnlyList<LedgerAccount> page;
        Id128 after = default;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            page = await ledger.Reader.ListAccountsWithAsync(kind, least, after);
            accounts.UnionWith(page.Select(account => account.Id));
            after = page.Count > 0 ? page[^1].Id : after;
        }
        while (page.Count == LedgerReader.PageMax);
        return accounts;
    }
}
