using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using GrantStatus = SeederMesh.Ledger.Records.GrantStatus;
using StoredStatus = SeederMesh.Ledger.Records.ChannelStatus;

namespace SeederMesh.Grains.Channels;

/// <content>Closing: grants give back their rest, then the carry is handed out and the rest of the channel
/// refunded.</content>
public sealed partial class PaymentChannelGrain
{
    /// <inheritdoc/>
    public async Task<CloseGrantReply> CloseGrantAsync(CloseGrantCommand command)
    {
        if (state is null)
        {
            return new CloseGrantReply { Outcome = ChannelOutcome.UnknownChannel };
        }

        Id128 grantId = Id128.Read(command.GrantId);
        CloseGrantResult result = state.Channel.DecideCloseGrant(
            grantId, new PublicKey(command.Caller), NowUnixMs, out CloseGrantEffect effect);
        bool isNew = result == CloseGrantResult.Closed
            || (result == CloseGrantResult.Closing && state.Grants[grantId].ClosesUnixMs is null);
        if (isNew)
        {
            await CloseGrantsAsync([effect]);
            await CloseIfDoneAsync();
        }

        ChannelOutcome outcome = result switch
        {
            CloseGrantResult.UnknownGrant => ChannelOutcome.UnknownGrant,
            CloseGrantResult.NotAParty => ChannelOutcome.WrongKey,
            _ => isNew ? ChannelOutcome.Done : ChannelOutcome.Repeated,
        };
        bool found = outcome is ChannelOutcome.Done or ChannelOutcome.Repeated;
        return new CloseGrantReply { Outcome = outcome, Grant = found ? ChannelState.ToView(state.Grants[grantId]) : null };
    }

    /// <inheritdoc/>
    public async Task<CloseChannelReply> CloseAsync(CloseChannelCommand command)
    {
        if (state is null)
        {
            return new CloseChannelReply { Outcome = ChannelOutcome.UnknownChannel };
        }

        ChannelOutcome refused = this switch
        {
            _ when new PublicKey(command.Caller) != state.Record.DownloaderKey => ChannelOutcome.WrongKey,
            _ when state.Record.Mode == ChannelMode.Prepaid && command.Refund is { } refund
                && !PayableDestination.TryReadRefund(refund, settings.PaysOffers, out _, out _) =>
                ChannelOutcome.InvalidDestination,
            _ => ChannelOutcome.None,
        };
        if (refused != ChannelOutcome.None)
        {
            return new CloseChannelReply { Outcome = refused };
        }

        if (state.Record.Mode == ChannelMode.Prepaid && command.Refund is { } destination
            && !string.Equals(destination, state.Record.RefundDestination, StringComparison.Ordinal))
        {
            await StoreChannelAsync(
                state.Record with { RefundDestination = destination }, () => payouts.NoteChannel(channelId));
        }

        bool isNew = await StartToCloseAsync();
        await CloseIfDoneAsync();
        return new CloseChannelReply
        {
            Outcome = isNew ? ChannelOutcome.Done : ChannelOutcome.Repeated,
            Channel = state.ToView(),
        };
    }

    /// <inheritdoc/>
    public async Task SweepAsync()
    {
        if (state is null)
        {
            return;
        }

        long now = NowUnixMs;
        IReadOnlyList<CloseGrantEffect> overdue = state.Channel.DecideOverdueGrants(now);
        if (overdue.Count > 0)
        {
            await CloseGrantsAsync(overdue);
        }

        if (state.Channel.IsExpired(now))
        {
            await StartToCloseAsync();
        }

        await CloseIfDoneAsync();
    }

    private async Task CloseGrantsAsync(IReadOnlyList<CloseGrantEffect> effects)
    {
        GrantRecord[] records = [.. effects.Select(After)];
        await StoreAsync(ChannelPostings.CloseGrants(state!.Record, effects, records));
        for (int index = 0; index < records.Length; index++)
        {
            state.Channel.Apply(effects[index]);
            state.Grants[records[index].Id] = records[index];
        }

        RingIfDirect();
    }

    private GrantRecord After(CloseGrantEffect effect)
    {
        GrantRecord before = state!.Grants[effect.GrantId];
        return before with
        {
            Status = effect.ClosesAtUnixMs is null ? GrantStatus.Closed : GrantStatus.Open,
            ClosesUnixMs = effect.ClosesAtUnixMs ?? before.ClosesUnixMs,
            Revision = before.Revision + 1,
        };
    }

    private async Task<bool> StartToCloseAsync()
    {
        if (state!.Channel.DecideClosing(NowUnixMs) is not { } closesAtUnixMs)
        {
            return false;
        }

        await StoreChannelAsync(state.Record with { Status = StoredStatus.Closing, ClosesUnixMs = closesAtUnixMs });
        state.Channel.ApplyClosing(closesAtUnixMs);
        feed.Publish(new ChannelChanged(channelId.ToString(), "closing"));
        RingIfDirect();
        return true;
    }

    private async Task CloseIfDoneAsync()
    {
        if (state!.Channel.DecideClosed() is not { } effect)
        {
            return;
        }

        ChannelRecord record = state.Record with
        {
            Status = StoredStatus.Closed,
            Refunded = state.Record.Refunded + effect.Refund,
            ClosedUnixMs = NowUnixMs,
            Revision = state.Record.Revision + 1,
        };
        await StoreAndNoteAsync(ChannelPostings.Close(record, effect, state.Channel.Seeders, state.Manifest), NoteClosed);
        state.Channel.Apply(effect);
        state.Record = record;
        feed.Publish(new ChannelChanged(channelId.ToString(), "closed"));
        RingIfDirect();
    }

    private void NoteClosed()
    {
        if (state!.Record.Mode == ChannelMode.Direct)
        {
            return;
        }

        payouts.NoteChannel(channelId);
        foreach (PublicKey seeder in state.Channel.Seeders)
        {
            NotePayees(PayeeRecord.IdOfSeeder(seeder));
        }
    }

    private async Task StoreChannelAsync(ChannelRecord changed, Action? note = null)
    {
        ChannelRecord record = changed with { Revision = state!.Record.Revision + 1 };
        await StoreAndNoteAsync(new Posting { Id = default, Records = [record] }, note ?? (() => { }));
        state.Record = record;
    }
}
