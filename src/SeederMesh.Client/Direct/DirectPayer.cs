using System.Runtime.ExceptionServices;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;

namespace SeederMesh.Client;

/// <summary>The most that a direct download may pay.</summary>
/// <param name="Budget">What the person allowed, routing included.</param>
/// <param name="Routing">What of it routing may take.</param>
/// <param name="Committed">What the download has set aside for seeders by now, used up or not.</param>
/// <param name="Signed">What receipts were signed for by now, as far as it is known: a hub cannot ask for more.</param>
internal sealed record DirectLimits(Msat Budget, Msat Routing, Func<Msat> Committed, Func<Msat> Signed);

/// <summary>How a direct download's payments stand.</summary>
/// <param name="Paid">Paid and proved, without routing.</param>
/// <param name="Fees">What routing cost.</param>
/// <param name="Payments">How many payments that were.</param>
/// <param name="Due">What is due and not proved, as the hub says.</param>
/// <param name="AtMostLost">The most that could still be taken, were the hub, every payee and every route dishonest: what
/// is set aside and not proved, with its routing.</param>
/// <param name="Window">What the hub lets be granted or due without proof; zero while unknown.</param>
/// <param name="Room">What of it may still be granted.</param>
/// <param name="Trouble">Why something due is not being paid; null when all is.</param>
internal sealed record DirectStanding(
    Msat Paid, Msat Fees, int Payments, Msat Due, Msat AtMostLost, Msat Window, Msat Room, string? Trouble);

