using Microsoft.Extensions.DependencyInjection;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Core.Splits;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>The hub's clock is set by hours while somebody waits: nobody waits for as long as it was wrong, and nobody is paid twice.</summary>
public sealed class PayoutClockTests
{
    private const string Anna = "lnaddress:anna@example.org";

    // hours by which the clock is set while an attempt waits -> paid at the next look
    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public async Task Pay_SetWhileBackingOff_IsTriedAtTheNextLook(int hours)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        await world.Network.RefuseNextAsync("payee", 3);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(5));
            await world.PayAsync();
        }

        world.Clock.Set(TimeSpan.FromHours(hours));
        await world.PayAsync();
        await RequirePaidAsync(world, PayoutWorld.OwedMsat);
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public async Task Pay_SetWhileParked_IsTriedAtTheNextLook(int hours)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(destination: Anna);
        world.Invoices.Answer = _ => Task.FromResult(new FetchedInvoice(null, "No Lightning.") { IsUnpayable = true });
        await world.PayAsync();
        Assert.Equal(PayoutStatus.Parked, Assert.Single(await world.PayoutsAsync()).Status);
        world.GiveInvoices();
        world.Clock.Set(TimeSpan.FromHours(hours));
        await world.PayAsync();
        await RequirePaidAsync(world, PayoutWorld.OwedMsat);
    }

    /// <summary>What was learned of the route is as old as nobody knows.</summary>
    [Fact]
    public async Task Pay_SetBackAfterARouteThatWasTooDear_IsTriedAgain()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Node.DearRoutes = 1;
        await world.PayAsync();
        world.Clock.Set(TimeSpan.FromHours(-5));
        await world.PayAsync();
        await RequirePaidAsync(world, PayoutWorld.OwedMsat);
    }

    [Fact]
    public async Task Pay_SetBackWhileWaitingForRevenue_WaitsNoLongerForIt()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Services.GetRequiredService<RoutingFeeBudget>().Promise(new(77), Msat.From(PayoutWorld.RevenueMsat));
        await world.PayAsync();
        world.Clock.Set(TimeSpan.FromHours(-5));
        for (int look = 0; look < 8; look++)
        {
            long waits = (await world.PayAsync()).AgainAtUnixMs - world.Clock.GetUtcNow().ToUnixTimeMilliseconds() ?? 0;
            Assert.InRange(waits, 0, 4_000);
            world.Clock.Advance(TimeSpan.FromMilliseconds(waits));
        }

        await RequirePaidAsync(world, PayoutWorld.OwedMsat - 70);
    }

    // by how many hours the clock was ahead when the payee was paid -> the next payment comes in its time, not days later
    [Theory]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Pay_OnASchedule_AfterAClockThatWasAhead_IsPaidWithinItsTime(int hours)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        Assert.True(await world.Grain().SetTermsAsync(new SetTermsCommand
        {
            ThresholdMsat = 1_000,
            Schedule = "daily@03:00",
            Bearer = (int)FeeBearer.Hub,
            SignedUnixSeconds = 10,
        }));
        world.Clock.Set(TimeSpan.FromHours(hours));
        world.Clock.Advance(TimeSpan.FromDays(1));
        await world.PayAsync();
        await RequirePaidAsync(world, PayoutWorld.OwedMsat);

        world.Clock.Set(TimeSpan.FromHours(-hours));
        await world.EarnAsync(2_000);
        await world.PayAsync();
        world.Clock.Advance(TimeSpan.FromDays(1));
        await world.PayAsync();
        await RequirePaidAsync(world, PayoutWorld.OwedMsat + 2_000);
    }

    // hours by which the clock is set while the payment is in flight -> one payment, whatever becomes of it
    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public async Task Pay_SetWhileInFlight_StaysTheOnlyPayment(int hours)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        await world.Network.HoldNextAsync("payee", 1);
        await world.PayAsync();
        world.Clock.Set(TimeSpan.FromHours(hours));
        for (int look = 0; look < 5; look++)
        {
            await world.PayAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        PayoutRecord held = Assert.Single(await world.PayoutsAsync());
        Assert.True(await world.Network.SettleHeldAsync(held.PaymentHash!.Value));
        await world.PayAsync();
        await RequirePaidAsync(world, PayoutWorld.OwedMsat);
        Assert.Single(await world.PayoutsAsync());
    }

    /// <summary>What was spent while the clock was days ahead counts for a day, not until those days have come.</summary>
    [Fact]
    public async Task RoutingFees_SpentUnderAClockThatWasAhead_CountForADay()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        world.Settings = world.Settings with { RoutingFees = new RoutingFeeAllowance(Msat.From(100), new BasisPoints(10_000)) };
        await world.RestartAsync();
        world.Clock.Set(TimeSpan.FromDays(5));
        await world.PayAsync();
        long spent = (await world.PayoutsAsync())[0].FeePaid.Value;
        world.Clock.Set(TimeSpan.FromDays(-5));
        RoutingFeeBudget budget = world.Services.GetRequiredService<RoutingFeeBudget>();
        Assert.Equal(100 - spent, (await budget.AvailableAsync()).Value);
        world.Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal(100, (await budget.AvailableAsync()).Value);
    }

    private static async Task RequirePaidAsync(PayoutWorld world, long msat)
    {
        Assert.Equal(msat, await world.ReceivedMsatAsync());
        IReadOnlyList<Payment> sent = await world.Network.Hub.ListPaymentsAsync(100);
        Assert.Equal(msat, sent.Where(payment => payment.Status == PaymentStatus.Succeeded).Sum(payment => payment.Amount.Value));
        Assert.True(world.Audit().IsPassed);
    }
}
