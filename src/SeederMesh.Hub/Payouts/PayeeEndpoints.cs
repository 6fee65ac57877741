using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains;
using SeederMesh.Grains.Creators;
using SeederMesh.Grains.Payouts;
using SeederMesh.Hub.Api;
using SeederMesh.Hub.Hosting;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.Payouts;

/// <summary>How a payee wants to be paid; what is left out stays as it is.</summary>
public sealed record PayeeTermsRequest(string? ThresholdMsat, string? Schedule, string? FeeBearer);

/// <summary>How a payee is paid.</summary>
/// <param name="ThresholdMsat">Paid as soon as this much is owed.</param>
/// <param name="Schedule">When.</param>
/// <param name="FeeBearer">Who pays for routing: hub, split or payee.</param>
/// <param name="Chosen">Whether the payee chose it; otherwise these are the hub's own terms.</param>
public sealed record PayeeTermsAnswer(string ThresholdMsat, string Schedule, string FeeBearer, bool Chosen)
{
    internal static PayeeTermsAnswer Of(PayoutTerms terms, bool chosen) => new(
        Fields.Text(terms.Threshold.Value), terms.Schedule.ToString(), terms.Bearer.Text(), chosen);

    internal static async Task<PayeeTermsAnswer> ReadAsync(LedgerStore ledger, HubSettings settings, Id128 payeeId) =>
        await ChosenTerms.FindAsync(ledger.Reader, payeeId) is { } chosen
            ? Of(chosen.Record.Terms, chosen: true)
            : Of(settings.Terms.Default, chosen: false);
}

/// <summary>A payee: what it earned, what became of it, and how it is paid.</summary>
public sealed record PayeeAnswer(
    string PayeeId, string EarnedMsat, string PaidMsat, string PendingMsat, string OwedMsat, PayeeTermsAnswer Terms);

/// <summary>What became of a request to pay now.</summary>
/// <param name="OwedMsat">What is owed still.</param>
/// <param name="PendingMsat">What is under way.</param>
/// <param name="Reason">Why nothing is paid; empty when there is nothing to say.</param>
public sealed record PayNowAnswer(string OwedMsat, string PendingMsat, string Reason);

