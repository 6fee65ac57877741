using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;

namespace SeederMesh.Client;

/// <summary>A download's channel at its hub: opened, paid, granted from, closed, refunded.</summary>
/// <remarks>Every step can be repeated after a crash: the channel is the key's, the invoice is the channel's, the
/// payment is the
/// invoice's.</remarks>
internal sealed class ChannelDesk : IDisposable
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FundingTime = TimeSpan.FromSeconds(60);

    private readonly DownloadFolder folder;
    private readonly ILightningNode wallet;
    private readonly TimeProvider clock;

    public ChannelDesk(DownloadFolder folder, ILightningNode wallet, TimeProvider clock)
    {
        (this.folder, this.wallet, this.clock) = (folder, wallet, clock);
        Key = folder.Key();
        Client = new HubClient(new Uri(folder.State!.Hub), Key, clock: clock);
        ChannelId = ChannelTerms.IdFor(folder.State.HubKey, Key.PublicKey);
    }

    /// <summary>The download's key.</summary>
    public SigningKey Key { get; }

    public HubClient Client { get; }

    public Id128 ChannelId { get; }

    /// <summary>What of a budget goes into the channel, and what is kept for routing it there.</summary>
    /// <param name="budget">The most that the download may cost.</param>
    /// <param name="cost">What the selected content costs.</param>
    /// <param name="price">The price of a MiB.</param>
    public static (Msat Funding, Msat FeeMax) Divide(Msat budget, Msat cost, PricePerMebibyte price)
    {
        // Grants to several seeders overlap while they are in use, so a channel holds somewhat more than the content
        // costs.
        long spare = Math.Max(cost.Value / 4, price.Of(32 << 20).Value);
        long wanted = Math.Min(Msat.Max.Value - 1_000, cost.Value + spare);
        long wholeSatoshi = (wanted + 999) / 1_000 * 1_000;
        long feeMax = Math.Min(budget.Value / 2, Math.Max(2_000, Math.Min(budget.Value, wholeSatoshi) / 100));
        return (Msat.From(Math.Min(wholeSatoshi, budget.Value - feeMax)), Msat.From(feeMax));
    }

    /// <summary>Opens the channel and pays its invoice, or finds that an earlier run did.</summary>
    /// <returns>The channel, with money in it.</returns>
    /// <exception cref="ClientException">The hub refuses, changed the terms, or the payment failed; nothing is lost
    /// then.</exception>
    public async Task<ChannelInfo> FundAsync(Digest infohash, PricePerMebibyte price, Msat feeMax, CancellationToken cancellation)
    {
        DownloadState state = folder.State!;
        ChannelInfo channel = await Client.OpenChannelAsync(
            new OpenChannelRequest(
                Key.PublicKey, infohash, state.ManifestDigest, state.Invoiced, Msat.From(price.Msat), state.ExpiresUnixMs, state.Refund),
            cancellation);
        if (channel.ChannelId != ChannelId || channel.PricePerMiBMsat.Value != price.Msat)
        {
            throw new ClientException($"The hub at {state.Hub} opened another channel than was asked for. Nothing was paid.");
        }

        if (channel.FundedMsat.IsZero)
        {
            await PayAsync(channel.Invoice, state, feeMax, cancellation);
        }

        long giveUpAt = clock.GetTimestamp();
        while (channel.FundedMsat.IsZero)
        {
            if (clock.GetElapsedTime(giveUpAt) > FundingTime)
            {
                throw new ClientException(
                    $"The invoice is paid, but the hub at {state.Hub} has not noticed. Run the same command again later.");
            }

            await Task.Delay(PollEvery, clock, cancellation);
            channel = await Client.GetChannelAsync(ChannelId, cancellation);
        }

        return channel;
    }

    /// <summary>Asks for a grant and checks that the hub gave what was asked for.</summary>
    public async Task<SignedGrant> RequestGrantAsync(
        Digest infohash, PricePerMebibyte price, PublicKey seeder, Msat limit, int generation, CancellationToken cancellation)
    {
        DownloadState state = folder.State!;
        SignedGrant signed = await Client.RequestGrantAsync(ChannelId, seeder, limit, generation, cancellation);
        Grant grant = signed.Grant;
        bool isWhatWasAsked = grant.GrantId == Grant.IdFor(ChannelId, seeder, generation)
            && grant.ChannelId == ChannelId
            && grant.Hub == state.HubKey
            && grant.Downloader == Key.PublicKey
            && grant.Seeder == seeder
            && grant.Infohash == infohash
            && grant.ManifestDigest == state.ManifestDigest
            && grant.Price == price
            && grant.Limit == limit
            && signed.Verify();
        return isWhatWasAsked
            ? signed
            : throw new ClientException($"The hub at {state.Hub} gave another grant than was asked for. It is not used.");
    }

    /// <summary>Closes the channel and waits for its rest.</summary>
    /// <returns>The channel as it is when the refund is there or the time is over.</returns>
    public async Task<ChannelInfo> CloseAsync(TimeSpan timeLimit, CancellationToken cancellation)
    {
        ChannelInfo channel = await Client.CloseChannelAsync(ChannelId, refund: null, cancellation);
        long since = clock.GetTimestamp();
        while (!IsSettled(channel) && clock.GetElapsedTime(since) < timeLimit)
        {
            await Task.Delay(PollEvery * 4, clock, cancellation);
            channel = await Client.GetChannelAsync(ChannelId, cancellation);
        }

        return channel;
    }

    /// <summary>Whether nothing is left to happen: closed, and what remained has arrived.</summary>
    public static bool IsSettled(ChannelInfo channel) =>
        channel.IsClosed && channel.Refunds.All(refund => refund.IsDone)
        && (channel.RefundedMsat.IsZero || channel.Refunds.Count > 0);

    /// <summary>Where the wallet takes a refund: keysend where it can; otherwise an invoice, made when the channel is
    /// closed.</summary>
    public static async Task<string> RefundDestinationAsync(ILightningNode wallet, Id128 label, CancellationToken cancellation)
    {
        NodeInfo info = await wallet.GetInfoAsync(cancellation);
        return info.Features.HasFlag(NodeFeatures.Keysend)
            ? $"keysend:{info.NodeId}"
            : "bolt11:" + (await wallet.CreateInvoiceAsync(
                new InvoiceRequest($"refund-{label}", null, "SeederMesh refund") { Expiry = TimeSpan.FromDays(60) },
                cancellation)).Required().Bolt11;
    }

    public void Dispose()
    {
        Client.Dispose();
        Key.Dispose();
    }

    private async Task PayAsync(string invoice, DownloadState state, Msat feeMax, CancellationToken cancellation)
    {
        DecodedRequest decoded = await wallet.DecodeAsync(invoice, cancellation);
        if (decoded.Amount is { } asked && asked > state.Invoiced)
        {
            throw new ClientException($"The hub at {state.Hub} asks for {asked} instead of {state.Invoiced}. Nothing was paid.");
        }

        await CommitToAsync(decoded, state, cancellation);
        Payment payment = await wallet.PayAsync(new PayRequest(invoice, feeMax), cancellation);
        while (payment.Status is PaymentStatus.Pending or PaymentStatus.Unknown or PaymentStatus.NotFound)
        {
            // Under the same hash or not at all: unknown is not failed. Where the node has never heard of it, nothing
            // was sent.
            await Task.Delay(PollEvery * 10, clock, cancellation);
            payment = payment.Status == PaymentStatus.NotFound
                ? await wallet.PayAsync(new PayRequest(invoice, feeMax), cancellation)
                : await wallet.LookUpPaymentAsync(payment.PaymentHash, cancellation);
        }

        if (payment.Status != PaymentStatus.Succeeded)
        {
            // A wallet that was not there may be there later; the cause tells a caller so.
            bool isAway = payment.Failure == PaymentFailure.NodeUnavailable;
            throw new ClientException(
                $"Your wallet could not pay the hub's invoice over {state.Invoiced}: {payment.Reason}",
                isAway ? new LightningNodeException(NodeFault.Unreachable, payment.Reason) : null);
        }

        folder.Save(folder.State! with { RoutingFees = payment.Fee });
    }

    /// <summary>One hash at a time: a hub that asks again under another gets nothing while the first may have been
    /// paid.</summary>
    private async Task CommitToAsync(DecodedRequest invoice, DownloadState state, CancellationToken cancellation)
    {
        if (invoice.PaymentHash is not { } hash)
        {
            throw new ClientException($"The hub at {state.Hub} gave no invoice that can be paid: {invoice.Error} Nothing was paid.");
        }

        if (state.PaymentHash is { } earlier
            && earlier != hash
            && (await wallet.LookUpPaymentAsync(earlier, cancellation)).Status is not (PaymentStatus.NotFound or PaymentStatus.Failed))
        {
            throw new ClientException(
                $"The hub at {state.Hub} asks for a second payment, though the one with hash {earlier} was made or is under way. "
                + "Nothing more was paid. Show its operator that hash.");
        }

        folder.Save(state with { PaymentHash = hash });
    }
}
