using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains.Feed;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Payouts;

/// <content>A new payment: whether it is due, how much of what is owed it carries, and its durable intent.</content>
public sealed partial class PayoutGrain
{
    /// <summary>How soon a node with too little is looked at again.</summary>
    private const long ShortMs = 5_000;

    /// <summary>How soon somebody whose earnings gather is looked at again, at the latest.</summary>
    private const long GatherLookMs = 2_000;

    /// <summary>How soon revenue that other payments count on is looked at again, the first time.</summary>
    private const long RevenueLookMsMin = 250;

    /// <summary>So long others may keep the hub's revenue; then whoever is paid bears the route.</summary>
    private const long RevenueWaitMsMax = 4_000;

    /// <summary>What a cheap route left of a refund's fee limit is refunded too, from so much on: nothing else is earned
    /// there, that it could be paid out with.</summary>
    private static readonly Msat RefundRestMin = Msat.From(50);

    private long ripeSinceUnixMs;
    private long revenueWantedSinceUnixMs;

    /// <summary>A scheduled payment went out in parts, and the last one is still to come.</summary>
    private bool isRoundOpen;

    private async Task<PayReply> PayOwedAsync(bool isAsked)
    {
        Msat owed = await FindLeftAsync();
        string? destinations = owed.IsZero ? null : await source.FindDestinationsAsync(Ledger.Reader);
        long now = NowUnixMs;
        PayoutDestination? destination = turns.Choose(destinations, failures, now);
        string? whyNone = destination is null ? turns.WhyNone(destinations, now) : null;
        if (destination is null && whyNone is null)
        {
            return new PayReply { Reason = owed.IsZero ? "" : "Nobody named a destination that this hub can pay." };
        }

        route = route.At(now);
        if (chosen is { IsOthers: true })
        {
            chosen = await ChosenTerms.FindAsync(Ledger.Reader, source.Id);
        }

        if (!source.IsChannel && !isAsked && await FindWaitAsync(owed, now) is { } wait)
        {
            return wait;
        }

        if (destination is null || failures >= FailuresMax)
        {
            return await ParkAsync(destinations!, owed, whyNone);
        }

        (Msat revenue, Msat hoped) = await fees.FindAsync();
        Msat? free = await FindLiquidityAsync();
        if (free is not { } spendable)
        {
            return Wait(notBeforeUnixMs, lastReason);
        }

        PayoutIntent? wanted = Decide(owed, Msat.Max, revenue);
        if (!isAsked && FindWaitForRevenue(wanted, Decide(owed, Msat.Max, hoped), now) is { } promised)
        {
            return promised;
        }

        if (wanted is null)
        {
            return route.ForgottenAtUnixMs > now && route.Minimum > owed
                ? new PayReply { AgainAtUnixMs = route.ForgottenAtUnixMs, Reason = TooLittle(owed) }
                : new PayReply();
        }

        PayoutIntent? fits = Fit(wanted, owed, revenue, spendable, destination);
        if (fits is null)
        {
            return WaitForLiquidity(wanted, spendable);
        }

        return await PayAsync(destination, owed, fits, revenue, isAsked);
    }

    private async Task<Msat> FindLeftAsync() =>
        (await Ledger.Reader.FindAccountAsync(source.Account.Id))?.Available ?? Msat.Zero;

    /// <summary>Why a payee is not paid yet; null when it is due. By another's choice it waits a week at most.</summary>
    private async Task<PayReply?> FindWaitAsync(Msat owed, long now)
    {
        PayReply? wait = await FindChosenWaitAsync(owed, now);
        if (wait is null || chosen is not { IsOthers: true } || owed < settings.Terms.Default.Threshold)
        {
            return wait;
        }

        long latest = await source.FindWaitingSinceAsync(Ledger.Reader, now) + PayoutTerms.OthersChoiceMsMax;
        return now >= latest ? null : wait with { AgainAtUnixMs = Math.Min(wait.AgainAtUnixMs ?? latest, latest) };
    }

