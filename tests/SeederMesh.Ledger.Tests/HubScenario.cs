using System.Security.Cryptography;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Tests;

/// <summary>The postings that a hub makes, from the first invoice to the last preimage, for one channel with one grant.</summary>
internal sealed class HubScenario(LedgerStore store, int number)
{
    public static readonly Id128 Creator = Id128.Derive("payee", [1]);
    public static readonly Id128 Seeder = Id128.Derive("payee", [2]);

    private const long Limit = 800_000_000;
    private long settled;

    public Id128 ChannelId { get; } = Id128.Derive("channel", BitConverter.GetBytes(number));

    public Id128 GrantId { get; } = Id128.Derive("grant", BitConverter.GetBytes(number));

    public ChannelRecord Channel { get; private set; } = null!;

    public GrantRecord Grant { get; private set; } = null!;

    public static Posting Begin => new()
    {
        Id = Id128.Derive("posting", "hub"u8),
        Accounts = [.. AccountOpening.OfHub, AccountOpening.Payee(Creator), AccountOpening.Payee(Seeder)],
        Records =
        [
            new PayeeRecord { Id = Creator, Kind = PayeeKind.Creator, Owner = "did:key:creator" },
            new PayeeRecord { Id = Seeder, Kind = PayeeKind.Seeder, Owner = "seeder" },
        ],
    };

    public async Task OpenAsync()
    {
        Digest hash = Digest.Of(ChannelId.ToArray());
        Msat funding = Msat.From(1_000_000_000);
        Channel = new ChannelRecord
        {
            Id = ChannelId,
            HubKey = default,
            DownloaderKey = default,
            Infohash = Digest.Of([7]),
            ManifestDigest = Digest.Of([8]),
            Budget = funding,
            MaxPricePerMib = Msat.From(1000),
            ExpiresUnixMs = 1,
            Status = ChannelStatus.Open,
            Funded = funding,
            CreatedUnixMs = 1,
        };
        await PostAsync("open", new Posting
        {
            Id = Of("open"),
            Accounts = [AccountOpening.Channel(ChannelId), AccountOpening.Carry(ChannelId)],
            Transfers = [Bookings.Fund(ChannelId, hash, funding)],
            Records =
            [
                Channel,
                new InvoiceRecord
                {
                    PaymentHash = hash,
                    ChannelId = ChannelId,
                    RequestId = ChannelId,
                    Amount = funding,
                    Bolt11 = "lnbcrt",
                    Status = InvoiceStatus.Paid,
                    Paid = funding,
                    CreatedUnixMs = 1,
                    ExpiresUnixMs = 2,
                },
            ],
        });
        Grant = new GrantRecord
        {
            Id = GrantId,
            ChannelId = ChannelId,
            SeederKey = default,
            Limit = Msat.From(Limit),
            PricePerMib = Msat.From(1000),
            ExpiresUnixMs = 1,
            Body = [1],
            Status = GrantStatus.Open,
            CreatedUnixMs = 1,
        };
        await PostAsync("grant", new Posting
        {
            Id = Of("grant"),
            Accounts = [AccountOpening.Grant(GrantId)],
            Transfers = [Bookings.OpenGrant(ChannelId, GrantId, Grant.Limit)],
            Records = [Grant],
        });
    }

    /// <summary>The next settlement: 1,000 msat in five legs and one release of carry.</summary>
    public Posting NextSettlement()
    {
        long sequence = Grant.LastSequence + 1;
        Id128 id = Of("settlement" + sequence);
        Msat amount = Msat.From(1000);
        settled += 1000;
        Channel = Channel with { Settled = Msat.From(settled), Revision = Channel.Revision + 1 };
        Grant = Grant with
        {
            LastSequence = sequence,
            SettledBytes = sequence * (1 << 20),
            Settled = Msat.From(settled),
            Revision = Grant.Revision + 1,
        };
        return new Posting
        {
            Id = id,
            Transfers =
            [
                Bookings.Settle(id, 0, GrantId, AccountOpening.Payee(Creator).Id, Msat.From(698)),
                Bookings.Settle(id, 1, GrantId, AccountOpening.Payee(Seeder).Id, Msat.From(250)),
                Bookings.Settle(id, 2, GrantId, AccountOpening.Registry.Id, Msat.From(20)),
                Bookings.Settle(id, 3, GrantId, AccountOpening.HubRevenue.Id, Msat.From(30)),
                Bookings.Settle(id, 4, GrantId, AccountOpening.Carry(ChannelId).Id, Msat.From(2)),
                Bookings.ReleaseCarry(id, 0, ChannelId, AccountOpening.Payee(Creator).Id, Msat.From(1)),
            ],
            Records =
            [
                new SettlementRecord
                {
                    Id = id,
                    GrantId = GrantId,
                    FirstSequence = sequence,
                    LastSequence = sequence,
                    Bytes = 1 << 20,
                    Amount = amount,
                    Receipts = new byte[60],
                    TailSignature = default,
                    SettledUnixMs = 1,
                },
                Grant,
                Channel,
            ],
        };
    }

