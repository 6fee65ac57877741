using SeederMesh.Core.Money;

namespace SeederMesh.Core.Payouts;

/// <summary>What a Lightning node has shown lately: how many payments it takes at once without slowing down, and how
/// many a second that makes.</summary>
/// <remarks>
/// Pure; integers only. As TCP Vegas does for a network: while the node answers nearly as quickly as it can, it gets
/// more payments at once; when they wait in it, fewer. So nothing of a node has to be configured, and one that does 20
/// payments a second is never handed hundreds. Rate = payments under way / latency (Little's law).
/// </remarks>
public sealed record NodeCapacity
{
    /// <summary>Most payments at once, however quick a node is.</summary>
    public const int PlacesMax = 512;

    /// <summary>Payments at once before anything is known: what one takes alone is what others are held
    /// against.</summary>
    public const int PlacesAtStart = 1;

    /// <summary>Payees that wait no longer than this are paid as they earn: streaming.</summary>
    public const long StreamMs = 250;

    /// <summary>However slow the node, nobody's earnings gather longer than this once they reach the
    /// threshold.</summary>
    public const long GatherMsMax = 600_000;

    /// <summary>A node that answers within this is quick, whatever its best.</summary>
    private const long QuickMicroseconds = 25_000;

    /// <summary>So long the quickest answer counts; then it is found out anew, with a quarter of the
    /// payments.</summary>
    private const long QuickestMs = 600_000;

    private long quickest = long.MaxValue;
    private long quickestSinceMs;
    private int answers;
    private int mostUnderWay;

    private NodeCapacity()
    {
    }

    /// <summary>Nothing is known yet.</summary>
    public static NodeCapacity Unknown { get; } = new();

    /// <summary>Payments that it may have at once, 1 to <see cref="PlacesMax"/>.</summary>
    public int Places { get; private init; } = PlacesAtStart;

    /// <summary>What a payment takes, microseconds: a moving average over some eight of them; 0 before the
    /// first.</summary>
    public long LatencyMicroseconds { get; private init; }

    /// <summary>Payments a second that it makes like this, at least 1; unbounded before the first.</summary>
    public long PaymentsPerSecond =>
        LatencyMicroseconds == 0 ? long.MaxValue : Math.Max(1, Places * 1_000_000L / LatencyMicroseconds);

    /// <summary>The node answered about a payment: it arrived, or failed for good.</summary>
    /// <param name="microseconds">What it took.</param>
    /// <param name="underWay">Payments that it had at once, this one included.</param>
    /// <param name="nowMs">Now, of a clock that never goes back.</param>
    public NodeCapacity AfterAnswer(long microseconds, int underWay, long nowMs)
    {
        NodeCapacity next = this with
        {
            LatencyMicroseconds = LatencyMicroseconds == 0
                ? Math.Max(1, microseconds)
                : Math.Max(1, LatencyMicroseconds + ((microseconds - LatencyMicroseconds) / 8)),
            quickest = Math.Min(quickest, Math.Max(1, microseconds)),
            quickestSinceMs = quickest == long.MaxValue ? nowMs : quickestSinceMs,
            answers = answers + 1,
            mostUnderWay = Math.Max(mostUnderWay, underWay),
        };
        return next.answers < Places ? next : next.AfterRound(nowMs);
    }

    /// <summary>The node could not be asked, or did not answer.</summary>
    public NodeCapacity AfterSilence() => this with { Places = Math.Max(1, Places / 2), answers = 0, mostUnderWay = 0 };

    /// <summary>How long it takes to pay everybody who waits, milliseconds.</summary>
    /// <param name="waiting">Payees that are due.</param>
    public long ClearsInMs(int waiting) => waiting * 1_000L / PaymentsPerSecond;

    /// <summary>What somebody must be owed to be paid now: the threshold while the node keeps up, and the more the
    /// longer others wait, so that the same node moves more money.</summary>
    /// <param name="threshold">The payee's own.</param>
    /// <param name="waiting">Payees that are due.</param>
    public Msat MinimumFor(Msat threshold, int waiting)
    {
        Int128 times = Math.Max(1, ClearsInMs(waiting) / StreamMs);
        return Msat.From((long)Int128.Min(Msat.Max.Value, threshold.Value * times));
    }

    private NodeCapacity AfterRound(long nowMs)
    {
        long unhurried = Math.Max(quickest, QuickMicroseconds);
        bool isBusy = mostUnderWay * 4 >= Places * 3;
        int places = this switch
        {
            _ when nowMs - quickestSinceMs >= QuickestMs => Places / 4,
            _ when LatencyMicroseconds > 3 * unhurried => Places - Math.Max(1, Places / 8),
            _ when LatencyMicroseconds * 4 <= 5 * unhurried && isBusy => 2 * Places,
            _ when LatencyMicroseconds <= 2 * unhurried && isBusy => Places + Math.Max(1, Places / 4),
            _ => Places,
        };
        bool isOld = nowMs - quickestSinceMs >= QuickestMs;
        return this with
        {
            Places = Math.Clamp(places, 1, PlacesMax),
            quickest = isOld ? long.MaxValue : quickest,
            quickestSinceMs = isOld ? nowMs : quickestSinceMs,
            answers = 0,
            mostUnderWay = 0,
        };
    }
}
