using System.Diagnostics.CodeAnalysis;
using SeederMesh.Core.Identity;

namespace SeederMesh.Grains.Payouts;

/// <summary>Who is due a payment: noted by the grains that settle, taken by the hub's payout loop as soon as there is a
/// place. Refunds go first, then whoever waits longest.</summary>
/// <remarks>
/// Thread safe. A note that a crash loses costs nothing: what is owed stands in the ledger, and the loop reads it when
/// it starts. One entry for each payee or closed channel, so its size is bounded by theirs.
/// </remarks>
public sealed class PayoutQueue(TimeProvider clock)
{
    /// <summary>Wall time that passes so much quicker or slower than time itself was set.</summary>
    private const long ClockSetMs = 1_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly Queue<string> refunds = new();
    private readonly Queue<string> payees = new();
    private readonly SortedSet<(long AtUnixMs, string Key)> later = new(new ByTime());
    private TaskCompletionSource changed = NewSignal();
    private long? clockOffsetMs;

    private enum Stage
    {
        Waiting = 1,
        UnderWay,
        EarnedUnderWay,
        ChangedUnderWay,

        /// <summary>Looked at again at a time, or when more is earned.</summary>
        Later,

        /// <summary>Looked at again at a time, whatever is earned.</summary>
        Fixed,

        /// <summary>Nothing is due; kept only so that the next earning waits for the interval.</summary>
        Resting,
    }

