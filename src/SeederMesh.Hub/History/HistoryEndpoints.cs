using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.Api;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.History;

/// <summary>What a list of payouts may be narrowed by; all may be left out.</summary>
/// <param name="Payee">Payouts to these payees, each named by its id.</param>
/// <param name="Channel">Refunds of this channel, or its downloader's own payments.</param>
/// <param name="State">"intended", "sent", "succeeded", "failed" or "parked".</param>
/// <param name="From">Made at or after this, unix ms.</param>
/// <param name="Before">Made before this, unix ms.</param>
/// <param name="After">The page after this payout.</param>
/// <param name="Limit">Most payouts in the answer.</param>
/// <param name="Lines">Whether each payout names what it pays for; CSV always does.</param>
internal readonly record struct HistoryQuery(
    string[]? Payee, string? Channel, string? State, long? From, long? Before, string? After, int? Limit, bool? Lines);

/// <summary>The history of payouts: paged JSON, or CSV of all that fits.</summary>
internal sealed class HistoryEndpoints(PayoutHistory history)
{
    private const int PageUsual = 100;
    private const int PageMax = LedgerReader.PageMax;

    /// <summary>A payout has at most 512 lines, so pages with lines are smaller.</summary>
    private const int PageWithLinesMax = 100;

    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1").WithTags("Statements");
        group.MapGet("payouts", ([AsParameters] HistoryQuery query, HttpContext http) =>
                http.Request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType == "text/csv")
                    ? WriteCsvAsync(query, http)
                    : ListAsync(query))
            .WithMetadata(new DisableRequestTimeoutAttribute()).Produces<PayoutsAnswer>().Produces(200, contentType: "text/csv")
            .WithSummary("Payouts and refunds, newest first; with Accept: text/csv all that fit, a row for each line.");
        group.MapGet("payouts.csv", ([AsParameters] HistoryQuery query, HttpContext http) => WriteCsvAsync(query, http))
            .WithMetadata(new DisableRequestTimeoutAttribute()).Produces(200, contentType: "text/csv")
            .WithSummary("The same as CSV (RFC 4180).");
        group.MapGet("payouts/{payoutId}", GetAsync).Produces<PayoutAnswer>().WithSummary("A payout, and what it pays for.");
    }

    private async Task<IResult> ListAsync(HistoryQuery query)
    {
        bool withLines = query.Lines == true;
        int limit = Math.Clamp(query.Limit ?? PageUsual, 1, withLines ? PageWithLinesMax : PageMax);
        IReadOnlyList<PayoutAnswer> payouts = await history.ListAsync(await ReadAsync(query), limit, withLines);
        return Results.Json(
            new PayoutsAnswer(payouts, payouts.Count == limit ? payouts[^1].PayoutId : null), SignedCall.Json);
    }

    private async Task<IResult> GetAsync(string payoutId) => Results.Json(await FindAsync(payoutId, "payoutId"), SignedCall.Json);

    /// <summary>Page by page, so that the whole history of a hub never lies in memory.</summary>
    private async Task<IResult> WriteCsvAsync(HistoryQuery query, HttpContext http)
    {
        PayoutQuery page = await ReadAsync(query);
        return Results.Stream(
            async stream =>
            {
                await using var csv = new PayoutCsv(stream);
                await csv.WriteHeaderAsync();
                for (long left = query.Limit ?? long.MaxValue; left > 0;)
                {
                    http.RequestAborted.ThrowIfCancellationRequested();
                    IReadOnlyList<PayoutAnswer> payouts =
                        await history.ListAsync(page, (int)Math.Min(left, PageWithLinesMax), withLines: true);
                    foreach (PayoutAnswer payout in payouts)
                    {
                        await csv.WriteAsync(payout);
                    }

                    left = payouts.Count < PageWithLinesMax ? 0 : left - payouts.Count;
                    page = payouts.Count > 0 ? page with { After = PlaceOf(payouts[^1]) } : page;
                }
            },
            "text/csv; charset=utf-8; header=present",
            "payouts.csv");
    }

    private async Task<PayoutQuery> ReadAsync(HistoryQuery query)
    {
        Id128[] payees = [.. (query.Payee ?? []).Select(payee => Fields.Id(payee, "payee"))];
        if (payees.Length > PayoutQuery.PayeesMax)
        {
            throw ProblemException.Malformed($"Ask for at most {PayoutQuery.PayeesMax} payees at once.");
        }

        if (payees.Length > 0 && query.Channel is not null)
        {
            throw ProblemException.Malformed("Ask for payees or for a channel, not for both.");
        }

        return new PayoutQuery
        {
            Payees = payees,
            Channel = query.Channel is null ? default : Fields.Id(query.Channel, "channel"),
            Status = StatusOf(query.State),
            FromUnixMs = query.From ?? 0,
            BeforeUnixMs = query.Before ?? long.MaxValue,
            After = query.After is null ? null : PlaceOf(await FindAsync(query.After, "after")),
        };
    }

    private static PayoutStatus StatusOf(string? state) => state switch
    {
        null => PayoutStatus.None,
        "intended" => PayoutStatus.Intended,
        "sent" => PayoutStatus.Sent,
        "succeeded" => PayoutStatus.Succeeded,
        "failed" => PayoutStatus.Failed,
        "parked" => PayoutStatus.Parked,
        _ => throw ProblemException.Malformed("state is intended, sent, succeeded, failed or parked."),
    };

    private static (long CreatedUnixMs, Id128 Id) PlaceOf(PayoutAnswer payout) =>
        (payout.CreatedUnixMs, Fields.Id(payout.PayoutId, "payoutId"));

    private async Task<PayoutAnswer> FindAsync(string id, string name) =>
        await history.FindAsync(Fields.Id(id, name))
        ?? throw ProblemException.NotFound("payout", "There is no payout of that id.");
}