    public Task<PostingResult> SettleAsync() => store.PostAsync(NextSettlement());

    public async Task CloseAsync()
    {
        Grant = Grant with { Status = GrantStatus.Closed, Revision = Grant.Revision + 1 };
        await PostAsync("close grant", new Posting
        {
            Id = Of("close grant"),
            Transfers = [Bookings.CloseGrant(ChannelId, GrantId, Msat.From(Limit - settled))],
            Records = [Grant],
        });
        LedgerAccount carry = (await store.Reader.FindAccountAsync(AccountOpening.Carry(ChannelId).Id))!;
        Transfer[] release = carry.Available.IsZero
            ? []
            : [Bookings.ReleaseCarry(ChannelId, 0, ChannelId, AccountOpening.Payee(Seeder).Id, carry.Available)];
        Msat rest = Msat.From(Channel.Funded.Value - settled);
        Transfer reservation = Bookings.ReserveRefund(Of("refund"), ChannelId, rest);
        Channel = Channel with { Status = ChannelStatus.Closing, Revision = Channel.Revision + 1 };
        PayoutRecord refund = Intended(reservation) with { ChannelId = ChannelId };
        await PostAsync("close", new Posting
        {
            Id = Of("close"),
            Transfers = [.. release, reservation],
            Records = [Channel, refund],
        });
        Channel = Channel with { Status = ChannelStatus.Closed, Refunded = rest, Revision = Channel.Revision + 1 };
        await FinishAsync(refund, reservation, Msat.Zero, Channel);
    }

    /// <summary>Pays what the creator is owed, with a routing fee of 5 msat, in the three steps of a payout.</summary>
    public async Task PayAsync(bool succeeds)
    {
        LedgerAccount creator = (await store.Reader.FindAccountAsync(AccountOpening.Payee(Creator).Id))!;
        Transfer reservation = Bookings.ReservePayout(Of("payout" + succeeds), Creator, creator.Available);
        PayoutRecord payout = Intended(reservation) with { PayeeId = Creator };
        await PostAsync("intend", new Posting
        {
            Id = Of("intend" + succeeds),
            Transfers = [reservation],
            Records =
            [
                payout,
                new PayoutLineRecord
                {
                    PayoutId = payout.Id,
                    Line = 1,
                    ManifestDigest = Channel.ManifestDigest,
                    Amount = payout.Amount,
                },
            ],
        });
        await FinishAsync(payout, reservation, succeeds ? Msat.From(5) : null);
    }

    private static PayoutRecord Intended(Transfer reservation) => new()
    {
        Id = reservation.Id,
        Destination = "keysend:02",
        Amount = reservation.Amount,
        Status = PayoutStatus.Intended,
        CreatedUnixMs = 1,
    };

    private async Task FinishAsync(PayoutRecord payout, Transfer reservation, Msat? fee, params LedgerRecord[] also)
    {
        Digest preimage = Digest.Of(payout.Id.ToArray());
        payout = payout with
        {
            Status = PayoutStatus.Sent,
            PaymentHash = new Digest(SHA256.HashData(preimage.Span)),
            Attempts = 1,
            Revision = 2,
        };
        await PostAsync("sent", new Posting { Id = default, Records = [payout] });
        Transfer[] fees = fee is { IsZero: false } paid
            ? [Bookings.PayRoutingFee(payout.Id, paid), Bookings.ChargeRoutingFee(payout.Id, paid)]
            : [];
        await PostAsync("finish", new Posting
        {
            Id = Id128.Derive("finish", payout.Id.ToArray()),
            Transfers = [fee is null ? Bookings.Void(reservation) : Bookings.Post(reservation), .. fees],
            Records =
            [
                payout with
                {
                    Status = fee is null ? PayoutStatus.Failed : PayoutStatus.Succeeded,
                    Preimage = fee is null ? null : preimage,
                    FeePaid = fee ?? Msat.Zero,
                    FinishedUnixMs = 2,
                    Revision = 3,
                },
                .. also,
            ],
        });
    }

    private Id128 Of(string what) => Id128.Derive("scenario", System.Text.Encoding.ASCII.GetBytes($"{number} {what}"));

    private async Task PostAsync(string what, Posting posting)
    {
        PostingResult result = await store.PostAsync(posting);
        Core.Invariant.Require(result.Outcome == PostingOutcome.Posted, $"{what} is posted, not {result}");
    }
}
