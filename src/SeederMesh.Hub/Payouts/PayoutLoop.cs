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

/// <summary>Calls the payout grains of whoever is due, each at most once an interval, and after a start everybody who
/// is owed.</summary>
internal sealed class PayoutLoop(
    HubOptions options,
    HubSettings settings,
    IGrainFactory grains,
    PayoutQueue queue,
    LedgerStore ledger,
    TimeProvider clock,
    ILogger<PayoutLoop> log) : BackgroundService
{
    /// <summary>Payments under way at once: more than a Lightning node of today keeps up with.</summary>
    private const int ConcurrencyMax = 32;

    private const long RetryMs = 5_000;

    private readonly SemaphoreSlim places = new(ConcurrencyMax);
    private readonly ConcurrentDictionary<string, bool> underWay = new(StringComparer.Ordinal);

    private long NowUnixMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public override void Dispose()
    {
        places.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.PayoutIntervalMs), clock);
        try
        {
            Task found = FindWhatAStopLeftAsync(stoppingToken);
            do
            {
                foreach (string key in queue.TakeDue(NowUnixMs))
                {
                    await places.WaitAsync(stoppingToken);
                    _ = PayAsync(key);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
            await found;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is under way finishes or is asked about at the next start.
        }

        // Nobody is paid any more once this returns: the last has given its place back.
        for (int place = 0; place < ConcurrencyMax; place++)
        {
            await places.WaitAsync(CancellationToken.None);
        }
    }

    private async Task PayAsync(string key)
    {
        try
        {
            if (!underWay.TryAdd(key, true))
            {
                queue.NoteLater(key, NowUnixMs + options.PayoutIntervalMs);
                return;
            }

            PayReply reply = await grains.GetGrain<IPayoutGrain>(key).PayAsync();
            underWay.TryRemove(key, out _);
            if (reply.AgainAtUnixMs is { } again)
            {
                queue.NoteLater(key, again);
            }
        }
        catch (Exception exception)
        {
            log.LogWarning(exception, "Paying {Key} failed; it is looked at again", key);
            underWay.TryRemove(key, out _);
            queue.NoteLater(key, NowUnixMs + RetryMs);
        }
        finally
        {
            places.Release();
        }
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

        HashSet<Id128> payees = await ListAccountsAsync(AccountKind.Payee, settings.Payouts.Threshold, cancellation);
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
            queue.NotePayee(payeeId);
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
