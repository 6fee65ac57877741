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
        long? again = (await world.PayAsync()).AgainAtUnixMs;
        Assert.Equal(0, await world.ReceivedMsatAsync());
        Assert.NotNull(again);
        world.Clock.Advance(DateTimeOffset.FromUnixTimeMilliseconds(again.Value) - world.Clock.GetUtcNow() + TimeSpan.FromSeconds(1));
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
        Assert.Equal(
            [PayoutStatus.Succeeded, PayoutStatus.Failed], (await world.PayoutsAsync()).Select(payout => payout.Status));
    }
}
