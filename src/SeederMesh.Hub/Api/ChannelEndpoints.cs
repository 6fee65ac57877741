using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Grains;
using SeederMesh.Grains.Channels;
using SeederMesh.Ledger;

namespace SeederMesh.Hub.Api;

/// <summary>Channels: open, fund, grant, close.</summary>
internal sealed class ChannelEndpoints(IGrainFactory grains, LedgerStore ledger, HubSettings settings, TimeProvider clock)
{
    private const int RefundsMax = 20;

    private long NowUnixMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/channels").WithTags("Channels");
        group.MapPost("", (Delegate)OpenAsync).Accepts<OpenChannelRequest>("application/json")
            .Produces<ChannelAnswer>(201).Produces<ChannelAnswer>().WithSummary("Opens a channel; signed by the downloader.");
        group.MapGet("{channelId}", GetAsync).Produces<ChannelAnswer>().WithSummary("A channel as it stands.");
        group.MapPost("{channelId}/top-ups", TopUpAsync).Accepts<TopUpRequest>("application/json")
            .Produces<InvoiceAnswer>(201).Produces<InvoiceAnswer>().WithSummary("One more invoice; signed by the downloader.");
        group.MapPost("{channelId}/grants", GrantAsync).Accepts<GrantRequest>("application/json")
            .Produces<GrantAnswer>().WithSummary("A grant for a seeder; signed by the downloader.");
        group.MapPost("{channelId}/grants/{grantId}/close", CloseGrantAsync)
            .Produces<CloseGrantAnswer>().WithSummary("Closes a grant; signed by its seeder or the downloader.");
        group.MapPost("{channelId}/close", CloseAsync).Accepts<CloseChannelRequest>("application/json")
            .Produces<ChannelAnswer>().WithSummary("Closes a channel; signed by the downloader.");
    }

    private async Task<IResult> OpenAsync(HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        OpenChannelRequest request = call.Read<OpenChannelRequest>();
        if (Fields.Key(request.DownloaderKey, "downloaderKey") != call.Caller)
        {
            throw ProblemException.WrongKey("A channel is opened by the downloader's own key: sign with downloaderKey.");
        }

        OpenChannelReply reply = await Grain(ChannelTerms.IdFor(settings.Key.PublicKey, call.Caller)).OpenAsync(new OpenChannelCommand
        {
            Downloader = call.Caller.ToArray(),
            Infohash = Fields.Digest(request.Infohash, "infohash").ToArray(),
            ManifestDigest = Fields.Digest(request.ManifestDigest, "manifestDigest").ToArray(),
            BudgetMsat = Fields.Amount(request.BudgetMsat, "budgetMsat").Value,
            MaxPricePerMiBMsat = Fields.Amount(request.MaxPricePerMiBMsat, "maxPricePerMiBMsat").Value,
            ExpiresUnixMs = request.ExpiresUnixMs,
            Refund = request.Refund ?? "",
            IsDirect = request.Mode switch
            {
                null or "prepaid" => false,
                "direct" => true,
                _ => throw ProblemException.Malformed("mode is \"prepaid\" or \"direct\"."),
            },
        });
        ChannelProblems.ThrowIfRefused(reply.Outcome, reply.Detail);
        return Json(
            await DescribeAsync(reply.Channel!, ChannelTerms.IdFor(settings.Key.PublicKey, call.Caller)),
            reply.Outcome == ChannelOutcome.Done ? 201 : 200);
    }

    private async Task<IResult> GetAsync(string channelId)
    {
        Id128 id = Fields.Id(channelId, "channelId");
        ChannelView? channel = await Grain(id).GetAsync();
        return channel is null ? throw ChannelProblems.Unknown() : Json(await DescribeAsync(channel, id));
    }

    private async Task<IResult> TopUpAsync(string channelId, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        TopUpRequest request = call.Read<TopUpRequest>();
        TopUpReply reply = await Grain(Fields.Id(channelId, "channelId")).TopUpAsync(new TopUpCommand
        {
            Caller = call.Caller.ToArray(),
            TopUpId = Fields.Id(request.TopUpId, "topUpId").ToArray(),
            AmountMsat = Fields.Amount(request.AmountMsat, "amountMsat").Value,
        });
        ChannelProblems.ThrowIfRefused(reply.Outcome);
        return Json(InvoiceAnswer.Of(reply.Invoice!, NowUnixMs), reply.Outcome == ChannelOutcome.Done ? 201 : 200);
    }

    private async Task<IResult> GrantAsync(string channelId, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        GrantRequest request = call.Read<GrantRequest>();
        if (request.Generation is < 0 or > 1_000_000)
        {
            throw ProblemException.Malformed("generation is 0 for a seeder's first grant, then one more each, at most 1000000.");
        }

        Id128 id = Fields.Id(channelId, "channelId");
        PublicKey seeder = Fields.Key(request.SeederKey, "seederKey");
        GrantReply reply = await Grain(id).GrantAsync(new GrantCommand
        {
            Caller = call.Caller.ToArray(),
            Seeder = seeder.ToArray(),
            LimitMsat = Fields.Amount(request.LimitMsat, "limitMsat").Value,
            Generation = request.Generation,
        });
        ChannelProblems.ThrowIfRefused(reply.Outcome, availableMsat: reply.AvailableMsat);
        return Json(new GrantAnswer(
            Grant.IdFor(id, seeder, request.Generation).ToString(), Convert.ToBase64String(reply.SignedGrant)));
    }

    private async Task<IResult> CloseGrantAsync(string channelId, string grantId, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        CloseGrantReply reply = await Grain(Fields.Id(channelId, "channelId")).CloseGrantAsync(new CloseGrantCommand
        {
            Caller = call.Caller.ToArray(),
            GrantId = Fields.Id(grantId, "grantId").ToArray(),
        });
        ChannelProblems.ThrowIfRefused(reply.Outcome);
        GrantView grant = reply.Grant!;
        string state = grant.IsClosed ? "closed" : grant.ClosesAtUnixMs is null ? "open" : "closing";
        return Json(new CloseGrantAnswer(grant.GrantId, state, grant.IsClosed ? null : grant.ClosesAtUnixMs));
    }

    private async Task<IResult> CloseAsync(string channelId, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        CloseChannelRequest request = call.Body.Length == 0 ? new CloseChannelRequest(null) : call.Read<CloseChannelRequest>();
        Id128 id = Fields.Id(channelId, "channelId");
        CloseChannelReply reply = await Grain(id).CloseAsync(new CloseChannelCommand
        {
            Caller = call.Caller.ToArray(),
            Refund = request.Refund,
        });
        ChannelProblems.ThrowIfRefused(reply.Outcome);
        return Json(await DescribeAsync(reply.Channel!, id));
    }

    private async Task<ChannelAnswer> DescribeAsync(ChannelView channel, Id128 id)
    {
        IReadOnlyList<PayoutAnswer> refunds = string.Equals(channel.State, "closed", StringComparison.Ordinal)
            ? [.. (await ledger.Reader.ListNewestRefundsAsync(id, RefundsMax)).Select(refund => PayoutAnswer.Of(refund))]
            : [];
        DirectChannelAnswer? direct = channel.IsDirect ? await DirectChannelAnswer.ReadAsync(ledger.Reader, channel, id) : null;
        return ChannelAnswer.Of(channel, refunds, NowUnixMs, direct);
    }

    private static IResult Json<T>(T answer, int status = 200) => Results.Json(answer, SignedCall.Json, statusCode: status);

    private IPaymentChannelGrain Grain(Id128 id) => grains.GetGrain<IPaymentChannelGrain>(id.ToString());
}
