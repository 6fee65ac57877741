using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Manifests;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;
using SeederMesh.Lightning;
using StoredStatus = SeederMesh.Ledger.Records.ChannelStatus;

namespace SeederMesh.Grains.Direct;

/// <summary>What one direct channel's downloader owes: read from the ledger each time, so that there is one truth about
/// it.</summary>
/// <remarks>
/// Not reentrant, but payees are asked for invoices between turns: some take seconds to answer, in which others are paid
/// and proved. What those tasks do beside the turns is one posting, of an invoice that was asked for one due at a time;
/// the ledger refuses it where the due was written off meanwhile. The only state of its own is who is being asked and who
/// failed to give an invoice, which may be lost.
/// </remarks>
public sealed partial class DuesGrain(
    LedgerStore ledger,
    ManifestCatalog manifests,
    PayoutSender sender,
    HubSettings settings,
    HubFeed feed,
    DuesBell bell,
    ILightningNode node,
    TimeProvider clock)
    : LedgerGrain(ledger), IDuesGrain
{
    private const int ReasonLengthMax = 200;

    private readonly DueInvoices invoices = new(sender, node, settings);
    private readonly HashSet<Id128> asked = [];
    private Id128 channelId;

    private long NowUnixMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        Id128.TryParseHex(this.GetPrimaryKeyString(), out channelId)
            ? Task.CompletedTask
            : throw new InvalidOperationException("The key of a channel's dues is the channel's id, 32 hexadecimal digits.");

    /// <inheritdoc/>
    public async Task<DuesReply> AskAsync(AskDuesCommand command)
    {
        (ChannelRecord? channel, DuesOutcome refused) = await FindAsync(command.Caller);
        if (channel is null)
        {
            return new DuesReply { Outcome = refused };
        }

        IReadOnlyList<DueBalance> dues = await ListDuesAsync();
        (Msat window, Msat seederShare) = await TrustAsync(channel, dues);
        if (channel.DuesEndedUnixMs is null)
        {
            StartAsking(channel, dues, window, seederShare, command);
            channel = await EndIfPaidAsync(channel, dues);
        }

        IReadOnlyList<DirectPaymentRecord> open = await Ledger.Reader.ListOpenDirectPaymentsAsync(channelId);
        Msat exposed = await ExposedAsync();
        return new DuesReply
        {
            Outcome = DuesOutcome.Done,
            Dues = [.. dues.Select(ToView)],
            Payments = [.. open.Select(ToView)],
            WindowMsat = window.Value,
            RoomMsat = window.Less(Msat.Min(window, exposed)).Value,
            IsAsking = asked.Count > 0,
            AgainInMs = invoices.NextAfter(dues, NowUnixMs) is { } next ? next - NowUnixMs + 1 : 0,
            IsEnded = channel.DuesEndedUnixMs is not null,
            IsClosed = channel.Status == StoredStatus.Closed,
        };
    }

    /// <inheritdoc/>
    public async Task<DuesOutcome> ProveAsync(ProveDueCommand command)
    {
        (DirectPaymentRecord? payment, DuesOutcome refused) = await FindAsync(command.Caller, command.PaymentId);
        var preimage = new Digest(command.Preimage);
        return payment switch
        {
            null => refused,
            _ when Digest.Of(preimage.Span) != payment.PaymentHash => DuesOutcome.WrongPreimage,
            { Status: PayoutStatus.Succeeded } => DuesOutcome.Repeated,
            { Status: PayoutStatus.Failed } => DuesOutcome.GivenUp,

            // The hub's own node knows best what it received.
            { Destination: DueInvoices.Own } => await ReceiveOrWaitAsync(payment),
            _ => await BookAsync(payment, preimage, []),
        };
    }

    /// <inheritdoc/>
    public async Task<DuesOutcome> GiveUpAsync(GiveUpDueCommand command)
    {
        (DirectPaymentRecord? payment, DuesOutcome refused) = await FindAsync(command.Caller, command.PaymentId);
        if (payment is null)
        {
            return refused;
        }

        if (payment.Status == PayoutStatus.Failed)
        {
            return DuesOutcome.Repeated;
        }

        // Two invoices for one due are never out at once: until this one expired, it may still be paid.
        if (payment.Status != PayoutStatus.Intended || NowUnixMs <= payment.ExpiresUnixMs)
        {
            return DuesOutcome.StillPayable;
        }

        if (payment.Destination == DueInvoices.Own && await ReceiveAsync(payment) is var own and not DuesOutcome.StillPayable)
        {
            return own == DuesOutcome.Done ? DuesOutcome.StillPayable : own;
        }

        string reason = command.Reason.Length == 0 ? "The downloader did not pay it." : command.Reason;
        await StoreAsync(new Posting
        {
            Id = Id128.Derive("posting-direct-failed", payment.Id.ToArray()),
            Transfers = [Bookings.Void(ReservationOf(payment))],
            Records = [FailedOf(payment, reason[..Math.Min(reason.Length, ReasonLengthMax)])],
        });
        return DuesOutcome.Done;
    }

    /// <inheritdoc/>
    public async Task<DuesOutcome> ReceiveAsync(ReceiveShareCommand command) =>
        await Ledger.Reader.FindDirectPaymentAsync(Id128.Read(command.PaymentId)) is not { Destination: DueInvoices.Own } payment
            || payment.ChannelId != channelId
            ? DuesOutcome.UnknownPayment
            : payment.Status switch
            {
                PayoutStatus.Succeeded => DuesOutcome.Repeated,
                PayoutStatus.Failed => DuesOutcome.GivenUp,
                _ => await ReceiveOrWaitAsync(payment),
            };

    /// <inheritdoc/>
    public async Task SweepAsync()
    {
        ChannelRecord? channel = await Ledger.Reader.FindChannelAsync(channelId);
        if (channel is not { Mode: ChannelMode.Direct, DuesEndedUnixMs: null, ClosedUnixMs: { } closed }
            || NowUnixMs <= closed + settings.DirectGraceMs)
        {
            return;
        }

        foreach (DirectPaymentRecord own in (await Ledger.Reader.ListOpenDirectPaymentsAsync(channelId))
            .Where(payment => payment.Destination == DueInvoices.Own))
        {
            await ReceiveAsync(own);
        }

        await WriteOffAsync(channel);
    }

    private static Transfer ReservationOf(DirectPaymentRecord payment) =>
        Bookings.ReserveDue(payment.Id, payment.ChannelId, payment.PayeeId, payment.Amount);

    private async Task<(ChannelRecord? Channel, DuesOutcome Refused)> FindAsync(byte[] caller) =>
        await Ledger.Reader.FindChannelAsync(channelId) switch
        {
            null => (null, DuesOutcome.UnknownChannel),
            { Mode: not ChannelMode.Direct } => (null, DuesOutcome.NotDirect),
            { } found when found.DownloaderKey != new PublicKey(caller) => (null, DuesOutcome.WrongKey),
            { } found => (found, DuesOutcome.None),
        };

    private async Task<(DirectPaymentRecord? Payment, DuesOutcome Refused)> FindAsync(byte[] caller, byte[] paymentId)
    {
        (ChannelRecord? channel, DuesOutcome refused) = await FindAsync(caller);
        return channel is null ? (null, refused)
            : await Ledger.Reader.FindDirectPaymentAsync(Id128.Read(paymentId)) is { } payment && payment.ChannelId == channelId
                ? (payment, DuesOutcome.None)
                : (null, DuesOutcome.UnknownPayment);
    }

    private async Task<IReadOnlyList<DueBalance>> ListDuesAsync()
    {
        var dues = new List<DueBalance>();
        IReadOnlyList<DueBalance> page;
        do
        {
            page = await Ledger.Reader.ListDuesAsync(channelId, dues.Count == 0 ? default : dues[^1].Record.PayeeId);
            dues.AddRange(page);
        }
        while (page.Count == LedgerReader.PageMax);
        return dues;
    }

    private async Task<DuesOutcome> ReceiveOrWaitAsync(DirectPaymentRecord payment)
    {
        DuesOutcome outcome = await ReceiveAsync(payment);
        return outcome == DuesOutcome.StillPayable ? DuesOutcome.LightningUnavailable : outcome;
    }

    /// <summary>Books a share of the hub's own if its node has it; StillPayable when the node has not.</summary>
    private async Task<DuesOutcome> ReceiveAsync(DirectPaymentRecord payment)
    {
        Invoice? own;
        try
        {
            own = await invoices.LookUpOwnAsync(payment.PaymentHash);
        }
        catch (LightningNodeException)
        {
            return DuesOutcome.LightningUnavailable;
        }

        Id128 account = payment.PayeeId == PayeeRecord.HubId ? AccountOpening.HubRevenue.Id : AccountOpening.Registry.Id;
        return own is { Status: Lightning.InvoiceStatus.Settled, Preimage: { } preimage }
            ? await BookAsync(
                payment, new Digest(preimage.ToArray()), [Bookings.ReceiveShare(payment.Id, account, own.Received)])
            : DuesOutcome.StillPayable;
    }

    private async Task<DuesOutcome> BookAsync(DirectPaymentRecord payment, Digest preimage, IReadOnlyList<Transfer> received)
    {
        DirectPaymentRecord proved = payment with
        {
            Status = PayoutStatus.Succeeded,
            Preimage = preimage,
            FinishedUnixMs = NowUnixMs,
            Revision = payment.Revision + 1,
        };
        await StoreAsync(new Posting
        {
            Id = Id128.Derive("posting-direct-proved", payment.Id.ToArray()),
            Transfers = [Bookings.Post(ReservationOf(payment)), .. received],
            Records = [proved],
        });
        feed.Publish(new DirectPaymentChanged(proved));
        bell.Ring(channelId);
        return DuesOutcome.Done;
    }

    /// <summary>Notes that nothing is due any more and nothing will be: the channel is closed and everything
    /// proved.</summary>
    private async Task<ChannelRecord> EndIfPaidAsync(ChannelRecord before, IReadOnlyList<DueBalance> dues)
    {
        if (before.Status != StoredStatus.Closed || dues.Any(due => due.Earned != due.Gone))
        {
            return before;
        }

        ChannelRecord ended = before with { DuesEndedUnixMs = NowUnixMs, Revision = before.Revision + 1 };
        await StoreAsync(new Posting { Id = default, Records = [ended] });
        feed.Publish(new ChannelChanged(channelId.ToString(), "paid"));
        return ended;
    }

    private async Task WriteOffAsync(ChannelRecord channel)
    {
        DueBalance[] unpaid = [.. (await ListDuesAsync()).Where(due => due.Earned != due.Gone)];
        IReadOnlyList<DirectPaymentRecord> open = await Ledger.Reader.ListOpenDirectPaymentsAsync(channelId);

        // A posting holds so many parts: the last one ends the dues.
        foreach (DueBalance[] chunk in unpaid.Chunk(Posting.MaxParts / 4).DefaultIfEmpty([]))
        {
            bool isLast = chunk.Length == 0 || chunk[^1] == unpaid[^1];
            DirectPaymentRecord[] voided =
                [.. open.Where(payment => chunk.Any(due => due.Record.PayeeId == payment.PayeeId))];
            var records = new List<LedgerRecord>();
            records.AddRange(voided.Select(payment => FailedOf(payment, "Not proved in time: written off.")));
            records.AddRange(chunk.Select(due => due.Record with
            {
                WrittenOff = due.Record.WrittenOff + due.Earned.Less(due.Gone),
                Revision = due.Record.Revision + 1,
            }));
            if (isLast)
            {
                records.Add(channel with { DuesEndedUnixMs = NowUnixMs, Revision = channel.Revision + 1 });
            }

            await StoreAsync(new Posting
            {
                Id = chunk.Length == 0 ? default : Id128.Derive("posting-written-off", chunk[0].Record.Id.ToArray()),
                Transfers =
                [
                    .. voided.Select(payment => Bookings.Void(ReservationOf(payment))),
                    .. chunk.Select(due => Bookings.WriteOff(
                        due.Record.Id, channelId, due.Record.PayeeId, due.Earned.Less(due.Gone))),
                ],
                Records = records,
            });
        }

        feed.Publish(new ChannelChanged(channelId.ToString(), "written off"));
        bell.Ring(channelId);
    }

    private DirectPaymentRecord FailedOf(DirectPaymentRecord payment, string reason) => payment with
    {
        Status = PayoutStatus.Failed,
        Reason = reason,
        FinishedUnixMs = NowUnixMs,
        Revision = payment.Revision + 1,
    };

    private DueView ToView(DueBalance due)
    {
        DueInvoices.Failure? failure = due.Due.IsZero ? null : invoices.FailureOf(due.Record.PayeeId);
        return new DueView
        {
            PayeeId = due.Record.PayeeId.ToString(),
            Kind = due.Kind.ToString().ToLowerInvariant(),
            EarnedMsat = due.Earned.Value,
            ProvedMsat = due.Proved.Value,
            UnderWayMsat = due.UnderWay.Value,
            DueMsat = due.Due.Value,
            WrittenOffMsat = due.Record.WrittenOff.Value,
            Remark = failure?.Reason ?? "",
            IsTooSmall = failure is not null && due.Due <= failure.TooSmall,
        };
    }

    private static DirectPaymentView ToView(DirectPaymentRecord payment) => new()
    {
        PaymentId = payment.Id.ToString(),
        PayeeId = payment.PayeeId.ToString(),
        AmountMsat = payment.Amount.Value,
        Invoice = payment.Invoice,
        PaymentHash = payment.PaymentHash.ToString(),
        ExpiresUnixMs = payment.ExpiresUnixMs,
    };
}
