using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>Routes that cost too much: the money waits for more to be earned, but not for ever.</summary>
public sealed class PayoutRouteTests
{
    [Fact]
    public async Task Pay_AfterARouteThatWasTooDear_IsTriedAgainThoughNothingMoreIsEarned()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Node.DearRoutes = 1;
        Assert.NotNull((await world.PayAsync()).AgainAtUnixMs);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        PayReply waits = await world.PayAsync();
        Assert.Equal(0, await world.ReceivedMsatAsync());
        Assert.False(waits.IgnoresEarnings);
        world.Clock.Advance(DateTimeOffset.FromUnixTimeMilliseconds(waits.AgainAtUnixMs!.Value) - world.Clock.GetUtcNow());
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
        Assert.Equal(
            [PayoutStatus.Succeeded, PayoutStatus.Failed], (await world.PayoutsAsync()).Select(payout => payout.Status));
    }

    [Fact]
    public async Task Pay_AfterARouteThatWasTooDear_IsPaidAsSoonAsTwiceAsMuchIsOwed()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Node.DearRoutes = 1;
        await world.PayAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.EarnAsync(PayoutWorld.OwedMsat - 1);
        await world.PayAsync();
        Assert.Equal(0, await world.ReceivedMsatAsync());
        await world.EarnAsync(1);
        await world.PayAsync();
        Assert.Equal(2 * PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
    }
}
