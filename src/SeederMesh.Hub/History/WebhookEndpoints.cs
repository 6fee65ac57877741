using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.Api;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Hub.History;

/// <summary>Where a caller wants to be told of its payouts.</summary>
/// <param name="Address">An https address.</param>
/// <param name="NewSecret">Whether a new secret takes the old one's place.</param>
public sealed record WebhookRequest(string? Address, bool NewSecret);

/// <summary>A caller's webhook. The secret is what signatures are checked with (Standard Webhooks).</summary>
public sealed record WebhookAnswer(
    string Address, string State, string Secret, long Failures, string? Reason, long? NextAttemptUnixMs);

/// <summary>A seeder's or creator's own webhook: told of every payout to the payees that its key owns.</summary>
internal sealed class WebhookEndpoints(LedgerStore ledger, WebhookSecrets secrets, HubOptions options)
{
    private const int AddressLengthMax = 2_048;

    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/webhook").WithTags("Webhooks");
        group.MapPut("", (Delegate)PutAsync).Accepts<WebhookRequest>("application/json").Produces<WebhookAnswer>()
            .WithSummary("Names where the caller is told of its payouts; signed. Naming it again resumes one that was suspended.");
        group.MapGet("", (Delegate)GetAsync).Produces<WebhookAnswer>().WithSummary("The caller's webhook; signed.");
        group.MapDelete("", (Delegate)DeleteAsync).WithSummary("Takes the caller's webhook away; signed.");
    }

    private async Task<IResult> PutAsync(HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        WebhookRequest request = call.Read<WebhookRequest>();
        string address = ReadAddress(request.Address);
        WebhookRecord? before = await ledger.Reader.FindWebhookAsync(WebhookRecord.IdOf(call.Caller));
        RefuseOlder(before, call);
        WebhookRecord webhook = before is null
            ? new WebhookRecord
            {
                Id = WebhookRecord.IdOf(call.Caller),
                Owners = $"{new DidKey(call.Caller)}\n{call.Caller}",
                Address = address,
                Generation = 1,
                Status = WebhookStatus.Active,
                ToldSequence = await ledger.Reader.FindLastSequenceAsync(),
                SignedUnixSeconds = call.SignedUnixSeconds,
            }
            : before with
            {
                Address = address,
                Generation = before.Generation + (request.NewSecret ? 1 : 0),
                Status = WebhookStatus.Active,

                // One that was only suspended goes on where it stopped; one that was taken away starts anew.
                ToldSequence = before.Status == WebhookStatus.Removed
                    ? await ledger.Reader.FindLastSequenceAsync() : before.ToldSequence,
                Failures = 0,
                NextAttemptUnixMs = 0,
                Reason = null,
                SignedUnixSeconds = call.SignedUnixSeconds,
                Revision = before.Revision + 1,
            };
        await StoreAsync(webhook);
        return Results.Json(Answer(webhook), SignedCall.Json);
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        return Results.Json(Answer(await FindAsync(call.Caller)), SignedCall.Json);
    }

    private async Task<IResult> DeleteAsync(HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        WebhookRecord webhook = await FindAsync(call.Caller);
        RefuseOlder(webhook, call);
        await StoreAsync(webhook with
        {
            Status = WebhookStatus.Removed,
            SignedUnixSeconds = call.SignedUnixSeconds,
            Revision = webhook.Revision + 1,
        });
        return Results.NoContent();
    }

    /// <summary>What was signed before the address in force, and kept back, must not take its place.</summary>
    private static void RefuseOlder(WebhookRecord? before, SignedCall call)
    {
        if (before is not null && call.SignedUnixSeconds < before.SignedUnixSeconds)
        {
            throw new ProblemException(
                409, "conflict", "A newer webhook is known", "The hub has another one, signed later. Sign again, now.");
        }
    }

    private async Task<WebhookRecord> FindAsync(PublicKey caller) =>
        await ledger.Reader.FindWebhookAsync(WebhookRecord.IdOf(caller)) is { Status: not WebhookStatus.Removed } webhook
            ? webhook
            : throw ProblemException.NotFound("webhook", "The caller has no webhook here.");

    private async Task StoreAsync(WebhookRecord webhook)
    {
        // The teller may store how far it is at the same time: then the caller asks again.
        PostingResult result = await ledger.PostAsync(new Posting { Id = default, Records = [webhook] });
        if (!result.IsPosted)
        {
            throw ProblemException.Unavailable("ledger-unavailable", "The webhook could not be stored. Send the same request again.");
        }
    }

    private string ReadAddress(string? text)
    {
        using var http = new OutgoingHttp(WebhookTeller.PolicyOfOthers(options));
        string? refusal = text is not { Length: > 0 and <= AddressLengthMax } || !Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
            ? "it is not an https address"
            : http.Refusal(address);
        return refusal is null
            ? text!
            : throw new ProblemException(422, "invalid-address", "The address cannot be told", $"address: {refusal}.");
    }

    private WebhookAnswer Answer(WebhookRecord webhook) => new(
        webhook.Address,
        webhook.Status.ToString().ToLowerInvariant(),
        secrets.Text(webhook),
        webhook.Failures,
        webhook.Reason,
        webhook.Failures > 0 ? webhook.NextAttemptUnixMs : null);
}
