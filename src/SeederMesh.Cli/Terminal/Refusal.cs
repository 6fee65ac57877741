namespace SeederMesh.Cli.Terminal;

/// <summary>The input is bad or was refused: the message says what, where and what to do. Exit code 2.</summary>
internal sealed class Refusal(string message) : Exception(message);

/// <summary>The work failed although the input was good: the message says what to do next. Exit code 1.</summary>
internal sealed class Failure(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>What a command ends with.</summary>
internal static class ExitCode
{
    /// <summary>All was done and every check held.</summary>
    public const int Ok = 0;

    /// <summary>It failed.</summary>
    public const int Failed = 1;

    /// <summary>The input was refused.</summary>
    public const int Refused = 2;
}
