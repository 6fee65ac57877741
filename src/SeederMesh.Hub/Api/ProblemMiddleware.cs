using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeederMesh.Grains;
using SeederMesh.Ledger;

namespace SeederMesh.Hub.Api;

/// <summary>Turns what a request throws into problem details. Only what nobody expected is logged.</summary>
internal sealed class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null })
            {
                await ProblemOf(http.Response.StatusCode).ToResult().ExecuteAsync(http);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller went away: there is nobody to answer.
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            ProblemException problem = ProblemOf(exception);
            if (problem.Status == 500)
            {
                log.LogError(exception, "{Method} {Path} failed", http.Request.Method, http.Request.Path);
            }

            http.Response.Clear();
            if (problem.Status == 503)
            {
                http.Response.Headers.RetryAfter = "1";
            }

            await problem.ToResult().ExecuteAsync(http);
        }
    }

    /// <summary>What the framework refuses before any of our code sees it.</summary>
    private static ProblemException ProblemOf(int status) => status switch
    {
        404 => new ProblemException(404, "not-found", "Nothing is here", "There is no such call; /openapi/v1.json lists them."),
        405 => new ProblemException(405, "method-not-allowed", "Another method is needed", "/openapi/v1.json lists the calls."),
        415 => new ProblemException(
            415, "unsupported-media-type", "Another media type is needed", "/openapi/v1.json says which Content-Type the call takes."),
        503 => ProblemException.Unavailable("timed-out", "It took too long. Send the same request again: it is done at most once."),
        _ => new ProblemException(status, "malformed-request", "The request is refused", "/openapi/v1.json describes the calls."),
    };

    private static ProblemException ProblemOf(Exception exception) => exception switch
    {
        ProblemException problem => problem,
        BadHttpRequestException { StatusCode: 413 } =>
            new ProblemException(413, "payload-too-large", "The body is too large", exception.Message),
        BadHttpRequestException bad => new ProblemException(bad.StatusCode, "malformed-request", "The request is malformed", bad.Message),
        LedgerUnavailableException or StaleGrainException => ProblemException.Unavailable(
            "ledger-unavailable", "The ledger could not take it now. Send the same request again: it is done at most once."),
        TimeoutException or OperationCanceledException => ProblemException.Unavailable(
            "timed-out", "It took too long. Send the same request again: it is done at most once."),
        _ => new ProblemException(500, "internal", "The hub failed",
            "The hub failed; its log says why. Sending the request again is safe."),
    };
}
