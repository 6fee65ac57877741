using Orleans;

namespace SeederMesh.Grains.Channels;

/// <summary>One downloader's prepaid budget. Its key is the channel's id, 32 hexadecimal digits.</summary>
/// <remarks>
/// Every change is durable before the reply, and every command is idempotent: sent again after a lost answer it gives
/// the same answer. A
/// call that throws has an unknown outcome: send it again. Counters live in the ledger's commit and are loaded from it
/// on activation.
/// </remarks>
[Alias("seedermesh.payment-channel")]
public interface IPaymentChannelGrain : IGrainWithStringKey
{
    /// <summary>Opens the channel and makes its first invoice; the same terms again give the same channel.</summary>
    [Alias("open")]
    Task<OpenChannelReply> OpenAsync(OpenChannelCommand command);

    /// <summary>The channel as it stands; null when it was never opened.</summary>
    [Alias("get")]
    Task<ChannelView?> GetAsync();

    /// <summary>Makes an invoice for more money; the same id again gives the same invoice.</summary>
    [Alias("top-up")]
    Task<TopUpReply> TopUpAsync(TopUpCommand command);

    /// <summary>Books a paid invoice, once for each payment hash.</summary>
    [Alias("fund")]
    Task<FundOutcome> FundAsync(FundCommand command);

    /// <summary>Sets money aside for a seeder and signs the grant; the same generation again gives the same
    /// grant.</summary>
    [Alias("grant")]
    Task<GrantReply> GrantAsync(GrantCommand command);

    /// <summary>Settles a seeder's receipts: each run gets its own verdict, and what is accepted is durable.</summary>
    [Alias("report")]
    Task<ReportReply> ReportAsync(ReportCommand command);

    /// <summary>Closes a grant, or starts the time after which it closes.</summary>
    [Alias("close-grant")]
    Task<CloseGrantReply> CloseGrantAsync(CloseGrantCommand command);

    /// <summary>Starts to close the channel; it is closed when its grants are.</summary>
    [Alias("close")]
    Task<CloseChannelReply> CloseAsync(CloseChannelCommand command);

    /// <summary>Closes what is overdue: grants, and the channel itself when it expired.</summary>
    [Alias("sweep")]
    Task SweepAsync();
}
