using Microsoft.Extensions.DependencyInjection;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Core.Splits;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>Back-off, parking with a reason, and what brings parked money back; schedules; the budget of routing fees.</summary>
public sealed class PayoutParkingTests
{
    [Fact]
    public async Task Pay_RefusedAgainAndAgain_BacksOffThenParksWithWhatCanBeDone()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        await world.Network.RefuseNextAsync("payee", 100);
        var waits = new List<long>();
        for (int attempt = 0; attempt < PayoutGrain.FailuresMax; attempt++)
        {
            PayReply reply = await world.PayAsync();
            waits.Add(reply.AgainAtUnixMs!.Value - world.Clock.GetUtcNow().ToUnixTimeMilliseconds());
            Assert.Equal(attempt + 1, (await world.PayoutsAsync()).Count);

            // Before that time nothing is tried.
            await world.PayAsync();
            Assert.Equal(attempt + 1, world.Node.Sent);
            world.Clock.Advance(TimeSpan.FromMilliseconds(waits[^1]));
        }

        Assert.Equal([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000], waits);
        await world.PayAsync();
        PayoutRecord parked = (await world.PayoutsAsync()).Single(payout => payout.Status == PayoutStatus.Parked);
        Assert.Contains("mesh payouts retry", parked.Reason, StringComparison.Ordinal);
        Assert.Equal(PayoutWorld.OwedMsat, (await world.AccountAsync()).DebitsPending.Value);
        Assert.True(world.Audit().IsPassed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PayNow_OfParkedMoney_TriesAgainAtOnceAlsoAfterARestart(bool restarts)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        await world.Network.RefuseNextAsync("payee", PayoutGrain.FailuresMax);
        for (int attempt = 0; attempt <= PayoutGrain.FailuresMax; attempt++)
        {
            await world.PayAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(3));
        }

        if (restarts)
        {
            await world.RestartAsync();
        }

        await world.PayAsync();
        Assert.Equal(0, await world.ReceivedMsatAsync());
        await world.Grain().PayNowAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
    }

    /// <summary>Who was refused is looked at again, however long the hub took to find that out.</summary>
    [Fact]
    public async Task Pay_RefusedOnAMachineSlowerThanTheBackOff_SaysWhenToLookAgain()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(destination: "lnaddress:anna@example.org");
        world.Clock.EachLook = TimeSpan.FromSeconds(2);
        PayReply reply = await world.PayAsync();
        world.Clock.EachLook = TimeSpan.Zero;
        Assert.NotNull(reply.AgainAtUnixMs);
        Assert.Equal("No invoices here.", reply.Reason);
    }

    [Fact]
    public async Task Pay_WhileTheNodeHasTooLittle_NeverParksForIt()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        await world.Network.SetOnlineAsync("hub", online: false);
        for (int attempt = 0; attempt < 20; attempt++)
        {
            await world.PayAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(3));
        }

        Assert.DoesNotContain(await world.PayoutsAsync(), payout => payout.Status == PayoutStatus.Parked);
        await world.Network.SetOnlineAsync("hub", online: true);
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
    }

    [Fact]
    public async Task Pay_OnASchedule_PaysAtItsTimesAlsoAfterARestart()
    {
        // It is 10:20:30.
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        Assert.True(await world.Grain().SetTermsAsync(Terms("hourly", signed: 10)));
        Assert.False(await world.Grain().SetTermsAsync(Terms("on-demand", signed: 10)));
        Assert.True(await world.Grain().SetTermsAsync(Terms("hourly", signed: 10)));
        await world.PayAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(39));
        await world.RestartAsync();
        await world.PayAsync();
        Assert.Equal(0, await world.ReceivedMsatAsync());
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());

        await world.EarnAsync(2_000);
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat + 2_000, await world.ReceivedMsatAsync());
    }

    // What a creator chose for a payee without a key of its own: nobody's money is kept back for longer than a week.
    [Theory]
    [InlineData("on-demand", 1_000)]
    [InlineData("stream", 1_000_000_000)]
    [InlineData("on-demand", 1_000_000_000)]
    public async Task Pay_ByTermsThatACreatorChose_WaitsAWeekAtMost(string schedule, long threshold)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        Assert.True(await world.Grain().SetTermsAsync(Terms(schedule, signed: 10) with { ThresholdMsat = threshold }));
        PayReply waits = await world.PayAsync();
        Assert.Equal(7L * 24 * 3_600_000, waits.AgainAtUnixMs - world.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        world.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMilliseconds(1));
        await world.RestartAsync();
        await world.PayAsync();
        Assert.Equal(0, await world.ReceivedMsatAsync());
        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());

        // What is less than the hub's own threshold waits for more.
        await world.EarnAsync(999);
        world.Clock.Advance(TimeSpan.FromDays(8));
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
    }

    /// <summary>The repeat of a command whose answer was lost changes nothing, so the first one must have been noted.</summary>
    [Fact]
    public async Task SetTerms_WhoseAnswerTheLedgerLoses_HasThePayeeLookedAt()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        PayoutQueue queue = world.Services.GetRequiredService<PayoutQueue>();
        world.Database.LoseAnswerAfter(0);
        await Assert.ThrowsAnyAsync<Exception>(() => world.Grain().SetTermsAsync(Terms("stream", signed: 10)));
        Assert.Equal(1, queue.Waiting);
        Assert.True(await world.Grain().SetTermsAsync(Terms("stream", signed: 10)));
    }

    [Fact]
    public async Task RoutingFees_OfADay_AreBoundedAlsoAfterARestart()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Settings = world.Settings with { RoutingFees = new RoutingFeeAllowance(Msat.From(100), new BasisPoints(10_000)) };
        await world.RestartAsync();
        await world.PayAsync();
        long spent = (await world.PayoutsAsync())[0].FeePaid.Value;
        Assert.InRange(spent, 1, 70);
        await world.RestartAsync();
        RoutingFeeBudget budget = world.Services.GetRequiredService<RoutingFeeBudget>();
        Assert.Equal(100 - spent, (await budget.AvailableAsync()).Value);
        world.Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal(100, (await budget.AvailableAsync()).Value);
    }

    private static SetTermsCommand Terms(string schedule, long signed) => new()
    {
        ThresholdMsat = 1_000,
        Schedule = schedule,
        Bearer = (int)FeeBearer.Hub,
        SignedUnixSeconds = signed,
    };
}
