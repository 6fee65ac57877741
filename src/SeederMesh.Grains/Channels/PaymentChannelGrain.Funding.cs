using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Manifests;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using StoredInvoiceStatus = SeederMesh.Ledger.Records.InvoiceStatus;
using StoredStatus = SeederMesh.Ledger.Records.ChannelStatus;

namespace SeederMesh.Grains.Channels;

/// <content>Opening, invoices, and the money that pays them.</content>
public sealed partial class PaymentChannelGrain
{
    /// <inheritdoc/>
    public async Task<OpenChannelReply> OpenAsync(OpenChannelCommand command)
    {
        var downloader = new PublicKey(command.Downloader);
        if (ChannelTerms.IdFor(settings.Key.PublicKey, downloader) != channelId)
        {
            return new OpenChannelReply { Outcome = ChannelOutcome.WrongKey, Detail = "The channel belongs to another key." };
        }

        if (state is not null)
        {
            return HasSameTerms(state.Record, command)
                ? new OpenChannelReply { Outcome = ChannelOutcome.Repeated, Channel = state.ToView() }
                : new OpenChannelReply
                {
                    Outcome = ChannelOutcome.Conflict,
                    Detail = "This key has a channel with other terms. Use a fresh key for each download.",
                };
        }

        (PaidManifest? manifest, ManifestRefusal? refusal) = await manifests.FindAsync(new Digest(command.ManifestDigest));
        (ChannelOutcome outcome, string detail) = CheckTerms(command, manifest, refusal);
        if (outcome == ChannelOutcome.None && command.IsDirect && await FindDirectDefectAsync(manifest!) is { } defect)
        {
            (outcome, detail) = (ChannelOutcome.NotOfferedDirect, defect);
        }

        if (outcome != ChannelOutcome.None)
        {
            return new OpenChannelReply { Outcome = outcome, Detail = detail };
        }

        await payees.EnsureAsync(manifest!);
        return command.IsDirect
            ? await CreateDirectAsync(command, downloader, manifest!)
            : await CreateAsync(command, downloader, manifest!);
    }

    /// <inheritdoc/>
    public async Task<TopUpReply> TopUpAsync(TopUpCommand command)
    {
        if (state is null)
        {
            return new TopUpReply { Outcome = ChannelOutcome.UnknownChannel };
        }

        Id128 requestId = Id128.Read(command.TopUpId);
        InvoiceRecord? earlier = state.Invoices.Find(invoice => invoice.RequestId == requestId);
        ChannelOutcome outcome = this switch
        {
            _ when new PublicKey(command.Caller) != state.Record.DownloaderKey => ChannelOutcome.WrongKey,
            _ when state.Record.Mode == ChannelMode.Direct => ChannelOutcome.PaidByDownloader,
            _ when earlier is not null && earlier.Amount.Value != command.AmountMsat => ChannelOutcome.Conflict,
            _ when earlier is not null => ChannelOutcome.Repeated,
            _ when state.Channel.Status != Core.Channels.ChannelStatus.Open => ChannelOutcome.ChannelClosed,
            _ when NowUnixMs >= state.Record.ExpiresUnixMs => ChannelOutcome.ChannelExpired,
            _ when command.AmountMsat < 1 || command.AmountMsat > settings.BudgetMax.Value => ChannelOutcome.AmountOutOfRange,
            _ when state.Invoices.Count >= HubSettings.InvoicesMax => ChannelOutcome.TooMany,
            _ => ChannelOutcome.Done,
        };
        if (outcome == ChannelOutcome.Done)
        {
            earlier = await MakeInvoiceAsync(requestId, Msat.From(command.AmountMsat));
            if (earlier is null)
            {
                return new TopUpReply { Outcome = ChannelOutcome.LightningUnavailable };
            }

            await StoreAsync(new Posting { Id = default, Records = [earlier], Expected = [state.Record] });
            state.Invoices.Add(earlier);
        }

        bool found = outcome is ChannelOutcome.Done or ChannelOutcome.Repeated;
        return new TopUpReply { Outcome = outcome, Invoice = found ? ChannelState.ToView(earlier!) : null };
    }

    /// <inheritdoc/>
    public async Task<FundOutcome> FundAsync(FundCommand command)
    {
        var hash = new Digest(command.PaymentHash);
        int index = state?.Invoices.FindIndex(invoice => invoice.PaymentHash == hash) ?? -1;
        if (index < 0)
        {
            return FundOutcome.UnknownInvoice;
        }

        InvoiceRecord before = state!.Invoices[index];
        if (before.Status == StoredInvoiceStatus.Paid)
        {
            return FundOutcome.Repeated;
        }

        FundingEffect effect = state.Channel.DecideFunding(Msat.From(command.AmountMsat));
        InvoiceRecord invoice = before with
        {
            Status = StoredInvoiceStatus.Paid,
            Paid = effect.Amount,
            PayIndex = command.PayIndex,
            Revision = before.Revision + 1,
        };
        ChannelRecord record = state.Record with
        {
            Status = state.Record.Status == StoredStatus.Opening ? StoredStatus.Open : state.Record.Status,
            Funded = state.Record.Funded + effect.Amount,
            Refunded = state.Record.Refunded + effect.RefundNow,
            Revision = state.Record.Revision + 1,
        };
        bool isTooLate = !effect.RefundNow.IsZero;
        await StoreAndNoteAsync(ChannelPostings.Fund(record, invoice), () => NoteRefund(isTooLate));
        state.Channel.Apply(effect);
        state.Record = record;
        state.Invoices[index] = invoice;
        feed.Publish(new ChannelFunded(channelId.ToString(), effect.Amount.Value));
        return isTooLate ? FundOutcome.Refunded : FundOutcome.Booked;
    }

