using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.Api;

/// <summary>A payment that leaves the hub; or, where direct says so, one that a channel's downloader makes by
/// itself.</summary>
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
    IReadOnlyList<PayoutLineAnswer>? Lines,
    bool Direct = false)
{
    internal static PayoutAnswer Of(DirectPaymentRecord payment) => new(
        payment.Id.ToString(),
        payment.PayeeId.ToString(),
        payment.ChannelId.ToString(),
        payment.Destination,
        Fields.Text(payment.Amount.Value),
        "0",
        "0",
        payment.PaymentHash.ToString(),
        payment.Preimage?.ToString(),
        payment.Status.ToString().ToLowerInvariant(),
        payment.Reason,
        1,
        payment.CreatedUnixMs,
        payment.FinishedUnixMs,
        null,
        Direct: true);

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
