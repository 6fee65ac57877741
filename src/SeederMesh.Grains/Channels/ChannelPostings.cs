using System.Collections.Immutable;
using SeederMesh.Core;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;
using SeederMesh.Grains.Manifests;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Grains.Channels;

/// <summary>What the decisions of a channel are in the ledger: the transfers and records that make each durable.
/// Pure.</summary>
internal static class ChannelPostings
{
    /// <summary>Money came in.</summary>
    public static Posting Fund(ChannelRecord channel, InvoiceRecord invoice)
    {
        Transfer transfer = Bookings.Fund(channel.Id, invoice.PaymentHash, invoice.Paid);
        return new Posting
        {
            Id = Id128.Derive("posting-fund", invoice.PaymentHash.Span),
            Accounts = [AccountOpening.Lightning, AccountOpening.Channel(channel.Id)],
            Transfers = [transfer],
            Records = [channel, invoice],
        };
    }

    /// <summary>A grant is given: its limit is set aside.</summary>
    /// <param name="channel">The channel as it is stored; it must not have changed.</param>
    /// <param name="grant">The new grant.</param>
    /// <param name="due">Of a direct channel: whom its downloader will owe from now on; null where that is written
    /// already.</param>
    public static Posting Grant(ChannelRecord channel, GrantRecord grant, DueRecord? due)
    {
        ChannelAccounts accounts = AccountsOf(channel);
        return new Posting
        {
            Id = Id128.Derive("posting-grant", grant.Id.ToArray()),
            Accounts = due is null
                ? [accounts.Grant(grant.Id)]
                : [accounts.Grant(grant.Id), AccountOpening.Due(due.ChannelId, due.PayeeId)],
            Transfers = [Bookings.OpenGrant(accounts, grant.Id, grant.Limit)],
            Records = due is null ? [grant] : [grant, due],
            Expected = [channel],
        };
    }

    /// <summary>A direct channel is opened: its downloader promises the budget, to the payees that are named.</summary>
    /// <param name="channel">The new channel.</param>
    /// <param name="dues">Everybody but seeders whom its downloader will owe.</param>
    public static Posting Promise(ChannelRecord channel, IReadOnlyList<DueRecord> dues) => new()
    {
        Id = Id128.Derive("posting-promise", channel.Id.ToArray()),
        Accounts =
        [
            AccountOpening.Promised(channel.Id),
            AccountOpening.DirectChannel(channel.Id),
            .. dues.Select(due => AccountOpening.Due(due.ChannelId, due.PayeeId)),
        ],
        Transfers = [Bookings.Promise(channel.Id, channel.Funded)],
        Records = [channel, .. dues],
    };

    private static ChannelAccounts AccountsOf(ChannelRecord channel) => new(channel.Id, channel.Mode);

    /// <summary>Receipts are settled: the grant pays the split, rounding stays in the channel's carry.</summary>
    /// <param name="channel">The channel after it.</param>
    /// <param name="grants">The grants after it.</param>
    /// <param name="settlements">What is settled.</param>
    /// <param name="manifest">Whose split applies.</param>
    /// <param name="nowUnixMs">The hub's clock.</param>
    public static Posting Settle(
        ChannelRecord channel,
        IEnumerable<GrantRecord> grants,
        IReadOnlyList<Settlement> settlements,
        PaidManifest manifest,
        long nowUnixMs)
    {
        var accounts = new Dictionary<Id128, AccountOpening>();
        var transfers = new List<Transfer>();
        var records = new List<LedgerRecord> { channel };
        byte[] ids = new byte[settlements.Count * Id128.Size];
        for (int index = 0; index < settlements.Count; index++)
        {
            Settlement settlement = settlements[index];
            settlement.Id.Write(ids.AsSpan(index * Id128.Size));
            AddLegs(settlement, AccountsOf(channel), manifest.Split, accounts, transfers);
            records.Add(new SettlementRecord
            {
                Id = settlement.Id,
                GrantId = settlement.GrantId,
                FirstSequence = settlement.Receipts.FirstSequence,
                LastSequence = settlement.Receipts.LastSequence,
                Bytes = settlement.Bytes,
                Amount = settlement.Amount,
                Receipts = ReceiptRunCodec.Write(settlement.Receipts, anchored: true),
                TailSignature = settlement.Receipts.TailSignature,
                SettledUnixMs = nowUnixMs,
            });
        }

        return new Posting
        {
            Id = Id128.Derive("posting-settle", Digest.Of(ids).Span),
            Accounts = [.. accounts.Values],
            Transfers = transfers,
            Records = [.. records, .. grants],
        };
    }