    private async Task<PayReply?> FindChosenWaitAsync(Msat owed, long now)
    {
        if (owed < Terms.Threshold)
        {
            ripeSinceUnixMs = 0;
            return new PayReply { Reason = $"{owed} is owed, the threshold is {Terms.Threshold}." };
        }

        if (Terms.Schedule != PayoutSchedule.Stream && !isRoundOpen)
        {
            long? dueAt = Terms.Schedule.DueAt(await source.FindWaitingSinceAsync(Ledger.Reader, now));
            if (dueAt is null)
            {
                return new PayReply { Reason = "It is paid on demand.", IgnoresEarnings = true };
            }

            if (dueAt > now)
            {
                return Wait(dueAt.Value, $"It is paid {Terms.Schedule}.");
            }
        }

        // While the node is behind, the same number of payments moves more money; but nobody waits for ever.
        NodeCapacity capacity = meter.Capacity;
        int waiting = queue.Waiting;
        ripeSinceUnixMs = ripeSinceUnixMs == 0 || now < ripeSinceUnixMs ? now : ripeSinceUnixMs;
        long ripeAt = ripeSinceUnixMs + NodeCapacity.GatherMsMax;
        return owed < capacity.MinimumFor(Terms.Threshold, waiting) && now < ripeAt
            ? new PayReply
            {
                AgainAtUnixMs = Math.Min(ripeAt, now + Math.Min(GatherLookMs, capacity.ClearsInMs(waiting))),
                Reason = "The node is busy: earnings gather into one payment.",
            }
            : null;
    }

    /// <summary>What another payment counts on it mostly gives back within moments: until then nobody bears a route that
    /// the hub would have borne. A payment that is held does not keep anybody waiting for long.</summary>
    private PayReply? FindWaitForRevenue(PayoutIntent? wanted, PayoutIntent? hoped, long now)
    {
        if (hoped is null || (wanted is not null && wanted.PayeeFeeLimit <= hoped.PayeeFeeLimit))
        {
            revenueWantedSinceUnixMs = 0;
            return null;
        }

        revenueWantedSinceUnixMs = revenueWantedSinceUnixMs == 0 || now < revenueWantedSinceUnixMs ? now : revenueWantedSinceUnixMs;
        long waited = now - revenueWantedSinceUnixMs;
        if (waited < RevenueWaitMsMax)
        {
            // Each look comes after twice the time, so that few are in vain.
            return Wait(
                revenueWantedSinceUnixMs + Math.Clamp(2 * waited, RevenueLookMsMin, RevenueWaitMsMax),
                "Other payments count on the hub's revenue, which is to pay for this one's route too.");
        }

        revenueWantedSinceUnixMs = 0;
        return null;
    }

    private async Task<Msat?> FindLiquidityAsync()
    {
        try
        {
            return await liquidity.AvailableAsync(source.IsChannel);
        }
        catch (LightningNodeException exception)
        {
            NoteFailure(PayoutReasons.NodeUnreachable(exception.Message), isOfDestination: false);
            return null;
        }
    }

    private PayoutIntent? Decide(Msat owed, Msat ceiling, Msat revenue) => source.IsChannel
        ? settings.Payouts.DecideRefund(owed, ceiling, route, revenue)
        : settings.Payouts.DecidePayment(Terms.Bearer, owed, Msat.From(1), ceiling, route, revenue);

    /// <summary>The payment, or a part of it that the node can fund. An invoice is paid whole.</summary>
    private PayoutIntent? Fit(PayoutIntent wanted, Msat owed, Msat revenue, Msat spendable, PayoutDestination destination)
    {
        if (wanted.Amount + wanted.FeeLimit <= spendable)
        {
            return wanted;
        }

        PayoutIntent? part = destination.Kind != DestinationKind.Bolt11 && spendable.TrySubtract(wanted.FeeLimit, out Msat most)
            ? Decide(owed, most, revenue)
            : null;
        Msat least = source.IsChannel ? Msat.From(1) : Terms.Threshold;
        return part?.Amount >= least ? part : null;
    }

    private PayReply WaitForLiquidity(PayoutIntent wanted, Msat spendable)
    {
        if (source.IsChannel)
        {
            liquidity.Claim(source.Id, wanted.Amount + wanted.FeeLimit);
        }

        return Wait(NowUnixMs + ShortMs, PayoutReasons.TooLittleLiquidity(wanted.Amount, spendable));
    }

    private string TooLittle(Msat owed) =>
        $"{owed} is owed; less than {route.Minimum} costs too much in routing, or is less than the destination takes.";