/// <summary>Pays what a download owes out of the downloader's own wallet: asks the hub for invoices, pays each once, and
/// proves it.</summary>
/// <remarks>
/// <para>
/// The order is what keeps anything from being paid twice: the wallet has never heard of the hash, or it is in the
/// journal from before; then it is in the journal, then the wallet pays, then the preimage is in the journal, then the
/// hub gets it. After a crash the same steps go on where they stopped, and begin with asking the wallet. An invoice is
/// given up only when it expired and the wallet says that it did not pay it.
/// </para>
/// <para>
/// Nothing is polled: the hub answers as soon as there is something to pay, each payment goes on by itself, and
/// <see cref="Changed"/> is called as soon as the hub has a proof. One run at a time.
/// </para>
/// </remarks>
/// <param name="client">The hub, as the download's key.</param>
/// <param name="channelId">The channel.</param>
/// <param name="wallet">What pays.</param>
/// <param name="journal">What was paid.</param>
/// <param name="limits">What may be paid.</param>
/// <param name="clock">The time.</param>
internal sealed partial class DirectPayer(
    HubClient client, Id128 channelId, ILightningNode wallet, DirectJournal journal, DirectLimits limits, TimeProvider clock)
{
    /// <summary>How long something that is due may fail before it counts as trouble: routes and addresses come
    /// back.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long the hub keeps an answer back until there is something new in it.</summary>
    private static readonly TimeSpan NewsTime = TimeSpan.FromSeconds(10);

    /// <summary>The pause after an answer without news, and after none.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<Id128, Failing> failing = [];
    private readonly Dictionary<Id128, Task> going = [];
    private readonly HashSet<Id128> proved = [];
    private readonly HashSet<Id128> unsent = [];
    private readonly Dictionary<Id128, Msat> least = [];
    private readonly Lock gate = new();
    private bool? paysOffers;
    private volatile DuesInfo? dues;
    private volatile string? hubTrouble;
    private volatile string? refusedProof;

    /// <summary>Called, on any thread, when the hub may trust further than before.</summary>
    public Action Changed { get; set; } = () => { };

    /// <summary>How it stands.</summary>
    public DirectStanding Standing()
    {
        (Msat paid, Msat fees, int count) = journal.Proved;
        DuesInfo? known = dues;
        return new DirectStanding(
            paid,
            fees,
            count,
            known?.Unproved ?? Msat.Zero,
            AtMostLost(paid, fees),
            known?.WindowMsat ?? Msat.Zero,
            known?.RoomMsat ?? Msat.Zero,
            Trouble());
    }

    /// <summary>Pays what is due as it becomes due, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                if (!await TryTurnAsync(NewsTime, goesOn: true, cancellation))
                {
                    await Task.Delay(Pause, clock, cancellation);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // What is under way is in the journal; the next run asks the wallet about it.
            await Task.WhenAll(Going()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Pays what is still due of a channel that was told to close.</summary>
    /// <param name="timeLimit">How long to wait for seeders, routes and payees; zero for one attempt at each.</param>
    /// <param name="cancellation">Gives up; a later run goes on.</param>
    /// <returns>Whether nothing is left but what is too small to be paid.</returns>
    public async Task<bool> FinishAsync(TimeSpan timeLimit, CancellationToken cancellation)
    {
        long since = clock.GetTimestamp();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            while (true)
            {
                TimeSpan left = timeLimit - clock.GetElapsedTime(since);
                bool goesOn = left > TimeSpan.Zero;
                bool isNews = await TryTurnAsync(goesOn && left < NewsTime ? left : NewsTime, goesOn, over.Token);
                Task all = Task.WhenAll(Going());
                if (!goesOn)
                {
                    await all;
                }
                else if (dues?.Payments.Count == 0)
                {
                    // The hub has every proof: what is left of the payments is to note that.
                    await Task.WhenAny(all, Task.Delay(Pause, clock, over.Token));
                }

                if (journal.Open.Count == 0 && IsOver())
                {
                    return true;
                }

                if (clock.GetElapsedTime(since) >= timeLimit)
                {
                    return false;
                }

                if (!isNews)
                {
                    await Task.Delay(Pause / 2, clock, over.Token);
                }
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(Going()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What is left unpaid at the end, and why; or what was paid in vain; null when nothing is.</summary>
    public string? Remainder() => refusedProof ?? (dues is { Unproved.IsZero: false } left
        ? $"{left.Unproved} is still due: {Trouble() ?? hubTrouble ?? RemarkOf(left) ?? "the hub waits for seeders to report."}"
        : null);

    private static string? RemarkOf(DuesInfo dues) => dues.Dues.Select(due => due.Remark).FirstOrDefault(remark => remark is not null);

    /// <summary>Nothing beyond what is set aside is paid, and nothing beyond the budget.</summary>
    private Msat AtMostLost(Msat paid, Msat fees)
    {
        Msat open = Rest(limits.Committed(), paid);
        return open.IsZero ? Msat.Zero : Msat.Min(Rest(limits.Budget, paid + fees), open + Rest(limits.Routing, fees));
    }

    private static Msat Rest(Msat limit, Msat taken) => limit.Less(Msat.Min(limit, taken));

    private bool IsOver() => dues is { } last
        && (last.Ended || (last.Closed
            && last.Payments.Count == 0
            && last.Dues.All(due => due.UnderWayMsat.IsZero && (due.DueMsat.IsZero || due.TooSmall))));

    /// <summary>Asks the hub once, and starts what is to be paid.</summary>
    /// <returns>Whether it said anything new.</returns>
    private async Task<bool> TryTurnAsync(TimeSpan newsTime, bool goesOn, CancellationToken cancellation)
    {
        try
        {
            bool isNews = await TurnAsync(newsTime, goesOn, cancellation);
            hubTrouble = null;
            return isNews;
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

        return false;
    }

    private async Task<bool> TurnAsync(TimeSpan newsTime, bool goesOn, CancellationToken cancellation)
    {
        Start(journal.Open.Select(payment => payment.PayoutId), goesOn, cancellation);
        if (!goesOn)
        {
            // One attempt at each, and what the hub says after it.
            await Task.WhenAll(Going());
        }

        paysOffers ??= (await wallet.GetInfoAsync(cancellation)).Features.HasFlag(NodeFeatures.Offers);
        string version = goesOn ? dues?.Version ?? "" : "";
        DuesInfo asked = await client.GetDuesAsync(
            channelId, new DuesQuestion(paysOffers.Value, version, newsTime, DearRoutes()), cancellation);
        NoteRemarks(asked);
        dues = asked;
        List<Id128> intended =
            await IntendAllAsync([.. asked.Payments.Where(payment => !IsKnown(payment.PayoutId))], cancellation);
        Start(intended, goesOn, cancellation);
        Changed();
        return !string.Equals(asked.Version, version, StringComparison.Ordinal);
    }

    /// <summary>Whether a payment is under way, or was proved while the hub's answer was on its way here.</summary>
    private bool IsKnown(Id128 payment)
    {
        lock (gate)
        {
            return proved.Contains(payment) || journal.Open.Any(open => open.PayoutId == payment);
        }
    }

    private Task[] Going()
    {
        lock (gate)
        {
            return [.. going.Values];
        }
    }

    /// <summary>Has payments of the journal go on, each by itself.</summary>
    private void Start(IEnumerable<Id128> payments, bool goesOn, CancellationToken cancellation)
    {
        foreach (Id128 payment in payments)
        {
            lock (gate)
            {
                if (going.GetValueOrDefault(payment) is null or { IsCompletedSuccessfully: true } or { IsCanceled: true })
                {
                    going[payment] = goesOn ? KeepGoingAsync(payment, cancellation) : GoOnAsync(payment, cancellation);
                }
            }
        }

        lock (gate)
        {
            foreach ((Id128 done, Task task) in going.Where(item => item.Value.IsCompleted).ToArray())
            {
                going.Remove(done);

                // A fault that no step expects ends the run as loudly as if it had waited for that step.
                if (task.Exception is { } fault)
                {
                    ExceptionDispatchInfo.Throw(fault.InnerException!);
                }
            }
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

    private void Forget(Id128 what)
    {
        lock (gate)
        {
            failing.Remove(what);
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

    /// <summary>How long until a payment is to be tried again; zero when it may be now.</summary>
    private TimeSpan UntilAgain(Id128 payment)
    {
        lock (gate)
        {
            long again = failing.GetValueOrDefault(payment)?.AgainAt ?? 0;
            return TimeSpan.FromMilliseconds(Math.Max(0, again - clock.GetUtcNow().ToUnixTimeMilliseconds()));
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
