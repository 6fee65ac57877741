using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using Xunit;
using static SeederMesh.Core.Tests.Channels.TestSwarm;

namespace SeederMesh.Core.Tests.Channels;

// Goal: DESIGN section 7, item 2: open grants never exceed the budget, and each refusal has its reason, in the order of the checks.
public sealed class GrantTests
{
    private readonly TestSwarm swarm = new(fundedMsat: 10_000);

    [Fact]
    public void DecideGrant_WhatTheBudgetCovers_IsGivenAndSetAside()
    {
        swarm.GiveGrant(6000);
        Assert.Equal(
            GrantResult.InsufficientFunds, swarm.Channel.DecideGrant(OtherSeeder.PublicKey, Msat.From(4001), 0, Now, out _));
        swarm.GiveGrant(4000, OtherSeeder);
        Assert.True(swarm.Channel.Available.IsZero);
    }

    [Fact]
    public void DecideGrant_TheSameAgain_GivesTheSameGrant()
    {
        Grant grant = swarm.GiveGrant(6000);
        Assert.Equal(
            GrantResult.AlreadyGiven, swarm.Channel.DecideGrant(Seeder.PublicKey, Msat.From(6000), 0, Now, out Grant? again));
        Assert.Equal(grant, again);
        Assert.Equal(
            GrantResult.ConflictsWithEarlier, swarm.Channel.DecideGrant(Seeder.PublicKey, Msat.From(5999), 0, Now, out _));
    }

    [Fact]
    public void DecideGrant_EachReason_InTheOrderOfTheChecks()
    {
        Assert.Equal(GrantResult.LimitIsZero, swarm.Channel.DecideGrant(Seeder.PublicKey, Msat.Zero, 0, Now, out _));
        for (int generation = 0; generation < Limits.GrantsMax; generation++)
        {
            swarm.GiveGrant(10, generation: generation);
        }

        Assert.Equal(GrantResult.TooManyGrants, Decide(Seeder, Now, 1_000_000));
        Assert.Equal(GrantResult.SeederIsDownloader, Decide(Downloader, Now, 1_000_000));
        Assert.Equal(GrantResult.ChannelExpired, Decide(Downloader, Expires, 1_000_000));
        swarm.Channel.ApplyClosing(swarm.Channel.DecideClosing(Now)!.Value);
        Assert.Equal(GrantResult.ChannelClosed, Decide(Downloader, Expires, 1_000_000));
    }

    [Fact]
    public void SignedGrant_RoundTrip_VerifiesAndNoByteMayChange()
    {
        SignedGrant signed = SignedGrant.Sign(swarm.GiveGrant(6000), Hub);
        byte[] bytes = signed.ToBytes();
        Assert.Equal(SignedGrant.Size, bytes.Length);
        Assert.True(SignedGrant.TryRead(bytes, out SignedGrant? read, out _));
        Assert.Equal(signed, read);
        Assert.True(read!.Verify());
        for (int index = 0; index < bytes.Length; index++)
        {
            bytes[index] ^= 1;
            Assert.False(SignedGrant.TryRead(bytes, out SignedGrant? changed, out _) && changed!.Verify());
            bytes[index] ^= 1;
        }
    }

    private GrantResult Decide(SigningKey seeder, long now, long limit) =>
        swarm.Channel.DecideGrant(seeder.PublicKey, Msat.From(limit), 9, now, out _);
}
