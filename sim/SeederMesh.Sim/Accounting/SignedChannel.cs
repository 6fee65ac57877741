using System.Buffers.Binary;
using System.Collections.Immutable;
using SeederMesh.Core;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Accounting;

/// <summary>A sampled channel, settled as a hub settles it: real keys, receipts, signatures, grants and
/// closing.</summary>
internal sealed class SignedChannel
{
    /// <summary>Virtual time starts here: receipts carry milliseconds since 1970.</summary>
    private const long EpochUnixMs = 1_700_000_000_000;

    private readonly Scenario scenario;
    private readonly SigningKey downloader;
    private readonly UniformLayout layout;
    private readonly PaymentChannel channel;

    public SignedChannel(Scenario scenario, ulong peer, SplitPolicy split, int pieces, int pieceLength)
    {
        this.scenario = scenario;
        downloader = SimulatedKeys.Of("downloader", scenario.Seed, peer);
        layout = new UniformLayout(pieces, pieceLength);
        var terms = new ChannelTerms(
            SimulatedKeys.Of("hub", scenario.Seed, 0).PublicKey,
            downloader.PublicKey,
            UniformLayout.Root,
            UniformLayout.Root,
            scenario.Mechanism.Price,
            EpochUnixMs + TimeOf(int.MaxValue));
        channel = new PaymentChannel(terms, split, layout, ChannelLimits.Default with { GrantsMax = int.MaxValue });
        channel.Apply(channel.DecideFunding(scenario.Mechanism.Price.Of((long)pieces * pieceLength)));
    }

    /// <summary>Signs, verifies, settles and closes.</summary>
    /// <param name="grants">The channel's grants, in the order in which they settle.</param>
    /// <param name="deliveries">Every delivery, oldest first.</param>
    public SignedOutcome Settle(IReadOnlyList<GrantTotal> grants, IReadOnlyList<SignedDelivery> deliveries)
    {
        ILookup<int, SignedDelivery> byUploader = deliveries.ToLookup(delivery => delivery.Uploader);
        long now = EpochUnixMs + TimeOf(deliveries.Count == 0 ? 0 : deliveries[^1].Tick);
        (long creator, long hub, long receipts) = (0, 0, 0);
        foreach (GrantTotal total in grants.Where(grant => grant.SignedPieces > 0))
        {
            SigningKey seeder = SimulatedKeys.Of("seeder", scenario.Seed, (ulong)total.Uploader);
            foreach (Settlement settlement in SettleGrant(seeder, [.. byUploader[total.Uploader].Take(total.SignedPieces)], now))
            {
                channel.Apply(settlement);
                creator += settlement.Legs.Payees[0].Value;
                hub += settlement.Legs.Hub.Value;
                receipts += settlement.Receipts.Entries.Length;
            }
        }

        ChannelClosedEffect closed = Close(now);
        return new SignedOutcome(channel.Settled, creator + closed.Legs.Payees[0].Value, hub + closed.Legs.Hub.Value, receipts);
    }

    private ImmutableArray<Settlement> SettleGrant(SigningKey seeder, SignedDelivery[] deliveries, long now)
    {
        Msat limit = scenario.Mechanism.Price.Of((long)deliveries.Length * layout.PieceLength);
        GrantResult given = channel.DecideGrant(seeder.PublicKey, limit, 0, now, out Grant? grant);
        if (given == GrantResult.LimitIsZero)
        {
            // So few bytes that they cost less than a msat: there is nothing to draw.
            return [];
        }

        Invariant.Require(given == GrantResult.Given, "a budget of the whole content covers every grant");
        channel.Apply(grant!);
        ReceiptRun run = Sign(grant!, deliveries);
        ExaminedReport examined = channel.Examine([run], seeder.PublicKey, now, (_, _) => null);
        examined.VerifySignatures();
        ReportDecision decision = channel.DecideSettlement(examined);
        Invariant.Require(decision.Verdicts[0] == ReceiptVerdict.Accepted, "an honest report is accepted");
        return decision.Settlements;
    }

    private ReceiptRun Sign(Grant grant, SignedDelivery[] deliveries)
    {
        ReceiptChain anchor = ReceiptChain.Start(grant.Hash());
        ReceiptChain chain = anchor;
        UploadReceipt tail = default;
        var entries = ImmutableArray.CreateBuilder<ReceiptEntry>(deliveries.Length);
        foreach (SignedDelivery delivery in deliveries)
        {
            var entry = new ReceiptEntry(delivery.Piece, layout.PieceLength, EpochUnixMs + TimeOf(delivery.Tick));
            tail = chain.Next(grant.GrantId, grant.Price, entry, UniformLayout.Root);
            chain = ReceiptChain.After(tail);
            entries.Add(entry);
        }

        return new ReceiptRun(grant.GrantId, anchor, entries.MoveToImmutable(), tail.Sign(downloader));
    }

    private ChannelClosedEffect Close(long now)
    {
        channel.ApplyClosing(channel.DecideClosing(now) ?? now);
        foreach (GrantAccount account in channel.Grants.ToArray())
        {
            channel.DecideCloseGrant(account.Grant.GrantId, account.Grant.Seeder, now, out CloseGrantEffect effect);
            channel.Apply(effect);
        }

        ChannelClosedEffect closed = channel.DecideClosed()
            ?? throw new InvariantViolationException("a channel whose grants are closed can be closed");
        channel.Apply(closed);
        return closed;
    }

    private long TimeOf(int tick) => (long)(tick * scenario.TickMs);
}

/// <summary>What a really signed channel came to.</summary>
internal readonly record struct SignedOutcome(Msat Settled, long Creator, long Hub, long Receipts);

/// <summary>A torrent of equal pieces.</summary>
internal sealed class UniformLayout(int pieceCount, int pieceLength) : IPieceLayout
{
    public static Digest Root { get; } = Digest.Of("simulated content"u8);

    public int PieceCount => pieceCount;

    /// <summary>Bytes of every piece.</summary>
    public int PieceLength => pieceLength;

    public bool TryGetPiece(int index, out PieceGeometry piece)
    {
        piece = new PieceGeometry(Root, pieceLength);
        return index >= 0 && index < pieceCount;
    }
}

/// <summary>Keys that follow from a role, the seed and a number: worth nothing outside a simulation.</summary>
internal static class SimulatedKeys
{
    public static SigningKey Of(string role, ulong seed, ulong number)
    {
        Span<byte> content = stackalloc byte[2 * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(content, seed);
        BinaryPrimitives.WriteUInt64BigEndian(content[sizeof(ulong)..], number);
        Span<byte> key = stackalloc byte[2 * Id128.Size];
        Id128.Derive(role + "-low", content).Write(key);
        Id128.Derive(role + "-high", content).Write(key[Id128.Size..]);
        return SigningKey.FromSeed(key);
    }
}
