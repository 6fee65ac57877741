namespace Orleans;

/// <summary>Why an activation ended.</summary>
public enum DeactivationReasonCode : byte
{
    /// <summary>Not set.</summary>
    None,

    /// <summary>The process stops.</summary>
    ShuttingDown,

    /// <summary>The grain's constructor, its state or its OnActivateAsync failed.</summary>
    ActivationFailed,

    /// <summary>Unused by the embedded runtime: there is no directory.</summary>
    DirectoryFailure,

    /// <summary>No calls for <see cref="Configuration.GrainCollectionOptions.CollectionAge"/>.</summary>
    ActivationIdle,

    /// <summary>Unused by the embedded runtime.</summary>
    ActivationUnresponsive,

    /// <summary>Unused by the embedded runtime: there is one process.</summary>
    DuplicateActivation,

    /// <summary>Unused by the embedded runtime.</summary>
    IncompatibleRequest,

    /// <summary>A turn ended in an error after which the state in memory cannot be trusted.</summary>
    ApplicationError,

    /// <summary>The grain called DeactivateOnIdle.</summary>
    ApplicationRequested,
}

/// <summary>Why an activation ended, with the words and the error behind it.</summary>
public readonly struct DeactivationReason
{
    /// <summary>A reason without an error.</summary>
    /// <param name="code">The kind.</param>
    /// <param name="text">The words for a log.</param>
    public DeactivationReason(DeactivationReasonCode code, string text)
        : this(code, null, text)
    {
    }

    /// <summary>A reason with the error behind it.</summary>
    /// <param name="code">The kind.</param>
    /// <param name="exception">The error.</param>
    /// <param name="text">The words for a log.</param>
    public DeactivationReason(DeactivationReasonCode code, Exception? exception, string text)
    {
        ReasonCode = code;
        Exception = exception;
        Description = text;
    }

    /// <summary>The words for a log.</summary>
    public string Description { get; }

    /// <summary>The kind.</summary>
    public DeactivationReasonCode ReasonCode { get; }

    /// <summary>The error behind it, if any.</summary>
    public Exception? Exception { get; }

    /// <inheritdoc/>
    public override string ToString() => Exception is null
        ? $"{ReasonCode}: {Description}"
        : $"{ReasonCode}: {Description}. Exception: {Exception}";
}
