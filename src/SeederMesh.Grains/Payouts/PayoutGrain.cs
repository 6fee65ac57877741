using Orleans;
using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains.Feed;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Payouts;

/// <summary>Pays one payee, or refunds one channel: one payment at a time, under one hash each.</summary>
/// <remarks>
/// The order is what keeps anybody from being paid twice. The money is reserved and the payment hash stored in one
/// posting, then the node is
/// called, then the outcome is posted. After a crash the node is asked about the hash before anything else, and while
/// its fate is unknown
/// nothing else is paid. Not reentrant.
/// </remarks>
public sealed partial class PayoutGrain(
    LedgerStore ledger,
    PayoutSender sender,
    RoutingFeeBudget fees,
    HubSettings settings,
    HubFeed feed,
    TimeProvider clock)
    : LedgerGrain(ledger), IPayoutGrain
{
    /// <summary>So many failures in a row, and the money is parked with the reason.</summary>
    public const int FailuresMax = 8;

    private const long ParkedMs = 3_600_000;

    /// <summary>After a route that was too dear, more is waited for; but not longer than this, for there may be no
    /// more.</summary>
    private const long DearMs = 3_600_000;
    private const long LookAgainMsMax = 60_000;

    private PayoutSource source = new(IsChannel: false, default);
    private PayoutRecord? current;
    private Msat reserved;
    private PayoutLines? lines;
    private long number;
    private int failures;
    private int looks;
    private int dearRoutes;
    private long dearUntilUnixMs;
    private string lastReason = "";
    private Msat minimum;
    private long notBeforeUnixMs;

    private long NowUnixMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!PayoutKey.TryRead(this.GetPrimaryKeyString(), out bool isChannel, out Id128 id))
        {
            throw new InvalidOperationException("The key of a payout grain is payee/ or channel/ and an id.");
        }

        source = new PayoutSource(isChannel, id);
        number = await source.CountAsync(Ledger.Reader);
        current = await source.FindUnfinishedAsync(Ledger.Reader);
        Msat paid = (await Ledger.Reader.FindAccountAsync(source.Account.Id))?.DebitsPosted ?? Msat.Zero;
        lines = isChannel ? null : new PayoutLines(Ledger.Reader, source.Account.Id, paid);
        if (current is null)
        {
            return;
        }

        PostedTransfer? reservation = await Ledger.Reader.FindTransferAsync(current.Id);
        Invariant.Require(reservation is not null, "a payout has reserved its money");
        reserved = reservation.Transfer.Amount;
        if (reserved == current.Amount)
        {
            fees.Promise(current.Id, current.FeeLimit);
        }
    }

    /// <inheritdoc/>
    public async Task<PayReply> PayAsync()
    {
        if (current is { Status: PayoutStatus.Parked })
        {
            await UnparkAsync();
        }
        else if (current is not null)
        {
            await AskAsync();
        }

        if (current is null && NowUnixMs >= notBeforeUnixMs)
        {
            await PayOwedAsync();
        }

        bool waits = current is not null || NowUnixMs < notBeforeUnixMs;
        return new PayReply { AgainAtUnixMs = waits ? notBeforeUnixMs : dearRoutes > 0 ? dearUntilUnixMs : null };
    }

    /// <summary>The node is asked what became of the payment. Only when it never heard of it is it sent again, under
    /// the same hash.</summary>
    private async Task AskAsync()
    {
        Payment known = await sender.LookUpAsync(current!.PaymentHash!.Value);
        await FinishAsync(known.Status == PaymentStatus.NotFound ? await sender.SendAsync(current) : known);
    }

    private async Task PayOwedAsync()
    {
        string? destinations = await source.FindDestinationsAsync(Ledger.Reader);
        LedgerAccount? account = await Ledger.Reader.FindAccountAsync(source.Account.Id);
        if (account is null || PayableDestination.Choose(destinations, failures, settings.PaysOffers) is not { } destination)
        {
            return;
        }

        if (NowUnixMs >= dearUntilUnixMs)
        {
            (dearRoutes, minimum) = (0, Msat.Zero);
        }

        PayoutIntent? intent = source.Decide(
            settings.Payouts, account.Available, minimum, dearRoutes, await fees.AvailableAsync());
        if (intent is null)
        {
            return;
        }

        Id128 payoutId = source.PayoutId(number + 1);
        PreparedPayout prepared = failures < FailuresMax
            ? await sender.PrepareAsync(payoutId, destination, intent.Amount)
            : new PreparedPayout(null, null, lastReason);
        bool isParked = failures >= FailuresMax;
        if (prepared.PaymentHash is null && !isParked)
        {
            NoteFailure(prepared.Reason);
            return;
        }

        long now = NowUnixMs;
        var payout = new PayoutRecord
        {
            Id = payoutId,
            PayeeId = source.IsChannel ? default : source.Id,
            ChannelId = source.IsChannel ? source.Id : default,
            Destination = destination.ToString(),
            Amount = intent.Amount,
            FeeLimit = intent.FeeLimit,
            PaymentHash = prepared.PaymentHash,
            Invoice = prepared.Invoice,
            Status = isParked ? PayoutStatus.Parked : PayoutStatus.Sent,
            Reason = isParked ? $"Parked after {failures} failures: {prepared.Reason}" : null,
            Attempts = isParked ? 0 : 1,
            NextAttemptUnixMs = isParked ? now + ParkedMs : now,
            CreatedUnixMs = now,
        };
        if (await ReserveAsync(payout, intent) && !isParked)
        {
            await FinishAsync(await sender.SendAsync(payout));
        }
    }

    /// <summary>Makes the intent durable: the money is reserved under the hash before the node hears of it.</summary>
    private async Task<bool> ReserveAsync(PayoutRecord payout, PayoutIntent intent)
    {
        PostingResult result = await TryStoreAsync(new Posting
        {
            Id = Id128.Derive("posting-payout", payout.Id.ToArray()),
            Accounts = [AccountOpening.Lightning, source.Account],
            Transfers = [source.Reserve(payout.Id, intent.Reserved)],
            Records = [payout],
        });
        switch (result.Outcome)
        {
            case PostingOutcome.Posted:
                number++;
                current = payout;
                reserved = intent.Reserved;
                looks = 0;
                notBeforeUnixMs = payout.NextAttemptUnixMs;
                if (intent.HubBearsFee)
                {
                    fees.Promise(payout.Id, payout.FeeLimit);
                }

                feed.Publish(new PayoutChanged(payout));
                return true;
            case PostingOutcome.RefusedByDatabase:
                NoteFailure("The destination gave an invoice that was used before; it must make a new one for each payment.");
                return false;
            case PostingOutcome.TransferRefused:
                NoteFailure($"The ledger does not cover the payment: {result.Detail}");
                return false;
            default:
                DeactivateOnIdle();
                throw new StaleGrainException($"The ledger refused a payout ({result.Outcome}): {result.Detail}");
        }
    }

    private async Task FinishAsync(Payment payment)
    {
        switch (payment.Status)
        {
            case PaymentStatus.Succeeded:
                await PostAsync(payment);
                break;
            case PaymentStatus.Failed:
                await VoidAsync(payment.Reason.Length > 0 ? payment.Reason : payment.Failure.ToString());
                if (payment.Failure == PaymentFailure.FeeTooHigh)
                {
                    // The route costs more than the share that it may: a larger amount bears the same base fee better.
                    dearRoutes++;
                    dearUntilUnixMs = NowUnixMs + DearMs;
                    minimum = Msat.Min(Msat.Max, Msat.From(Math.Min(Msat.Max.Value, 2 * Math.Max(minimum.Value, reserved.Value))));
                }

                break;
            default:
                // Pending or unknown: it may still settle, so nothing else is paid until the node says what became of
                // it.
                looks = Math.Min(looks + 1, 16);
                notBeforeUnixMs = NowUnixMs + Math.Min(LookAgainMsMax, 250L << looks);
                break;
        }
    }

    private async Task PostAsync(Payment payment)
    {
        PayoutRecord payout = current!;
        Invariant.Require(payment.Preimage?.PaymentHash == payout.PaymentHash, "a paid payout has the preimage of its hash");
        bool hubBearsFee = reserved == payout.Amount;
        Msat revenue = (await Ledger.Reader.FindAccountAsync(AccountOpening.HubRevenue.Id))?.Available ?? Msat.Zero;
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
        Msat charged = hubBearsFee ? Msat.Min(payment.Fee, revenue) : payment.Fee;
        PostingResult result = await TryStoreAsync(Outcome(paid, paysFor, hubBearsFee, charged));
        if (result.Outcome == PostingOutcome.TransferRefused && hubBearsFee)
        {
            // Another payment took the revenue meanwhile: the fee stays on the routing-fees account until revenue
            // covers it.
            result = await TryStoreAsync(Outcome(paid, paysFor, hubBearsFee, Msat.Zero));
        }

        if (!result.IsPosted)
        {
            DeactivateOnIdle();
            throw new StaleGrainException($"The ledger refused a payout's outcome ({result.Outcome}): {result.Detail}");
        }

        if (lines is not null && !hubBearsFee)
        {
            await lines.SkipAsync(charged);
        }

        (failures, dearRoutes, minimum) = (0, 0, Msat.Zero);
        Clear(paid);

        // More may be owed by now, and what a route did not take of its limit: look again at the next opportunity.
        notBeforeUnixMs = NowUnixMs + 1;
    }

    private Posting Outcome(PayoutRecord paid, IReadOnlyList<PayoutLineRecord> paysFor, bool hubBearsFee, Msat charged)
    {
        var transfers = new List<Transfer> { Bookings.Post(source.Reserve(paid.Id, reserved)) with { Amount = paid.Amount } };
        if (!paid.FeePaid.IsZero)
        {
            transfers.Add(Bookings.PayRoutingFee(paid.Id, paid.FeePaid));
        }

        if (!charged.IsZero)
        {
            transfers.Add(hubBearsFee
                ? Bookings.ChargeRoutingFee(paid.Id, charged)
                : Bookings.ChargeRoutingFeeTo(paid.Id, source.Account.Id, charged));
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
        Clear(failed);
        NoteFailure(reason);
    }

    /// <summary>Parked money is tried again after an hour, or at once when the payee names another
    /// destination.</summary>
    private async Task UnparkAsync()
    {
        string? destinations = await source.FindDestinationsAsync(Ledger.Reader);
        bool moved = !PayableDestination.Names(destinations, current!.Destination);
        if (!moved && NowUnixMs < current.NextAttemptUnixMs)
        {
            notBeforeUnixMs = current.NextAttemptUnixMs;
            return;
        }

        await VoidAsync(moved ? "The destination changed." : $"{current.Reason} Tried again.");
        failures = moved ? 0 : FailuresMax - 1;
        notBeforeUnixMs = 0;
    }

    private void Clear(PayoutRecord finished)
    {
        fees.Release(finished.Id);
        current = null;
        feed.Publish(new PayoutChanged(finished));
    }

    private void NoteFailure(string reason)
    {
        lastReason = reason;
        failures = Math.Min(failures + 1, FailuresMax);
        notBeforeUnixMs = NowUnixMs + (500L << failures);
    }
}
