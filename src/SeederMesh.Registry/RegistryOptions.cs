namespace SeederMesh.Registry;

/// <summary>Limits of a <see cref="ManifestRegistry"/>.</summary>
public sealed record RegistryOptions
{
    /// <summary>How many submissions one submitter may make in a minute. Range: from 1. Default 60.</summary>
    public int SubmissionsPerMinute { get; init; } = 60;

    /// <summary>How many submissions all submitters together may make in a minute. Range: from 1. Default
    /// 600.</summary>
    public int SubmissionsPerMinuteOfAll { get; init; } = 600;
}
