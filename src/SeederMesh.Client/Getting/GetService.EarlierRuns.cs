using SeederMesh.Core.Money;
using SeederMesh.Lightning;

namespace SeederMesh.Client;

/// <content>What earlier runs left behind: a download to go on with, a refund to collect, a due to pay.</content>
public sealed partial class GetService
{
    private const int NotFound = 404;

    /// <summary>Ends the channels of downloads that are over, and collects what comes back.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What each brought; a channel whose hub does not answer is tried again next time.</returns>
    public async Task<IReadOnlyList<Msat>> SettleLeftoversAsync(CancellationToken cancellation = default)
    {
        var refunds = new List<Msat>();
        foreach (DownloadFolder folder in DownloadFolder.All(data.DownloadsPath)
            .Where(folder => folder.State is { IsEnding: true, IsDirect: false }))
        {
            using var desk = new ChannelDesk(folder, wallet, clock);
            try
            {
                ChannelInfo channel = await desk.CloseAsync(TimeSpan.Zero, cancellation);
                if (ChannelDesk.IsSettled(channel))
                {
                    folder.Delete();
                    refunds.Add(channel.RefundedMsat);
                }
            }
            catch (HubException exception) when (exception.IsTransient)
            {
                // Its hub is away; the folder stays, and so does the money.
                continue;
            }
            catch (HubException exception) when (exception.StatusCode == NotFound && folder.State is { PaymentHash: null })
            {
                // It was refused when it was to be opened, before there was an invoice: nothing was ever paid into it.
                folder.Delete();
            }
        }

        return refunds;
    }

    /// <summary>Pays what direct downloads that are over still owe.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What each that is done now has paid in all; the others are tried again next time.</returns>
    public async Task<IReadOnlyList<Msat>> PayLeftoversAsync(CancellationToken cancellation = default)
    {
        var paid = new List<Msat>();
        foreach (DownloadFolder folder in DownloadFolder.All(data.DownloadsPath)
            .Where(folder => wallet is not null && folder.State is { IsEnding: true, IsDirect: true }))
        {
            using var desk = new ChannelDesk(folder, wallet, clock);
            try
            {
                DownloadState state = folder.State!;
                DirectPayer payer = PayerOf(desk, folder, ChannelDesk.LimitsOf(state, () => state.Committed, () => state.Committed));
                await desk.Client.CloseChannelAsync(desk.ChannelId, refund: null, cancellation);
                if (await payer.FinishAsync(TimeSpan.Zero, cancellation))
                {
                    paid.Add(payer.Standing().Paid);
                    folder.Delete();
                }
            }
            catch (HubException exception) when (exception.IsTransient)
            {
                // Its hub is away; the folder stays, and with it what was paid.
                continue;
            }
        }

        return paid;
    }

    /// <summary>The folder to work in: that of the run that was interrupted; a fresh one where that run is over, or where
    /// it never paid anything and other terms are asked for now.</summary>
    private async Task<DownloadFolder> TakeUpAsync(
        string id, GetRequest request, IProgress<GetEvent> events, CancellationToken cancellation)
    {
        DownloadFolder folder = DownloadFolder.Open(data.DownloadsPath, id);
        if (folder.State is not { } earlier)
        {
            return folder;
        }

        if (earlier.IsEnding)
        {
            // The content is in its place; only the channel's rest is waited for, under its own key.
            await RedirectRefundAsync(folder, request.RefundTo, cancellation);
            return folder.SetAside(data.DownloadsPath, id);
        }

        if (earlier.IsDirect)
        {
            return folder;
        }

        bool wasOpened = await FindFundedAsync(folder, cancellation) is not null;
        bool asksOtherTerms = Differs(earlier, request);
        if (!wasOpened || (asksOtherTerms && await IsUnpaidAsync(folder, cancellation)))
        {
            // Should the old invoice be paid after all, its hub sends that back: a channel that is closed takes no money.
            folder.Save(earlier with { IsEnding = true });
            return folder.SetAside(data.DownloadsPath, id);
        }

        if (asksOtherTerms)
        {
            events.Report(new GetWarning(
                $"An earlier run has paid for this download: it goes on with that run's budget of {earlier.Budget} at {earlier.Hub}, and "
                + $"what is not used goes to {earlier.Refund}."));
        }

        return folder;
    }

    private bool Differs(DownloadState earlier, GetRequest request) =>
        (request.Budget is { } budget && budget != earlier.Budget)
        || (request.RefundTo is { } refund && !string.Equals(refund, earlier.Refund, StringComparison.Ordinal))
        || ((request.Hub ?? configuration.Hub) is { } hub && !string.Equals(hub, earlier.Hub, StringComparison.Ordinal))
        || request.Direct;

    /// <summary>Whether neither the wallet nor the hub knows of a payment into the channel.</summary>
    private async Task<bool> IsUnpaidAsync(DownloadFolder folder, CancellationToken cancellation)
    {
        bool walletPaid = folder.State!.PaymentHash is { } hash
            && (wallet is null
                || (await wallet.LookUpPaymentAsync(hash, cancellation)).Status is not (PaymentStatus.NotFound or PaymentStatus.Failed));
        return !walletPaid && await FindFundedAsync(folder, cancellation) is { IsZero: true };
    }

    /// <summary>What came into the channel as its hub says; null when it has no such channel.</summary>
    /// <remarks>A hub that is away may have it: nothing is known, and the most is assumed.</remarks>
    private async Task<Msat?> FindFundedAsync(DownloadFolder folder, CancellationToken cancellation)
    {
        using var desk = new ChannelDesk(folder, wallet, clock);
        try
        {
            return (await desk.Client.GetChannelAsync(desk.ChannelId, cancellation)).FundedMsat;
        }
        catch (HubException exception) when (exception.StatusCode == NotFound)
        {
            return null;
        }
        catch (HubException exception) when (exception.IsTransient)
        {
            return folder.State!.Invoiced;
        }
    }

    /// <summary>Names another place for a refund that has not arrived, where one is asked for.</summary>
    private async Task RedirectRefundAsync(DownloadFolder folder, string? refund, CancellationToken cancellation)
    {
        if (refund is null || folder.State!.IsDirect || string.Equals(refund, folder.State.Refund, StringComparison.Ordinal))
        {
            return;
        }

        using var desk = new ChannelDesk(folder, wallet, clock);
        await desk.Client.CloseChannelAsync(desk.ChannelId, refund, cancellation);
        folder.Save(folder.State with { Refund = refund });
    }
}
