using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.Api;

/// <summary>A payment that leaves the hub.</summary>
public sealed record PayoutAnswer(
    string PayoutId,
    string? PayeeId,
    string? ChannelId,
    string Destination,
    string AmountMsat,
    string FeeLimitMsat,
    string FeePaidMsat,
    string? PaymentHash,
    string? Preimage,
    string State,
    string? Reason,
    long Attempts,
    long CreatedUnixMs,
    long? FinishedUnixMs,
    IReadOnlyList<PayoutLineAnswer>? Lines)
{
    internal static PayoutAnswer Of(PayoutRecord payout, IReadOnlyList<PayoutLineAnswer>? lines = null) => new(
        payout.Id.ToString(),
        payout.PayeeId.IsNone ? null : payout.PayeeId.ToString(),
        payout.ChannelId.IsNone ? null : payout.ChannelId.ToString(),
        payout.Destination,
        Fields.Text(payout.Amount.Value),
        Fields.Text(payout.FeeLimit.Value),
        Fields.Text(payout.FeePaid.Value),
        payout.PaymentHash?.ToString(),
        payout.Preimage?.ToString(),
        payout.Status.ToString().ToLowerInvariant(),
        payout.Reason,
        payout.Attempts,
        payout.CreatedUnixMs,
        payout.FinishedUnixMs,
        lines);
}

/// <summary>What a payout pays: a settlement, or all of one manifest.</summary>
public sealed record PayoutLineAnswer(string ManifestDigest, string? SettlementId, string AmountMsat)
{
    internal static PayoutLineAnswer Of(PayoutLineRecord line) => new(
        line.ManifestDigest.ToString(),
        line.SettlementId.IsNone ? null : line.SettlementId.ToString(),
        Fields.Text(line.Amount.Value));
}

/// <summary>Payouts, newest first.</summary>
public sealed record PayoutsAnswer(IReadOnlyList<PayoutAnswer> Payouts);