    private void NoteRefund(bool isDue)
    {
        if (isDue)
        {
            payouts.NoteChannel(channelId);
        }
    }

    private static bool HasSameTerms(ChannelRecord record, OpenChannelCommand command) =>
        record.Infohash == new Digest(command.Infohash)
        && record.ManifestDigest == new Digest(command.ManifestDigest)
        && record.Budget.Value == command.BudgetMsat
        && record.MaxPricePerMib.Value == command.MaxPricePerMiBMsat
        && record.ExpiresUnixMs == command.ExpiresUnixMs
        && record.Mode == ModeOf(command);

    private (ChannelOutcome Outcome, string Detail) CheckTerms(
        OpenChannelCommand command, PaidManifest? manifest, ManifestRefusal? refusal)
    {
        long now = NowUnixMs;
        return command switch
        {
            _ when refusal is null || (manifest is not null && manifest.Infohash != new Digest(command.Infohash)) =>
                (ChannelOutcome.UnknownManifest, "This hub's registry has no such manifest of this torrent. Register it first."),
            _ when refusal == ManifestRefusal.AsksNothing =>
                (ChannelOutcome.ManifestAsksNothing, "The creator asks nothing. Download without paying."),
            _ when manifest is null =>
                (ChannelOutcome.UnknownManifest, "The manifest names a payee twice, so that its split cannot be settled."),
            _ when manifest.Price.Msat > command.MaxPricePerMiBMsat =>
                (ChannelOutcome.PriceTooHigh,
                    $"The manifest asks {manifest.Price.Msat} msat for a MiB. Raise maxPricePerMiBMsat or decline."),
            _ when manifest.Split.Hub.Value < settings.HubBpsMin || manifest.Split.Registry.Value < settings.RegistryBpsMin =>
                (ChannelOutcome.SharesTooLow,
                    $"This hub asks at least {settings.HubBpsMin} basis points for itself and {settings.RegistryBpsMin} for its registry."),
            _ when command.ExpiresUnixMs <= now || command.ExpiresUnixMs - now > settings.ChannelLifetimeMsMax =>
                (ChannelOutcome.ExpiryOutOfRange, $"A channel lives at most {settings.ChannelLifetimeMsMax} ms from now."),
            _ when command.BudgetMsat < 1 || command.BudgetMsat > settings.BudgetMax.Value =>
                (ChannelOutcome.AmountOutOfRange, $"A budget has 1 to {settings.BudgetMax.Value} msat."),
            { IsDirect: false } when !PayableDestination.TryReadRefund(command.Refund, settings.PaysOffers, out _, out _) =>
                (ChannelOutcome.InvalidDestination, "A refund goes to keysend:, lnaddress:, lnurl: or bolt11:, "
                    + "or to bolt12: where the hub's node pays offers."),
            _ => (ChannelOutcome.None, ""),
        };
    }

    private async Task<OpenChannelReply> CreateAsync(OpenChannelCommand command, PublicKey downloader, PaidManifest manifest)
    {
        var budget = Msat.From(command.BudgetMsat);

        // The invoice comes first: a crash after it leaves an unused invoice, and the node gives the same again.
        InvoiceRecord? invoice = await MakeInvoiceAsync(channelId, budget);
        if (invoice is null)
        {
            return new OpenChannelReply
            {
                Outcome = ChannelOutcome.LightningUnavailable,
                Detail = "The Lightning node did not make an invoice. Ask again.",
            };
        }

        ChannelRecord record = RecordOf(command, downloader, manifest);
        await StoreAsync(new Posting { Id = default, Records = [record, invoice] });
        state = ChannelState.Create(record, manifest, settings);
        state.Invoices.Add(invoice);
        feed.Publish(new ChannelChanged(channelId.ToString(), "open"));
        return new OpenChannelReply { Outcome = ChannelOutcome.Done, Channel = state.ToView() };
    }

    private static ChannelMode ModeOf(OpenChannelCommand command) => command.IsDirect ? ChannelMode.Direct : ChannelMode.Prepaid;

    private ChannelRecord RecordOf(OpenChannelCommand command, PublicKey downloader, PaidManifest manifest) => new()
    {
        Id = channelId,
        HubKey = settings.Key.PublicKey,
        DownloaderKey = downloader,
        Infohash = manifest.Infohash,
        ManifestDigest = manifest.Digest,
        Budget = Msat.From(command.BudgetMsat),
        MaxPricePerMib = Msat.From(command.MaxPricePerMiBMsat),
        ExpiresUnixMs = command.ExpiresUnixMs,
        Status = StoredStatus.Opening,
        RefundDestination = command.Refund,
        CreatedUnixMs = NowUnixMs,
        Mode = ModeOf(command),
    };

    /// <summary>An invoice of the node's; null when the node did not make one. The same request and amount give the
    /// same invoice.</summary>
    private async Task<InvoiceRecord?> MakeInvoiceAsync(Id128 requestId, Msat amount)
    {
        var request = new InvoiceRequest($"{channelId}-{requestId}-{amount.Value}", amount, $"SeederMesh channel {channelId}")
        {
            Expiry = HubSettings.InvoiceExpiry,
        };
        InvoiceResult made = await node.CreateInvoiceAsync(request);
        return made.Invoice is not { } invoice
            ? null
            : new InvoiceRecord
            {
                PaymentHash = invoice.PaymentHash,
                ChannelId = channelId,
                RequestId = requestId,
                Amount = amount,
                Bolt11 = invoice.Bolt11,
                Status = StoredInvoiceStatus.Unpaid,
                CreatedUnixMs = NowUnixMs,
                ExpiresUnixMs = invoice.ExpiresAt.ToUnixTimeMilliseconds(),
            };
    }
}
