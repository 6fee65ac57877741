using SeederMesh.Core;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;
using SeederMesh.Grains.Manifests;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;
using ChannelStatus = SeederMesh.Core.Channels.ChannelStatus;
using GrantStatus = SeederMesh.Ledger.Records.GrantStatus;
using StoredStatus = SeederMesh.Ledger.Records.ChannelStatus;

namespace SeederMesh.Grains.Channels;

/// <summary>A channel in memory: the domain's state, and the records at the revisions that it was loaded from or stored
/// as.</summary>
internal sealed class ChannelState
{
    /// <summary>Beyond any torrent, and far below where the price of it would overflow.</summary>
    private const long BytesMax = 1L << 50;

    private ChannelState(ChannelRecord record, PaymentChannel channel, PaidManifest manifest)
    {
        Record = record;
        Channel = channel;
        Manifest = manifest;
    }

    public ChannelRecord Record { get; set; }

    public PaymentChannel Channel { get; }

    public PaidManifest Manifest { get; }

    /// <summary>The accounts that its money, or its promises, move between.</summary>
    public ChannelAccounts Accounts => new(Record.Id, Record.Mode);

    public Dictionary<Id128, GrantRecord> Grants { get; } = [];

    public List<InvoiceRecord> Invoices { get; } = [];

    /// <summary>A channel that was just stored.</summary>
    public static ChannelState Create(ChannelRecord record, PaidManifest manifest, HubSettings settings)
    {
        DirectWindow? direct = record.Mode == ChannelMode.Direct
            ? DirectWindow.For(settings.Direct, manifest.Price, manifest.Pieces.PieceLength)
            : null;
        return new ChannelState(
            record, new PaymentChannel(TermsOf(record, manifest), manifest.Split, manifest.Pieces, settings.Limits, direct), manifest);
    }

    /// <summary>Loads a channel by applying what is stored; null when it was never opened.</summary>
    public static async Task<ChannelState?> LoadAsync(
        LedgerReader reader, ManifestCatalog manifests, HubSettings settings, Id128 channelId)
    {
        if (await reader.FindChannelAsync(channelId) is not { } record)
        {
            return null;
        }

        (PaidManifest? manifest, _) = await manifests.FindAsync(record.ManifestDigest);
        Invariant.Require(manifest is not null, "the manifest of a channel stays registered");
        ChannelState state = Create(record, manifest, settings);
        Invariant.Require(state.Channel.Id == channelId, "a channel is stored under its own id");

        // What a closed channel had left is applied at its close, so that late money is not counted twice.
        state.Invoices.AddRange(await reader.ListInvoicesAsync(channelId));
        state.Invoices.Sort((left, right) => left.CreatedUnixMs.CompareTo(right.CreatedUnixMs));
        state.Channel.Apply(new FundingEffect(record.Funded, Msat.Zero));
        await state.ReplayGrantsAsync(reader);
        state.ReplayClosing();
        Invariant.Require(
            state.Channel.Settled == record.Settled && state.Channel.Refunded == record.Refunded,
            "a channel adds up to what its record says");
        return state;
    }

    /// <summary>The channel as others see it.</summary>
    public ChannelView ToView() => new()
    {
        ChannelId = Channel.Id.ToString(),
        Downloader = Record.DownloaderKey.ToString(),
        Infohash = Record.Infohash.ToString(),
        ManifestDigest = Record.ManifestDigest.ToString(),
        PricePerMiBMsat = Manifest.Price.Msat,
        BudgetMsat = Record.Budget.Value,
        State = Channel.Status switch
        {
            ChannelStatus.Open => "open",
            ChannelStatus.Closing => "closing",
            _ => "closed",
        },
        FundedMsat = Channel.Funded.Value,
        ReservedMsat = Channel.Reserved.Value,
        SettledMsat = Channel.Settled.Value,
        AvailableMsat = Channel.Available.Value,
        RefundedMsat = Channel.Refunded.Value,
        ExpiresUnixMs = Record.ExpiresUnixMs,
        ClosesAtUnixMs = Channel.ClosesAtUnixMs,
        Refund = Record.RefundDestination ?? "",
        Invoices = [.. Invoices.Select(ToView)],
        Grants = [.. Grants.Values.OrderBy(grant => grant.CreatedUnixMs).Select(ToView)],
        IsDirect = Record.Mode == ChannelMode.Direct,
        WindowMsat = Channel.Direct?.After(Channel.Proved).Value ?? 0,
        ProvedMsat = Channel.Proved.Value,
    };

    public static InvoiceView ToView(InvoiceRecord invoice) => new()
    {
        TopUpId = invoice.RequestId.ToString(),
        AmountMsat = invoice.Amount.Value,
        Bolt11 = invoice.Bolt11,
        PaymentHash = invoice.PaymentHash.ToString(),
        IsPaid = invoice.Status == InvoiceStatus.Paid,
        PaidMsat = invoice.Paid.Value,
        ExpiresUnixMs = invoice.ExpiresUnixMs,
    };

    public static GrantView ToView(GrantRecord grant) => new()
    {
        GrantId = grant.Id.ToString(),
        Seeder = grant.SeederKey.ToString(),
        LimitMsat = grant.Limit.Value,
        SettledMsat = grant.Settled.Value,
        SettledBytes = grant.SettledBytes,
        LastSequence = grant.LastSequence,
        IsClosed = grant.Status == GrantStatus.Closed,
        ClosesAtUnixMs = grant.ClosesUnixMs,
    };

