using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>
/// For any interleaving of earnings, calls, faults of node and database, restarts and steps of the clock: earned = paid + pending + owed
/// at every moment, the payee has never more than was booked as sent, and after healing paid = earned, each under a hash of its own.
/// Method: random walks of a world; each property run prints its seed when it fails.
/// </summary>
public sealed class PayoutLawsTests
{
    private const int WalksMax = 25;

    private enum Step
    {
        Pay = 0,
        Earn,
        Step,
        StepFar,
        StepBack,
        RestartHub,
        RestartNode,
        NodeDown,
        NodeUp,
        HubDiesBeforeSending,
        HubDiesAfterSending,
        AnswerIsLost,
        Hold,
        SettleHeld,
        FailHeld,
        Refuse,
        DearRoute,
        RefuseCommit,
        LoseCommit,
        PayNow,
    }

    [Fact]
    public void Pay_AnyInterleaving_PaysWhatIsEarnedAndNoHashTwice()
    {
        // Half of all steps are calls, so that faults meet payments.
        Gen<Step> steps = Gen.Frequency((12, Gen.Constant(Step.Pay)), (4, Gen.Constant(Step.Earn)), (4, Gen.Constant(Step.Step)),
            (12, Gen.Elements(Enum.GetValues<Step>())));
        Gen<(Paid Paid, Step[] Steps)> walks =
            from paid in Gen.Elements(Paid.PayeeByKeysend, Paid.PayeeByInvoice)
            from length in Gen.Choose(5, 60)
            from walk in steps.ArrayOf(length)
            select (paid, walk);
        Prop.ForAll(walks.ToArbitrary(), WalkAsync).Check(Config.QuickThrowOnFailure.WithMaxTest(WalksMax));
    }

    private static async Task WalkAsync((Paid Paid, Step[] Steps) walk)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(walk.Paid);
        long earned = PayoutWorld.OwedMsat;
        foreach (Step step in walk.Steps)
        {
            if (step == Step.Earn)
            {
                earned += 2_000;
                await EarnAsync(world);
            }
            else
            {
                await TakeAsync(world, step);
            }

            await RequireBalancedAsync(world, earned);
        }

