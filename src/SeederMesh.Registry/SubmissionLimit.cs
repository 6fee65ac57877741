namespace SeederMesh.Registry;

/// <summary>Counts submissions a minute, of each submitter and of all. Thread safe.</summary>
/// <remarks>Windows are fixed minutes of Unix time, so memory is bounded by what one minute may hold.</remarks>
/// <param name="eachMax">Of one submitter.</param>
/// <param name="allMax">Of all together.</param>
public sealed class SubmissionLimit(int eachMax, int allMax)
{
    private const long WindowMs = 60_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);
    private long window = -1;
    private int all;

    /// <summary>Counts one submission, unless it is one too many.</summary>
    public bool TryTake(string submitter, long nowUnixMs)
    {
        lock (gate)
        {
            // A clock that is set back does not open a window again.
            long current = nowUnixMs / WindowMs;
            if (current > window)
            {
                window = current;
                counts.Clear();
                all = 0;
            }

            int count = counts.GetValueOrDefault(submitter);
            if (all >= allMax || count >= eachMax)
            {
                return false;
            }

            all++;
            counts[submitter] = count + 1;
            return true;
        }
    }
}
