using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Grains.Direct;

namespace SeederMesh.Hub.Api;

/// <summary>What downloaders that pay by themselves owe, and their proofs.</summary>
internal sealed class DuesEndpoints(IGrainFactory grains)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/channels/{channelId}/dues").WithTags("Direct channels");
        group.MapGet("", AskAsync).Produces<DuesAnswer>()
            .WithSummary("What is due on a direct channel, with invoices to pay; signed by the downloader.");
        group.MapPost("{payoutId}/proof", ProveAsync).Accepts<DueProofRequest>("application/json")
            .Produces<DuePaymentState>().WithSummary("Proves a payment by its preimage; signed by the downloader.");
        group.MapPost("{payoutId}/failed", GiveUpAsync).Accepts<DueFailureRequest>("application/json")
            .Produces<DuePaymentState>()
            .WithSummary("Gives up an expired invoice that was not paid, so that another is made; signed by the downloader.");
    }

    private async Task<IResult> AskAsync(string channelId, bool? offers, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        DuesReply reply = await Grain(channelId).AskAsync(
            new AskDuesCommand { Caller = call.Caller.ToArray(), PaysOffers = offers ?? false });
        ThrowIfRefused(reply.Outcome);
        return Results.Json(
            new DuesAnswer(
                [.. reply.Dues.Select(DueAnswer.Of)],
                [.. reply.Payments.Select(DuePaymentAnswer.Of)],
                Fields.Text(reply.WindowMsat),
                reply.IsEnded),
            SignedCall.Json);
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
