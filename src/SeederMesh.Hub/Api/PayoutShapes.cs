using SeederMesh.Ledger.Reading;
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
    internal static PayoutAnswer Of(DirectPaymentRecord payment, IReadOnlyList<PayoutLineAnswer>? lines = null) => new(
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
        lines,
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

/// <summary>What a payout pays: a settlement, with its receipts; a donation; or all of one version of a
/// manifest.</summary>
public sealed record PayoutLineAnswer(
    string ManifestDigest,
    long? ManifestSequence,
    string? Infohash,
    string? SettlementId,
    string? DonationId,
    string AmountMsat,
    PaidReceiptsAnswer? Receipts)
{
    internal static PayoutLineAnswer Of(PayoutHistoryLine line) => new(
        line.ManifestDigest.ToString(),
        line.ManifestSequence,
        line.Infohash?.ToString(),
        line.SettlementId.IsNone || line.IsDonation ? null : line.SettlementId.ToString(),
        line.IsDonation ? line.SettlementId.ToString() : null,
        Fields.Text(line.Amount.Value),
        line.Receipts is { } receipts ? PaidReceiptsAnswer.Of(receipts) : null);
}

/// <summary>The receipts of a settlement: consecutive ones of one grant. Sequences and bytes count from the grant's first
/// receipt; the chain's hash is the last receipt's and binds all before it.</summary>
public sealed record PaidReceiptsAnswer(
    string GrantId, string SeederKey, long FirstSequence, long LastSequence, long FromBytes, long ToBytes, string? ChainHash)
{
    internal static PaidReceiptsAnswer Of(SettledReceipts receipts) => new(
        receipts.GrantId.ToString(),
        receipts.Seeder.ToString(),
        receipts.FirstSequence,
        receipts.LastSequence,
        receipts.FromBytes,
        receipts.ToBytes,
        receipts.ChainHash?.ToString());
}

/// <summary>Payouts, newest first. Where there may be more, <c>next</c> is the <c>after</c> of the next page.</summary>
public sealed record PayoutsAnswer(IReadOnlyList<PayoutAnswer> Payouts, string? Next);
