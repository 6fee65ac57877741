using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.Api;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Hub.History;

/// <summary>What a webhook is told.</summary>
/// <param name="Id">The id of what happened; told again, it has the same.</param>
/// <param name="Type">"payout.succeeded" or "payout.failed".</param>
/// <param name="Timestamp">When it happened, RFC 3339.</param>
/// <param name="Data">The payout, with its lines; "direct" where a downloader's own wallet paid and proved it.</param>
public sealed record WebhookMessage(string Id, string Type, DateTimeOffset Timestamp, PayoutAnswer Data);

/// <summary>Tells webhooks of payouts that ended, and of direct payments that were proved: each in order, at
/// least once, from a durable place on.</summary>
/// <remarks>
/// What there is to tell is read from the ledger, so nothing that was booked is lost, and a place is stored after the
/// other side took it: after a crash it may hear the same event again, under the same id. An attempt that fails is made
/// again after 2 s, 4 s and so on, up to an hour; after <see cref="FailuresMax"/> in a row the webhook is suspended and
/// keeps its place. Each webhook is told by itself, so that one that hangs keeps no other waiting; a round ends after
/// <see cref="RoundTime"/>, so that slow ones do not keep the places.
/// </remarks>
internal sealed class WebhookTeller : BackgroundService
{
    /// <summary>So many failures in a row, over half a day, and the webhook waits for its owner.</summary>
    public const int FailuresMax = 20;

    private const long WaitMsMax = 3_600_000;
    private const int EventsPerRound = 50;
    private const int RoundsAtOnce = 32;
    private const int Gone = 410;

    /// <summary>A place is stored after so many transfers that were none of the webhook's.</summary>
    private const int PassedOverMin = 1_000;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim places = new(RoundsAtOnce);
    private readonly ConcurrentDictionary<Id128, Task> rounds = new();
    private readonly HubOptions options;
    private readonly LedgerStore ledger;
    private readonly PayoutHistory history;
    private readonly WebhookSecrets secrets;
    private readonly TimeProvider clock;
    private readonly ILogger<WebhookTeller> log;

    /// <summary>The operator's address is the operator's business; others' must not reach into the operator's network.</summary>
    private readonly OutgoingHttp operators;
    private readonly OutgoingHttp others;

    public WebhookTeller(
        HubOptions options,
        LedgerStore ledger,
        PayoutHistory history,
        WebhookSecrets secrets,
        TimeProvider clock,
        ILogger<WebhookTeller> log)
    {
        (this.options, this.ledger, this.history) = (options, ledger, history);
        (this.secrets, this.clock, this.log) = (secrets, clock, log);
        operators = new OutgoingHttp(new OutgoingPolicy { AllowLoopback = true, AllowPrivate = true, TimeLimit = AnswerTime });
        others = new OutgoingHttp(PolicyOfOthers(options) with { TimeLimit = AnswerTime });
    }

    /// <summary>What webhooks of payees may reach.</summary>
    public static OutgoingPolicy PolicyOfOthers(HubOptions options) =>
        new() { AllowLoopback = options.AllowPrivateAddresses, AllowPrivate = options.AllowPrivateAddresses };

