using SeederMesh.Core.Channels;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>Asks the hub for a grant of a seeder: its key, the limit, the generation.</summary>
internal delegate Task<SignedGrant> GrantRequest(PublicKey seeder, Msat limit, int generation);

/// <summary>The downloader's side of the receipt protocol with all seeders at once.</summary>
/// <remarks>
/// Grants come ahead of need, receipts as pieces pass, never above the budget. Called by one <see cref="TurnLoop"/>.
/// Grants start small and grow fourfold, so that a seeder that vanishes ties up little. The next is shown when half of
/// the one in use is signed away: an engine requests some 30 MiB ahead of what has passed, and a seeder stops at the end
/// of what it is certain of. A seeder that refuses is an ordinary peer from then on. Pieces that pass within
/// <see cref="CoalesceTime"/> share a signature.
/// </remarks>
internal sealed class DownloaderExchange(
    PaymentPlan plan,
    IPeerLink link,
    GrantRequest requestGrant,
    Func<PublicKey, int> takeGeneration,
    Action<Action> post,
    TimeProvider clock,
    IProgress<GetEvent> events)
{
    /// <summary>How long a receipt may wait for others.</summary>
    public static readonly TimeSpan CoalesceTime = TimeSpan.FromMilliseconds(5);

    /// <summary>A seeder that refuses so often in a row gets no more grants.</summary>
    public const int RefusalsMax = 3;

    private const long AskAgainMs = 500;
    private const long StuckMs = 3_000;

    private readonly DownloadBudget budget = new(plan.Budget);
    private readonly Dictionary<PublicKey, SupplyingSeeder> seeders = [];
    private readonly Dictionary<ulong, SupplyingSeeder> byPeer = [];
    private readonly TaskCompletionSource satisfied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isFlushDue;
    private bool isFinishing;

    /// <summary>The seeders that take receipts.</summary>
    public IReadOnlyCollection<SupplyingSeeder> Seeders => seeders.Values;

    /// <summary>Bytes that are still to come; kept up to date by the caller, so that no grant is larger than what is
    /// left.</summary>
    public long RemainingBytes { get; set; }

    /// <summary>Whether the budget covers no more grants.</summary>
    public bool IsBudgetUsedUp { get; private set; }

    /// <summary>Whether the hub gives no more grants before something is proved paid; only on a direct channel.</summary>
    public bool IsTrustUsedUp { get; private set; }

    /// <summary>The most that one grant may allow; only a direct channel, whose grants share a small window, sets
    /// one.</summary>
    public Func<Msat>? GrantMax { get; init; }

    /// <summary>All that could still be signed, and all that was: nobody can ask for more.</summary>
    public Msat Committed => budget.Reserved + budget.Spent;

    /// <summary>What receipts were signed for.</summary>
    public Msat Signed => seeders.Values.Aggregate(Msat.Zero, (sum, seeder) => sum + seeder.Signed);

    /// <summary>What grants in use could still cost on top.</summary>
    public Msat Reserved => (budget.Reserved + budget.Spent).Less(Msat.Min(Signed, budget.Reserved + budget.Spent));

    /// <summary>Whether a connection belongs to a seeder that takes receipts.</summary>
    public bool Knows(ulong peer) => byPeer.ContainsKey(peer);

    /// <summary>A peer introduced itself.</summary>
    public void OnIntroduced(ulong peer, string address, PeerExtension extension)
    {
        if (extension.Seeder is not { } key || key == plan.Key.PublicKey || !extension.Hubs.Contains(plan.Hub) || byPeer.ContainsKey(peer))
        {
            return;
        }

        if (!seeders.TryGetValue(key, out SupplyingSeeder? seeder))
        {
            seeder = seeders[key] = new SupplyingSeeder(new DownloaderSession(plan.Key, key, plan.Layout));
        }

        // A second connection of the same seeder supplies, and is receipted on the first.
        byPeer[peer] = seeder;
        if (seeder.Peer is null)
        {
            (seeder.Peer, seeder.Address, seeder.Nonce) = (peer, address, [.. extension.Nonce]);
            events.Report(new SeederFound(key, address));
            Provide(seeder);
        }
    }

    /// <summary>A connection ended.</summary>
    public void OnDisconnected(ulong peer)
    {
        if (!byPeer.Remove(peer, out SupplyingSeeder? seeder) || seeder.Peer != peer)
        {
            return;
        }

        seeder.Peer = null;
        EndGrant(seeder);
        events.Report(new SeederLeft(seeder.Key));
        CheckSatisfied();
    }

    /// <summary>A piece passed: <paramref name="bytes"/> of it came from this peer.</summary>
    /// <returns>Whether a receipt will be signed for them.</returns>
    public bool OnPiecePassed(ulong peer, int piece, int bytes)
    {
        if (!byPeer.TryGetValue(peer, out SupplyingSeeder? seeder))
        {
            return false;
        }

        seeder.Bytes += bytes;
        seeder.MovedAtMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (!seeder.TakesReceipts)
        {
            return false;
        }

        seeder.Session.OnPiecePassed(piece, bytes, clock.GetUtcNow().ToUnixTimeMilliseconds());
        ScheduleFlush();
        return true;
    }

    /// <summary>A message of the extension arrived.</summary>
    public void OnMessage(ulong peer, ReadOnlySpan<byte> message)
    {
        if (message.Length > 1
            && message[0] == (byte)ReceiptMessageKind.Answer
            && byPeer.TryGetValue(peer, out SupplyingSeeder? seeder)
            && seeder.Peer == peer
            && SeederAnswer.TryRead(message[1..], out SeederAnswer answer, out _)
            && answer.GrantId == seeder.Grant?.Grant.GrantId)
        {
            OnAnswer(seeder, answer);
        }
    }

    /// <summary>Signs what is unsigned and asks for grants that are needed.</summary>
    /// <remarks>Called about four times a second, and when pieces passed.</remarks>
    public void Flush()
    {
        foreach (SupplyingSeeder seeder in seeders.Values)
        {
            Sign(seeder);
            Provide(seeder);
        }

        CheckSatisfied();
    }

    /// <summary>The content is complete: completes when every connected seeder has stored its last receipt.</summary>
    public Task FinishAsync()
    {
        isFinishing = true;
        RemainingBytes = 0;
        Flush();
        return satisfied.Task;
    }

    private void OnAnswer(SupplyingSeeder seeder, SeederAnswer answer)
    {
        if (answer.Verdict == SeederVerdict.Accepted)
        {
            seeder.Refusals = 0;
            seeder.AcceptedSequence = Math.Max(seeder.AcceptedSequence, answer.Sequence);
            CheckSatisfied();
            return;
        }

        // Worth another grant: this one was used before a restart, or its chain went out of step. Anything else is the
        // seeder's policy.
        bool maySucceed = answer.Verdict
            is SeederVerdict.AlreadyUsed or SeederVerdict.OutOfSequence or SeederVerdict.ExceedsGrant or SeederVerdict.NoGrant;
        EndGrant(seeder);
        if (++seeder.Refusals >= RefusalsMax || !maySucceed)
        {
            seeder.Refusal = answer.Verdict;
            events.Report(new SeederRefused(seeder.Key, answer.Verdict));
        }

        Provide(seeder);
        CheckSatisfied();
    }

    /// <summary>Shows the seeder a grant, or asks the hub for one, when the one in use will not last.</summary>
    private void Provide(SupplyingSeeder seeder)
    {
        if (seeder.Peer is null || !seeder.TakesReceipts || seeder.IsAsking)
        {
            return;
        }

        long inUse = seeder.Grant is { } grant ? plan.Price.BytesFor(grant.Grant.Limit) : 0;
        long ahead = Math.Min(Math.Max(inUse / 2, 2L * plan.PieceLength), RemainingBytes);
        if (seeder.Grant is not null && seeder.Session.Covers(ahead) && !IsStuck(seeder))
        {
            return;
        }

        if (seeder.Grant is null && RemainingBytes == 0 && seeder.Session.UnsignedBytes == 0)
        {
            return;
        }

        if (seeder.Spare is not null)
        {
            Show(seeder);
            return;
        }

        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (now >= seeder.AskAtMs)
        {
            Ask(seeder, now);
        }
    }

    /// <summary>Blocks that came twice, or before a restart, count against a grant at the seeder and are never receipted:
    /// then what is left of it looks enough here, and is used up there. Another grant ends that.</summary>
    private bool IsStuck(SupplyingSeeder seeder) =>
        RemainingBytes > 0
        && clock.GetUtcNow().ToUnixTimeMilliseconds() - seeder.MovedAtMs > StuckMs
        && !seeder.Session.Covers(RemainingBytes + (2L * plan.PieceLength));

    private void Ask(SupplyingSeeder seeder, long now)
    {
        if (seeder.Unanswered is { } asked)
        {
            (seeder.IsAsking, seeder.Unanswered) = (true, null);
            _ = AskAsync(seeder, asked.Limit, asked.Generation);
            return;
        }

        int supplying = Math.Max(1, seeders.Values.Count(other => other.Peer is not null));
        long bytes = plan.GrantBytes(seeder.GrantsShown, RemainingBytes / supplying) + seeder.Session.UnsignedBytes;
        long least = Math.Min(plan.PieceLength, Math.Max(seeder.Session.UnsignedBytes, Math.Min(RemainingBytes, plan.PieceLength)));
        if (GrantMax?.Invoke() is { } allowed)
        {
            bytes = Math.Min(bytes, Math.Max(least, plan.Price.BytesFor(allowed)));
        }

        Msat limit = Msat.Min(plan.Price.Of(Math.Max(least, bytes >> seeder.Shrinks)) + Msat.From(1), budget.Available);
        if (limit.IsZero || plan.Price.BytesFor(limit) < least || !budget.TryReserve(limit))
        {
            UseUp(seeder, now);
            return;
        }

        seeder.IsAsking = true;
        int generation = takeGeneration(seeder.Key);
        _ = AskAsync(seeder, limit, generation);
    }

    private async Task AskAsync(SupplyingSeeder seeder, Msat limit, int generation)
    {
        SignedGrant? grant = null;
        ClientException? failure = null;
        try
        {
            grant = await requestGrant(seeder.Key, limit, generation);
        }
        catch (ClientException exception)
        {
            failure = exception;
        }
        catch (OperationCanceledException)
        {
            return;
        }

        post(() =>
        {
            seeder.IsAsking = false;
            if (grant is not null)
            {
                OnGrant(seeder, grant);
            }
            else
            {
                OnNoGrant(seeder, limit, generation, failure!);
            }
        });
    }

    private void OnNoGrant(SupplyingSeeder seeder, Msat limit, int generation, ClientException failure)
    {
        seeder.AskAtMs = clock.GetUtcNow().ToUnixTimeMilliseconds() + AskAgainMs;
        if (failure is HubException { IsTransient: true })
        {
            // The hub may have given it and the answer got lost: the same grant is asked for again, not one more.
            seeder.Unanswered = (limit, generation);
        }
        else
        {
            budget.End(limit, Msat.Zero);
        }

        // Grants that ended are released when their seeders have reported: until then the hub says that the funds are in
        // use.
        if (failure is HubException { Problem: "insufficient-funds" or "too-much-unpaid" } refused)
        {
            seeder.Shrinks = Math.Min(seeder.Shrinks + 1, 16);
            IsTrustUsedUp = refused.Problem is "too-much-unpaid";
        }
        else if (failure is HubException { Problem: "seeder-not-direct" })
        {
            // It is an ordinary peer on this channel, whatever it could be on another.
            seeder.IsUnpayable = true;
            events.Report(new SeederNotDirect(seeder.Key));
        }
        else
        {
            events.Report(new GetWarning($"No grant for seeder {seeder.Key}: {failure.Message}"));
        }

        CheckSatisfied();
    }

    private void OnGrant(SupplyingSeeder seeder, SignedGrant grant)
    {
        seeder.Shrinks = 0;
        seeder.Spare = grant;
        IsTrustUsedUp = false;
        if (seeder.Peer is not null && seeder.TakesReceipts)
        {
            Show(seeder);
        }
    }

    private void Show(SupplyingSeeder seeder)
    {
        SignedGrant grant = seeder.Spare!;
        Sign(seeder);
        EndGrant(seeder);
        byte[] message = seeder.Session.Present(grant, seeder.Nonce);
        (seeder.Grant, seeder.Spare, seeder.AcceptedSequence) = (grant, null, 0);
        seeder.GrantsShown++;
        seeder.MovedAtMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        IsBudgetUsedUp = false;
        link.Send(seeder.Peer!.Value, message);
        events.Report(new GrantShown(seeder.Key, grant.Grant.Limit, seeder.GrantsShown - 1));
        Sign(seeder);
    }

    private void Sign(SupplyingSeeder seeder)
    {
        if (seeder.Peer is not { } peer || seeder.Grant is null || !seeder.TakesReceipts)
        {
            return;
        }

        long unsignedBefore = seeder.Session.UnsignedBytes;
        long sequenceBefore = seeder.Session.Sequence;
        while (seeder.Session.TryMakeReceipts(out byte[] message))
        {
            link.Send(peer, message);
        }

        int receipts = (int)(seeder.Session.Sequence - sequenceBefore);
        if (receipts > 0)
        {
            long bytes = unsignedBefore - seeder.Session.UnsignedBytes;
            seeder.Receipts += receipts;
            seeder.ReceiptedBytes += bytes;
            events.Report(new ReceiptsSigned(seeder.Key, receipts, bytes));
        }
    }

    /// <summary>Takes the grant in use out of use: what was signed is spent, the rest is free again.</summary>
    private void EndGrant(SupplyingSeeder seeder)
    {
        if (seeder.Grant is { } grant)
        {
            budget.End(grant.Grant.Limit, seeder.Session.Signed);
            seeder.SignedBefore += seeder.Session.Signed;
            seeder.Grant = null;
        }
    }

    private void UseUp(SupplyingSeeder seeder, long now)
    {
        seeder.AskAtMs = now + AskAgainMs;

        // While another seeder's grant is in use, its rest may still come free.
        if (!IsBudgetUsedUp && plan.Price.BytesFor(plan.Budget.Less(Msat.Min(plan.Budget, Signed))) < plan.PieceLength)
        {
            IsBudgetUsedUp = true;
            events.Report(new BudgetUsedUp());
        }
    }

    private void ScheduleFlush()
    {
        if (isFlushDue)
        {
            return;
        }

        isFlushDue = true;
        _ = FlushLaterAsync();

        async Task FlushLaterAsync()
        {
            await Task.Delay(CoalesceTime, clock);
            post(() =>
            {
                isFlushDue = false;
                Flush();
            });
        }
    }

    private void CheckSatisfied()
    {
        if (isFinishing && seeders.Values.All(IsDone))
        {
            satisfied.TrySetResult();
        }

        bool IsDone(SupplyingSeeder seeder) =>
            seeder.IsSatisfied
            || (seeder.Grant is null && seeder.Session.UnsignedBytes == 0 && !seeder.IsAsking)
            || (IsBudgetUsedUp && (seeder.Grant is null || seeder.AcceptedSequence >= seeder.Session.Sequence));
    }
}