    private static ChannelTerms TermsOf(ChannelRecord record, PaidManifest manifest) => new(
        record.HubKey, record.DownloaderKey, record.Infohash, record.ManifestDigest, manifest.Price, record.ExpiresUnixMs);

    /// <summary>The chain of a run at one of its receipts; the run is settled, or <see cref="IsSigned"/> said yes to
    /// it.</summary>
    public ReceiptChain Walk(ReceiptRun run, long sequence)
    {
        Grant grant = Channel.FindGrant(run.GrantId)!.Grant;
        ReceiptChain chain = run.Anchor;
        foreach (ReceiptEntry entry in run.Entries.Take((int)(sequence - run.Anchor.Sequence)))
        {
            Invariant.Require(Manifest.Pieces.TryGetPiece(entry.PieceIndex, out PieceGeometry piece), "a piece that is walked exists");
            chain = ReceiptChain.After(chain.Next(run.GrantId, grant.Price, entry, piece.Root));
        }

        return chain;
    }

    /// <summary>Whether the downloader signed a run, whatever it says.</summary>
    public bool IsSigned(ReceiptRun run)
    {
        Grant grant = Channel.FindGrant(run.GrantId)!.Grant;
        ReceiptChain chain = run.Anchor;
        UploadReceipt tail = default;
        foreach (ReceiptEntry entry in run.Entries)
        {
            if (!Manifest.Pieces.TryGetPiece(entry.PieceIndex, out PieceGeometry piece) || chain.CumulativeBytes > BytesMax)
            {
                return false;
            }

            tail = chain.Next(run.GrantId, grant.Price, entry, piece.Root);
            chain = ReceiptChain.After(tail);
        }

        return tail.Verify(grant.Downloader, run.TailSignature);
    }

    /// <summary>In the order in which they were given: then each was covered when it was given, and is again.</summary>
    private async Task ReplayGrantsAsync(LedgerReader reader)
    {
        var records = new List<GrantRecord>();
        IReadOnlyList<GrantRecord> page;
        do
        {
            page = await reader.ListGrantsAsync(Channel.Id, records.Count == 0 ? default : records[^1].Id);
            records.AddRange(page);
        }
        while (page.Count == LedgerReader.PageMax);

        foreach (GrantRecord record in records.OrderBy(grant => grant.CreatedUnixMs))
        {
            Invariant.Require(SignedGrant.TryRead(record.Body, out SignedGrant? signed, out _), "a stored grant can be read");
            Channel.Apply(signed!.Grant);
            Grants.Add(record.Id, record);
            await ReplaySettlementsAsync(reader, record);
            if (record.Status == GrantStatus.Closed)
            {
                Msat released = record.Limit.Less(record.Settled);
                Channel.Apply(new CloseGrantEffect(record.Id, released, ClosesAtUnixMs: null));
            }
            else if (record.ClosesUnixMs is { } closesUnixMs)
            {
                Channel.Apply(new CloseGrantEffect(record.Id, Msat.Zero, closesUnixMs));
            }
        }
    }

    private async Task ReplaySettlementsAsync(LedgerReader reader, GrantRecord grant)
    {
        (ReceiptRun Run, SettlementRecord Record)? waiting = null;
        long after = 0;
        IReadOnlyList<SettlementRecord> page;
        do
        {
            page = await reader.ListSettlementsAsync(grant.Id, after);
            foreach (SettlementRecord record in page)
            {
                Invariant.Require(
                    ReceiptRunCodec.TryRead(record.Receipts, default, out ReceiptRun? run, out _), "a stored run can be read");
                if (waiting is { } earlier)
                {
                    // Where a settlement ends is where the next one starts: no hash has to be computed again.
                    Replay(grant, earlier.Run, earlier.Record, run!.Anchor);
                }

                waiting = (run!, record);
                after = record.FirstSequence;
            }
        }
        while (page.Count == LedgerReader.PageMax);

        if (waiting is { } last)
        {
            Replay(
                grant, last.Run, last.Record, new ReceiptChain(grant.LastSequence, grant.SettledBytes, grant.LastReceiptHash));
        }
    }

    private void Replay(GrantRecord grant, ReceiptRun run, SettlementRecord record, ReceiptChain after) =>
        Channel.Apply(new Settlement(grant.SeederKey, run, after, record.Bytes, record.Amount, NoLegs));

    private void ReplayClosing()
    {
        if (Record.Status is StoredStatus.Closing or StoredStatus.Closed)
        {
            Channel.ApplyClosing(Record.ClosesUnixMs ?? Record.ClosedUnixMs ?? Record.ExpiresUnixMs);
        }

        if (Record.Status == StoredStatus.Closed)
        {
            Channel.Apply(new ChannelClosedEffect(new ClosingLegs([], [], Msat.Zero, Msat.Zero), Channel.Available));
        }
    }

    // The legs were booked when it was settled; the state does not depend on them.
    private static readonly SplitLegs NoLegs = new([], Msat.Zero, Msat.Zero, Msat.Zero);
}
