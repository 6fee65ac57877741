using SeederMesh.Grains.Channels;

namespace SeederMesh.Hub.Api;

/// <summary>Terms of a channel to open. Amounts are strings of msat.</summary>
public sealed record OpenChannelRequest(
    string? DownloaderKey,
    string? Infohash,
    string? ManifestDigest,
    string? BudgetMsat,
    string? MaxPricePerMiBMsat,
    long ExpiresUnixMs,
    string? Refund,
    string? Mode = null);

/// <summary>A request for one more invoice.</summary>
public sealed record TopUpRequest(string? AmountMsat, string? TopUpId);

/// <summary>A request for a grant.</summary>
public sealed record GrantRequest(string? SeederKey, string? LimitMsat, int Generation);

/// <summary>A request to close a channel.</summary>
public sealed record CloseChannelRequest(string? Refund);

/// <summary>A signed grant.</summary>
public sealed record GrantAnswer(string GrantId, string Grant);

/// <summary>A grant after a request to close it.</summary>
public sealed record CloseGrantAnswer(string GrantId, string State, long? ClosesAtUnixMs);

/// <summary>An invoice of a channel.</summary>
public sealed record InvoiceAnswer(
    string TopUpId, string AmountMsat, string Invoice, string PaymentHash, string State, string PaidMsat, long ExpiresUnixMs)
{
    internal static InvoiceAnswer Of(InvoiceView invoice, long nowUnixMs) => new(
        invoice.TopUpId,
        Fields.Text(invoice.AmountMsat),
        invoice.Bolt11,
        invoice.PaymentHash,
        invoice.IsPaid ? "paid" : invoice.ExpiresUnixMs <= nowUnixMs ? "expired" : "unpaid",
        Fields.Text(invoice.PaidMsat),
        invoice.ExpiresUnixMs);
}

/// <summary>A grant of a channel.</summary>
public sealed record GrantState(
    string GrantId,
    string SeederKey,
    string LimitMsat,
    string SettledMsat,
    long SettledBytes,
    long Receipts,
    bool Closed,
    long? ClosesAtUnixMs)
{
    internal static GrantState Of(GrantView grant) => new(
        grant.GrantId,
        grant.Seeder,
        Fields.Text(grant.LimitMsat),
        Fields.Text(grant.SettledMsat),
        grant.SettledBytes,
        grant.LastSequence,
        grant.IsClosed,
        grant.ClosesAtUnixMs);
}

/// <summary>A channel: funded = settled + reserved + available + refunded, always. Of a direct channel funded is what was
/// promised and refunded what of it was released: the hub holds nothing.</summary>
public sealed record ChannelAnswer(
    string ChannelId,
    string DownloaderKey,
    string Infohash,
    string ManifestDigest,
    string PricePerMiBMsat,
    string BudgetMsat,
    string State,
    string FundedMsat,
    string ReservedMsat,
    string SettledMsat,
    string AvailableMsat,
    string RefundedMsat,
    long ExpiresUnixMs,
    long? ClosesAtUnixMs,
    string Refund,
    string Invoice,
    IReadOnlyList<InvoiceAnswer> Invoices,
    IReadOnlyList<GrantState> Grants,
    IReadOnlyList<PayoutAnswer> Refunds,
    string Mode,
    DirectChannelAnswer? Direct)
{
    internal static ChannelAnswer Of(
        ChannelView channel, IReadOnlyList<PayoutAnswer> refunds, long nowUnixMs, DirectChannelAnswer? direct = null) => new(
        channel.ChannelId,
        channel.Downloader,
        channel.Infohash,
        channel.ManifestDigest,
        Fields.Text(channel.PricePerMiBMsat),
        Fields.Text(channel.BudgetMsat),
        channel.State,
        Fields.Text(channel.FundedMsat),
        Fields.Text(channel.ReservedMsat),
        Fields.Text(channel.SettledMsat),
        Fields.Text(channel.AvailableMsat),
        Fields.Text(channel.RefundedMsat),
        channel.ExpiresUnixMs,
        channel.ClosesAtUnixMs,
        channel.Refund,
        channel.Invoices.Length == 0 ? "" : channel.Invoices[0].Bolt11,
        [.. channel.Invoices.Select(invoice => InvoiceAnswer.Of(invoice, nowUnixMs))],
        [.. channel.Grants.Select(GrantState.Of)],
        refunds,
        channel.IsDirect ? "direct" : "prepaid",
        direct);
}
