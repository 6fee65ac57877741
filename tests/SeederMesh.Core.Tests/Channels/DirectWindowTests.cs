using SeederMesh.Core.Channels;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using Xunit;
using static SeederMesh.Core.Tests.Channels.TestSwarm;

namespace SeederMesh.Core.Tests.Channels;

// Goal: a downloader that pays by itself never owes more, open grants included, than its window allows, nor more to one seeder than that
// seeder by itself trusts it with. Method: the laws over random walks, and the bounds by hand.
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
        long[] granted = new long[40];
        long proved = 0;
        int[] refused = new int[2];
        for (int generation = 0; generation < 2_000; generation++)
        {
            if (random.Next(4) == 0)
            {
                proved += random.NextInt64(granted.Sum() - proved + 1) / 4;
                channel.NoteProved(Msat.From(proved));
            }

            // Each seeder by itself was paid nothing, so it trusts no further than at first, whatever others were paid.
            int seeder = random.Next(granted.Length);
            long limit = random.Next(1, 6_000);
            GrantResult result = channel.DecideGrant(
                Key(100 + seeder).PublicKey, Msat.From(limit), generation, Now, out Grant? grant);
            long room = Math.Min(Math.Min(128_000, 8_000 + proved) - granted.Sum() + proved, 8_000 - granted[seeder]);
            Assert.Equal(limit > room ? GrantResult.TooMuchUnpaid : GrantResult.Given, result);
            Assert.Equal(Math.Max(0, room), channel.RoomFor(Key(100 + seeder).PublicKey).Value);
            if (grant is null)
            {
                refused[room == 8_000 - granted[seeder] ? 1 : 0]++;
                continue;
            }

            channel.Apply(grant);
            granted[seeder] += limit;
            Assert.Equal(granted.Sum() - proved, channel.Exposed.Value);
        }

        Assert.All(refused, count => Assert.InRange(count, 1, 1_999));
    }

    [Fact]
    public void RoomFor_SeederThatWasPaid_GrowsByWhatItsShareIsTheShareOf()
    {
        var swarm = new TestSwarm();
        PaymentChannel channel = Open(swarm);
        Grant grant = Give(channel, 8_000);
        Settle(channel, swarm.Sign(grant, ReceiptChain.Start(grant.Hash()), [.. Enumerable.Range(0, 8)]));
        Assert.Equal(Msat.Zero, channel.RoomFor(Seeder.PublicKey));

        // All but the seeder was paid: the channel trusts further, that seeder does not.
        channel.NoteProved(Msat.From(6_000));
        Assert.Equal((0, 8_000), (channel.RoomFor(Seeder.PublicKey).Value, channel.RoomFor(OtherSeeder.PublicKey).Value));

        // 2,000 is the quarter of what its receipts settled.
        channel.NoteProved(Msat.From(8_000));
        channel.NoteProved(Seeder.PublicKey, Split.Seeders.Of(Msat.From(8_000)));
        Assert.Equal((16_000, 8_000), (channel.RoomFor(Seeder.PublicKey).Value, channel.RoomFor(OtherSeeder.PublicKey).Value));
    }

    // proved of the seeder's quarter of 8,000, the next grant -> how much more of that quarter is at stake than it was paid; what it was
    // paid counts as the whole that it is the quarter of, rounded up
    [Theory]
    [InlineData(0, 4_000, 1_000)]
    [InlineData(1_000, 4_000, 998)]
    [InlineData(2_000, 8_000, 0)]
    [InlineData(2_000, 8_004, 1)]
    public void UnbackedBy_AGrant_IsTheSeedersShareOfWhatItWasNotPaidBefore(long proved, long limit, long expected)
    {
        var swarm = new TestSwarm();
        PaymentChannel channel = Open(swarm);
        Grant grant = Give(channel, 8_000);
        Settle(channel, swarm.Sign(grant, ReceiptChain.Start(grant.Hash()), [.. Enumerable.Range(0, 8)]));
        channel.NoteProved(Seeder.PublicKey, Msat.From(proved));
        Assert.Equal(expected, channel.UnbackedBy(Seeder.PublicKey, Msat.From(limit)).Value);
    }

    private static Grant Give(PaymentChannel channel, long limit)
    {
        Assert.Equal(GrantResult.Given, channel.DecideGrant(Seeder.PublicKey, Msat.From(limit), 0, Now, out Grant? grant));
        channel.Apply(grant!);
        return grant!;
    }

    private static void Settle(PaymentChannel channel, ReceiptRun run)
    {
        ExaminedReport examined = channel.Examine([run], Seeder.PublicKey, Now, NoHistory);
        examined.VerifySignatures();
        channel.Apply(Assert.Single(channel.DecideSettlement(examined).Settlements));
    }

    private static PaymentChannel Open(TestSwarm? existing = null)
    {
        TestSwarm swarm = existing ?? new TestSwarm();
        var channel = new PaymentChannel(swarm.Terms, Split, swarm.Layout, Limits with { GrantsMax = 5_000 }, Window);
        channel.Apply(channel.DecideFunding(Msat.From(1L << 40)));
        return channel;
    }
}
