using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Grains.Channels;
using SeederMesh.Grains.Direct;
using SeederMesh.Hub.Lnurl;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;

namespace SeederMesh.Hub.Funding;

/// <summary>Books the node's paid invoices on their channels, or as donations, from a durable cursor.</summary>
/// <remarks>
/// A payment is booked before the cursor passes it, and booking is idempotent by payment hash: after a crash some
/// payments are looked at
/// again, none is missed, none counts twice. Money that came in without an invoice of a channel's is left alone and
/// logged.
/// </remarks>
internal sealed class FundingWatcher(
    ILightningNode node,
    IGrainFactory grains,
    LedgerStore ledger,
    DonationDesk donations,
    TimeProvider clock,
    ILogger<FundingWatcher> log) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private string? trouble;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WatchAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (LightningNodeException away)
            {
                // A node that restarts is no news each second.
                if (trouble != away.Message)
                {
                    trouble = away.Message;
                    log.LogWarning("Paid invoices are not seen, because the node is away; it is tried again: {Reason}", trouble);
                }
            }
            catch (Exception exception)
            {
                log.LogWarning(exception, "Watching paid invoices stopped; it starts again from the stored cursor");
            }

            await Task.Delay(RetryDelay, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WatchAsync(CancellationToken cancellation)
    {
        NodeInfo info = await node.GetInfoAsync(cancellation);
        Id128 cursorId = Id128.Derive("invoice-cursor", info.NodeId.ToArray());
        InvoiceCursorRecord? cursor = await ledger.Reader.FindInvoiceCursorAsync(cursorId);
        trouble = null;

        // What a node was paid before the hub first saw it is none of the hub's business, nor news.
        DateTimeOffset newsSince = cursor is null ? clock.GetUtcNow() : DateTimeOffset.MinValue;
        await foreach (SettledInvoice settled in node.WatchInvoicesAsync(cursor?.PayIndex ?? 0, cancellation))
        {
            await BookAsync(settled, isNews: settled.SettledAt >= newsSince);
            cursor = cursor is null
                ? new InvoiceCursorRecord { Id = cursorId, PayIndex = settled.Cursor }
                : cursor with { PayIndex = settled.Cursor, Revision = cursor.Revision + 1 };
            PostingResult stored = await ledger.PostAsync(new Posting { Id = default, Records = [cursor] }, cancellation);
            if (!stored.IsPosted)
            {
                throw new InvalidOperationException($"The invoice cursor was not stored ({stored.Outcome}): {stored.Detail}");
            }
        }
    }

    private async Task BookAsync(SettledInvoice settled, bool isNews)
    {
        if (await ledger.Reader.FindInvoiceAsync(settled.PaymentHash) is not { } invoice)
        {
            if (await ledger.Reader.FindDirectPaymentAsync(settled.PaymentHash) is { } own)
            {
                await BookShareAsync(own);
            }
            else if (!await donations.BookAsync(settled) && isNews)
            {
                log.LogWarning("{Amount} came in as {Label}, which is no channel's invoice", settled.Received, settled.Label);
            }

            return;
        }

        FundOutcome outcome = await grains.GetGrain<IPaymentChannelGrain>(invoice.ChannelId.ToString()).FundAsync(new FundCommand
        {
            PaymentHash = settled.PaymentHash.ToArray(),
            AmountMsat = settled.Received.Value,
            PayIndex = settled.Cursor,
        });
        if (outcome == FundOutcome.UnknownInvoice)
        {
            // The ledger has the invoice, so the activation is behind it: the cursor waits until the money is booked.
            throw new InvalidOperationException($"Channel {invoice.ChannelId} does not know its invoice {settled.PaymentHash} yet.");
        }
    }

    /// <summary>The downloader of a direct channel paid a share of the hub's or its registry's: it counts, whether the
    /// downloader proves it or not.</summary>
    private async Task BookShareAsync(DirectPaymentRecord payment)
    {
        DuesOutcome outcome = await grains.GetGrain<IDuesGrain>(payment.ChannelId.ToString())
            .ReceiveAsync(new ReceiveShareCommand { PaymentId = payment.Id.ToArray() });
        if (outcome == DuesOutcome.LightningUnavailable)
        {
            throw new InvalidOperationException($"The node does not know its invoice {payment.PaymentHash} yet.");
        }

        if (outcome == DuesOutcome.GivenUp)
        {
            log.LogWarning("{Amount} came in for payment {Payment}, which was given up before", payment.Amount, payment.Id);
        }
    }
}
