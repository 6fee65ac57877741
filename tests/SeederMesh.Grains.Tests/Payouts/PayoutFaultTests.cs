using Microsoft.Extensions.Hosting;
using SeederMesh.Core.Identity;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Audit;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>What goes wrong while somebody is paid, in the order of the steps of a payment.</summary>
public enum Fault
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The reservation is not durable, and the hub starts again.</summary>
    HubDiesBeforeReserving,

    /// <summary>The reservation is durable, nobody was told, and the hub starts again.</summary>
    HubDiesAfterReserving,

    /// <summary>The hub dies with the payment in its hand.</summary>
    HubDiesBeforeSending,

    /// <summary>The payment was made, and the hub dies before it hears of it.</summary>
    HubDiesAfterSending,

    /// <summary>The payment was made and heard of, and the hub dies before that is booked.</summary>
    HubDiesBeforeBooking,

    /// <summary>The payment is booked, nobody was told, and the hub starts again.</summary>
    HubDiesAfterBooking,

    /// <summary>The hub dies after each call.</summary>
    HubDiesAllTheTime,

    /// <summary>The database refuses the reservation.</summary>
    DatabaseRefusesReservation,

    /// <summary>The database makes the reservation durable and says that it failed.</summary>
    DatabaseLosesReservation,

    /// <summary>The database refuses to book what was paid.</summary>
    DatabaseRefusesBooking,

    /// <summary>The database books what was paid and says that it failed.</summary>
    DatabaseLosesBooking,

    /// <summary>The payment fails, and the database refuses to give the money back.</summary>
    DatabaseRefusesVoid,

    /// <summary>The payment fails, and the database gives the money back and says that it did not.</summary>
    DatabaseLosesVoid,

    /// <summary>The node cannot be reached for an hour.</summary>
    NodeIsDown,

    /// <summary>The node dies with the payment in flight, and comes back with it.</summary>
    NodeDiesWithPaymentInFlight,

    /// <summary>The node dies after the payment was made, and its answer is lost.</summary>
    NodeDiesAfterPaying,

    /// <summary>The answer is lost after success, and the node cannot say for a while.</summary>
    AnswerIsLost,

    /// <summary>Pending for three days, then settled.</summary>
    PendingThenSettled,

    /// <summary>Pending for three days, then failed.</summary>
    PendingThenFailed,

    /// <summary>Two hubs hear of the same settlement.</summary>
    SettledTwice,

    /// <summary>The node's clock is a day ahead.</summary>
    NodeClockAhead,

    /// <summary>The node's clock is a day behind.</summary>
    NodeClockBehind,

    /// <summary>The hub's clock goes back an hour while the payment is in flight.</summary>
    HubClockGoesBack,
}

/// <summary>
/// The fault matrix of payouts and refunds. In every cell: exactly one payment at the network, the ledger true, who is paid sees it.
/// Method: one fault in the first call of the grain, then calls with time passing until nothing is owed, then more calls and a restart.
/// </summary>
public sealed class PayoutFaultTests
{
    private const int CallsMax = 60;

