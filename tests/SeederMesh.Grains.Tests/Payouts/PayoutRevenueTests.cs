using Microsoft.Extensions.DependencyInjection;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Payouts;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>The hub's revenue that another payment counts on: the next one waits for it, but not for long.</summary>
public sealed class PayoutRevenueTests
{
    private static readonly Id128 refund = Id128.Derive("refund", [1]);

    [Theory]
    [InlineData(Paid.PayeeByKeysend)]
    [InlineData(Paid.Refund)]
    public async Task Pay_WhileAnotherPaymentCountsOnTheRevenue_WaitsAndBearsNoRouteItself(Paid paid)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(paid);
        RoutingFeeBudget budget = world.Services.GetRequiredService<RoutingFeeBudget>();
        budget.Promise(refund, Msat.From(PayoutWorld.RevenueMsat));
        PayReply waits = await world.PayAsync();
        Assert.Equal(0, world.Node.Sent);
        Assert.Contains("revenue", waits.Reason, StringComparison.Ordinal);

        budget.Release(refund, Msat.From(5));
        world.Clock.Advance(TimeSpan.FromMilliseconds(WaitMs(world, waits)));
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
        Assert.True(world.Audit().IsPassed);
    }

    [Fact]
    public async Task Pay_WhileAHeldPaymentKeepsTheRevenue_IsPaidAfterAWhileAndBearsTheRoute()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Services.GetRequiredService<RoutingFeeBudget>().Promise(refund, Msat.From(PayoutWorld.RevenueMsat));
        var waits = new List<long>();
        while (world.Node.Sent == 0 && waits.Count < 10)
        {
            PayReply reply = await world.PayAsync();
            if (reply.AgainAtUnixMs is not null)
            {
                waits.Add(WaitMs(world, reply));
                world.Clock.Advance(TimeSpan.FromMilliseconds(waits[^1]));
            }
        }

        Assert.Equal([250, 250, 500, 1_000, 2_000], waits);
        Assert.Equal(PayoutWorld.OwedMsat - 70, await world.ReceivedMsatAsync());
    }

    // A new hub has no revenue: the refund is smaller by what a route may cost, and the route was cheap.
    [Fact]
    public async Task Pay_RefundBearsACheapRoute_WhatIsLeftOfTheLimitFollows()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(Paid.Refund);
        world.Services.GetRequiredService<RoutingFeeBudget>().Promise(refund, Msat.From(PayoutWorld.RevenueMsat));
        PayReply reply = await world.PayAsync();
        for (int looks = 0; looks < 20 && reply.AgainAtUnixMs is not null; looks++)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(WaitMs(world, reply)));
            reply = await world.PayAsync();
        }

        Assert.Equal(2, (await world.PayoutsAsync()).Count);
        Assert.InRange(await world.ReceivedMsatAsync(), PayoutWorld.OwedMsat - 15, PayoutWorld.OwedMsat);
        Assert.InRange((await world.AccountAsync()).Available.Value, 0, 49);
        Assert.True(world.Audit().IsPassed);
    }

    [Fact]
    public async Task PayNow_WhileAnotherPaymentCountsOnTheRevenue_WaitsForNothing()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Services.GetRequiredService<RoutingFeeBudget>().Promise(refund, Msat.From(PayoutWorld.RevenueMsat));
        await world.Grain().PayNowAsync();
        Assert.Equal(PayoutWorld.OwedMsat - 70, await world.ReceivedMsatAsync());
    }

    private static long WaitMs(PayoutWorld world, PayReply reply) =>
        reply.AgainAtUnixMs!.Value - world.Clock.GetUtcNow().ToUnixTimeMilliseconds();
}
