using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using Xunit;
using static SeederMesh.Core.Tests.Channels.TestSwarm;

namespace SeederMesh.Core.Tests.Channels;

// Goal: what a channel does not spend goes back to the msat, and no seeder loses the time to report.
public sealed class ClosingTests
{
    private readonly TestSwarm swarm = new(fundedMsat: 50_001);

    [Fact]
    public void Close_AfterSettlements_RefundsTheRestAndHandsOutTheCarry()
    {
        Grant grant = swarm.GiveGrant();
        swarm.Report(swarm.SignEntries(
            grant, ReceiptChain.Start(grant.Hash()), Downloader, new ReceiptEntry(0, (int)(PieceLength * 0.777), Now)));
        CloseGrant(grant, Seeder);
        swarm.Channel.ApplyClosing(swarm.Channel.DecideClosing(Now)!.Value);
        ChannelClosedEffect effect = swarm.Channel.DecideClosed()!;
        // 776 msat: 543.2 + 194.0 + 15.52 + 23.28 are 775 when rounded down; the largest remainder is the registry's.
        Assert.Equal((776L, 1L, 1L), (swarm.Channel.Settled.Value, effect.Legs.Sum().Value, effect.Legs.Registry.Value));
        swarm.Channel.Apply(effect);
        Assert.Equal(50_001 - 776, swarm.Channel.Refunded.Value);
        Assert.Equal(ChannelStatus.Closed, swarm.Channel.Status);
        Assert.Null(swarm.Channel.NextDeadlineUnixMs());
    }

    [Fact]
    public void CloseGrant_ByTheDownloader_LeavesTheSeederItsGrace()
    {
        Grant grant = swarm.GiveGrant();
        Assert.Equal(CloseGrantResult.Closing, CloseGrant(grant, Downloader));
        Assert.Equal([ReceiptVerdict.Accepted], swarm.Report(swarm.Sign(grant, ReceiptChain.Start(grant.Hash()), 0)));
        Assert.Empty(swarm.Channel.DecideOverdueGrants(Now + Limits.ReportGraceMs));
        CloseGrantEffect overdue = Assert.Single(swarm.Channel.DecideOverdueGrants(Now + Limits.ReportGraceMs + 1));
        Assert.Equal(19_000, overdue.Released.Value);
        swarm.Channel.Apply(overdue);
        Assert.Equal(49_001, swarm.Channel.Available.Value);
    }

    [Fact]
    public void CloseGrant_EachReason_InTheOrderOfTheChecks()
    {
        Grant grant = swarm.GiveGrant();
        Assert.Equal(
            CloseGrantResult.UnknownGrant, swarm.Channel.DecideCloseGrant(new Id128(9), OtherSeeder.PublicKey, Now, out _));
        Assert.Equal(CloseGrantResult.NotAParty, CloseGrant(grant, OtherSeeder));
        Assert.Equal(CloseGrantResult.Closed, CloseGrant(grant, Seeder));
        Assert.Equal(CloseGrantResult.AlreadyClosed, CloseGrant(grant, Seeder));
    }

    [Fact]
    public void DecideClosed_WithAnOpenGrant_Waits()
    {
        Grant grant = swarm.GiveGrant();
        swarm.Channel.ApplyClosing(swarm.Channel.DecideClosing(Now)!.Value);
        Assert.Null(swarm.Channel.DecideClosing(Now));
        Assert.Null(swarm.Channel.DecideClosed());
        swarm.Channel.Apply(Assert.Single(swarm.Channel.DecideOverdueGrants(Now + Limits.ReportGraceMs + 1)));
        Assert.Equal(50_001, swarm.Channel.DecideClosed()!.Refund.Value);
        Assert.Equal(grant.GrantId, Assert.Single(swarm.Channel.Grants).Grant.GrantId);
    }

    [Fact]
    public void IsExpired_AfterExpiryAndGrace_IsTrue()
    {
        Assert.False(swarm.Channel.IsExpired(Expires + Limits.ReportGraceMs));
        Assert.True(swarm.Channel.IsExpired(Expires + Limits.ReportGraceMs + 1));
        Assert.Equal(Expires + Limits.ReportGraceMs, swarm.Channel.NextDeadlineUnixMs());
    }

    [Fact]
    public void DecideFunding_AfterTheEnd_IsRefunded()
    {
        swarm.Channel.ApplyClosing(swarm.Channel.DecideClosing(Now)!.Value);
        swarm.Channel.Apply(swarm.Channel.DecideClosed()!);
        FundingEffect late = swarm.Channel.DecideFunding(Msat.From(500));
        Assert.Equal(500, late.RefundNow.Value);
        swarm.Channel.Apply(late);
        Assert.Equal(50_501, swarm.Channel.Refunded.Value);
        Assert.True(swarm.Channel.Available.IsZero);
    }

    private CloseGrantResult CloseGrant(Grant grant, SigningKey by)
    {
        CloseGrantResult result = swarm.Channel.DecideCloseGrant(grant.GrantId, by.PublicKey, Now, out CloseGrantEffect effect);
        if (result is CloseGrantResult.Closed or CloseGrantResult.Closing)
        {
            swarm.Channel.Apply(effect);
        }

        return result;
    }
}
