using System.Buffers.Binary;
using System.Collections.Immutable;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;
using Xunit;

namespace SeederMesh.Core.Tests.Channels;

/// <summary>A torrent of equal pieces.</summary>
internal sealed class UniformLayout(int pieceCount, int pieceLength) : IPieceLayout
{
    public static readonly Digest Root = Digest.Of("root"u8);

    public int PieceCount => pieceCount;

    public bool TryGetPiece(int index, out PieceGeometry piece)
    {
        piece = new PieceGeometry(Root, pieceLength);
        return index >= 0 && index < pieceCount;
    }
}

/// <summary>A hub, a downloader and seeders with real keys, and one funded channel between them.</summary>
internal sealed class TestSwarm
{
    public const int PieceLength = 1 << 20;
    public const long Now = 1_000_000_000;
    public const long Expires = Now + 3_600_000;

    public static readonly ChannelLimits Limits = new(ReportGraceMs: 600_000, GrantsMax: 4, ClockSkewMs: 300_000);

    public TestSwarm(long fundedMsat = 100_000, long priceMsat = 1000, int pieces = 64)
    {
        Layout = new UniformLayout(pieces, PieceLength);
        Terms = new ChannelTerms(
            Hub.PublicKey, Downloader.PublicKey, Infohash, Manifest, new PricePerMebibyte(priceMsat), Expires);
        Channel = new PaymentChannel(Terms, Split, Layout, Limits);
        Channel.Apply(Channel.DecideFunding(Msat.From(fundedMsat)));
    }

    public static SigningKey Hub { get; } = Key(1);

    public static SigningKey Downloader { get; } = Key(2);

    public static SigningKey Seeder { get; } = Key(3);

    public static SigningKey OtherSeeder { get; } = Key(4);

    public static Digest Infohash { get; } = Digest.Of("torrent"u8);

    public static Digest Manifest { get; } = Digest.Of("manifest"u8);

    public static SplitPolicy Split { get; } =
        new([new PayeeShare(new Id128(7), new BasisPoints(7000))], new(2500), new(200), new(300));

    public static ReceiptHashLookup NoHistory { get; } = (_, _) => null;

    public UniformLayout Layout { get; }

    public ChannelTerms Terms { get; }

    public PaymentChannel Channel { get; }

    public static SigningKey Key(int number)
    {
        Span<byte> seed = stackalloc byte[32];
        BinaryPrimitives.WriteInt32BigEndian(seed, number);
        return SigningKey.FromSeed(seed);
    }

    public Grant GiveGrant(long limitMsat = 20_000, SigningKey? seeder = null, int generation = 0)
    {
        GrantResult result = Channel.DecideGrant(
            (seeder ?? Seeder).PublicKey, Msat.From(limitMsat), generation, Now, out Grant? grant);
        Assert.Equal(GrantResult.Given, result);
        Channel.Apply(grant!);
        return grant!;
    }

    /// <summary>Receipts for whole pieces, one run under one signature.</summary>
    public ReceiptRun Sign(Grant grant, ReceiptChain anchor, params int[] pieces) =>
        SignEntries(grant, anchor, Downloader, [.. pieces.Select(piece => new ReceiptEntry(piece, PieceLength, Now))]);

    public ReceiptRun SignEntries(Grant grant, ReceiptChain anchor, SigningKey signer, params ReceiptEntry[] entries)
    {
        ReceiptChain chain = anchor;
        UploadReceipt tail = default;
        foreach (ReceiptEntry entry in entries)
        {
            tail = chain.Next(grant.GrantId, grant.Price, entry, UniformLayout.Root);
            chain = ReceiptChain.After(tail);
        }

        return new ReceiptRun(grant.GrantId, anchor, [.. entries], tail.Sign(signer));
    }

    public static ReceiptChain After(Grant grant, ReceiptRun run)
    {
        ReceiptChain chain = run.Anchor;
        foreach (ReceiptEntry entry in run.Entries)
        {
            chain = ReceiptChain.After(chain.Next(grant.GrantId, grant.Price, entry, UniformLayout.Root));
        }

        return chain;
    }

    /// <summary>Reports, settles and applies, as a hub does; gives the verdicts.</summary>
    public ImmutableArray<ReceiptVerdict> Report(params ReceiptRun[] runs) => Report(Seeder, Now, NoHistory, runs);

    public ImmutableArray<ReceiptVerdict> Report(
        SigningKey reporter, long now, ReceiptHashLookup history, params ReceiptRun[] runs)
    {
        ExaminedReport report = Channel.Examine(runs, reporter.PublicKey, now, history);
        report.VerifySignatures();
        ReportDecision decision = Channel.DecideSettlement(report);
        foreach (Settlement settlement in decision.Settlements)
        {
            Channel.Apply(settlement);
        }

        Assert.Equal(
            Channel.Funded, Channel.Settled + Channel.Reserved + Channel.Refunded + Channel.Available);
        return decision.Verdicts;
    }
}