    /// <summary>Grants close, or are told when they will.</summary>
    public static Posting CloseGrants(
        ChannelRecord channel, IReadOnlyList<CloseGrantEffect> effects, IReadOnlyList<GrantRecord> grants) => new()
        {
            // Guarded by the records' revisions where no money moves.
            Id = effects.Any(effect => !effect.Released.IsZero)
            ? Id128.Derive(
                "posting-close-grants",
                Digest.Of([.. effects.SelectMany(effect => effect.GrantId.ToArray())]).Span)
            : default,
            Transfers =
        [
            .. effects
                .Where(effect => !effect.Released.IsZero)
                .Select(effect => Bookings.CloseGrant(AccountsOf(channel), effect.GrantId, effect.Released)),
        ],
            Records = grants,
            Expected = [channel],
        };

    /// <summary>The end: the carry is handed out. What is left on the channel is refunded by a payout of its
    /// own.</summary>
    /// <param name="channel">The channel after it.</param>
    /// <param name="effect">What was decided.</param>
    /// <param name="seeders">The seeders, in the order of the legs.</param>
    /// <param name="manifest">Whose split applies.</param>
    public static Posting Close(
        ChannelRecord channel, ChannelClosedEffect effect, IReadOnlyList<PublicKey> seeders, PaidManifest manifest)
    {
        ClosingLegs legs = effect.Legs;
        ChannelAccounts accounts = AccountsOf(channel);
        (AccountOpening Account, Msat Amount)[] all =
        [
            .. manifest.Split.Payees.Zip(legs.Payees, (payee, leg) => (accounts.Payee(payee.Payee), leg)),
            .. seeders.Zip(legs.Seeders, (seeder, leg) => (accounts.Payee(PayeeRecord.IdOfSeeder(seeder)), leg)),
            (accounts.Registry, legs.Registry),
            (accounts.Hub, legs.Hub),
        ];
        var transfers = new List<Transfer>();
        for (int index = 0; index < all.Length; index++)
        {
            if (!all[index].Amount.IsZero)
            {
                transfers.Add(Bookings.ReleaseCarry(channel.Id, index, accounts.Carry, all[index].Account.Id, all[index].Amount));
            }
        }

        AccountOpening[] credited = [.. all.Where(leg => !leg.Amount.IsZero).Select(leg => leg.Account)];
        if (channel.Mode == ChannelMode.Direct && !effect.Refund.IsZero)
        {
            // Nothing was paid in: the promised rest ends with the channel.
            transfers.Add(Bookings.ReleasePromise(channel.Id, effect.Refund));
        }

        return new Posting
        {
            Id = Id128.Derive("posting-close", channel.Id.ToArray()),
            Accounts = credited,
            Transfers = transfers,
            Records = [channel],
        };
    }

    /// <summary>The legs come out of the grant as far as its amount goes, then out of the carry; what no leg takes goes
    /// into the carry.</summary>
    private static void AddLegs(
        Settlement settlement,
        ChannelAccounts channel,
        SplitPolicy split,
        Dictionary<Id128, AccountOpening> accounts,
        List<Transfer> transfers)
    {
        SplitLegs legs = settlement.Legs;
        AccountOpening grant = channel.Grant(settlement.GrantId);
        AccountOpening carry = channel.Carry;
        Msat rest = settlement.Amount;
        int number = 0;
        for (int index = 0; index < split.Payees.Length; index++)
        {
            Add(channel.Payee(split.Payees[index].Payee), legs.Payees[index]);
        }

        Add(channel.Payee(PayeeRecord.IdOfSeeder(settlement.Seeder)), legs.Seeder);
        Add(channel.Registry, legs.Registry);
        Add(channel.Hub, legs.Hub);
        if (!rest.IsZero)
        {
            accounts.TryAdd(carry.Id, carry);
            transfers.Add(Bookings.Settle(settlement.Id, number, grant, carry.Id, rest));
        }

        void Add(AccountOpening account, Msat leg)
        {
            Msat fromGrant = Msat.Min(leg, rest);
            Msat fromCarry = leg.Less(fromGrant);
            rest = rest.Less(fromGrant);
            if (!leg.IsZero)
            {
                accounts.TryAdd(account.Id, account);
            }

            if (!fromGrant.IsZero)
            {
                transfers.Add(Bookings.Settle(settlement.Id, number, grant, account.Id, fromGrant));
            }

            if (!fromCarry.IsZero)
            {
                transfers.Add(Bookings.ReleaseCarry(settlement.Id, number, carry, account.Id, fromCarry));
            }

            number++;
        }
    }

    /// <summary>How many transfers a settlement takes at most.</summary>
    public static int TransfersMaxFor(SplitPolicy split) => (2 * (split.Payees.Length + 3)) + 1;
}
