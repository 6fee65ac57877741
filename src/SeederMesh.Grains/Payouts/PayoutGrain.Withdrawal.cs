using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains.Feed;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Grains.Payouts;

/// <content>Withdrawals: the payee brings its invoice (LUD-03), the grain pays it as it pays everything else.</content>
public sealed partial class PayoutGrain
{
    /// <summary>Wallets ask for whole satoshi, so less is offered only where less is owed.</summary>
    private const long LeastMsat = 1_000;

    /// <summary>An invoice must be payable for so long after it was brought.</summary>
    private static readonly TimeSpan InvoiceLifeMin = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<WithdrawTermsReply> FindWithdrawTermsAsync()
    {
        Msat most = current is { Status: PayoutStatus.Sent } ? Msat.Zero : (await ReadTermsAsync()).Most;
        return new WithdrawTermsReply { LeastMsat = Math.Min(LeastMsat, most.Value), MostMsat = most.Value };
    }

    /// <inheritdoc/>
    public async Task<WithdrawReply> WithdrawAsync(WithdrawCommand command)
    {
        WithdrawalRecord? link = await Ledger.Reader.FindWithdrawalAsync(new Digest(command.LinkId));
        if (source.IsChannel || link is null || link.PayeeId != source.Id)
        {
            return Refuse(WithdrawOutcome.UnknownLink, "There is no such link.");
        }

        if (!Bolt11Invoice.TryDecode(command.Invoice, out Bolt11Invoice? invoice, out string error))
        {
            return Refuse(WithdrawOutcome.InvoiceMalformed, $"The invoice cannot be read: {error}.");
        }

        if (!link.PayoutId.IsNone)
        {
            // A wallet whose answer was lost brings the same invoice again; that is no second payment.
            PayoutRecord? taken = await Ledger.Reader.FindPayoutAsync(link.PayoutId);
            return taken?.PaymentHash == invoice.PaymentHash
                ? new WithdrawReply { Outcome = WithdrawOutcome.Taken }
                : Refuse(WithdrawOutcome.LinkUsed, "This link was used with another invoice; ask for a new link.");
        }

        return await FindDefectAsync(link, invoice) ?? await TakeAsync(link, invoice);
    }

    private static WithdrawReply Refuse(WithdrawOutcome outcome, string reason) => new() { Outcome = outcome, Reason = reason };

    private async Task<WithdrawReply?> FindDefectAsync(WithdrawalRecord link, Bolt11Invoice invoice)
    {
        if (NowUnixMs >= link.ExpiresUnixMs)
        {
            return Refuse(WithdrawOutcome.LinkExpired, "This link is too old; ask for a new one.");
        }

        if (invoice.Amount is null)
        {
            return Refuse(WithdrawOutcome.AmountMissing, "The invoice names no amount; make one that does.");
        }

        if (invoice.ExpiresAt < clock.GetUtcNow() + InvoiceLifeMin)
        {
            return Refuse(WithdrawOutcome.InvoiceExpired, "The invoice has expired, or is about to; make a new one.");
        }

        if (current is { Status: PayoutStatus.Parked })
        {
            // What was parked for want of a destination has one now.
            await VoidAsync("Withdrawn by the payee instead.");
            (failures, setbacks, notBeforeUnixMs) = (0, 0, 0);
        }

        return current is null ? null : Refuse(WithdrawOutcome.Busy, "A payment to you is under way; try again in some seconds.");
    }

    /// <summary>Makes the intent durable: reservation, hash and the use of the link in one posting. The payout loop sends
    /// it, under this hash only.</summary>
    private async Task<WithdrawReply> TakeAsync(WithdrawalRecord link, Bolt11Invoice invoice)
    {
        WithdrawalTerms terms = await ReadTermsAsync();
        if (terms.Decide(invoice.Amount!.Value) is not { } intent)
        {
            return Refuse(WithdrawOutcome.AmountTooHigh, $"At most {terms.Most.Value} msat can be withdrawn now.");
        }

        long now = NowUnixMs;
        var payout = new PayoutRecord
        {
            Id = source.PayoutId(number + 1),
            PayeeId = source.Id,
            Destination = "bolt11:" + invoice.Text,
            Amount = intent.Amount,
            FeeLimit = intent.FeeLimit,
            PaymentHash = invoice.PaymentHash,
            Invoice = invoice.Text,
            Status = PayoutStatus.Sent,
            Attempts = 1,
            NextAttemptUnixMs = now,
            CreatedUnixMs = now,
        };
        PostingResult result = await TryStoreAsync(new Posting
        {
            Id = Id128.Derive("posting-payout", payout.Id.ToArray()),
            Accounts = [AccountOpening.Lightning, source.Account],
            Transfers = [source.Reserve(payout.Id, intent.Reserved)],
            Records = [payout, link with { PayoutId = payout.Id, Revision = link.Revision + 1 }],
        });
        switch (result.Outcome)
        {
            case PostingOutcome.Posted:
                number++;
                (current, reserved, looks, notBeforeUnixMs) = (payout, intent.Reserved, 0, now);
                fees.Promise(payout.Id, intent.HubFeeLimit);
                feed.Publish(new PayoutChanged(payout));
                return new WithdrawReply { Outcome = WithdrawOutcome.Taken };
            case PostingOutcome.RefusedByDatabase:
                return Refuse(WithdrawOutcome.InvoiceUsed, "The hub has paid this invoice, or is paying it; make a new one.");
            case PostingOutcome.TransferRefused:
                return Refuse(WithdrawOutcome.AmountTooHigh, "What is owed does not cover the invoice any more; try again.");
            default:
                DeactivateOnIdle();
                throw new StaleGrainException($"The ledger refused a withdrawal ({result.Outcome}): {result.Detail}");
        }
    }

    private async Task<WithdrawalTerms> ReadTermsAsync()
    {
        LedgerAccount? account = await Ledger.Reader.FindAccountAsync(source.Account.Id);
        Msat parked = current is { Status: PayoutStatus.Parked } ? reserved : Msat.Zero;
        Msat owed = (account?.Available ?? Msat.Zero) + parked;
        return new WithdrawalTerms(owed, settings.Payouts.FeeLimit, await fees.AvailableAsync());
    }
}