    /// <summary>How many are due and wait for a place.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
            {
                return refunds.Count + payees.Count;
            }
        }
    }

    private long NowUnixMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A payee earned something. One that waits for a certain time goes on waiting.</summary>
    public void NotePayee(Id128 payeeId) => Note(PayoutKey.OfPayee(payeeId), isEarning: true);

    /// <summary>A payee named another destination or other terms, or wants to be looked at for another reason.</summary>
    public void NoteChanged(Id128 payeeId) => Note(PayoutKey.OfPayee(payeeId), isEarning: false);

    /// <summary>A closed channel has something left, or another destination.</summary>
    public void NoteChannel(Id128 channelId) => Note(PayoutKey.OfChannel(channelId), isEarning: false);

    /// <summary>Waits until somebody is due, and takes it; <see cref="Finish"/> gives it back.</summary>
    public async Task<string> TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task signal;
            long? next;
            lock (gate)
            {
                WakeIfClockWasSet();
                if (TryTake(out string? key))
                {
                    return key;
                }

                signal = changed.Task;
                next = later.Count > 0 ? later.Min.AtUnixMs : null;
            }

            await WaitAsync(signal, next, cancellation);
        }
    }

    /// <summary>What was taken has been looked at.</summary>
    /// <param name="key">The payout grain's key.</param>
    /// <param name="reply">When to look again.</param>
    /// <param name="intervalMs">Not sooner than after this, however much is earned.</param>
    public void Finish(string key, PayReply reply, long intervalMs)
    {
        lock (gate)
        {
            Stage stage = entries[key].Stage;
            long earliest = NowUnixMs + intervalMs;
            bool wasNoted = stage == Stage.ChangedUnderWay || (stage == Stage.EarnedUnderWay && !reply.IgnoresEarnings);
            (Stage next, long at) = wasNoted ? (Stage.Later, earliest)
                : reply.AgainAtUnixMs is { } again ? (reply.IgnoresEarnings ? Stage.Fixed : Stage.Later, Math.Max(again, earliest))
                : (Stage.Resting, earliest);
            Delay(key, new Entry(next, at, earliest));
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Note(string key, bool isEarning)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(key, out Entry entry))
            {
                Ready(key);
                return;
            }

            switch (entry.Stage)
            {
                case Stage.UnderWay or Stage.EarnedUnderWay:
                    entries[key] = entry with { Stage = isEarning ? Stage.EarnedUnderWay : Stage.ChangedUnderWay };
                    break;
                case Stage.Later or Stage.Resting:
                case Stage.Fixed when !isEarning:
                    later.Remove((entry.AtUnixMs, key));
                    if (entry.EarliestUnixMs <= NowUnixMs)
                    {
                        Ready(key);
                    }
                    else
                    {
                        Delay(key, entry with { Stage = Stage.Later, AtUnixMs = entry.EarliestUnixMs });
                    }

                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Times that were named before the clock was set mean nothing any more: whoever waits for one is looked at, and
    /// says anew when to look again.</summary>
    private void WakeIfClockWasSet()
    {
        long offset = NowUnixMs - (long)clock.GetElapsedTime(0).TotalMilliseconds;
        bool wasSet = clockOffsetMs is { } before && Math.Abs(offset - before) > ClockSetMs;
        clockOffsetMs = offset;
        if (!wasSet)
        {
            return;
        }

        (long AtUnixMs, string Key)[] delayed = [.. later];
        later.Clear();
        foreach ((long _, string key) in delayed)
        {
            if (entries[key].Stage == Stage.Resting)
            {
                entries.Remove(key);
            }
            else
            {
                Ready(key);
            }
        }
    }

    private bool TryTake([NotNullWhen(true)] out string? key)
    {
        long now = NowUnixMs;
        while (later.Count > 0 && later.Min.AtUnixMs <= now)
        {
            (long AtUnixMs, string Key) first = later.Min;
            later.Remove(first);
            if (entries[first.Key].Stage == Stage.Resting)
            {
                entries.Remove(first.Key);
            }
            else
            {
                Ready(first.Key);
            }
        }

        bool taken = refunds.TryDequeue(out key) || payees.TryDequeue(out key);
        if (taken)
        {
            entries[key!] = new Entry(Stage.UnderWay, AtUnixMs: 0, EarliestUnixMs: 0);
        }

        return taken;
    }

    private void Ready(string key)
    {
        entries[key] = new Entry(Stage.Waiting, AtUnixMs: 0, EarliestUnixMs: 0);
        (PayoutKey.IsChannel(key) ? refunds : payees).Enqueue(key);
        Signal();
    }

    private void Delay(string key, Entry entry)
    {
        entries[key] = entry;
        later.Add((entry.AtUnixMs, key));
        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource before = changed;
        changed = NewSignal();
        before.TrySetResult();
    }

    private async Task WaitAsync(Task signal, long? nextUnixMs, CancellationToken cancellation)
    {
        if (nextUnixMs is not { } at)
        {
            await signal.WaitAsync(cancellation);
            return;
        }

        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var delay = Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(at - NowUnixMs, 1, 60_000)), clock, over.Token);
        await Task.WhenAny(signal, delay);
        await over.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    private sealed class ByTime : IComparer<(long AtUnixMs, string Key)>
    {
        public int Compare((long AtUnixMs, string Key) x, (long AtUnixMs, string Key) y) =>
            x.AtUnixMs != y.AtUnixMs ? x.AtUnixMs.CompareTo(y.AtUnixMs) : string.CompareOrdinal(x.Key, y.Key);
    }

    /// <summary>Where a key is: when it is looked at again, and when it may be taken at the earliest.</summary>
    private readonly record struct Entry(Stage Stage, long AtUnixMs, long EarliestUnixMs);
}

/// <summary>The keys of payout grains: "payee/" or "channel/" and 32 hexadecimal digits.</summary>
public static class PayoutKey
{
    private const string PayeePrefix = "payee/";
    private const string ChannelPrefix = "channel/";

    /// <summary>The key of the grain that pays a payee.</summary>
    public static string OfPayee(Id128 payeeId) => PayeePrefix + payeeId;

    /// <summary>The key of the grain that refunds a channel.</summary>
    public static string OfChannel(Id128 channelId) => ChannelPrefix + channelId;

    /// <summary>Whether it is a channel's.</summary>
    public static bool IsChannel(string key) => key.StartsWith(ChannelPrefix, StringComparison.Ordinal);

    /// <summary>Reads a key.</summary>
    public static bool TryRead(string key, out bool isChannel, out Id128 id)
    {
        isChannel = IsChannel(key);
        string prefix = isChannel ? ChannelPrefix : PayeePrefix;
        id = default;
        return key.StartsWith(prefix, StringComparison.Ordinal) && Id128.TryParseHex(key[prefix.Length..], out id);
    }
}
