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

    /// <summary>An invoice that lasts no longer is not paid any more: the payment could arrive too late.</summary>
    private static readonly TimeSpan ExpiryMargin = TimeSpan.FromSeconds(20);

    private readonly DownloadFolder folder;
    private readonly ILightningNode? wallet;
    private readonly TimeProvider clock;

    /// <summary>Works on a download's state.</summary>
    /// <param name="folder">The download's state.</param>
    /// <param name="wallet">What pays; null when a person pays the invoices that are shown.</param>
    /// <param name="clock">The time.</param>
    public ChannelDesk(DownloadFolder folder, ILightningNode? wallet, TimeProvider clock)
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

    /// <summary>What of a budget a direct channel promises, and what is kept for routing many small payments: a
    /// twentieth, at least 2 sat.</summary>
    /// <param name="budget">The most that the download may cost.</param>
    /// <param name="cost">What the selected content costs.</param>
    /// <param name="price">The price of a MiB.</param>
    public static (Msat Promised, Msat FeeMax) DivideDirect(Msat budget, Msat cost, PricePerMebibyte price)
    {
        (Msat funding, _) = Divide(budget, cost, price);
        Msat fees = DirectRouting(budget);
        Msat left = budget.Less(fees);
        return (Msat.Min(funding, left), fees);
    }

    /// <summary>What a direct download may pay.</summary>
    /// <param name="state">What was agreed to.</param>
    /// <param name="committed">What is set aside for seeders by now.</param>
    /// <param name="signed">What receipts were signed for by now.</param>
    public static DirectLimits LimitsOf(DownloadState state, Func<Msat> committed, Func<Msat> signed) =>
        new(state.Budget, DirectRouting(state.Budget), committed, signed);

    private static Msat DirectRouting(Msat budget) =>
        Msat.From(Math.Min(budget.Value / 2, Math.Max(2_000, budget.Value / 20)));

    /// <summary>Opens the channel and pays its invoice, or finds that an earlier run did.</summary>
    /// <param name="infohash">The torrent.</param>
    /// <param name="price">The price that was agreed to.</param>
    /// <param name="feeMax">The most that routing may cost.</param>
    /// <param name="events">Told of an invoice that a person shall pay.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The channel, with money in it.</returns>
    /// <exception cref="ClientException">The hub refuses, changed the terms, or the payment failed; nothing is lost
    /// then.</exception>
    public async Task<ChannelInfo> FundAsync(
        Digest infohash, PricePerMebibyte price, Msat feeMax, IProgress<GetEvent> events, CancellationToken cancellation)
    {
        DownloadState state = folder.State!;
        ChannelInfo channel = await OpenAsync(infohash, price, cancellation);
        while (channel.FundedMsat.IsZero)
        {
            DecodedInvoice invoice = await PayableInvoiceAsync(channel, cancellation);
            TimeSpan patience = FundingTime;
            if (wallet is not null)
            {
                if (!await TryPayAsync(wallet, invoice, feeMax, cancellation))
                {
                    continue;
                }
            }
            else
            {
                patience = invoice.ExpiresAt - clock.GetUtcNow();
                events.Report(new InvoiceShown(invoice.Text, state.Invoiced, invoice.ExpiresAt));
            }

            channel = await WaitForMoneyAsync(patience, cancellation);
            if (channel.FundedMsat.IsZero && wallet is not null)
            {
                throw new ClientException(
                    $"The invoice is paid, but the hub at {state.Hub} has not noticed. Run the same command again later.");
            }
        }

        return channel;
    }

    /// <summary>Opens the channel, or finds it open; nothing is paid here.</summary>
    public async Task<ChannelInfo> OpenAsync(Digest infohash, PricePerMebibyte price, CancellationToken cancellation)
    {
        DownloadState state = folder.State!;
        ChannelInfo channel = await Client.OpenChannelAsync(
            new OpenChannelRequest(
                Key.PublicKey,
                infohash,
                state.ManifestDigest,
                state.Invoiced,
                Msat.From(price.Msat),
                state.ExpiresUnixMs,
                state.IsDirect ? null : state.Refund,
                state.IsDirect ? "direct" : null),
            cancellation);
        return channel.ChannelId == ChannelId && channel.PricePerMiBMsat.Value == price.Msat && channel.IsDirect == state.IsDirect
            ? channel
            : throw new ClientException($"The hub at {state.Hub} opened another channel than was asked for. Nothing was paid.");
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
        return info.Features.HasFlag(NodeFeatures.ReceivesKeysend)
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

    private async Task<ChannelInfo> WaitForMoneyAsync(TimeSpan patience, CancellationToken cancellation)
    {
        long since = clock.GetTimestamp();
        ChannelInfo channel = await Client.GetChannelAsync(ChannelId, cancellation);
        while (channel.FundedMsat.IsZero && clock.GetElapsedTime(since) < patience)
        {
            await Task.Delay(wallet is null ? PollEvery * 10 : PollEvery, clock, cancellation);
            channel = await Client.GetChannelAsync(ChannelId, cancellation);
        }

        return channel;
    }

    /// <summary>The channel's invoice, or the one that replaces it when it expired unpaid while nobody was there.</summary>
    private async Task<DecodedInvoice> PayableInvoiceAsync(ChannelInfo channel, CancellationToken cancellation)
    {
        while (true)
        {
            DownloadState state = folder.State!;
            string text = state.Replacements == 0
                ? channel.Invoice
                : (await Client.TopUpAsync(ChannelId, state.Invoiced, ReplacementId(state.Replacements), cancellation)).Invoice;
            DecodedInvoice invoice = Read(text, state);
            if (invoice.ExpiresAt > clock.GetUtcNow() + ExpiryMargin)
            {
                return invoice;
            }

            // What may have been paid under the old hash is waited for; the hub tells.
            if (wallet is not null
                && (await wallet.LookUpPaymentAsync(invoice.PaymentHash, cancellation)).Status
                    is not (PaymentStatus.NotFound or PaymentStatus.Failed))
            {
                return invoice;
            }

            folder.Save(state with { Replacements = state.Replacements + 1 });
        }
    }

    private Id128 ReplacementId(int number) => Id128.Derive(
        "replacement-invoice", [.. ChannelId.ToArray(), .. System.Text.Encoding.ASCII.GetBytes($"{number}")]);

    // Read without the wallet: what a hub asks for is held against what was agreed to before anything sees it.
    private static DecodedInvoice Read(string text, DownloadState state)
    {
        DecodedRequest decoded = PaymentRequests.Decode(text);
        if (decoded is not { PaymentHash: { } hash, ExpiresAt: { } expires })
        {
            throw new ClientException($"The hub at {state.Hub} gave no invoice that can be paid: {decoded.Error} Nothing was paid.");
        }

        return decoded.Amount == state.Invoiced
            ? new DecodedInvoice(text, hash, expires)
            : throw new ClientException(
                $"The hub at {state.Hub} asks for {decoded.Amount?.ToString() ?? "any amount"} instead of {state.Invoiced}. "
                + "Nothing was paid.");
    }

    /// <summary>Pays; false when the wallet's node cannot pay this invoice any more, and another one is asked for.</summary>
    private async Task<bool> TryPayAsync(ILightningNode payer, DecodedInvoice invoice, Msat feeMax, CancellationToken cancellation)
    {
        DownloadState state = folder.State!;
        await CommitToAsync(payer, invoice.PaymentHash, state, cancellation);
        var request = new PayRequest(invoice.Text, feeMax);
        Payment payment = await payer.PayAsync(request, cancellation);
        while (payment.Status is PaymentStatus.Pending or PaymentStatus.Unknown or PaymentStatus.NotFound)
        {
            // Under the same hash or not at all: unknown is not failed. Where the node has never heard of it, nothing
            // was sent.
            await Task.Delay(PollEvery * 10, clock, cancellation);
            payment = payment.Status == PaymentStatus.NotFound
                ? await payer.PayAsync(request, cancellation)
                : await payer.LookUpPaymentAsync(invoice.PaymentHash, cancellation);
        }

        if (payment.Failure is PaymentFailure.HashUsedUp or PaymentFailure.Expired)
        {
            folder.Save(folder.State! with { Replacements = folder.State!.Replacements + 1 });
            return false;
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
        return true;
    }

    /// <summary>One hash at a time: a hub that asks again under another gets nothing while the first may have been
    /// paid.</summary>
    private async Task CommitToAsync(ILightningNode payer, Digest hash, DownloadState state, CancellationToken cancellation)
    {
        if (state.PaymentHash is { } earlier
            && earlier != hash
            && (await payer.LookUpPaymentAsync(earlier, cancellation)).Status is not (PaymentStatus.NotFound or PaymentStatus.Failed))
        {
            throw new ClientException(
                $"The hub at {state.Hub} asks for a second payment, though the one with hash {earlier} was made or is under way. "
                + "Nothing more was paid. Show its operator that hash.");
        }

        folder.Save(state with { PaymentHash = hash });
    }

    private readonly record struct DecodedInvoice(string Text, Digest PaymentHash, DateTimeOffset ExpiresAt);
}
