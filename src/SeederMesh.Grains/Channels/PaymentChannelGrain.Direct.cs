using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Direct;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Manifests;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using StoredStatus = SeederMesh.Ledger.Records.ChannelStatus;

namespace SeederMesh.Grains.Channels;

/// <content>Direct channels: a promise instead of money, and grants only while little is unpaid.</content>
public sealed partial class PaymentChannelGrain
{
    /// <summary>Why no direct channel can be opened for a work, or null.</summary>
    /// <remarks>What could never be proved paid would fill the window, so it is refused before anything is
    /// owed.</remarks>
    private async Task<string?> FindDirectDefectAsync(PaidManifest manifest)
    {
        if (!settings.TakesDirect)
        {
            return "This hub opens no direct channels: let it pay for you.";
        }

        foreach (Payee payee in manifest.Payees)
        {
            if (await destinations.FindDefectAsync(string.Join('\n', payee.Endpoints)) is { } defect)
            {
                return $"{payee.Name ?? "A payee"} of the manifest cannot be paid by yourself: {defect} Let the hub pay for you.";
            }
        }

        return null;
    }

    private async Task<OpenChannelReply> CreateDirectAsync(OpenChannelCommand command, PublicKey downloader, PaidManifest manifest)
    {
        await payees.EnsureHubAsync(settings.Key.PublicKey);
        ChannelRecord record = RecordOf(command, downloader, manifest) with
        {
            Status = StoredStatus.Open,
            Funded = Msat.From(command.BudgetMsat),
            RefundDestination = null,
        };
        await StoreAsync(ChannelPostings.Promise(
            record,
            [
                .. manifest.Payees.Select(payee => payee.Id).Append(PayeeRecord.RegistryId).Append(PayeeRecord.HubId)
                    .Select(payee => new DueRecord { ChannelId = channelId, PayeeId = payee }),
            ]));
        state = ChannelState.Create(record, manifest, settings);
        state.Channel.Apply(state.Channel.DecideFunding(record.Funded));
        feed.Publish(new ChannelChanged(channelId.ToString(), "open"));
        return new OpenChannelReply { Outcome = ChannelOutcome.Done, Channel = state.ToView() };
    }

    /// <summary>Whether a direct channel may not pay this seeder; null when it may, or the channel is prepaid.</summary>
    private async Task<ChannelOutcome?> FindDirectRefusalAsync(PublicKey seeder)
    {
        if (state!.Record.Mode != ChannelMode.Direct)
        {
            return null;
        }

        SeederRecord? registered = await Ledger.Reader.FindSeederAsync(seeder);
        bool isPayable = registered is { TakesDirect: true } && await destinations.FindDefectAsync(registered.Destination) is null;
        return isPayable ? null : ChannelOutcome.SeederNotDirect;
    }

    /// <summary>Reads from the books what the downloader of a direct channel has proved. While the channel is open, nothing
    /// else is taken off its promise; and what is proved between two looks is only trusted later.</summary>
    private async Task NoteProvedAsync()
    {
        if (state is { Record: { Mode: ChannelMode.Direct, Status: StoredStatus.Open or StoredStatus.Closing } }
            && await Ledger.Reader.FindAccountAsync(AccountOpening.Promised(channelId).Id) is { } promised)
        {
            state.Channel.NoteProved(promised.CreditsPosted);
        }
    }

    /// <summary>Whether a grant's seeder is not owed too much over all direct channels already.</summary>
    private async Task<bool> IsTrustedAsync(Grant grant) => state!.Channel.Direct is not { } window
        || await trust.TryTakeAsync(
            grant.Seeder,
            state.Channel.UnbackedBy(grant.Seeder, grant.Limit),
            state.Manifest.Split.Seeders.Of(window.Initial));

    /// <summary>Reads what was proved to have reached one seeder of a direct channel.</summary>
    private async Task NoteProvedToAsync(PublicKey seeder)
    {
        if (state!.Record.Mode == ChannelMode.Direct
            && await Ledger.Reader.FindAccountAsync(AccountOpening.Due(channelId, PayeeRecord.IdOfSeeder(seeder)).Id) is { } due)
        {
            state.Channel.NoteProved(seeder, due.DebitsPosted);
        }
    }

    /// <summary>The downloader of a direct channel may owe or be trusted otherwise now.</summary>
    private void RingIfDirect()
    {
        if (state!.Record.Mode == ChannelMode.Direct)
        {
            bell.Ring(channelId);
        }
    }

    /// <summary>Whom a direct channel's downloader will owe with this grant; null where that is written
    /// already.</summary>
    private DueRecord? DueOf(PublicKey seeder) =>
        state!.Record.Mode == ChannelMode.Direct && state.Grants.Values.All(grant => grant.SeederKey != seeder)
            ? new DueRecord { ChannelId = channelId, PayeeId = PayeeRecord.IdOfSeeder(seeder) }
            : null;
}
