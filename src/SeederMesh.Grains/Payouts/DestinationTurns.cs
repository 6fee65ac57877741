using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Payouts;

/// <summary>Which of somebody's destinations is tried next: the best first, the others in turn after failures, and none
/// that nobody can be paid at.</summary>
/// <remarks>What cannot be paid is found out anew after an hour: wallets learn.</remarks>
/// <param name="paysOffers">Whether the hub's node pays BOLT 12 offers.</param>
internal sealed class DestinationTurns(bool paysOffers)
{
    private const long RemembersMs = 3_600_000;

    /// <summary>The endpoint of a payee that withdraws by itself (LUD-03): nothing to pay, and nothing wrong.</summary>
    private const string Withdraw = "withdraw:";

    private readonly Dictionary<string, (string Reason, long UntilUnixMs)> unpayable = new(StringComparer.Ordinal);

    /// <summary>The destination to try; null when there is none.</summary>
    /// <param name="destinations">One a line, the best first.</param>
    /// <param name="failures">How many attempts failed in a row.</param>
    /// <param name="nowUnixMs">Now.</param>
    public PayoutDestination? Choose(string? destinations, int failures, long nowUnixMs) => PayableDestination.Choose(
        unpayable.Count == 0 ? destinations : string.Join('\n', Lines(destinations).Where(line => ReasonAgainst(line, nowUnixMs) is null)),
        failures,
        paysOffers);

    /// <summary>Why none of the destinations can be paid; null when one can, or nobody named one that should.</summary>
    public string? WhyNone(string? destinations, long nowUnixMs)
    {
        string?[] reasons = [.. Lines(destinations).Select(line => ReasonAgainst(line, nowUnixMs))];
        return reasons.Length == 0 || reasons.Contains(null) ? null : string.Join(' ', reasons.Distinct(StringComparer.Ordinal));
    }

    /// <summary>How many there are to try.</summary>
    public static int Count(string? destinations) => Lines(destinations).Count();

    /// <summary>Nobody can be paid there, as far as the destination or the hub's node says.</summary>
    public void NoteUnpayable(PayoutDestination destination, string reason, long nowUnixMs)
    {
        foreach (string old in unpayable.Where(known => nowUnixMs >= known.Value.UntilUnixMs).Select(known => known.Key).ToArray())
        {
            unpayable.Remove(old);
        }

        unpayable[destination.ToString()] = (reason, nowUnixMs + RemembersMs);
    }

    /// <summary>Somebody asks, or time has passed: all are tried again.</summary>
    public void Forget() => unpayable.Clear();

    private static IEnumerable<string> Lines(string? destinations) => (destinations ?? "")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => !line.StartsWith(Withdraw, StringComparison.Ordinal));

    private string? ReasonAgainst(string line, long nowUnixMs)
    {
        if (!PayoutDestination.TryParse(line, out PayoutDestination? destination, out string error))
        {
            return $"{line[..Math.Min(line.Length, 100)]} cannot be read: {error}";
        }

        return unpayable.TryGetValue(destination.ToString(), out (string Reason, long UntilUnixMs) known)
            && nowUnixMs < known.UntilUnixMs && known.UntilUnixMs - nowUnixMs <= RemembersMs ? known.Reason : null;
    }
}
