using System.Collections.Immutable;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using Xunit;
using static SeederMesh.Core.Tests.Channels.TestSwarm;

namespace SeederMesh.Core.Tests.Channels;

// Goal: DESIGN section 7, items 5 to 7: each verdict of a report, and that nothing is paid that is not signed, or twice.
public sealed class SettlementTests
{
    private readonly TestSwarm swarm = new();

    [Fact]
    public void Report_ReceiptsOfThreePieces_SettlesThem()
    {
        Grant grant = swarm.GiveGrant();
        Assert.Equal([ReceiptVerdict.Accepted], swarm.Report(swarm.Sign(grant, Start(grant), 0, 1, 2)));
        Assert.Equal(3000, swarm.Channel.Settled.Value);
        Assert.Equal(17_000, swarm.Channel.Reserved.Value);
        Assert.Equal(80_000, swarm.Channel.Available.Value);
    }

    [Fact]
    public void Report_UnknownGrant_IsRefused()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.Sign(grant, Start(grant), 0);
        Assert.Equal([ReceiptVerdict.UnknownGrant], swarm.Report(run with { GrantId = new Id128(99) }));
    }

    [Fact]
    public void Report_ReceiptsOfAnotherSeeder_AreRefused()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.Sign(grant, Start(grant), 0);
        Assert.Equal([ReceiptVerdict.NotTheSeeder], swarm.Report(OtherSeeder, Now, NoHistory, run));
        Assert.True(swarm.Channel.Settled.IsZero);
    }

    [Fact]
    public void Report_TheSameRunAgain_IsADuplicate()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.Sign(grant, Start(grant), 0, 1);
        swarm.Report(run);
        Assert.Equal([ReceiptVerdict.Duplicate], swarm.Report(run));
        Assert.Equal(2000, swarm.Channel.Settled.Value);
    }

    [Fact]
    public void Report_AnOlderRunAgain_IsADuplicateByItsHash()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun older = swarm.Sign(grant, Start(grant), 0, 1);
        ReceiptChain afterOlder = After(grant, older);
        swarm.Report(older);
        swarm.Report(swarm.Sign(grant, afterOlder, 2));
        Assert.Equal(2, swarm.Channel.HistoryNeededFor(older));
        Digest? history(Id128 grantId, long sequence) => sequence == 2 ? afterOlder.Hash : null;
        Assert.Equal([ReceiptVerdict.Duplicate], swarm.Report(Seeder, Now, history, older));
        ReceiptRun other = swarm.Sign(grant, Start(grant), 5, 6);
        Assert.Equal([ReceiptVerdict.Conflict], swarm.Report(Seeder, Now, history, other));
        Assert.Equal(3000, swarm.Channel.Settled.Value);
    }

    [Fact]
    public void Report_ARunThatOverlapsTheSettledOne_SettlesOnlyWhatIsNew()
    {
        Grant grant = swarm.GiveGrant();
        swarm.Report(swarm.Sign(grant, Start(grant), 0, 1));
        Assert.Equal([ReceiptVerdict.Accepted], swarm.Report(swarm.Sign(grant, Start(grant), 0, 1, 2)));
        Assert.Equal(3000, swarm.Channel.Settled.Value);
        Assert.Equal(3, swarm.Channel.FindGrant(grant.GrantId)!.Chain.Sequence);
    }

    [Fact]
    public void Report_AnotherChainOfTheSameGrant_IsAConflict()
    {
        Grant grant = swarm.GiveGrant();
        swarm.Report(swarm.Sign(grant, Start(grant), 0, 1));
        Assert.Equal([ReceiptVerdict.Conflict], swarm.Report(swarm.Sign(grant, Start(grant), 3, 4)));
        Assert.Equal([ReceiptVerdict.Conflict], swarm.Report(swarm.Sign(grant, Start(grant), 3, 4, 5)));
        Assert.Equal(2000, swarm.Channel.Settled.Value);
    }

    [Fact]
    public void Report_ToAClosedGrant_IsRefused()
    {
        Grant grant = swarm.GiveGrant();
        swarm.Channel.DecideCloseGrant(grant.GrantId, Seeder.PublicKey, Now, out CloseGrantEffect effect);
        swarm.Channel.Apply(effect);
        Assert.Equal([ReceiptVerdict.GrantClosed], swarm.Report(swarm.Sign(grant, Start(grant), 0)));
    }

    // unix ms of the receipt, the hub's clock -> verdict
    [Theory]
    [InlineData(Expires, Expires, ReceiptVerdict.Accepted)]
    [InlineData(Expires + 1, Expires + 1, ReceiptVerdict.GrantExpired)]
    [InlineData(Expires, Expires + 600_000, ReceiptVerdict.Accepted)]
    [InlineData(Expires, Expires + 600_001, ReceiptVerdict.GrantExpired)]
    [InlineData(Now + 300_000, Now, ReceiptVerdict.Accepted)]
    [InlineData(Now + 300_001, Now, ReceiptVerdict.TimeInFuture)]
    public void Report_AtTheLimitsOfTime_IsJudged(long unixMs, long now, ReceiptVerdict expected)
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.SignEntries(grant, Start(grant), Downloader, new ReceiptEntry(0, 1024, unixMs));
        Assert.Equal([expected], swarm.Report(Seeder, now, NoHistory, run));
    }

    [Fact]
    public void Report_WithReceiptsMissing_IsAGap()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun first = swarm.Sign(grant, Start(grant), 0);
        ReceiptRun second = swarm.Sign(grant, After(grant, first), 1);
        Assert.Equal([ReceiptVerdict.SequenceGap], swarm.Report(second));
        Assert.Equal([ReceiptVerdict.SequenceGap, ReceiptVerdict.Accepted], swarm.Report(second, first));
        Assert.Equal([ReceiptVerdict.Accepted], swarm.Report(second));
    }

    [Fact]
    public void Report_APieceThatIsNotThere_IsRefused()
    {
        Grant grant = swarm.GiveGrant();
        Assert.Equal([ReceiptVerdict.UnknownPiece], swarm.Report(swarm.Sign(grant, Start(grant), 64)));
    }

    [Fact]
    public void Report_MoreOfAPieceThanItHas_IsRefusedOverAllSeeders()
    {
        Grant grant = swarm.GiveGrant();
        Grant other = swarm.GiveGrant(seeder: OtherSeeder);
        Assert.Equal([ReceiptVerdict.PieceOverclaimed], swarm.Report(
            swarm.SignEntries(grant, Start(grant), Downloader, new ReceiptEntry(0, PieceLength + 1, Now))));
        swarm.Report(swarm.SignEntries(grant, Start(grant), Downloader, new ReceiptEntry(0, 1000, Now)));
        ReceiptRun tooMuch = swarm.SignEntries(other, Start(other), Downloader, new ReceiptEntry(0, PieceLength - 999, Now));
        Assert.Equal([ReceiptVerdict.PieceOverclaimed], swarm.Report(OtherSeeder, Now, NoHistory, tooMuch));
        ReceiptRun rest = swarm.SignEntries(other, Start(other), Downloader, new ReceiptEntry(0, PieceLength - 1000, Now));
        Assert.Equal([ReceiptVerdict.Accepted], swarm.Report(OtherSeeder, Now, NoHistory, rest));
        Assert.Equal(PieceLength * 1000L >> 20, swarm.Channel.Settled.Value + 1);
    }

    // limit (msat) for two pieces of 1,000 msat -> verdict
    [Theory]
    [InlineData(1999, ReceiptVerdict.ExceedsGrant)]
    [InlineData(2000, ReceiptVerdict.Accepted)]
    public void Report_AtTheLimitOfTheGrant_IsJudged(long limit, ReceiptVerdict expected)
    {
        Grant grant = swarm.GiveGrant(limit);
        Assert.Equal([expected], swarm.Report(swarm.Sign(grant, Start(grant), 0, 1)));
    }

    [Fact]
    public void Report_SignedByAStranger_IsRefused()
    {
        Grant grant = swarm.GiveGrant();
        Assert.Equal([ReceiptVerdict.BadSignature], swarm.Report(
            swarm.SignEntries(grant, Start(grant), Seeder, new ReceiptEntry(0, PieceLength, Now))));
        Assert.True(swarm.Channel.Settled.IsZero);
    }

    [Fact]
    public void Report_EachSignedFieldChanged_IsRefused()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.Sign(grant, Start(grant), 0, 1);
        ReceiptEntry entry = run.Entries[0];
        ReceiptEntry[] changes =
        [
            entry with { PieceIndex = 2 },
            entry with { PieceBytes = entry.PieceBytes - 1 },
            entry with { UnixMs = entry.UnixMs + 1 },
        ];
        foreach (ReceiptEntry changed in changes)
        {
            Assert.Equal([ReceiptVerdict.BadSignature], swarm.Report(run with { Entries = run.Entries.SetItem(0, changed) }));
        }

        Assert.Equal(
            [ReceiptVerdict.Conflict],
            swarm.Report(run with { Anchor = run.Anchor with { CumulativeBytes = 1 } }));
        Assert.True(swarm.Channel.Settled.IsZero);
    }

    [Fact]
    public void Report_ManyRunsOutOfOrderAndRepeated_SettlesEachPieceOnce()
    {
        Grant grant = swarm.GiveGrant();
        var runs = new List<ReceiptRun>();
        ReceiptChain chain = Start(grant);
        for (int piece = 0; piece < 10; piece++)
        {
            runs.Add(swarm.Sign(grant, chain, piece));
            chain = After(grant, runs[^1]);
        }

        var random = new Random(7);
        for (int round = 0; round < 40; round++)
        {
            ReceiptRun[] shuffled = [.. runs.Concat(runs).OrderBy(_ => random.Next())];
            Digest? history(Id128 grantId, long sequence) => After(grant, runs[(int)sequence - 1]).Hash;
            swarm.Report(Seeder, Now, history, shuffled);
        }

        Assert.Equal(10_000, swarm.Channel.Settled.Value);
    }

    private static ReceiptChain Start(Grant grant) => ReceiptChain.Start(grant.Hash());
}
