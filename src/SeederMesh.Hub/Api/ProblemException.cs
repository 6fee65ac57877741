using Microsoft.AspNetCore.Http;

namespace SeederMesh.Hub.Api;

/// <summary>A request that cannot be served, as RFC 9457 problem details tell it.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="slug">The stable last part of the problem's type.</param>
/// <param name="title">What kind of problem it is.</param>
/// <param name="detail">What was wrong and what to do.</param>
public sealed class ProblemException(int status, string slug, string title, string detail) : Exception(detail)
{
    /// <summary>What the type of every problem begins with.</summary>
    public const string TypePrefix = "urn:seedermesh:problem:";

    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The problem's type, a stable URN.</summary>
    public string TypeName { get; } = TypePrefix + slug;

    /// <summary>What kind of problem it is.</summary>
    public string Title { get; } = title;

    /// <summary>Further members of the answer.</summary>
    internal Dictionary<string, object?> Extras { get; } = new(StringComparer.Ordinal);

    internal static ProblemException Malformed(string detail) => new(400, "malformed-request", "The request is malformed", detail);

    internal static ProblemException NotFound(string what, string detail) => new(404, $"unknown-{what}", $"Unknown {what}", detail);

    internal static ProblemException WrongKey(string detail) => new(403, "wrong-key", "Signed by the wrong key", detail);

    internal static ProblemException Unavailable(string slug, string detail)
    {
        var problem = new ProblemException(503, slug, "Try again", detail);
        problem.Extras["retryAfterSeconds"] = 1;
        return problem;
    }

    internal IResult ToResult() => Results.Problem(Message, statusCode: Status, title: Title, type: TypeName, extensions: Extras);
}
