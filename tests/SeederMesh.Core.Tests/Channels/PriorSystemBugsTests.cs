using SeederMesh.Core.Channels;
using SeederMesh.Core.Receipts;
using Xunit;
using static SeederMesh.Core.Tests.Channels.TestSwarm;

namespace SeederMesh.Core.Tests.Channels;

// Goal: the nine accounting bugs found in the nearest prior system (PBTS, arXiv 2511.17260), each shown not to be here.
// The ninth, a dictionary under BEP 10's "m", is a matter of the wire: see the handshake tests of SeederMesh.Torrents.
public sealed class PriorSystemBugsTests
{
    private readonly TestSwarm swarm = new();

    [Fact]
    public void Bug1UnsignedPieceSize_ChangedBytes_BreakTheSignature()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.SignEntries(grant, Start(grant), Downloader, new ReceiptEntry(0, 16_384, Now));
        ReceiptRun inflated = run with { Entries = [run.Entries[0] with { PieceBytes = PieceLength }] };
        Assert.Equal([ReceiptVerdict.BadSignature], swarm.Report(inflated));
    }

    [Fact]
    public void Bug2SelfReportedDelta_TheAmount_FollowsFromSignedBytesAlone()
    {
        Grant grant = swarm.GiveGrant();
        ExaminedReport report = swarm.Channel.Examine(
            [swarm.Sign(grant, Start(grant), 0, 1, 2)], Seeder.PublicKey, Now, NoHistory);
        report.VerifySignatures();
        Settlement settlement = Assert.Single(swarm.Channel.DecideSettlement(report).Settlements);
        Assert.Equal(3 * PieceLength, settlement.Bytes);
        Assert.Equal(grant.Price.Of(settlement.Bytes), settlement.Amount);
    }

    [Fact]
    public void Bug3FallbackWhenVerificationFails_NothingIsSettled()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.Sign(grant, Start(grant), 0);
        Assert.Equal([ReceiptVerdict.BadSignature], swarm.Report(run with { TailSignature = default }));
        Assert.True(swarm.Channel.Settled.IsZero);
    }

    [Fact]
    public void Bug4ReporterNotBoundToAKey_OnlyTheGrantsSeederMayReport()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.Sign(grant, Start(grant), 0);
        Assert.Equal([ReceiptVerdict.NotTheSeeder], swarm.Report(OtherSeeder, Now, NoHistory, run));
        Assert.Equal([ReceiptVerdict.NotTheSeeder], swarm.Report(Downloader, Now, NoHistory, run));
    }

    [Fact]
    public void Bug5BothDirectionsCredited_OnlyTheSeederIsCredited()
    {
        Grant grant = swarm.GiveGrant();
        swarm.Report(swarm.Sign(grant, Start(grant), 0));
        Assert.Equal(1000, swarm.Channel.SettledBy(Seeder.PublicKey).Value);
        Assert.True(swarm.Channel.SettledBy(Downloader.PublicKey).IsZero);
        Assert.Equal(
            GrantResult.SeederIsDownloader,
            swarm.Channel.DecideGrant(Downloader.PublicKey, Core.Money.Msat.From(1), 0, Now, out _));
    }

    [Fact]
    public void Bug6DuplicateInsideOneBatch_IsPaidOnce()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.Sign(grant, Start(grant), 0);
        Assert.Equal(
            [ReceiptVerdict.Accepted, ReceiptVerdict.Duplicate, ReceiptVerdict.Duplicate], swarm.Report(run, run, run));
        Assert.Equal(1000, swarm.Channel.Settled.Value);
    }

    [Fact]
    public void Bug7TimestampInTheId_ResignedPiece_IsNotPaidAgain()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun first = swarm.SignEntries(grant, Start(grant), Downloader, new ReceiptEntry(0, PieceLength, Now));
        swarm.Report(first);
        ReceiptRun again = swarm.SignEntries(
            grant, After(grant, first), Downloader, new ReceiptEntry(0, PieceLength, Now + 1));
        Assert.Equal([ReceiptVerdict.PieceOverclaimed], swarm.Report(again));
        Assert.Equal(1000, swarm.Channel.Settled.Value);
    }

    [Fact]
    public void Bug8OneBadSignature_VoidsNeitherWhatCameBeforeNorOtherGrants()
    {
        Grant grant = swarm.GiveGrant();
        Grant second = swarm.GiveGrant(generation: 1);
        ReceiptRun good = swarm.Sign(grant, Start(grant), 0);
        ReceiptRun bad = swarm.Sign(grant, After(grant, good), 1) with { TailSignature = good.TailSignature };
        ReceiptRun elsewhere = swarm.Sign(second, Start(second), 2);
        Assert.Equal(
            [ReceiptVerdict.Accepted, ReceiptVerdict.BadSignature, ReceiptVerdict.Accepted],
            swarm.Report(good, bad, elsewhere));
        Assert.Equal(2000, swarm.Channel.Settled.Value);
    }

    private static ReceiptChain Start(Grant grant) => ReceiptChain.Start(grant.Hash());
}
