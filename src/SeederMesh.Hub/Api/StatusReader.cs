using SeederMesh.Hub.Tracker;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.Api;

/// <summary>Channels by state.</summary>
public sealed record ChannelCounts(long Open, long Closing, long Closed);

/// <summary>Payouts by state.</summary>
public sealed record PayoutCounts(long Succeeded, long Sent, long Intended, long Failed, long Parked);

/// <summary>What downloaders pay by themselves; the hub holds none of it.</summary>
public sealed record DirectStatus(long Channels, string EarnedMsat, string ProvedMsat, string DueMsat, string WrittenOffMsat);

/// <summary>The totals of the live view.</summary>
public sealed record StatusAnswer(
    string Network,
    long TimeUnixMs,
    long StartedUnixMs,
    ChannelCounts Channels,
    string FundedMsat,
    string ReservedMsat,
    string SettledMsat,
    long SettledBytes,
    long Receipts,
    long Settlements,
    string RefundedMsat,
    string PaidMsat,
    string PendingMsat,
    string OwedMsat,
    string RoutingFeesMsat,
    string HubRevenueMsat,
    string RegistryMsat,
    PayoutCounts Payouts,
    long Manifests,
    int TrackerPeers,
    DirectStatus Direct);

/// <summary>Reads the totals, at most a few times a second however many ask.</summary>
internal sealed class StatusReader(LedgerStore ledger, Swarms swarms, HubIdentity identity, TimeProvider clock) : IDisposable
{
    private const long FreshMs = 200;

    private readonly SemaphoreSlim gate = new(1);
    private StatusAnswer? last;

    public void Dispose() => gate.Dispose();

    public async Task<StatusAnswer> ReadAsync(CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation);
        try
        {
            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (last is null || now - last.TimeUnixMs >= FreshMs)
            {
                last = await ReadAsync(now);
            }

            return last;
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<StatusAnswer> ReadAsync(long now)
    {
        LedgerTotals totals = await ledger.Reader.SumAsync();
        StatusCounts counts = await ledger.Reader.CountStatusesAsync();
        OutgoingTotals outgoing = await ledger.Reader.SumOutgoingAsync();
        DirectTotals direct = await ledger.Reader.SumDuesAsync();
        LedgerAccount? lightning = await ledger.Reader.FindAccountAsync(AccountOpening.Lightning.Id);
        return new StatusAnswer(
            identity.Network,
            now,
            identity.StartedUnixMs,
            new ChannelCounts(
                counts.Channels.GetValueOrDefault(ChannelStatus.Opening) + counts.Channels.GetValueOrDefault(ChannelStatus.Open),
                counts.Channels.GetValueOrDefault(ChannelStatus.Closing),
                counts.Channels.GetValueOrDefault(ChannelStatus.Closed)),
            Fields.Text(totals.LightningIn.Value),
            Fields.Text(totals.InGrants.Value),
            Fields.Text(totals.Settled.Value),
            totals.SettledBytes,
            await ledger.Reader.CountReceiptsAsync(),
            totals.Settlements,
            Fields.Text(outgoing.Refunded.Value),
            Fields.Text(outgoing.Paid.Value),
            Fields.Text(lightning?.CreditsPending.Value ?? 0),
            Fields.Text(totals.OwedToPayees.Value),
            Fields.Text(totals.RoutingFees.Value),
            Fields.Text(totals.HubRevenue.Value),
            Fields.Text(totals.Registry.Value),
            new PayoutCounts(
                counts.Payouts.GetValueOrDefault(PayoutStatus.Succeeded),
                counts.Payouts.GetValueOrDefault(PayoutStatus.Sent),
                counts.Payouts.GetValueOrDefault(PayoutStatus.Intended),
                counts.Payouts.GetValueOrDefault(PayoutStatus.Failed),
                counts.Payouts.GetValueOrDefault(PayoutStatus.Parked)),
            totals.Manifests,
            swarms.PeerCount,
            new DirectStatus(
                direct.Channels,
                Fields.Text(direct.Earned.Value),
                Fields.Text(direct.Proved.Value),
                Fields.Text(direct.Due.Value),
                Fields.Text(direct.WrittenOff.Value)));
    }
}

/// <summary>Who this hub is, found out when it starts.</summary>
/// <param name="Network">The Lightning network: "play money" for the embedded one.</param>
/// <param name="NodeId">Its Lightning node.</param>
/// <param name="StartedUnixMs">When it started.</param>
internal sealed record HubIdentity(string Network, string NodeId, long StartedUnixMs);
