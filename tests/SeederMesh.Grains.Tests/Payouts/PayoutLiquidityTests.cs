using Microsoft.Extensions.DependencyInjection;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>Nothing starts that the node cannot fund; refunds go first where it is short; large amounts go in several payments.</summary>
public sealed class PayoutLiquidityTests
{
    [Fact]
    public async Task Pay_MoreThanTheNodeCanSend_WaitsWithoutAnIntentAndSaysWhy()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Node.SpendableMsat = 999;
        PayReply waits = await world.PayAsync();
        Assert.True(waits.IgnoresEarnings);
        Assert.Contains("liquidity", waits.Reason, StringComparison.Ordinal);
        Assert.Equal((0, 0), (world.Node.Sent, (await world.PayoutsAsync()).Count));

        world.Node.SpendableMsat = null;
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
    }

    [Fact]
    public async Task Pay_WhatTheReserveWouldBeTouchedBy_IsPaidInPartsAboveIt()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Settings = world.Settings with { LiquidityReserve = Msat.From(50_000) };
        world.Node.SpendableMsat = 53_000;
        await world.RestartAsync();
        await world.PayAsync();
        Assert.InRange(await world.ReceivedMsatAsync(), 2_900, 2_999);
    }

    [Fact]
    public async Task Pay_ARefundClaimsAndNeverAsksAgain_PayeesWaitTwoMinutesAndNoLonger()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Node.SpendableMsat = PayoutWorld.OwedMsat + 1_000;
        world.Services.GetRequiredService<NodeLiquidity>().Claim(new Id128(77), Msat.From(7_500));
        await world.PayAsync();
        Assert.Equal(0, world.Node.Sent);

        world.Clock.Advance(TimeSpan.FromSeconds(121));
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
    }

    [Fact]
    public async Task Pay_MoreThanTheDestinationTakesAtATime_GoesInSeveralPayments()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(destination: "lnaddress:anna@example.org");
        int number = 0;
        world.Invoices.Answer = async amount => amount.Value > 3_000
            ? new FetchedInvoice(null, "At most 3,000 msat.") { Limits = (Msat.From(1), Msat.From(3_000)) }
            : new FetchedInvoice(
                (await world.Wallet.CreateInvoiceAsync(new Lightning.InvoiceRequest($"part-{number++}", amount, "part"))).Invoice!.Bolt11, "");
        for (int call = 0; call < 5; call++)
        {
            await world.PayAsync();
        }

        Assert.Equal([3_000, 3_000, 1_000], world.Node.Amounts);
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
        Assert.All(await world.PayoutsAsync(), payout => Assert.Equal(PayoutStatus.Succeeded, payout.Status));
        Assert.True(world.Audit().IsPassed);
    }

    [Fact]
    public async Task Pay_LessThanTheDestinationTakes_WaitsForMoreAndIsNotParked()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(destination: "lnaddress:anna@example.org");
        world.Invoices.Answer = _ => Task.FromResult(
            new FetchedInvoice(null, "At least 10,000 msat.") { Limits = (Msat.From(10_000), Msat.From(1_000_000)) });
        for (int call = 0; call < 12; call++)
        {
            await world.PayAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(3));
        }

        Assert.Empty(await world.PayoutsAsync());
        int asked = 0;
        world.Invoices.Answer = async amount => new FetchedInvoice(
            (await world.Wallet.CreateInvoiceAsync(new Lightning.InvoiceRequest($"whole-{asked++}", amount, "whole"))).Invoice!.Bolt11, "");
        await world.EarnAsync(3_000);
        await world.PayAsync();
        Assert.Equal(10_000, await world.ReceivedMsatAsync());
    }

    [Fact]
    public async Task Pay_MoreThanAnyPathCarries_GoesInSmallerPayments()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Node.MsatMax = 3_600;
        for (int call = 0; call < 8; call++)
        {
            await world.PayAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(3));
        }

        Assert.Equal([7_000, 3_500, 3_500], world.Node.Amounts);
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
    }

    [Fact]
    public async Task AvailableAsync_WhileARefundWaits_LeavesItsMoneyToIt()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Node.SpendableMsat = 10_000;
        NodeLiquidity liquidity = world.Services.GetRequiredService<NodeLiquidity>();
        Id128 channel = Id128.Derive("channel", [9]);
        Assert.Equal(10_000, (await liquidity.AvailableAsync(isRefund: false)).Value);
        liquidity.Claim(channel, Msat.From(8_000));
        Assert.Equal(2_000, (await liquidity.AvailableAsync(isRefund: false)).Value);
        Assert.Equal(10_000, (await liquidity.AvailableAsync(isRefund: true)).Value);
        Assert.False(liquidity.TryTake(Id128.Derive("payout", [1]), Msat.From(2_001), default));
        Assert.True(liquidity.TryTake(Id128.Derive("refund", [1]), Msat.From(8_000), channel));
        Assert.True(liquidity.TryTake(Id128.Derive("payout", [1]), Msat.From(2_000), default));
        Assert.Equal(0, (await liquidity.AvailableAsync(isRefund: true)).Value);

        // What left is gone until the balance says otherwise; what failed is there again.
        liquidity.Finish(Id128.Derive("refund", [1]), hasLeft: true);
        Assert.Equal(0, (await liquidity.AvailableAsync(isRefund: false)).Value);
        liquidity.Finish(Id128.Derive("payout", [1]), hasLeft: false);
        Assert.Equal(2_000, (await liquidity.AvailableAsync(isRefund: false)).Value);
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(10_000, (await liquidity.AvailableAsync(isRefund: false)).Value);
    }
}
