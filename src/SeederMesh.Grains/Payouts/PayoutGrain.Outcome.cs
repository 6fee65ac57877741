using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains.Feed;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Payouts;

/// <content>What became of a payment: posted, void, or asked about again.</content>
public sealed partial class PayoutGrain
{
    private async Task FinishAsync(Payment payment)
    {
        PayoutRecord payout = current!;
        switch (payment.Status)
        {
            case PaymentStatus.Succeeded:
                liquidity.Finish(payout.Id, hasLeft: true);
                await PostAsync(payment);
                break;
            case PaymentStatus.Failed:
                await FailAsync(payout, payment);
                break;
            default:
                // Pending or unknown: it may still settle, so nothing else is paid until the node says what became of
                // it. What is in flight is off the node's balance.
                if (payment.Status == PaymentStatus.Pending)
                {
                    liquidity.Finish(payout.Id, hasLeft: true);
                }

                looks = Math.Min(looks + 1, 16);
                notBeforeUnixMs = NowUnixMs + Math.Min(LookAgainMsMax, 250L << looks);
                break;
        }
    }

    private async Task FailAsync(PayoutRecord payout, Payment payment)
    {
        string reason = payment.Reason.Length > 0 ? payment.Reason : payment.Failure.ToString();
        Msat bound = reserved;
        await VoidAsync(reason);
        NoteFailure(
            PayoutReasons.Failed(payment.Failure, reason),
            isOfDestination: payment.Failure is not (PaymentFailure.NodeUnavailable or PaymentFailure.InsufficientBalance));
        bool isInvoice = payout.Destination.StartsWith("bolt11:", StringComparison.Ordinal);
        if (payment.Failure.IsOfDestination(isInvoice)
            && PayoutDestination.TryParse(payout.Destination, out PayoutDestination? destination, out _))
        {
            // The next destination has its turn at once.
            heldSinceUnixMs = notBeforeUnixMs = NowUnixMs;
            turns.NoteUnpayable(destination, lastReason, notBeforeUnixMs);
        }

        switch (payment.Failure)
        {
            case PaymentFailure.FeeTooHigh:
                route = route.AfterTooDear(bound, NowUnixMs);
                break;
            case PaymentFailure.NoRoute when !isInvoice:
                route = route.AfterNoRoute(payout.Amount, source.IsChannel ? Msat.From(1) : Terms.Threshold, NowUnixMs);
                break;
            case PaymentFailure.InsufficientBalance:
                liquidity.Doubt();
                break;
            default:
                break;
        }
    }

    private async Task PostAsync(Payment payment)
    {
        PayoutRecord payout = current!;
        Invariant.Require(payment.Preimage?.PaymentHash == payout.PaymentHash, "a paid payout has the preimage of its hash");
        Msat limit = reserved.Less(payout.Amount);
        Msat byPayee = Msat.Min(limit, new PayoutIntent(payout.Amount, payout.FeeLimit, limit).PayeePart(payment.Fee));
        Msat byHub = payment.Fee.Less(byPayee);
        PayoutRecord paid = payout with
        {
            Status = PayoutStatus.Succeeded,
            Preimage = new Digest(payment.Preimage!.Value.ToArray()),
            FeePaid = payment.Fee,
            FinishedUnixMs = NowUnixMs,
            Reason = null,
            Revision = payout.Revision + 1,
        };
        IReadOnlyList<PayoutLineRecord> paysFor = lines is null ? [] : await lines.TakeAsync(payout.Id, payout.Amount);
        PostingResult result = await TryStoreAsync(Outcome(paid, paysFor, byHub, byPayee));
        if (result.Outcome == PostingOutcome.TransferRefused && !byHub.IsZero)
        {
            // Revenue is less than the route cost: what it does not cover stays on the routing-fees account until later
            // revenue does.
            Msat revenue = (await Ledger.Reader.FindAccountAsync(AccountOpening.HubRevenue.Id))?.Available ?? Msat.Zero;
            byHub = Msat.Min(byHub, revenue);
            result = await TryStoreAsync(Outcome(paid, paysFor, byHub, byPayee));
        }

        if (result.Outcome == PostingOutcome.TransferRefused && !byHub.IsZero)
        {
            byHub = Msat.Zero;
            result = await TryStoreAsync(Outcome(paid, paysFor, byHub, byPayee));
        }

        if (!result.IsPosted)
        {
            DeactivateOnIdle();
            throw new StaleGrainException($"The ledger refused a payout's outcome ({result.Outcome}): {result.Detail}");
        }

        if (lines is not null)
        {
            await lines.SkipAsync(byPayee);
        }

        route = route.AfterSuccess(payout.Amount, payment.Fee, settings.Payouts.FeeLimit, NowUnixMs);
        (failures, setbacks, notBeforeUnixMs) = (0, 0, 0);
        Clear(paid, byHub);
    }

    private Posting Outcome(PayoutRecord paid, IReadOnlyList<PayoutLineRecord> paysFor, Msat byHub, Msat byPayee)
    {
        var transfers = new List<Transfer> { Bookings.Post(source.Reserve(paid.Id, reserved)) with { Amount = paid.Amount } };
        if (!paid.FeePaid.IsZero)
        {
            transfers.Add(Bookings.PayRoutingFee(paid.Id, paid.FeePaid));
        }

        if (!byHub.IsZero)
        {
            transfers.Add(Bookings.ChargeRoutingFee(paid.Id, byHub));
        }

        if (!byPayee.IsZero)
        {
            transfers.Add(Bookings.ChargeRoutingFeeTo(paid.Id, source.Account.Id, byPayee));
        }

        return new Posting
        {
            Id = Id128.Derive("posting-payout-paid", paid.Id.ToArray()),
            Accounts = [AccountOpening.Lightning, AccountOpening.RoutingFees, AccountOpening.HubRevenue],
            Transfers = transfers,
            Records = [paid, .. paysFor],
        };
    }

    /// <summary>The payment failed for good: the money is back on its account, and the next attempt is a payout of its
    /// own.</summary>
    private async Task VoidAsync(string reason)
    {
        PayoutRecord failed = current! with
        {
            Status = PayoutStatus.Failed,
            Reason = reason,
            FinishedUnixMs = NowUnixMs,
            Revision = current!.Revision + 1,
        };
        await StoreAsync(new Posting
        {
            Id = Id128.Derive("posting-payout-failed", failed.Id.ToArray()),
            Transfers = [Bookings.Void(source.Reserve(failed.Id, reserved))],
            Records = [failed],
        });
        liquidity.Finish(failed.Id, hasLeft: false);
        Clear(failed, Msat.Zero);
    }

    private void Clear(PayoutRecord finished, Msat routing)
    {
        fees.Release(finished.Id, routing);
        current = null;
        feed.Publish(new PayoutChanged(finished));
    }
}
