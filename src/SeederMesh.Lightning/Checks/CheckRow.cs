namespace SeederMesh.Lightning.Checks;

/// <summary>What trying one thing at a node showed.</summary>
/// <param name="Name">What was tried, in a word or three.</param>
/// <param name="Verdict">How it went.</param>
/// <param name="Detail">What was seen, or what is wrong and what to do. Never a secret.</param>
public sealed record CheckRow(string Name, CheckVerdict Verdict, string Detail);

/// <summary>How a trial went.</summary>
public enum CheckVerdict
{
    /// <summary>Never used.</summary>
    None = 0,

    /// <summary>As it should be.</summary>
    Passed = 1,

    /// <summary>It works, but not for everything; the detail says what not.</summary>
    Limited = 2,

    /// <summary>Something that is needed does not work.</summary>
    Failed = 3,

    /// <summary>Not tried, because something before it failed.</summary>
    Skipped = 4,
}