    public static TheoryData<Fault, Paid> Cells
    {
        get
        {
            var cells = new TheoryData<Fault, Paid>();
            foreach (Fault fault in Enum.GetValues<Fault>())
            {
                foreach (Paid paid in Enum.GetValues<Paid>())
                {
                    cells.Add(fault, paid);
                }
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Pay_WithAFault_PaysExactlyOnceAndTheLedgerIsTrue(Fault fault, Paid paid)
    {
        TimeSpan skew = fault switch
        {
            Fault.NodeClockAhead => TimeSpan.FromDays(1),
            Fault.NodeClockBehind => TimeSpan.FromDays(-1),
            _ => TimeSpan.Zero,
        };
        await using PayoutWorld world = await PayoutWorld.OpenAsync(paid, skew);
        await StrikeAsync(world, fault);
        await HealAsync(world, restartsEachTime: fault == Fault.HubDiesAllTheTime);
        bool fails = fault is Fault.PendingThenFailed or Fault.DatabaseRefusesVoid or Fault.DatabaseLosesVoid;
        await RequirePaidOnceAsync(world, failuresMax: fails ? 1 : 0);

        // Whoever asks again, or starts again, pays nothing.
        world.Clock.Advance(TimeSpan.FromHours(2));
        await world.PayAsync();
        await world.RestartAsync();
        await world.PayAsync();
        await RequirePaidOnceAsync(world, failuresMax: 1);
    }

    private static async Task StrikeAsync(PayoutWorld world, Fault fault)
    {
        switch (fault)
        {
            case Fault.HubDiesBeforeReserving:
                world.Database.RefuseAfter(0);
                await DieAsync<LedgerUnavailableException>(world);
                break;
            case Fault.HubDiesAfterReserving:
                world.Database.LoseAnswerAfter(0);
                await DieAsync<LedgerUnavailableException>(world);
                Assert.NotEqual(0, (await world.AccountAsync()).DebitsPending.Value);
                break;
            case Fault.HubDiesBeforeSending:
                world.Node.HubDiesBeforeSending = true;
                await DieAsync<HubDiedException>(world);
                break;
            case Fault.HubDiesAfterSending:
                world.Node.HubDiesAfterSending = true;
                await DieAsync<HubDiedException>(world);
                break;
            case Fault.HubDiesBeforeBooking:
                world.Database.RefuseAfter(1);
                await DieAsync<LedgerUnavailableException>(world);
                break;
            case Fault.HubDiesAfterBooking:
                world.Database.LoseAnswerAfter(1);
                await DieAsync<LedgerUnavailableException>(world);
                Assert.Equal(0, (await world.AccountAsync()).DebitsPending.Value);
                break;
            case Fault.DatabaseRefusesReservation:
                world.Database.RefuseAfter(0);
                await Assert.ThrowsAsync<LedgerUnavailableException>(world.PayAsync);
                Assert.Equal((0, 0), (world.Node.Sent, (await world.PayoutsAsync()).Count));
                break;
            case Fault.DatabaseLosesReservation:
                world.Database.LoseAnswerAfter(0);
                await Assert.ThrowsAsync<LedgerUnavailableException>(world.PayAsync);
                Assert.Equal((0, 1), (world.Node.Sent, (await world.PayoutsAsync()).Count));
                break;
            case Fault.DatabaseRefusesBooking:
                world.Database.RefuseAfter(1);
                await Assert.ThrowsAsync<LedgerUnavailableException>(world.PayAsync);
                Assert.Equal(PayoutStatus.Sent, (await world.PayoutsAsync())[0].Status);
                break;
            case Fault.DatabaseLosesBooking:
                world.Database.LoseAnswerAfter(1);
                await Assert.ThrowsAsync<LedgerUnavailableException>(world.PayAsync);
                break;
            case Fault.DatabaseRefusesVoid:
                await world.Network.RefuseNextAsync("payee", 1);
                world.Database.RefuseAfter(1);
                await Assert.ThrowsAsync<LedgerUnavailableException>(world.PayAsync);
                break;
            case Fault.DatabaseLosesVoid:
                await world.Network.RefuseNextAsync("payee", 1);
                world.Database.LoseAnswerAfter(1);
                await Assert.ThrowsAsync<LedgerUnavailableException>(world.PayAsync);
                break;
            default:
                await StrikeNodeAsync(world, fault);
                break;
        }
    }

    private static async Task StrikeNodeAsync(PayoutWorld world, Fault fault)
    {
        switch (fault)
        {
            case Fault.NodeIsDown:
                world.Node.IsDown = true;
                for (int minute = 0; minute < 60; minute++)
                {
                    await world.PayAsync();
                    world.Clock.Advance(TimeSpan.FromMinutes(1));
                }

                Assert.Empty(await world.PayoutsAsync());
                world.Node.IsDown = false;
                break;
            case Fault.NodeDiesWithPaymentInFlight:
                await HoldAsync(world);
                world.Node.IsDown = true;
                await world.RestartNodeAsync();
                await WaitInFlightAsync(world, TimeSpan.FromMinutes(10));
                world.Node.IsDown = false;
                await WaitInFlightAsync(world, TimeSpan.FromMinutes(10));
                Assert.True(await world.Network.SettleHeldAsync(await HashAsync(world)));
                break;
            case Fault.NodeDiesAfterPaying:
                world.Node.SilentAfterSending = 0;
                await world.PayAsync();
                world.Node.IsDown = true;
                await world.RestartNodeAsync();
                await WaitInFlightAsync(world, TimeSpan.FromMinutes(10));
                world.Node.IsDown = false;
                break;
            case Fault.AnswerIsLost:
                world.Node.SilentAfterSending = 3;
                await world.PayAsync();
                await WaitInFlightAsync(world, TimeSpan.FromMinutes(1));
                break;
            case Fault.PendingThenSettled:
                await HoldAsync(world);
                await WaitInFlightAsync(world, TimeSpan.FromDays(3));
                Assert.True(await world.Network.SettleHeldAsync(await HashAsync(world)));
                break;
            case Fault.PendingThenFailed:
                await HoldAsync(world);
                await WaitInFlightAsync(world, TimeSpan.FromDays(3));
                Assert.True(await world.Network.FailHeldAsync(await HashAsync(world)));
                break;
            case Fault.SettledTwice:
                await HoldAsync(world);
                using (IHost twin = await world.StartTwinAsync())
                {
                    world.Clock.Advance(TimeSpan.FromMinutes(1));
                    await world.PayAsync(twin);
                    Assert.True(await world.Network.SettleHeldAsync(await HashAsync(world)));
                    await world.PayAsync();
                    world.Clock.Advance(TimeSpan.FromMinutes(1));
                    await Assert.ThrowsAnyAsync<StaleGrainException>(() => world.PayAsync(twin));
                    await world.PayAsync(twin);
                    await twin.StopAsync();
                }

                break;
            case Fault.HubClockGoesBack:
                await HoldAsync(world);
                world.Clock.Advance(TimeSpan.FromHours(-1));
                await WaitInFlightAsync(world, TimeSpan.FromMinutes(1));
                Assert.True(await world.Network.SettleHeldAsync(await HashAsync(world)));
                break;
            default:
                break;
        }
    }

    private static async Task DieAsync<TException>(PayoutWorld world)
        where TException : Exception
    {
        await Assert.ThrowsAsync<TException>(world.PayAsync);
        await world.RestartAsync();
    }

    private static async Task HoldAsync(PayoutWorld world)
    {
        await world.Network.HoldNextAsync("payee", 1);
        await world.PayAsync();
        Assert.Equal(PaymentStatus.Pending, (await world.Network.Hub.LookUpPaymentAsync(await HashAsync(world))).Status);
    }

    /// <summary>Time passes, and whatever the grain does meanwhile, the payment stays the only one.</summary>
    private static async Task WaitInFlightAsync(PayoutWorld world, TimeSpan time)
    {
        for (int call = 0; call < 4; call++)
        {
            world.Clock.Advance(time / 4);
            await world.PayAsync();
            Assert.Single(await world.PayoutsAsync());
        }
    }

    private static async Task<Digest> HashAsync(PayoutWorld world) => (await world.PayoutsAsync())[0].PaymentHash!.Value;

    private static async Task HealAsync(PayoutWorld world, bool restartsEachTime)
    {
        for (int call = 0; call < CallsMax; call++)
        {
            LedgerAccount account = await world.AccountAsync();
            if (account.Available.IsZero && account.DebitsPending.IsZero)
            {
                return;
            }

            await world.PayAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(2));
            if (restartsEachTime)
            {
                await world.RestartAsync();
            }
        }

        Assert.Fail($"Still owed after {CallsMax} calls: {string.Join("; ", await world.PayoutsAsync())}");
    }

    private static async Task RequirePaidOnceAsync(PayoutWorld world, int failuresMax)
    {
        LedgerAccount account = await world.AccountAsync();
        IReadOnlyList<PayoutRecord> payouts = await world.PayoutsAsync();
        PayoutRecord paid = Assert.Single(payouts, payout => payout.Status == PayoutStatus.Succeeded);
        IReadOnlyList<Payment> sent = await world.Network.Hub.ListPaymentsAsync(1_000);
        IReadOnlyList<Invoice> received = await world.Wallet.ListInvoicesAsync(1_000);

        Assert.Equal(PayoutWorld.OwedMsat, await world.ReceivedMsatAsync());
        Assert.Single(sent, payment => payment.Status == PaymentStatus.Succeeded);
        Assert.Single(received, invoice => invoice.Status == Lightning.InvoiceStatus.Settled);
        Assert.InRange(payouts.Count, 1, 1 + failuresMax);
        Assert.Equal(payouts.Count, payouts.Select(payout => payout.PaymentHash).Distinct().Count());
        Assert.Equal((0L, 0L), (account.DebitsPending.Value, account.Available.Value));
        Assert.Equal((PayoutWorld.OwedMsat, paid.PaymentHash), (paid.Amount.Value, Digest.Of(paid.Preimage!.Value.Span)));
        IReadOnlyList<PayoutLineRecord> lines = await world.Ledger.Reader.ListPayoutLinesAsync(paid.Id);
        Assert.Equal(paid.PayeeId.IsNone ? 0 : PayoutWorld.OwedMsat, lines.Sum(line => line.Amount.Value));
        Assert.Empty(world.Audit().Checks.Where(check => !check.IsPassed).Select(check => $"{check.Name}: {check.Detail}"));
    }
}
