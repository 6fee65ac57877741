using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>A hub did not do what it was asked.</summary>
/// <param name="message">What the hub said, or why it could not be asked.</param>
/// <param name="statusCode">Its HTTP status; null when no answer came.</param>
/// <param name="problem">The slug of its problem type (RFC 9457), such as "insufficient-funds"; null when it gave
/// none.</param>
/// <param name="inner">What it comes from, or null.</param>
public sealed class HubException(string message, int? statusCode, string? problem, Exception? inner = null)
    : ClientException(message, inner)
{
    /// <summary>The HTTP status; null when no answer came.</summary>
    public int? StatusCode { get; } = statusCode;

    /// <summary>The slug of the problem type, or null.</summary>
    public string? Problem { get; } = problem;

    /// <summary>The most that the hub would grant instead, where it said so; null otherwise.</summary>
    public Msat? Available { get; init; }

    /// <summary>Whether the same call may succeed later: no answer, too many calls, or a fault at the hub.</summary>
    public bool IsTransient => StatusCode is null or 408 or 429 or >= 500;
}