/// <summary>Payees: how they are paid, by their own choice; and what their owner or the operator may set going.</summary>
/// <remarks>Who speaks for a payee, <see cref="ChosenTerms"/> says. The operator signs with the hub's own key, the file
/// hub.key, and chooses no terms.</remarks>
internal sealed class PayeeEndpoints(
    IGrainFactory grains, LedgerStore ledger, HubSettings settings, HubKeys keys, PayoutQueue queue, PayeeDirectory directory)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder payees = routes.MapGroup("/v1/payees").WithTags("Payees");
        payees.MapGet("{payeeId}", GetAsync).Produces<PayeeAnswer>().WithSummary("What a payee earned, and how it is paid.");
        payees.MapPut("{payeeId}/terms", (Delegate)SetTermsAsync).Accepts<PayeeTermsRequest>("application/json")
            .Produces<PayeeAnswer>().WithSummary("How a payee wants to be paid; signed by whoever speaks for it.");
        payees.MapPost("{payeeId}/pay", (Delegate)PayAsync).Produces<PayNowAnswer>()
            .WithSummary("Pays what is owed now; signed by whoever speaks for the payee, or by the hub's key.");
        routes.MapPost("/v1/payouts/{payoutId}/retry", (Delegate)RetryAsync).WithTags("Payees").Produces<PayNowAnswer>()
            .WithSummary("Tries parked money again at once; signed by the hub's key, or by whom the payee belongs to.");
        routes.MapGet("/v1/payouts/parked", ListParkedAsync).WithTags("Payees").Produces<PayoutsAnswer>()
            .WithSummary("Payouts and refunds that wait for a person, oldest first, with the reason.");
    }

    /// <summary>Why a key does not speak for a payee; null when it does.</summary>
    private Task<string?> FindRefusalAsync(PublicKey caller, PayeeRecord payee) =>
        ChosenTerms.FindRefusalAsync(ledger.Reader, payee, new DidKey(caller).ToString());

    private async Task<IResult> GetAsync(string payeeId) =>
        Results.Json(await ReadAsync((await FindAsync(payeeId)).Id), SignedCall.Json);

    private async Task<IResult> SetTermsAsync(string payeeId, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        await NoteOwnAsync(call.Caller, Fields.Id(payeeId, "payeeId"));
        PayeeRecord payee = await FindAsync(payeeId);
        if (await FindRefusalAsync(call.Caller, payee) is { } refusal)
        {
            throw ProblemException.WrongKey(refusal);
        }

        PayoutTerms before = (await ChosenTerms.FindAsync(ledger.Reader, payee.Id))?.Record.Terms ?? settings.Terms.Default;
        PayoutTerms terms = Read(call.Read<PayeeTermsRequest>(), before);
        bool taken = await Grain(payee.Id).SetTermsAsync(new SetTermsCommand
        {
            ThresholdMsat = terms.Threshold.Value,
            Schedule = terms.Schedule.ToString(),
            Bearer = (int)terms.Bearer,
            SignedUnixSeconds = call.SignedUnixSeconds,
        });
        return taken
            ? Results.Json(await ReadAsync(payee.Id), SignedCall.Json)
            : throw new ProblemException(
                409,
                "conflict",
                "Newer terms are known",
                "The hub has other terms of this payee, signed in the same second or later. Sign again, now.");
    }

    private PayoutTerms Read(PayeeTermsRequest request, PayoutTerms before)
    {
        PayoutSchedule schedule = before.Schedule;
        FeeBearer bearer = before.Bearer;
        Msat threshold = request.ThresholdMsat is { } asked ? Fields.Amount(asked, "thresholdMsat") : before.Threshold;
        string? defect = this switch
        {
            _ when request.Schedule is { } text && !PayoutSchedule.TryParse(text, out schedule) =>
                "schedule is stream, hourly, daily@HH:MM, weekly@mon-HH:MM (UTC) or on-demand.",
            _ when request.FeeBearer is { } text && !FeeBearers.TryParse(text, out bearer) => "feeBearer is hub, split or payee.",
            _ => settings.Terms.Defect(new PayoutTerms(threshold, schedule, bearer)),
        };
        return defect is null
            ? new PayoutTerms(threshold, schedule, bearer)
            : throw new ProblemException(422, "invalid-terms", "These terms cannot be had here", defect);
    }

    private async Task<IResult> PayAsync(string payeeId, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        PayeeRecord payee = await FindAsync(payeeId);
        return call.Caller == keys.Hub.PublicKey || await FindRefusalAsync(call.Caller, payee) is not { } refusal
            ? await PayNowAsync(PayoutKey.OfPayee(payee.Id), payee.Id)
            : throw ProblemException.WrongKey($"{refusal} The operator signs with the hub's key.");
    }

    private async Task<IResult> RetryAsync(string payoutId, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        PayoutRecord payout = await ledger.Reader.FindPayoutAsync(Fields.Id(payoutId, "payoutId"))
            ?? throw ProblemException.NotFound("payout", "There is no payout of that id.");
        PayeeRecord? payee = payout.PayeeId.IsNone ? null : await ledger.Reader.FindPayeeAsync(payout.PayeeId);
        if (call.Caller != keys.Hub.PublicKey && (payee is null || await FindRefusalAsync(call.Caller, payee) is not null))
        {
            throw ProblemException.WrongKey(
                "Sign with the hub's key (hub.key in its folder), or with the key that speaks for the payee.");
        }

        return payee is null
            ? await PayNowAsync(PayoutKey.OfChannel(payout.ChannelId), default)
            : await PayNowAsync(PayoutKey.OfPayee(payee.Id), payee.Id);
    }

    private async Task<IResult> PayNowAsync(string key, Id128 payeeId)
    {
        PayReply reply = await grains.GetGrain<IPayoutGrain>(key).PayNowAsync();
        PayeeBalance balance = payeeId.IsNone ? new PayeeBalance() : await PayeeBalance.ReadAsync(ledger.Reader, payeeId);
        if (!payeeId.IsNone)
        {
            // What is left, or in flight, is the loop's again.
            queue.NoteChanged(payeeId);
        }

        return Results.Json(
            new PayNowAnswer(Fields.Text(balance.OwedMsat), Fields.Text(balance.PendingMsat), reply.Reason), SignedCall.Json);
    }

    private async Task<IResult> ListParkedAsync() => Results.Json(
        new PayoutsAnswer([.. (await ledger.Reader.ListParkedPayoutsAsync()).Select(payout => PayoutAnswer.Of(payout))], Next: null),
        SignedCall.Json);

    /// <summary>A creator may say how the payees of its manifests are paid before any of them has earned.</summary>
    private async Task NoteOwnAsync(PublicKey caller, Id128 payeeId)
    {
        string did = new DidKey(caller).ToString();
        if (!await ledger.Reader.IsNamedByAsync(payeeId, did)
            && await grains.GetGrain<ICreatorGrain>(did).GetAsync() is { } creator
            && Array.Find(creator.Payees, payee => string.Equals(payee.PayeeId, payeeId.ToString(), StringComparison.Ordinal)) is { } named)
        {
            await directory.EnsurePayeeAsync(payeeId, did, named.Endpoints);
        }
    }

    private async Task<PayeeRecord> FindAsync(string payeeId) => await ledger.Reader.FindPayeeAsync(Fields.Id(payeeId, "payeeId"))
        ?? throw ProblemException.NotFound("payee", "There is no payee of that id.");

    private async Task<PayeeAnswer> ReadAsync(Id128 payeeId)
    {
        PayeeBalance balance = await PayeeBalance.ReadAsync(ledger.Reader, payeeId);
        return new PayeeAnswer(
            payeeId.ToString(),
            Fields.Text(balance.EarnedMsat),
            Fields.Text(balance.PaidMsat),
            Fields.Text(balance.PendingMsat),
            Fields.Text(balance.OwedMsat),
            await PayeeTermsAnswer.ReadAsync(ledger, settings, payeeId));
    }

    private IPayoutGrain Grain(Id128 payeeId) => grains.GetGrain<IPayoutGrain>(PayoutKey.OfPayee(payeeId));
}