    public override void Dispose()
    {
        places.Dispose();
        operators.Dispose();
        others.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.WebhookIntervalMs), clock);
        try
        {
            do
            {
                try
                {
                    await PrepareOperatorsAsync();
                    await StartRoundsAsync(stoppingToken);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    log.LogWarning(exception, "Telling webhooks failed; it is tried again");
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was not told is told after the next start.
        }

        await Task.WhenAll(rounds.Values);
    }

    private async Task StartRoundsAsync(CancellationToken cancellation)
    {
        IReadOnlyList<WebhookRecord> page;
        Id128 after = default;
        do
        {
            page = await ledger.Reader.ListDueWebhooksAsync(clock.GetUtcNow().ToUnixTimeMilliseconds(), WaitMsMax, after);
            foreach (WebhookRecord webhook in page.Where(webhook => !rounds.ContainsKey(webhook.Id)))
            {
                await places.WaitAsync(cancellation);
                rounds[webhook.Id] = TellApartAsync(webhook, cancellation);
            }

            after = page.Count > 0 ? page[^1].Id : after;
        }
        while (page.Count == LedgerReader.PageMax);
    }

    private async Task TellApartAsync(WebhookRecord webhook, CancellationToken cancellation)
    {
        // The loop goes on at once.
        await Task.Yield();
        try
        {
            await TellAsync(webhook, cancellation);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            log.LogWarning(exception, "Telling webhook {Webhook} failed; it is tried again", webhook.Id);
        }
        catch (OperationCanceledException)
        {
            // The hub stops; what was not told is told after the next start.
        }
        finally
        {
            rounds.TryRemove(webhook.Id, out _);
            places.Release();
        }
    }

    /// <summary>The operator's webhook follows the settings; a new one starts with what happens from now on.</summary>
    private async Task PrepareOperatorsAsync()
    {
        WebhookRecord? stored = await ledger.Reader.FindWebhookAsync(WebhookRecord.OperatorId);
        bool isWanted = options.WebhookAddress.Length > 0;
        bool isSame = stored is null
            ? !isWanted
            : isWanted ? stored.Status != WebhookStatus.Removed && stored.Address == options.WebhookAddress
            : stored.Status == WebhookStatus.Removed;
        if (isSame)
        {
            return;
        }

        WebhookRecord changed = (stored ?? new WebhookRecord
        {
            Id = WebhookRecord.OperatorId,
            Owners = "",
            Address = options.WebhookAddress,
            Generation = 1,
            Status = WebhookStatus.Active,
            ToldSequence = await ledger.Reader.FindLastSequenceAsync(),
            SignedUnixSeconds = 0,
            Revision = 0,
        }) with
        {
            Address = isWanted ? options.WebhookAddress : stored?.Address ?? "",
            Status = isWanted ? WebhookStatus.Active : WebhookStatus.Removed,
            Failures = 0,
            NextAttemptUnixMs = 0,
            Reason = null,
        };
        await StoreAsync(changed with { Revision = changed.Revision + 1 });
    }

    private async Task TellAsync(WebhookRecord webhook, CancellationToken cancellation)
    {
        // Read before the events: whatever is booked meanwhile comes after it.
        long last = await ledger.Reader.FindLastSequenceAsync();
        string[] owners = webhook.Owners.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        IReadOnlyList<EndedPayout> events = await ledger.Reader.ListEndedPayoutsAsync(owners, webhook.ToldSequence, EventsPerRound);
        long told = webhook.ToldSequence;
        long started = clock.GetTimestamp();
        (int Status, string Reason) answer = (0, "");
        foreach (EndedPayout ended in events)
        {
            answer = await PostAsync(webhook, ended, cancellation);
            if (answer.Status is < 200 or > 299)
            {
                break;
            }

            told = ended.Sequence;
            if (clock.GetElapsedTime(started) > RoundTime)
            {
                break;
            }
        }

        if (events.Count == 0)
        {
            await PassOverAsync(webhook, last);
            return;
        }

        bool isTaken = answer.Status is >= 200 and <= 299;
        long failures = isTaken ? 0 : told > webhook.ToldSequence ? 1 : webhook.Failures + 1;
        bool isOver = failures >= FailuresMax || answer.Status == Gone;
        await StoreAsync(webhook with
        {
            ToldSequence = told,
            Failures = failures,
            NextAttemptUnixMs = isTaken
                ? 0
                : clock.GetUtcNow().ToUnixTimeMilliseconds() + Math.Min(WaitMsMax, 1_000L << (int)Math.Min(failures, FailuresMax)),
            Reason = isTaken ? null : answer.Reason,
            Status = isOver ? WebhookStatus.Suspended : webhook.Status,
            Revision = webhook.Revision + 1,
        });
    }

    /// <summary>So that whoever is rarely paid does not have the whole ledger looked through every second.</summary>
    private async Task PassOverAsync(WebhookRecord webhook, long lastSequence)
    {
        if (lastSequence - webhook.ToldSequence > PassedOverMin)
        {
            await StoreAsync(webhook with { ToldSequence = lastSequence, Revision = webhook.Revision + 1 });
        }
    }

    private async Task<(int Status, string Reason)> PostAsync(WebhookRecord webhook, EndedPayout ended, CancellationToken cancellation)
    {
        PayoutAnswer payout = (await history.FindAsync(ended.PayoutId))!;
        var message = new WebhookMessage(
            ended.EventId.ToString(),
            payout.Preimage is not null ? "payout.succeeded" : "payout.failed",
            DateTimeOffset.FromUnixTimeMilliseconds(payout.FinishedUnixMs ?? payout.CreatedUnixMs),
            payout);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(message, SignedCall.Json);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        OutgoingHttp http = webhook.Id == WebhookRecord.OperatorId ? operators : others;
        return await http.PostAsync(
            new Uri(webhook.Address), content, secrets.Sign(webhook, message.Id, clock.GetUtcNow(), body), cancellation);
    }

    /// <summary>Where its owner changed it meanwhile, the owner's change stands and the events are told again.</summary>
    private async Task StoreAsync(WebhookRecord webhook)
    {
        PostingResult result = await ledger.PostAsync(new Posting { Id = default, Records = [webhook] });
        if (!result.IsPosted && result.Outcome != PostingOutcome.RecordOutdated)
        {
            throw new InvalidOperationException($"A webhook was not stored ({result.Outcome}): {result.Detail}");
        }
    }
}
