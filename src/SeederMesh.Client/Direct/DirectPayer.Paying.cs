using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;

namespace SeederMesh.Client;

/// <content>One payment: from the hub's words to its proof.</content>
internal sealed partial class DirectPayer
{
    /// <summary>A route costs at most this part of what it carries, or it is used less often.</summary>
    private const int FeeDivisor = 100;

    /// <summary>The least that is allowed for a route: less would exclude most.</summary>
    private const long FeeMsatMin = 1_000;

    /// <summary>Payees whose dear routes the hub is told of.</summary>
    private const int DearRoutesMax = 16;

    private static readonly TimeSpan PayTime = TimeSpan.FromSeconds(30);

    /// <summary>An invoice that lasts no longer is not paid any more: the payment could arrive too late.</summary>
    private static readonly TimeSpan ExpiryMargin = TimeSpan.FromSeconds(20);

    /// <summary>Beyond what the wallet's and the payee's clock may differ.</summary>
    private static readonly TimeSpan ExpiredMargin = TimeSpan.FromSeconds(60);

    /// <summary>Between two looks at a payment that is under way.</summary>
    private static readonly TimeSpan LookMin = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LookMax = TimeSpan.FromSeconds(8);

    /// <summary>Writes down what is to be paid.</summary>
    /// <returns>Which it were.</returns>
    private async Task<List<Id128>> IntendAllAsync(DuePaymentInfo[] asked, CancellationToken cancellation)
    {
        var intended = new List<Id128>();
        Payment[] known =
            await Task.WhenAll(asked.Select(payment => wallet.LookUpPaymentAsync(payment.PaymentHash, cancellation)));
        for (int index = 0; index < asked.Length; index++)
        {
            if (TryIntend(asked[index], known[index]))
            {
                intended.Add(asked[index].PayoutId);
            }
        }

        return intended;
    }

    /// <summary>Writes a payment down, if it is what it says, new, and within the limits.</summary>
    private bool TryIntend(DuePaymentInfo asked, Payment known)
    {
        Msat feeMax = FeeMaxOf(asked.AmountMsat);
        var payment = new DirectPayment
        {
            PayoutId = asked.PayoutId,
            PayeeId = asked.PayeeId,
            Amount = asked.AmountMsat,
            FeeMax = feeMax,
            Invoice = asked.Invoice,
            PaymentHash = asked.PaymentHash,
            ExpiresUnixMs = asked.ExpiresUnixMs,
        };
        string? refused = this switch
        {
            _ when DefectOf(asked) is { } defect => defect,

            // Its preimage may be known already: such an invoice proves nothing.
            _ when known.Status is not (PaymentStatus.NotFound or PaymentStatus.Failed) =>
                $"The hub asks for {payment.Amount} under hash {payment.PaymentHash}, which your wallet has paid or is paying, or does not "
                    + "know. It is not paid again.",
            _ when journal.Amount + payment.Amount > limits.Signed() =>
                $"The hub asks for {payment.Amount}, more than was signed for. It is not paid.",
            _ when feeMax < UsualFeeMax(payment.Amount) && MayComeFree(payment.Amount) => "",
            _ when !journal.TryIntend(payment, limits.Budget, limits.Signed()) =>
                $"{payment.Amount} and its routing are above what is left of the budget.",
            _ => null,
        };
        if (refused is null && known.Status == PaymentStatus.NotFound)
        {
            lock (gate)
            {
                unsent.Add(payment.PayoutId);
            }
        }
        else if (refused is { Length: > 0 })
        {
            Fail(asked.PayoutId, refused, isFinal: known.Status is not (PaymentStatus.Unknown or PaymentStatus.Pending));
        }

        return refused is null;
    }

    /// <summary>Whether there is enough for the route of one more payment once those under way turn out to cost less than
    /// what is set aside for them: it is asked for again then.</summary>
    private bool MayComeFree(Msat amount)
    {
        (_, Msat fees, _) = journal.Proved;
        Msat usual = UsualFeeMax(amount);
        return journal.Open.Count > 0
            && fees + usual <= limits.Routing
            && journal.Amount + fees + amount + usual <= limits.Budget;
    }

    private string? DefectOf(DuePaymentInfo asked)
    {
        DecodedRequest invoice = PaymentRequests.Decode(asked.Invoice);
        bool isBolt11 = invoice.Error is null && invoice.PaymentHash is not null;
        return this switch
        {
            _ when isBolt11 && (invoice.PaymentHash != asked.PaymentHash || invoice.Amount != asked.AmountMsat) =>
                "The hub's words and its invoice differ. It is not paid.",
            _ when !isBolt11 && paysOffers != true => $"The hub gave no invoice that can be paid: {invoice.Error}",
            _ => null,
        };
    }

    private static Msat UsualFeeMax(Msat amount) => Msat.From(Math.Max(FeeMsatMin, amount.Value / FeeDivisor));

    /// <summary>A hundredth of the amount, at least 1 sat; the last payments get by with what is left of the budget and of
    /// what routing may take of it.</summary>
    private Msat FeeMaxOf(Msat amount)
    {
        Msat cost = journal.Cost;
        Msat fees = cost.Less(journal.Amount);
        return Msat.Min(UsualFeeMax(amount), Msat.Min(Rest(limits.Routing, fees), Rest(limits.Budget, cost + amount)));
    }

    /// <summary>The payees of whose routes more than a hundredth was taken: so much bears the same route.</summary>
    private KeyValuePair<Id128, Msat>[] DearRoutes()
    {
        lock (gate)
        {
            return [.. least.OrderByDescending(item => item.Value).Take(DearRoutesMax)];
        }
    }