        await HealAsync(world, earned);
    }

    private static async Task TakeAsync(PayoutWorld world, Step step)
    {
        switch (step)
        {
            case Step.Pay:
                await TryAsync(world, () => world.PayAsync());
                break;
            case Step.PayNow:
                await TryAsync(world, () => world.Grain().PayNowAsync());
                break;
            case Step.Step:
                world.Clock.Advance(TimeSpan.FromSeconds(3));
                break;
            case Step.StepFar:
                world.Clock.Advance(TimeSpan.FromHours(5));
                break;
            case Step.StepBack:
                world.Clock.Advance(TimeSpan.FromMinutes(-10));
                break;
            case Step.RestartHub:
                await world.RestartAsync();
                break;
            case Step.RestartNode:
                await world.RestartNodeAsync();
                break;
            case Step.NodeDown or Step.NodeUp:
                world.Node.IsDown = step == Step.NodeDown;
                break;
            case Step.HubDiesBeforeSending:
                world.Node.HubDiesBeforeSending = true;
                break;
            case Step.HubDiesAfterSending:
                world.Node.HubDiesAfterSending = true;
                break;
            case Step.AnswerIsLost:
                world.Node.SilentAfterSending = 2;
                break;
            case Step.Hold:
                await world.Network.HoldNextAsync("payee", 1);
                break;
            case Step.SettleHeld or Step.FailHeld:
                await ResolveHeldAsync(world, settles: step == Step.SettleHeld);
                break;
            case Step.Refuse:
                await world.Network.RefuseNextAsync("payee", 1);
                break;
            case Step.DearRoute:
                world.Node.DearRoutes = 1;
                break;
            case Step.RefuseCommit:
                world.Database.RefuseAfter(0);
                break;
            case Step.LoseCommit:
                world.Database.LoseAnswerAfter(0);
                break;
            default:
                break;
        }
    }

    /// <summary>A call that dies takes its hub with it.</summary>
    private static async Task TryAsync(PayoutWorld world, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception exception) when (exception is HubDiedException)
        {
            await world.RestartAsync();
        }
        catch (Exception exception) when (exception is LedgerUnavailableException)
        {
            // The next activation loads what is stored.
        }
    }

    private static async Task EarnAsync(PayoutWorld world)
    {
        // What the payee earns is booked by another grain, whose own faults are tested there.
        world.Database.RefuseAfter(-1);
        world.Database.LoseAnswerAfter(-1);
        await world.EarnAsync(2_000, revenueMsat: 60);
    }

    private static async Task ResolveHeldAsync(PayoutWorld world, bool settles)
    {
        foreach (PayoutRecord payout in await world.PayoutsAsync())
        {
            if (payout.PaymentHash is { } hash)
            {
                _ = settles ? await world.Network.SettleHeldAsync(hash) : await world.Network.FailHeldAsync(hash);
            }
        }
    }

    private static async Task RequireBalancedAsync(PayoutWorld world, long earned)
    {
        LedgerAccount account = await world.AccountAsync();
        Assert.Equal(earned, account.CreditsPosted.Value);
        Assert.Equal(earned, account.DebitsPosted.Value + account.DebitsPending.Value + account.Available.Value);

        // What arrived is booked, or is the one payment that is still under way.
        long received = await world.ReceivedMsatAsync();
        Assert.InRange(received, (await SucceededAsync(world)).Sum(payout => payout.Amount.Value), earned);
        Assert.InRange((await world.PayoutsAsync()).Count(IsOpen), 0, 1);
    }

    private static async Task HealAsync(PayoutWorld world, long earned)
    {
        world.Node.IsDown = false;
        await world.Network.HoldNextAsync("payee", 0);
        await world.Network.RefuseNextAsync("payee", 0);
        for (int call = 0; call < 100; call++)
        {
            await ResolveHeldAsync(world, settles: true);
            await TryAsync(world, () => world.PayAsync());
            world.Clock.Advance(TimeSpan.FromMinutes(90));
            LedgerAccount account = await world.AccountAsync();
            if (account.Available.IsZero && account.DebitsPending.IsZero)
            {
                break;
            }
        }

        IReadOnlyList<PayoutRecord> paid = await SucceededAsync(world);
        IReadOnlyList<Payment> sent =
            [.. (await world.Network.Hub.ListPaymentsAsync(1_000)).Where(payment => payment.Status == PaymentStatus.Succeeded)];
        long routing = earned - paid.Sum(payout => payout.Amount.Value);
        Assert.Equal(earned, (await world.AccountAsync()).DebitsPosted.Value);
        Assert.Equal(earned - routing, await world.ReceivedMsatAsync());
        Assert.InRange(routing, 0, paid.Sum(payout => payout.FeePaid.Value));
        Assert.Equal(paid.Count, sent.Count);
        Assert.Equal(paid.Select(payout => payout.PaymentHash!.Value).Order(ByText), sent.Select(payment => payment.PaymentHash).Order(ByText));
        Assert.Equal(paid.Count, paid.Select(payout => payout.PaymentHash).Distinct().Count());
        Assert.Empty(world.Audit().Checks.Where(check => !check.IsPassed).Select(check => $"{check.Name}: {check.Detail}"));
    }

    private static Comparer<Digest> ByText { get; } =
        Comparer<Digest>.Create((left, right) => string.CompareOrdinal(left.ToString(), right.ToString()));

    private static bool IsOpen(PayoutRecord payout) =>
        payout.Status is PayoutStatus.Intended or PayoutStatus.Sent or PayoutStatus.Parked;

    private static async Task<IReadOnlyList<PayoutRecord>> SucceededAsync(PayoutWorld world) =>
        [.. (await world.PayoutsAsync()).Where(payout => payout.Status == PayoutStatus.Succeeded)];
}