    private async Task<PayReply> PayAsync(PayoutDestination destination, Msat owed, PayoutIntent intent, Msat revenue, bool isAsked)
    {
        Id128 payoutId = source.PayoutId(number + 1);
        PreparedPayout prepared = await sender.PrepareAsync(payoutId, destination, intent.Amount);
        if (prepared.Limits is { } limits)
        {
            route = route.AfterLimits(limits.Least, limits.Most, NowUnixMs);
            if (intent.Amount > limits.Most && Decide(owed, limits.Most, revenue) is { } part)
            {
                intent = part;
                prepared = await sender.PrepareAsync(payoutId, destination, intent.Amount);
            }
            else if (intent.Amount < limits.Least && !source.IsChannel)
            {
                return new PayReply { AgainAtUnixMs = route.ForgottenAtUnixMs, Reason = TooLittle(owed) };
            }
        }

        if (prepared.IsUnpayable)
        {
            // Each destination is passed over once, and then the money is paid at another one or parked.
            lastReason = prepared.Reason;
            turns.NoteUnpayable(destination, lastReason, NowUnixMs);
            return await PayOwedAsync(isAsked);
        }

        if (prepared.PaymentHash is null)
        {
            NoteFailure(prepared.Reason);
            return new PayReply();
        }

        if (!liquidity.TryTake(payoutId, intent.Amount + intent.FeeLimit, source.IsChannel ? source.Id : default))
        {
            return WaitForLiquidity(intent, Msat.Zero);
        }

        PayoutRecord payout = ToRecord(payoutId, destination.ToString(), intent, prepared);
        if (!await ReserveAsync(payout, intent))
        {
            return new PayReply();
        }

        await FinishAsync(await meter.MeasureAsync(() => sender.SendAsync(payout)));
        bool isPart = owed.Less(intent.Reserved) >= (source.IsChannel || isAsked ? Msat.From(1) : Terms.Threshold);
        bool isPaid = current is null && notBeforeUnixMs == 0;
        isPart |= isPaid && source.IsChannel && await FindLeftAsync() >= RefundRestMin;
        isRoundOpen = isPaid && isPart;
        ripeSinceUnixMs = 0;
        return isPaid && isPart ? new PayReply { AgainAtUnixMs = NowUnixMs } : new PayReply();
    }

    /// <summary>Sets all that is owed aside until somebody does something, or an hour is over.</summary>
    /// <param name="destinations">All that were tried.</param>
    /// <param name="owed">What is owed.</param>
    /// <param name="whyNone">Why nobody can be paid there; null when it may work again.</param>
    private async Task<PayReply> ParkAsync(string destinations, Msat owed, string? whyNone)
    {
        string reason = whyNone is null
            ? PayoutReasons.Parked(failures, lastReason, source.IsChannel)
            : PayoutReasons.Unpayable(whyNone, source.IsChannel);
        var intent = new PayoutIntent(owed, Msat.Zero, Msat.Zero);
        await ReserveAsync(ToRecord(source.PayoutId(number + 1), destinations, intent, new PreparedPayout(null, null, reason)), intent);
        return new PayReply();
    }

    /// <summary>What is sent under the prepared hash; without one, what is parked.</summary>
    private PayoutRecord ToRecord(Id128 payoutId, string destination, PayoutIntent intent, PreparedPayout prepared)
    {
        long now = NowUnixMs;
        bool isParked = prepared.PaymentHash is null;
        return new PayoutRecord
        {
            Id = payoutId,
            PayeeId = source.IsChannel ? default : source.Id,
            ChannelId = source.IsChannel ? source.Id : default,
            Destination = destination,
            Amount = intent.Amount,
            FeeLimit = intent.FeeLimit,
            PaymentHash = prepared.PaymentHash,
            Invoice = prepared.Invoice,
            Status = isParked ? PayoutStatus.Parked : PayoutStatus.Sent,
            Reason = isParked ? prepared.Reason : null,
            Attempts = isParked ? 0 : 1,
            NextAttemptUnixMs = isParked ? now + ParkedMs : now,
            CreatedUnixMs = now,
        };
    }

    /// <summary>Makes the intent durable: the money is reserved under the hash before the node hears of it.</summary>
    private async Task<bool> ReserveAsync(PayoutRecord payout, PayoutIntent intent)
    {
        PostingResult result;
        try
        {
            result = await TryStoreAsync(new Posting
            {
                Id = Id128.Derive("posting-payout", payout.Id.ToArray()),
                Accounts = [AccountOpening.Lightning, source.Account],
                Transfers = [source.Reserve(payout.Id, intent.Reserved)],
                Records = [payout],
            });
        }
        catch (Exception)
        {
            // Where it was stored after all, it is asked about, and takes its liquidity then.
            liquidity.Finish(payout.Id, hasLeft: false);
            throw;
        }

        if (result.Outcome == PostingOutcome.Posted)
        {
            number++;
            current = payout;
            reserved = intent.Reserved;
            looks = 0;
            notBeforeUnixMs = payout.NextAttemptUnixMs;
            PromiseFees(intent.HubFeeLimit);
            feed.Publish(new PayoutChanged(payout));
            return true;
        }

        liquidity.Finish(payout.Id, hasLeft: false);
        switch (result.Outcome)
        {
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
}
