using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>A funded channel with one grant on which payees earn, booked as a hub books it, so that an audit passes.</summary>
internal sealed class EarningsBook(LedgerStore ledger, int number, Msat funding)
{
    /// <summary>The year 2100: no sweeper closes it.</summary>
    private const long FarUnixMs = 4_102_444_800_000;

    private ChannelRecord channel = null!;
    private GrantRecord grant = null!;

    public Id128 ChannelId { get; } = Id128.Derive("book-channel", BitConverter.GetBytes(number));

    private Id128 GrantId => Id128.Derive("book-grant", BitConverter.GetBytes(number));

    public static async Task AddPayeesAsync(LedgerStore ledger, params IEnumerable<PayeeRecord> payees)
    {
        foreach (PayeeRecord[] some in payees.Chunk(1_000))
        {
            await PostAsync(ledger, new Posting
            {
                Id = default,
                Accounts = [.. AccountOpening.OfHub, .. some.Select(payee => AccountOpening.Payee(payee.Id))],
                Records = some,
            });
        }
    }

    public async Task OpenAsync()
    {
        Digest hash = Digest.Of(ChannelId.ToArray());
        channel = new ChannelRecord
        {
            Id = ChannelId,
            HubKey = default,
            DownloaderKey = default,
            Infohash = Digest.Of([7]),
            ManifestDigest = Digest.Of([8]),
            Budget = funding,
            MaxPricePerMib = Msat.From(1_000),
            ExpiresUnixMs = FarUnixMs,
            Status = ChannelStatus.Open,
            Funded = funding,
            CreatedUnixMs = 1,
        };
        grant = new GrantRecord
        {
            Id = GrantId,
            ChannelId = ChannelId,
            SeederKey = default,
            Limit = funding,
            PricePerMib = Msat.From(1_000),
            ExpiresUnixMs = FarUnixMs,
            Body = [1],
            Status = GrantStatus.Open,
            CreatedUnixMs = 1,
        };
        await PostAsync(ledger, new Posting
        {
            Id = Of("open"),
            Accounts =
            [
                .. AccountOpening.OfHub, AccountOpening.Channel(ChannelId), AccountOpening.Carry(ChannelId), AccountOpening.Grant(GrantId),
            ],
            Transfers = [Bookings.Fund(ChannelId, hash, funding), Bookings.OpenGrant(ChannelId, GrantId, funding)],
            Records =
            [
                channel,
                grant,
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
    }

    /// <summary>One settlement of some receipts.</summary>
    public async Task EarnAsync(long receipts, long revenueMsat, params (Id128 Payee, long Msat)[] earned)
    {
        long first = grant.LastSequence + 1;
        Id128 id = Of("settlement " + first);
        Msat amount = Msat.From(revenueMsat + earned.Sum(leg => leg.Msat));
        grant = grant with
        {
            LastSequence = first + receipts - 1,
            SettledBytes = grant.SettledBytes + receipts,
            Settled = grant.Settled + amount,
            Revision = grant.Revision + 1,
        };
        channel = channel with { Settled = channel.Settled + amount, Revision = channel.Revision + 1 };
        Transfer[] legs =
        [
            .. earned.Select((leg, index) =>
                Bookings.Settle(id, index, GrantId, AccountOpening.Payee(leg.Payee).Id, Msat.From(leg.Msat))),
        ];
        Transfer[] revenue = revenueMsat == 0
            ? []
            : [Bookings.Settle(id, earned.Length, GrantId, AccountOpening.HubRevenue.Id, Msat.From(revenueMsat))];
        await PostAsync(ledger, new Posting
        {
            Id = id,
            Transfers = [.. legs, .. revenue],
            Records =
            [
                new SettlementRecord
                {
                    Id = id,
                    GrantId = GrantId,
                    FirstSequence = first,
                    LastSequence = grant.LastSequence,
                    Bytes = receipts,
                    Amount = amount,
                    Receipts = [1],
                    TailSignature = default,
                    SettledUnixMs = 1,
                },
                grant,
                channel,
            ],
        });
    }

    /// <summary>The channel closes; its rest is to be refunded.</summary>
    public async Task CloseAsync(string refundDestination)
    {
        Msat rest = funding.Less(channel.Settled);
        grant = grant with { Status = GrantStatus.Closed, Revision = grant.Revision + 1 };
        channel = channel with
        {
            Status = ChannelStatus.Closed,
            Refunded = rest,
            RefundDestination = refundDestination,
            Revision = channel.Revision + 1,
        };
        await PostAsync(ledger, new Posting
        {
            Id = Of("close"),
            Transfers = [Bookings.CloseGrant(ChannelId, GrantId, rest)],
            Records = [grant, channel],
        });
    }

    /// <summary>The downloader names another destination for its refund.</summary>
    public async Task RedirectAsync(string refundDestination)
    {
        channel = channel with { RefundDestination = refundDestination, Revision = channel.Revision + 1 };
        await PostAsync(ledger, new Posting { Id = default, Records = [channel] });
    }

    private static async Task PostAsync(LedgerStore ledger, Posting posting)
    {
        PostingResult result = await ledger.PostAsync(posting);
        Invariant.Require(result.IsPosted, $"the books take what a hub books: {result.Outcome} {result.Detail}");
    }

    private Id128 Of(string what) => Id128.Derive("book", System.Text.Encoding.ASCII.GetBytes($"{number} {what}"));
}
