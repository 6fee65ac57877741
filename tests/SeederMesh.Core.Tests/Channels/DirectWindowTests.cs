using SeederMesh.Core.Channels;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using Xunit;
using static SeederMesh.Core.Tests.Channels.TestSwarm;

namespace SeederMesh.Core.Tests.Channels;

// Goal: a downloader that pays by itself never owes more, open grants included, than its window allows, and what it owes is worth a
// payment before the window is full. Method: the laws over random walks, and the bounds by hand.
public sealed class DirectWindowTests
{
    private static readonly DirectWindow Window = new(Msat.From(8_000), Msat.From(128_000));

    [Fact]
    public void For_APrice_IsWhatThePolicysBytesCost()
    {
        DirectWindow window = DirectWindow.For(DirectPolicy.Default, new PricePerMebibyte(1000), 1 << 18);
        Assert.Equal((8_001, 128_001), (window.Initial.Value, window.Cap.Value));
    }

    [Fact]
    public void For_LargePieces_IsFourOfThem()
    {
        DirectWindow window = DirectWindow.For(new DirectPolicy(1, 1), new PricePerMebibyte(1000), 16 << 20);
        Assert.Equal((64_001, 64_001), (window.Initial.Value, window.Cap.Value));
    }

    [Theory]
    [InlineData(0, 8_000)]
    [InlineData(1, 8_001)]
    [InlineData(8_000, 16_000)]
    [InlineData(120_000, 128_000)]
    [InlineData(120_001, 128_000)]
    [InlineData(2_100_000_000_000_000_000, 128_000)]
    public void After_WhatWasProved_GrowsByItUpToTheCap(long proved, long expected) =>
        Assert.Equal(expected, Window.After(Msat.From(proved)).Value);

    [Fact]
    public void NoteProved_Less_ChangesNothing()
    {
        PaymentChannel channel = Open();
        channel.NoteProved(Msat.From(7));
        channel.NoteProved(Msat.From(3));
        Assert.Equal(7, channel.Proved.Value);
    }

    [Fact]
    public void DecideGrant_PrepaidChannel_KnowsNoWindow() => new TestSwarm().GiveGrant(limitMsat: 100_000);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void DecideGrant_RandomGrantsAndProofs_NeverExposesMoreThanTheWindow(int seed)
    {
        var random = new Random(seed);
        PaymentChannel channel = Open();
        long granted = 0;
        long proved = 0;
        int refused = 0;
        for (int generation = 0; generation < 2_000; generation++)
        {
            if (random.Next(4) == 0)
            {
                proved += random.NextInt64(granted - proved + 1) / 4;
                channel.NoteProved(Msat.From(proved));
            }

            long limit = random.Next(1, 6_000);
            GrantResult result = channel.DecideGrant(Seeder.PublicKey, Msat.From(limit), generation, Now, out Grant? grant);
            long window = Math.Min(128_000, 8_000 + proved);
            Assert.Equal(granted - proved + limit > window ? GrantResult.TooMuchUnpaid : GrantResult.Given, result);
            if (grant is null)
            {
                refused++;
                continue;
            }

            channel.Apply(grant);
            granted += limit;
            Assert.Equal(granted - proved, channel.Exposed.Value);
        }

        Assert.InRange(refused, 1, 1_999);
    }

    [Theory]
    [InlineData(0, 9_000, false, false)]
    [InlineData(0, 9_000, true, false)]
    [InlineData(999, 999, false, false)]
    [InlineData(1_000, 1_000, false, true)]
    [InlineData(1, 1, true, true)]
    [InlineData(1, 3_999, false, false)]
    [InlineData(1, 4_000, false, true)]
    public void IsWorthPaying_SmallDues_WaitForMoreTheEndOrHalfTheWindow(long due, long unpaid, bool isEnding, bool expected) =>
        Assert.Equal(expected, PayoutTerms.Default.IsWorthPaying(Msat.From(due), Msat.From(unpaid), Window.Initial, isEnding));

    private static PaymentChannel Open()
    {
        var swarm = new TestSwarm();
        var channel = new PaymentChannel(swarm.Terms, Split, swarm.Layout, Limits with { GrantsMax = 5_000 }, Window);
        channel.Apply(channel.DecideFunding(Msat.From(1L << 40)));
        return channel;
    }
}
