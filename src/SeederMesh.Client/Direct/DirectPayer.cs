using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;

namespace SeederMesh.Client;

/// <summary>The most that a direct download may pay.</summary>
/// <param name="Budget">What the person allowed, routing included.</param>
/// <param name="Committed">What the download has set aside for seeders by now, used up or not: a hub cannot ask for
/// more.</param>
internal sealed record DirectLimits(Msat Budget, Func<Msat> Committed);

/// <summary>How a direct download's payments stand.</summary>
/// <param name="Paid">Paid and proved, without routing.</param>
/// <param name="Fees">What routing cost.</param>
/// <param name="Due">What is due and not proved, as the hub says.</param>
/// <param name="AtMostLost">The most that a dishonest hub could still take.</param>
/// <param name="Window">What the hub lets be granted or due without proof; zero while unknown.</param>
/// <param name="Trouble">Why something due is not being paid; null when all is.</param>
internal sealed record DirectStanding(Msat Paid, Msat Fees, Msat Due, Msat AtMostLost, Msat Window, string? Trouble);

/// <summary>Pays what a download owes out of the downloader's own wallet: asks the hub for invoices, pays each once, and
/// proves it.</summary>
/// <remarks>
/// The order is what keeps anything from being paid twice: the hash is in the journal, then the wallet is asked about it,
/// then it pays, then the preimage is in the journal, then the hub gets it. After a crash the same steps go on where they
/// stopped. An invoice is given up only when it expired and the wallet says that it did not pay it.
/// </remarks>
/// <param name="client">The hub, as the download's key.</param>
/// <param name="channelId">The channel.</param>
/// <param name="wallet">What pays.</param>
/// <param name="journal">What was paid.</param>
/// <param name="limits">What may be paid.</param>
/// <param name="clock">The time.</param>
internal sealed class DirectPayer(
    HubClient client, Id128 channelId, ILightningNode wallet, DirectJournal journal, DirectLimits limits, TimeProvider clock)
{
    /// <summary>How long something that is due may fail before it counts as trouble: routes and addresses come
    /// back.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PayTime = TimeSpan.FromSeconds(30);

    /// <summary>An invoice that lasts no longer is not paid any more: the payment could arrive too late.</summary>
    private static readonly TimeSpan ExpiryMargin = TimeSpan.FromSeconds(20);

    /// <summary>Beyond what the wallet's and the payee's clock may differ.</summary>
    private static readonly TimeSpan ExpiredMargin = TimeSpan.FromSeconds(60);

    private readonly Dictionary<Id128, Failing> failing = [];
    private readonly Lock gate = new();
    private bool? paysOffers;
    private DuesInfo? dues;
    private volatile string? hubTrouble;
    private volatile string? refusedProof;

    /// <summary>How it stands.</summary>
    public DirectStanding Standing()
    {
        Msat paid = journal.Amount;
        Msat budgetLeft = limits.Budget.Less(Msat.Min(limits.Budget, journal.Cost));
        Msat askable = limits.Committed() is var committed && committed > paid ? committed.Less(paid) : Msat.Zero;
        DuesInfo? known = dues;
        return new DirectStanding(
            journal.Paid,
            journal.Fees,
            known?.Unproved ?? Msat.Zero,
            Msat.Min(budgetLeft, askable),
            known?.WindowMsat ?? Msat.Zero,
            Trouble());
    }

    /// <summary>Pays what is due, again and again, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await TryTurnAsync(cancellation);
                await Task.Delay(LookEvery, clock, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // What is under way is in the journal.
        }
    }

    /// <summary>Pays what is still due of a channel that was told to close.</summary>
    /// <param name="timeLimit">How long to wait for seeders, routes and payees.</param>
    /// <param name="cancellation">Gives up; a later run goes on.</param>
    /// <returns>Whether nothing is left but what is too small to be paid.</returns>
    public async Task<bool> FinishAsync(TimeSpan timeLimit, CancellationToken cancellation)
    {
        long since = clock.GetTimestamp();
        while (true)
        {
            await TryTurnAsync(cancellation);
            if (journal.Open.Count == 0 && await IsOverAsync(cancellation))
            {
                return true;
            }

            if (clock.GetElapsedTime(since) >= timeLimit)
            {
                return false;
            }

            await Task.Delay(LookEvery / 2, clock, cancellation);
        }
    }

    /// <summary>What is left unpaid at the end, and why; or what was paid in vain; null when nothing is.</summary>
    public string? Remainder() => refusedProof ?? (dues is { Unproved.IsZero: false } left
        ? $"{left.Unproved} is still due: {Trouble() ?? hubTrouble ?? RemarkOf(left) ?? "the hub waits for seeders to report."}"
        : null);

    private static string? RemarkOf(DuesInfo dues) => dues.Dues.Select(due => due.Remark).FirstOrDefault(remark => remark is not null);

    private async Task<bool> IsOverAsync(CancellationToken cancellation) =>
        dues is { } last
        && (last.Ended
            || (last.Payments.Count == 0
                && last.Dues.All(due => due.UnderWayMsat.IsZero && (due.DueMsat.IsZero || due.TooSmall))
                && (await client.GetChannelAsync(channelId, cancellation)).IsClosed));

    private async Task TryTurnAsync(CancellationToken cancellation)
    {
        try
        {
            await TurnAsync(cancellation);
            hubTrouble = null;
        }
        catch (HubException exception)
        {
            // It is asked again; what was paid is in the journal until it has the proof.
            hubTrouble = exception.Message;
        }
        catch (LightningNodeException exception)
        {
            Fail(default, exception.Message, isFinal: false);
        }
    }

    private async Task TurnAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(journal.Open.Select(payment => GoOnAsync(payment, cancellation)));
        paysOffers ??= (await wallet.GetInfoAsync(cancellation)).Features.HasFlag(NodeFeatures.Offers);
        DuesInfo asked = await client.GetDuesAsync(channelId, paysOffers.Value, cancellation);
        HashSet<Id128> known = [.. journal.Open.Select(payment => payment.PayoutId)];
        NoteRemarks(asked);
        dues = asked;
        DirectPayment[] intended =
            [.. asked.Payments.Where(payment => !known.Contains(payment.PayoutId)).Select(Intend).OfType<DirectPayment>()];
        await Task.WhenAll(intended.Select(payment => GoOnAsync(payment, cancellation)));
    }

    /// <summary>Writes a payment down, if it is what it says and within the limits.</summary>
    private DirectPayment? Intend(DuePaymentInfo asked)
    {
        DecodedRequest invoice = PaymentRequests.Decode(asked.Invoice);
        bool isBolt11 = invoice.Error is null && invoice.PaymentHash is not null;
        if (isBolt11 && (invoice.PaymentHash != asked.PaymentHash || invoice.Amount != asked.AmountMsat))
        {
            Fail(asked.PayoutId, "The hub's words and its invoice differ. It is not paid.", isFinal: true);
            return null;
        }

        if (!isBolt11 && paysOffers != true)
        {
            Fail(asked.PayoutId, $"The hub gave no invoice that can be paid: {invoice.Error}", isFinal: true);
            return null;
        }

        var payment = new DirectPayment
        {
            PayoutId = asked.PayoutId,
            PayeeId = asked.PayeeId,
            Amount = asked.AmountMsat,
            FeeMax = FeeMaxOf(asked.AmountMsat),
            Invoice = asked.Invoice,
            PaymentHash = asked.PaymentHash,
            ExpiresUnixMs = asked.ExpiresUnixMs,
        };
        if (journal.TryIntend(payment, limits.Budget, limits.Committed()))
        {
            return payment;
        }

        Fail(
            asked.PayoutId,
            journal.Amount + payment.Amount > limits.Committed()
                ? $"The hub asks for {payment.Amount}, more than was signed for. It is not paid."
                : $"{payment.Amount} and its routing are above what is left of the budget.",
            isFinal: true);
        return null;
    }

    /// <summary>A hundredth of the amount, at least 1 sat; the last payments get by with what is left of the
    /// budget.</summary>
    private Msat FeeMaxOf(Msat amount)
    {
        Msat usual = Msat.From(Math.Max(1_000, amount.Value / 100));
        Msat taken = journal.Cost + amount;
        return limits.Budget > taken ? Msat.Min(usual, limits.Budget.Less(taken)) : Msat.Zero;
    }

    /// <summary>The next step of a payment, wherever an earlier run left it.</summary>
    private async Task GoOnAsync(DirectPayment payment, CancellationToken cancellation)
    {
        if (payment.Preimage is not null)
        {
            await ProveAsync(payment, cancellation);
            return;
        }

        // The wallet is asked first, always: only what it never heard of, or gave up for good, is sent.
        Payment known = await wallet.LookUpPaymentAsync(payment.PaymentHash, cancellation);
        if (known.Status is PaymentStatus.NotFound or PaymentStatus.Failed)
        {
            DateTimeOffset expires = DateTimeOffset.FromUnixTimeMilliseconds(payment.ExpiresUnixMs);
            DateTimeOffset now = clock.GetUtcNow();
            if (now > expires + ExpiredMargin)
            {
                await GiveUpAsync(payment, known.Reason, cancellation);
                return;
            }

            if (now > expires - ExpiryMargin || !IsDue(payment.PayoutId))
            {
                return;
            }

            known = await wallet.PayAsync(new PayRequest(payment.Invoice, payment.FeeMax) { TimeLimit = PayTime }, cancellation);
        }

        switch (known.Status)
        {
            case PaymentStatus.Succeeded:
                await ProveAsync(
                    journal.Arrived(payment, new Digest(known.Preimage!.Value.ToArray()), known.Fee), cancellation);
                break;
            case PaymentStatus.Failed:
                Fail(payment.PayoutId, $"Your wallet could not pay {payment.Amount}: {known.Reason}", known.Failure
                    is PaymentFailure.InsufficientBalance or PaymentFailure.NotSupported or PaymentFailure.WrongNetwork);
                break;
            case PaymentStatus.Unknown:
                // It may have arrived, so nothing else is sent for it.
                Fail(payment.PayoutId, $"Your wallet cannot say whether it paid {payment.Amount}: {known.Reason}", isFinal: false);
                break;
        }
    }

    private async Task ProveAsync(DirectPayment payment, CancellationToken cancellation)
    {
        try
        {
            await client.ProveDueAsync(channelId, payment.PayoutId, payment.Preimage!.Value, cancellation);
            journal.Proved(payment);
            Forget(payment.PayoutId);
        }
        catch (HubException exception) when (exception.Problem is "given-up" or "wrong-preimage" or "unknown-payout" or "not-direct")
        {
            // Paid, and not taken: it counts as spent, and the person has the proof.
            journal.Proved(payment);
            refusedProof = $"{payment.Amount} was paid under hash {payment.PaymentHash} (preimage {payment.Preimage}), and the hub does "
                + $"not take the proof: {exception.Message}";
        }
    }

    private async Task GiveUpAsync(DirectPayment payment, string reason, CancellationToken cancellation)
    {
        try
        {
            await client.FailDueAsync(channelId, payment.PayoutId, reason, cancellation);
            journal.GivenUp(payment);
        }
        catch (HubException exception) when (exception.StatusCode is 404)
        {
            journal.GivenUp(payment);
        }
    }

    /// <summary>Notes payees that give no invoice, and forgets what the hub no longer asks for.</summary>
    private void NoteRemarks(DuesInfo asked)
    {
        HashSet<Id128> current =
            [.. asked.Payments.Select(payment => payment.PayoutId), .. journal.Open.Select(payment => payment.PayoutId)];
        foreach (DueInfo due in asked.Dues)
        {
            if (due is { Remark: { } remark, TooSmall: false, DueMsat.IsZero: false })
            {
                Fail(due.PayeeId, remark, isFinal: false);
                current.Add(due.PayeeId);
            }
        }

        lock (gate)
        {
            foreach (Id128 gone in failing.Keys.Where(id => !current.Contains(id)).ToArray())
            {
                failing.Remove(gone);
            }
        }
    }

    private void Forget(Id128 payee)
    {
        lock (gate)
        {
            failing.Remove(payee);
        }
    }

    /// <summary>Notes what does not work: a payment, a payee without an invoice, or the wallet itself.</summary>
    private void Fail(Id128 what, string reason, bool isFinal)
    {
        lock (gate)
        {
            Failing before = failing.GetValueOrDefault(what) ?? new Failing(clock.GetTimestamp(), 0, 0, reason, false);
            int count = Math.Min(before.Count + 1, 6);
            failing[what] = before with
            {
                Count = count,
                AgainAt = clock.GetUtcNow().ToUnixTimeMilliseconds() + (250L << count),
                Reason = reason,
                IsFinal = isFinal,
            };
        }
    }

    /// <summary>Whether a payment is to be tried again now.</summary>
    private bool IsDue(Id128 payment)
    {
        lock (gate)
        {
            return failing.GetValueOrDefault(payment) is not { } failed || clock.GetUtcNow().ToUnixTimeMilliseconds() >= failed.AgainAt;
        }
    }

    private string? Trouble()
    {
        lock (gate)
        {
            return failing.Values
                .Where(failed => failed.IsFinal || clock.GetElapsedTime(failed.Since) >= Patience)
                .Select(failed => failed.Reason)
                .FirstOrDefault();
        }
    }

    private sealed record Failing(long Since, int Count, long AgainAt, string Reason, bool IsFinal);
}
