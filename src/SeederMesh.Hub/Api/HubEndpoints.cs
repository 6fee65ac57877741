using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Core.Receipts;
using SeederMesh.Grains;
using SeederMesh.Hub.Hosting;

namespace SeederMesh.Hub.Api;

/// <summary>Bounds that a client should know.</summary>
public sealed record LimitsAnswer(
    int ReportBytesMax,
    int ReportRunsMax,
    int GrantsPerChannelMax,
    long ReportGraceMs,
    long ChannelLifetimeMsMax,
    string BudgetMsatMax,
    string PricePerMiBMsatMax,
    long ClockSkewMs);

/// <summary>When payees are paid.</summary>
/// <param name="ThresholdMsat">Of a payee that chose nothing.</param>
/// <param name="FeeLimitBps">The most that routing may cost, of a payment.</param>
/// <param name="Schedule">Of a payee that chose nothing.</param>
/// <param name="FeeBearer">Of a payee that chose nothing; nobody may choose what costs the hub more.</param>
/// <param name="ThresholdMsatMin">The lowest threshold that may be chosen.</param>
/// <param name="ThresholdMsatMax">The highest.</param>
public sealed record PayoutTermsAnswer(
    string ThresholdMsat, int FeeLimitBps, string Schedule, string FeeBearer, string ThresholdMsatMin, string ThresholdMsatMax);

/// <summary>Whether and how far downloaders may pay by themselves.</summary>
public sealed record DirectTermsAnswer(bool Taken, long WindowBytes, long WindowBytesMax, long GraceMs);

/// <summary>Who this hub is.</summary>
public sealed record HubAnswer(
    string Name,
    string PublicKey,
    string RegistryPublicKey,
    string Network,
    string NodeId,
    string LightningPath,
    int HubBpsMin,
    int RegistryBpsMin,
    LimitsAnswer Limits,
    PayoutTermsAnswer Payouts,
    DirectTermsAnswer Direct,
    long TimeUnixMs);

/// <summary>Who the hub is, how it is doing, and what happens as it happens.</summary>
internal sealed class HubEndpoints(
    HubOptions options, HubSettings settings, HubKeys keys, HubIdentity identity, StatusReader status, EventStream events)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => Results.Text("ok")).ExcludeFromDescription();
        RouteGroupBuilder group = routes.MapGroup("/v1").WithTags("Hub");
        group.MapGet("hub", () =>
            Results.Json(Describe(), SignedCall.Json)).Produces<HubAnswer>().WithSummary("Who this hub is, and its limits.");
        group.MapGet("status", async (CancellationToken cancellation) =>
                Results.Json(await status.ReadAsync(cancellation), SignedCall.Json))
            .Produces<StatusAnswer>().WithSummary("The totals.");
        group.MapGet("events", (Delegate)events.ServeAsync).WithMetadata(new DisableRequestTimeoutAttribute())
            .Produces(200, contentType: "text/event-stream").WithSummary("What happens, as server-sent events.");
    }

    private HubAnswer Describe() => new(
        options.Name,
        keys.Hub.PublicKey.ToString(),
        keys.Registry.PublicKey.ToString(),
        identity.Network,
        identity.NodeId,
        "/lightning",
        settings.HubBpsMin,
        settings.RegistryBpsMin,
        new LimitsAnswer(
            ReceiptRunCodec.ReportBytesMax,
            ReceiptRunCodec.RunsMax,
            settings.Limits.GrantsMax,
            settings.Limits.ReportGraceMs,
            settings.ChannelLifetimeMsMax,
            Fields.Text(settings.BudgetMax.Value),
            Fields.Text(PricePerMebibyte.MsatMax),
            settings.Limits.ClockSkewMs),
        new PayoutTermsAnswer(
            Fields.Text(settings.Terms.Default.Threshold.Value),
            settings.Payouts.FeeLimit.Value,
            settings.Terms.Default.Schedule.ToString(),
            settings.Terms.Default.Bearer.Text(),
            Fields.Text(settings.Terms.ThresholdMin.Value),
            Fields.Text(settings.Terms.ThresholdMax.Value)),
        new DirectTermsAnswer(
            settings.TakesDirect, settings.Direct.InitialBytes, settings.Direct.CapBytes, settings.DirectGraceMs),
        options.Clock.GetUtcNow().ToUnixTimeMilliseconds());
}
