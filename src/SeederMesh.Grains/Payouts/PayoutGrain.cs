using Orleans;
using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains.Feed;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Payouts;

/// <summary>Pays one payee, or refunds one channel: one payment at a time, under one hash each.</summary>
/// <remarks>
/// The order is what keeps anybody from being paid twice. The money is reserved and the payment hash stored in one
/// posting, then the node is called, then the outcome is posted. After a crash the node is asked about the hash before
/// anything else, and while its fate is unknown nothing else is paid. Not reentrant.
/// </remarks>
public sealed partial class PayoutGrain(
    LedgerStore ledger,
    PayoutSender sender,
    RoutingFeeBudget fees,
    NodeLiquidity liquidity,
    NodeMeter meter,
    PayoutQueue queue,
    HubSettings settings,
    HubFeed feed,
    TimeProvider clock)
    : LedgerGrain(ledger), IPayoutGrain
{
    /// <summary>So many failures of the destination in a row, and the money is parked with the reason.</summary>
    public const int FailuresMax = 8;

    private const long ParkedMs = 3_600_000;
    private const long LookAgainMsMax = 60_000;
    private const long BackOffMsMin = 500;
    private const int DoublingsMax = 8;

    private readonly DestinationTurns turns = new(settings.PaysOffers);
    private PayoutSource source = new(IsChannel: false, default);
    private ChosenTerms? chosen;
    private PayoutRecord? current;
    private Msat reserved;
    private PayoutLines? lines;
    private RouteExperience route = RouteExperience.None;
    private long number;
    private int failures;
    private int setbacks;
    private int looks;
    private string lastReason = "";
    private long notBeforeUnixMs;
    private long heldSinceUnixMs;

    private long NowUnixMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private PayoutTerms Terms => chosen?.Record.Terms ?? settings.Terms.Default;

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
        chosen = isChannel ? null : await ChosenTerms.FindAsync(Ledger.Reader, id);
        Msat paid = (await Ledger.Reader.FindAccountAsync(source.Account.Id))?.DebitsPosted ?? Msat.Zero;
        lines = isChannel ? null : new PayoutLines(Ledger.Reader, source.Account.Id, paid);
        if (current is null)
        {
            return;
        }

        PostedTransfer? reservation = await Ledger.Reader.FindTransferAsync(current.Id);
        Invariant.Require(reservation is not null, "a payout has reserved its money");
        reserved = reservation.Transfer.Amount;
        PromiseFees(current.FeeLimit.Less(reserved.Less(current.Amount)));
    }

    /// <inheritdoc/>
    public Task<PayReply> PayAsync() => PayAsync(isAsked: false);

    /// <inheritdoc/>
    public Task<PayReply> PayNowAsync()
    {
        (failures, setbacks, notBeforeUnixMs, route) = (0, 0, 0, RouteExperience.None);
        turns.Forget();
        return PayAsync(isAsked: true);
    }

    /// <inheritdoc/>
    public async Task<bool> SetTermsAsync(SetTermsCommand command)
    {
        bool isReadable = PayoutSchedule.TryParse(command.Schedule, out PayoutSchedule schedule);
        Invariant.Require(!source.IsChannel && isReadable, "terms are a payee's, with a schedule that can be read");
        var terms = new PayoutTerms(Msat.From(command.ThresholdMsat), schedule, (FeeBearer)command.Bearer);
        PayoutTermsRecord? before = await Ledger.Reader.FindPayoutTermsAsync(source.Id);
        if (before is not null && command.SignedUnixSeconds <= before.SignedUnixSeconds)
        {
            // A time counts whole seconds, so of two in the same second only the same terms can be told from others.
            return terms == before.Terms;
        }

        PayoutTermsRecord next = new()
        {
            PayeeId = source.Id,
            Terms = terms,
            SignedUnixSeconds = command.SignedUnixSeconds,
            Revision = (before?.Revision ?? 0) + 1,
        };
        await StoreAndNoteAsync(new Posting { Id = default, Records = [next] }, () => queue.NoteChanged(source.Id));
        chosen = await ChosenTerms.FindAsync(Ledger.Reader, source.Id);
        return true;
    }

    private static PayReply Wait(long againAtUnixMs, string reason = "") =>
        new() { AgainAtUnixMs = againAtUnixMs, IgnoresEarnings = true, Reason = reason };

    private async Task<PayReply> PayAsync(bool isAsked)
    {
        if (current is { Status: PayoutStatus.Parked })
        {
            await UnparkAsync(isAsked);
        }
        else if (current is not null)
        {
            await AskAsync();
        }

        PayReply reply = new();

        // A clock that was set back behind the beginning of a wait ends it: nobody waits for as long as it was wrong.
        long now = NowUnixMs;
        if (current is null && (now >= notBeforeUnixMs || now < heldSinceUnixMs))
        {
            notBeforeUnixMs = 0;
            reply = await PayOwedAsync(isAsked);
        }

        // Whether there is a time is asked, not whether it is still to come: on a busy machine it may have come meanwhile,
        // and nobody else would look again.
        return current is { Status: PayoutStatus.Parked } ? Wait(notBeforeUnixMs, current.Reason ?? "")
            : current is not null ? Wait(notBeforeUnixMs, "The payment is in flight: its fate is asked for until it is known.")
            : notBeforeUnixMs != 0 ? Wait(notBeforeUnixMs, lastReason)
            : reply;
    }

    /// <summary>The node is asked what became of the payment. Only when it never heard of it is it sent again, under
    /// the same hash.</summary>
    private async Task AskAsync()
    {
        Payment known = await sender.LookUpAsync(current!.PaymentHash!.Value);
        await FinishAsync(known.Status == PaymentStatus.NotFound ? await SendAgainAsync() : known);
    }

    private async Task<Payment> SendAgainAsync()
    {
        PayoutRecord payout = current!;
        if (await FindLiquidityAsync() is null)
        {
            return Payment.Unknown(payout.PaymentHash!.Value, lastReason);
        }

        return liquidity.TryTake(payout.Id, payout.Amount + payout.FeeLimit, payout.ChannelId)
            ? await meter.MeasureAsync(() => sender.SendAsync(payout))
            : Payment.Unknown(payout.PaymentHash!.Value, "The node has too little to send it again.");
    }

    /// <summary>Parked money is tried again after an hour, once at each destination; at once when somebody asks for it, and
    /// when the payee names other destinations.</summary>
    private async Task UnparkAsync(bool isAsked)
    {
        string? destinations = await source.FindDestinationsAsync(Ledger.Reader);
        bool moved = !string.Equals(destinations, current!.Destination, StringComparison.Ordinal);
        long now = NowUnixMs;
        if (!moved && !isAsked && now >= current.CreatedUnixMs && now < current.NextAttemptUnixMs)
        {
            notBeforeUnixMs = current.NextAttemptUnixMs;
            return;
        }

        await VoidAsync(moved ? "The destination changed." : $"{current.Reason} Tried again.");
        failures = moved || isAsked ? 0 : FailuresMax - Math.Clamp(DestinationTurns.Count(destinations), 1, FailuresMax);
        turns.Forget();
        (setbacks, notBeforeUnixMs) = (0, 0);
    }

    /// <summary>The hub's revenue is counted on by what may be sent, not by what is parked.</summary>
    private void PromiseFees(Msat byHub)
    {
        if (current is { Status: not PayoutStatus.Parked })
        {
            fees.Promise(current.Id, byHub);
        }
    }

    private void NoteFailure(string reason, bool isOfDestination = true)
    {
        lastReason = reason;
        failures = isOfDestination ? Math.Min(failures + 1, FailuresMax) : failures;
        setbacks = Math.Min(setbacks + 1, DoublingsMax);
        heldSinceUnixMs = NowUnixMs;
        notBeforeUnixMs = heldSinceUnixMs + (BackOffMsMin << setbacks);
    }
}