    private void NoteRoute(DirectPayment payment)
    {
        lock (gate)
        {
            least.Remove(payment.PayeeId);
            if (payment.Fee.Value > payment.Amount.Value / FeeDivisor && payment.Fee.Value <= Msat.Max.Value / FeeDivisor)
            {
                least[payment.PayeeId] = Msat.From(payment.Fee.Value * FeeDivisor);
            }
        }
    }

    /// <summary>Steps of a payment until it is over.</summary>
    private async Task KeepGoingAsync(Id128 payout, CancellationToken cancellation)
    {
        for (TimeSpan wait = LookMin; !await GoOnAsync(payout, cancellation); wait = wait < LookMax ? wait * 2 : wait)
        {
            TimeSpan again = UntilAgain(payout);
            await Task.Delay(again > LookMin ? again : wait, clock, cancellation);
        }
    }

    /// <summary>The next step of a payment, wherever an earlier one, or an earlier run, left it.</summary>
    /// <returns>Whether it is over.</returns>
    private async Task<bool> GoOnAsync(Id128 payout, CancellationToken cancellation)
    {
        // On another thread: the journal flushes to the disk.
        await Task.Yield();
        try
        {
            if (journal.Open.FirstOrDefault(open => open.PayoutId == payout) is not { } payment)
            {
                return true;
            }

            if ((payment.Preimage is null ? await PayAsync(payment, cancellation) : payment) is { Preimage: not null } arrived)
            {
                await ProveAsync(arrived, cancellation);
            }

            return journal.Open.All(open => open.PayoutId != payout);
        }
        catch (HubException exception)
        {
            hubTrouble = exception.Message;
        }
        catch (LightningNodeException exception)
        {
            Fail(payout, exception.Message, isFinal: false);
        }
        catch (IOException exception)
        {
            // Without its journal nothing is paid.
            Fail(payout, $"What your wallet pays cannot be noted: {exception.Message}", isFinal: true);
        }

        return false;
    }

    /// <summary>Pays, or finds out what became of it.</summary>
    /// <returns>The payment as it is in the journal; null when it is no longer there.</returns>
    private async Task<DirectPayment?> PayAsync(DirectPayment payment, CancellationToken cancellation)
    {
        // The wallet is asked first, always, before or after the intent: only what it never heard of, or gave up for good,
        // is sent.
        Payment known = TakeUnsent(payment.PayoutId)
            ? new Payment { PaymentHash = payment.PaymentHash, Status = PaymentStatus.NotFound }
            : await wallet.LookUpPaymentAsync(payment.PaymentHash, cancellation);
        if (known.Status is PaymentStatus.NotFound or PaymentStatus.Failed)
        {
            DateTimeOffset expires = DateTimeOffset.FromUnixTimeMilliseconds(payment.ExpiresUnixMs);
            DateTimeOffset now = clock.GetUtcNow();
            if (now > expires + ExpiredMargin)
            {
                await GiveUpAsync(payment, known.Reason, cancellation);
                return null;
            }

            if (now > expires - ExpiryMargin || UntilAgain(payment.PayoutId) > TimeSpan.Zero)
            {
                return payment;
            }

            known = await wallet.PayAsync(new PayRequest(payment.Invoice, payment.FeeMax) { TimeLimit = PayTime }, cancellation);
        }

        switch (known.Status)
        {
            case PaymentStatus.Succeeded:
                return journal.Arrived(payment, new Digest(known.Preimage!.Value.ToArray()), known.Fee);
            case PaymentStatus.Failed:
                Fail(payment.PayoutId, $"Your wallet could not pay {payment.Amount}: {known.Reason}", known.Failure
                    is PaymentFailure.InsufficientBalance or PaymentFailure.NotSupported or PaymentFailure.WrongNetwork);
                break;
            case PaymentStatus.Unknown:
                // It may have arrived, so nothing else is sent for it.
                Fail(payment.PayoutId, $"Your wallet cannot say whether it paid {payment.Amount}: {known.Reason}", isFinal: false);
                break;
        }

        return payment;
    }

    private bool TakeUnsent(Id128 payout)
    {
        lock (gate)
        {
            return unsent.Remove(payout);
        }
    }

    private async Task ProveAsync(DirectPayment payment, CancellationToken cancellation)
    {
        try
        {
            await client.ProveDueAsync(channelId, payment.PayoutId, payment.Preimage!.Value, cancellation);
        }
        catch (HubException exception) when (exception.Problem is "given-up" or "wrong-preimage" or "unknown-payout" or "not-direct")
        {
            // Paid, and not taken: it counts as spent, and the person has the proof.
            refusedProof = $"{payment.Amount} was paid under hash {payment.PaymentHash} (preimage {payment.Preimage}), and the hub does "
                + $"not take the proof: {exception.Message}";
        }

        NoteRoute(payment);
        lock (gate)
        {
            proved.Add(payment.PayoutId);
        }

        journal.Close(payment);
        Forget(payment.PayoutId);
        Changed();
    }

    private async Task GiveUpAsync(DirectPayment payment, string reason, CancellationToken cancellation)
    {
        try
        {
            await client.FailDueAsync(channelId, payment.PayoutId, reason, cancellation);
        }
        catch (HubException exception) when (exception.StatusCode is 404)
        {
            // The hub does not know it: nobody waits for it.
            hubTrouble = exception.Message;
        }

        journal.GivenUp(payment);
    }
}
