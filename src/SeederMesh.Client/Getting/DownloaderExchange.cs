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
internal sealed partial class DownloaderExchange(
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

    private readonly DownloadBudget budget = new(plan.Budget);
    private readonly Dictionary<PublicKey, SupplyingSeeder> seeders = [];
    private readonly Dictionary<ulong, SupplyingSeeder> byPeer = [];
    private readonly TaskCompletionSource satisfied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long signedMsat;
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

    /// <summary>The same, on any thread, and never less than what a peer was sent.</summary>
    public Msat SignedNow => Msat.From(Volatile.Read(ref signedMsat));

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
            Volatile.Write(ref signedMsat, Signed.Value);
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
