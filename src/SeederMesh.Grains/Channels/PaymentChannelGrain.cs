using Orleans;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Direct;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Manifests;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using GrantStatus = SeederMesh.Ledger.Records.GrantStatus;
using StoredInvoiceStatus = SeederMesh.Ledger.Records.InvoiceStatus;
using StoredStatus = SeederMesh.Ledger.Records.ChannelStatus;

namespace SeederMesh.Grains.Channels;

/// <summary>One downloader's prepaid budget: loads from the ledger, decides in Core, stores by posting,
/// replies.</summary>
/// <remarks>
/// Not reentrant: between a decision and its storing nothing else is decided. Money and counters are one commit of the
/// ledger, whose
/// constraints are the last guard should two activations exist for a moment.
/// </remarks>
public sealed partial class PaymentChannelGrain(
    LedgerStore ledger,
    ManifestCatalog manifests,
    PayeeDirectory payees,
    PayoutQueue payouts,
    HubFeed feed,
    DuesBell bell,
    DirectDestinations destinations,
    SeederTrust trust,
    HubSettings settings,
    ILightningNode node,
    TimeProvider clock)
    : LedgerGrain(ledger), IPaymentChannelGrain
{
    private Id128 channelId;
    private ChannelState? state;

    private long NowUnixMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!Id128.TryParseHex(this.GetPrimaryKeyString(), out channelId))
        {
            throw new InvalidOperationException("The key of a payment channel is its id, 32 hexadecimal digits.");
        }

        state = await ChannelState.LoadAsync(Ledger.Reader, manifests, settings, channelId);
    }

    /// <inheritdoc/>
    public async Task<ChannelView?> GetAsync()
    {
        await NoteProvedAsync();
        return state?.ToView();
    }

    /// <inheritdoc/>
    public async Task<GrantReply> GrantAsync(GrantCommand command)
    {
        if (state is null)
        {
            return new GrantReply { Outcome = ChannelOutcome.UnknownChannel };
        }

        if (new PublicKey(command.Caller) != state.Record.DownloaderKey)
        {
            return new GrantReply { Outcome = ChannelOutcome.WrongKey };
        }

        var seeder = new PublicKey(command.Seeder);
        if (await FindDirectRefusalAsync(seeder) is { } refused)
        {
            return new GrantReply { Outcome = refused, AvailableMsat = state.Channel.Available.Value };
        }

        await NoteProvedAsync();
        await NoteProvedToAsync(seeder);
        GrantResult result = state.Channel.DecideGrant(
            seeder, Msat.From(command.LimitMsat), command.Generation, NowUnixMs, out Grant? grant);
        GrantRecord? record = result switch
        {
            GrantResult.Given when await IsTrustedAsync(grant!) => await StoreGrantAsync(grant!),
            GrantResult.AlreadyGiven => state.Grants[grant!.GrantId],
            _ => null,
        };
        return new GrantReply
        {
            Outcome = result == GrantResult.Given && record is null ? ChannelOutcome.SeederNotDirect : OutcomeOf(result),
            SignedGrant = record?.Body ?? [],
            AvailableMsat = state.Channel.RoomFor(seeder).Value,
        };
    }

    private static ChannelOutcome OutcomeOf(GrantResult result) => result switch
    {
        GrantResult.AlreadyGiven => ChannelOutcome.Repeated,
        GrantResult.ConflictsWithEarlier => ChannelOutcome.Conflict,
        GrantResult.ChannelClosed => ChannelOutcome.ChannelClosed,
        GrantResult.ChannelExpired => ChannelOutcome.ChannelExpired,
        GrantResult.SeederIsDownloader => ChannelOutcome.SeederIsDownloader,
        GrantResult.LimitIsZero => ChannelOutcome.LimitIsZero,
        GrantResult.TooManyGrants => ChannelOutcome.TooMany,
        GrantResult.InsufficientFunds => ChannelOutcome.InsufficientFunds,
        GrantResult.TooMuchUnpaid => ChannelOutcome.TooMuchUnpaid,
        _ => ChannelOutcome.Done,
    };

    private async Task<GrantRecord> StoreGrantAsync(Grant grant)
    {
        await payees.EnsureSeederAsync(grant.Seeder);
        long newest = state!.Grants.Values.Select(given => given.CreatedUnixMs).DefaultIfEmpty(0).Max();
        var record = new GrantRecord
        {
            Id = grant.GrantId,
            ChannelId = channelId,
            SeederKey = grant.Seeder,
            Limit = grant.Limit,
            PricePerMib = Msat.From(grant.Price.Msat),
            ExpiresUnixMs = grant.ExpiresUnixMs,
            Body = SignedGrant.Sign(grant, settings.Key).ToBytes(),
            Status = GrantStatus.Open,
            LastReceiptHash = grant.Hash(),

            // Loading applies grants in this order, so no two of a channel have the same.
            CreatedUnixMs = Math.Max(NowUnixMs, newest + 1),
        };
        await StoreAsync(ChannelPostings.Grant(state.Record, record, DueOf(grant.Seeder)));
        state.Channel.Apply(grant);
        state.Grants.Add(record.Id, record);
        RingIfDirect();
        feed.Publish(new GrantGiven(channelId.ToString(), record.Id.ToString(), record.SeederKey.ToString(), record.Limit.Value));
        return record;
    }
}
