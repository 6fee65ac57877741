using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Direct;

namespace SeederMesh.Hub.Api;

/// <summary>What downloaders that pay by themselves owe, and their proofs.</summary>
internal sealed class DuesEndpoints(
    IGrainFactory grains, DuesBell bell, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <summary>How long an answer waits for news at most, milliseconds: less than clients and proxies wait for an
    /// answer.</summary>
    private const int WaitMsMax = 10_000;

    /// <summary>How long it waits for invoices that payees are being asked for, milliseconds.</summary>
    private const int InvoicesWaitMs = 5_000;

    /// <summary>Payees whose routes a caller may call dear.</summary>
    private const int LeastMax = 16;

    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/channels/{channelId}/dues").WithTags("Direct channels");
        group.MapGet("", AskAsync).Produces<DuesAnswer>()
            .WithSummary("What is due on a direct channel, with invoices to pay; with after=VERSION and waitMs it answers as soon as "
                + "that has changed. least=PAYEE:MSAT waits for more where routes are dear. Signed by the downloader.");
        group.MapPost("{payoutId}/proof", ProveAsync).Accepts<DueProofRequest>("application/json")
            .Produces<DuePaymentState>().WithSummary("Proves a payment by its preimage; signed by the downloader.");
        group.MapPost("{payoutId}/failed", GiveUpAsync).Accepts<DueFailureRequest>("application/json")
            .Produces<DuePaymentState>()
            .WithSummary("Gives up an expired invoice that was not paid, so that another is made; signed by the downloader.");
    }

    private async Task<IResult> AskAsync(
        string channelId, bool? offers, string? after, int? waitMs, string[]? least, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        Id128 channel = Fields.Id(channelId, "channelId");
        var command = new AskDuesCommand
        {
            Caller = call.Caller.ToArray(),
            PaysOffers = offers ?? false,
            Least = ReadLeast(least ?? []),
        };
        int wait = Math.Clamp(waitMs ?? (after is null ? InvoicesWaitMs : 0), 0, WaitMsMax);
        using var time = new CancellationTokenSource(TimeSpan.FromMilliseconds(wait), clock);

        // A hub that stops answers at once: it would wait for its callers to go.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(
            time.Token, http.RequestAborted, lifetime.ApplicationStopping);

        // Listens before it looks, so that nothing happens unseen between the two.
        using DuesListening listening = bell.Listen(channel);
        while (true)
        {
            DuesReply reply = await grains.GetGrain<IDuesGrain>(channel.ToString()).AskAsync(command);
            ThrowIfRefused(reply.Outcome);
            var answer = DuesAnswer.Of(reply);
            bool isNews = after is null ? !reply.IsAsking : !string.Equals(after, answer.Version, StringComparison.Ordinal);
            if (isNews || !await RingsAsync(listening, reply.AgainInMs, over.Token))
            {
                return Results.Json(answer, SignedCall.Json);
            }
        }
    }

    /// <summary>Whether there is reason to look again before the time is over.</summary>
    private async Task<bool> RingsAsync(DuesListening listening, long againInMs, CancellationToken over)
    {
        using var again = new CancellationTokenSource(
            againInMs == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(againInMs), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(again.Token, over);
        try
        {
            return await listening.NextAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return !over.IsCancellationRequested;
        }
    }

    private static DueLeast[] ReadLeast(string[] least)
    {
        if (least.Length > LeastMax)
        {
            throw ProblemException.Malformed($"At most {LeastMax} payees have a least.");
        }

        return [.. least.Select(Read).DistinctBy(item => Id128.Read(item.PayeeId))];

        static DueLeast Read(string item)
        {
            int colon = item.IndexOf(':', StringComparison.Ordinal);
            return colon > 0
                && long.TryParse(item.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long msat)
                && msat <= Msat.Max.Value
                ? new DueLeast { PayeeId = Fields.Id(item[..colon], "least").ToArray(), Msat = msat }
                : throw ProblemException.Malformed("least is PAYEE:MSAT.");
        }
    }

    private async Task<IResult> ProveAsync(string channelId, string payoutId, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        Id128 payment = Fields.Id(payoutId, "payoutId");
        ThrowIfRefused(await Grain(channelId).ProveAsync(new ProveDueCommand
        {
            Caller = call.Caller.ToArray(),
            PaymentId = payment.ToArray(),
            Preimage = Fields.Digest(call.Read<DueProofRequest>().Preimage, "preimage").ToArray(),
        }));
        return Results.Json(new DuePaymentState(payment.ToString(), "proved"), SignedCall.Json);
    }

    private async Task<IResult> GiveUpAsync(string channelId, string payoutId, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        Id128 payment = Fields.Id(payoutId, "payoutId");
        ThrowIfRefused(await Grain(channelId).GiveUpAsync(new GiveUpDueCommand
        {
            Caller = call.Caller.ToArray(),
            PaymentId = payment.ToArray(),
            Reason = call.Read<DueFailureRequest>().Reason ?? "",
        }));
        return Results.Json(new DuePaymentState(payment.ToString(), "failed"), SignedCall.Json);
    }

    private static void ThrowIfRefused(DuesOutcome outcome)
    {
        if (outcome is not (DuesOutcome.Done or DuesOutcome.Repeated))
        {
            throw outcome switch
            {
                DuesOutcome.UnknownChannel => ChannelProblems.Unknown(),
                DuesOutcome.NotDirect => new ProblemException(
                    409, "not-direct", "The channel is prepaid", "Its hub pays everybody: nothing is due from the downloader."),
                DuesOutcome.WrongKey => ProblemException.WrongKey("The channel's downloader signs this call."),
                DuesOutcome.UnknownPayment =>
                    ProblemException.NotFound("payout", "The channel has no such payment."),
                DuesOutcome.WrongPreimage => new ProblemException(
                    422, "wrong-preimage", "This proves nothing", "The SHA-256 of the preimage is not the payment's hash."),
                DuesOutcome.GivenUp => new ProblemException(
                    409, "given-up", "The payment was given up", "It was given up or written off before it was proved."),
                DuesOutcome.StillPayable => new ProblemException(
                    409, "still-payable", "The invoice still counts",
                    "It has not expired, or was paid. Pay it, or look its hash up, and prove it."),
                _ => ProblemException.Unavailable(
                    "lightning-unavailable", "The hub's node has not seen the payment yet. Send the same request again."),
            };
        }
    }

    private IDuesGrain Grain(string channelId) => grains.GetGrain<IDuesGrain>(Fields.Id(channelId, "channelId").ToString());
}
