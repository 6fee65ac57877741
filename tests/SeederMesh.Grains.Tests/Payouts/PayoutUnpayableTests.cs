using Microsoft.Extensions.DependencyInjection;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>A destination that can never be paid parks the money at once, with the reason; one that fails for a while does not; and the
/// payee's next destination is tried before either.</summary>
public sealed class PayoutUnpayableTests
{
    private const string Anna = "lnaddress:anna@example.org";
    private const string Pointer = "paymentpointer:$wallet.example/anna";

    /// <summary>A manifest may name it, since there only the form is checked: its checksum is wrong.</summary>
    private const string Malformed = "lnurl:lnurl1qqqqqqqqqqqqqq";
    private const string Offer = "bolt12:lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese";

    private static readonly FetchedInvoice never = new(null, "It offers no Lightning.") { IsUnpayable = true };
    private static readonly FetchedInvoice later = new(null, "No answer in 10 s.");

    // destination, what it answers -> what the reason says; null where it backs off
    public static TheoryData<string, string?, string?> Rows => new()
    {
        { Pointer, "never", "offers no Lightning" },
        { Anna, "never", "offers no Lightning" },
        { Malformed, null, "cannot be read" },
        { Offer, null, "no BOLT 12 offers" },
        { Malformed + "\n" + Pointer, "never", "offers no Lightning" },
        { Anna, "later", null },
        { Pointer + "\n" + Malformed, "later", null },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Pay_ADestination_ParksAtOnceOnlyWhereItCanNeverBePaid(string destination, string? answer, string? reason)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(destination: destination);
        world.Invoices.Answer = _ => Task.FromResult(answer == "later" ? later : never);

        PayReply reply = await world.PayAsync();

        long waits = reply.AgainAtUnixMs!.Value - world.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (reason is null)
        {
            Assert.Equal((1_000, "No answer in 10 s."), (waits, reply.Reason));
            Assert.Empty(await world.PayoutsAsync());
            return;
        }

        PayoutRecord parked = Assert.Single(await world.PayoutsAsync());
        Assert.Equal((PayoutStatus.Parked, destination), (parked.Status, parked.Destination));
        Assert.Contains(reason, parked.Reason, StringComparison.Ordinal);
        Assert.Contains("mesh payouts retry", parked.Reason, StringComparison.Ordinal);
        Assert.Equal((3_600_000, parked.Reason), (waits, reply.Reason));
        Assert.Equal(PayoutWorld.OwedMsat, (await world.AccountAsync()).DebitsPending.Value);
        Assert.Equal(0, world.Node.Sent);
        Assert.True(world.Audit().IsPassed);
    }

    /// <summary>The node says it, after the intent was stored: nothing is tried a second time.</summary>
    [Fact]
    public async Task Pay_ARefundToAnInvoiceOfAnotherNetwork_ParksAtTheNextLook()
    {
        const string mainnet =
            "bolt11:lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqf"
            + "qqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087"
            + "fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";
        await using PayoutWorld world = await PayoutWorld.OpenAsync(Paid.Refund, destination: mainnet);

        Assert.Equal(world.Clock.GetUtcNow().ToUnixTimeMilliseconds(), (await world.PayAsync()).AgainAtUnixMs);
        await world.PayAsync();

        Assert.Equal(
            [PayoutStatus.Parked, PayoutStatus.Failed],
            (await world.PayoutsAsync()).Select(payout => payout.Status).OrderDescending());
        Assert.Equal(1, world.Node.Sent);
        Assert.Contains("another refund destination", (await world.PayAsync()).Reason, StringComparison.Ordinal);
        Assert.True(world.Audit().IsPassed);
    }

    // the first destination -> whether it is asked
    [Theory]
    [InlineData(Pointer, 1)]
    [InlineData(Malformed, 0)]
    public async Task Pay_WhereTheNextDestinationCanBePaid_PaysItInTheSameCall(string first, int asked)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(destination: first + "\n" + Anna);
        world.GiveInvoices();
        world.Invoices.At[first] = never;

        await world.PayAsync();

        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
        Assert.Equal(Anna, Assert.Single(await world.PayoutsAsync()).Destination);
        Assert.Equal(asked, world.Invoices.Asked.Count(text => text == first));

        // Within the hour it is not asked again.
        await world.EarnAsync(2_000);
        await world.PayAsync();
        Assert.Equal(asked, world.Invoices.Asked.Count(text => text == first));
    }

    [Fact]
    public async Task Pay_OneThatCannotBePaidAndOneThatFails_BacksOffAtTheOneThatMayWork()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(destination: Pointer + "\n" + Anna);
        world.Invoices.At[Pointer] = never;
        world.Invoices.At[Anna] = later;
        for (int attempt = 0; attempt < 3; attempt++)
        {
            PayReply reply = await world.PayAsync();
            Assert.Equal("No answer in 10 s.", reply.Reason);
            world.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal([Pointer, Anna, Anna, Anna], world.Invoices.Asked);
        world.Invoices.At.Remove(Anna);
        world.GiveInvoices();
        await world.PayAsync();
        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
    }

    // what becomes of the destinations; null: an hour passes -> paid
    [Theory]
    [InlineData(Anna, true)]
    [InlineData(Pointer + "\n" + Anna, true)]
    [InlineData(Pointer, false)]
    [InlineData(null, true)]
    public async Task Pay_OfMoneyParkedForItsDestination_GoesOnWhenThatChanges(string? named, bool paid)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(destination: Pointer);
        world.GiveInvoices();
        world.Invoices.At[Pointer] = never;
        await world.PayAsync();
        await world.RestartAsync();
        if (named is not null)
        {
            await world.NameAsync(named);
        }
        else
        {
            world.Invoices.At.Clear();
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        await world.PayAsync();

        Assert.Equal(paid ? PayoutWorld.OwedMsat : 0, await world.ReceivedMsatAsync());
        Assert.True(world.Audit().IsPassed);
    }

    [Fact]
    public async Task Pay_ToWhoeverWithdrawsByItself_IsNotParked()
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(
            destination: "withdraw:did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd");
        Assert.Null((await world.PayAsync()).AgainAtUnixMs);
        Assert.Empty(await world.PayoutsAsync());
    }

    /// <summary>Whoever is parked for an hour keeps no other payment from the hub's revenue.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Park_OfMoney_LeavesTheRevenueToOthers(bool restarts)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(destination: Pointer);
        world.Invoices.Answer = _ => Task.FromResult(never);
        await world.PayAsync();
        if (restarts)
        {
            await world.RestartAsync();
        }

        RoutingFeeBudget budget = world.Services.GetRequiredService<RoutingFeeBudget>();
        Assert.Equal(PayoutWorld.RevenueMsat, (await budget.AvailableAsync()).Value);
        await world.PayAsync();
        Assert.Equal(PayoutWorld.RevenueMsat, (await budget.AvailableAsync()).Value);
    }
}
