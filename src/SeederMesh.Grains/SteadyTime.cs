namespace SeederMesh.Grains;

/// <summary>A clock that starts with the machine's and then only runs: it is never set.</summary>
/// <remarks>
/// For Orleans's own management of activations: it refuses to make any, for as long as the machine's clock stands behind
/// where it was (ActivationCollector, "the earliest collection that can be scheduled"). Nobody's money may wait for
/// that. What is compared with other machines' times needs the real clock. Thread safe.
/// </remarks>
public sealed class SteadyTime : TimeProvider
{
    private readonly DateTimeOffset start = System.GetUtcNow();
    private readonly long startTimestamp = System.GetTimestamp();

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => start + System.GetElapsedTime(startTimestamp);
}
