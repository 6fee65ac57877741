using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Core.Splits;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>
/// Payees, withdrawals and refunds of several channels, in any interleaving of earnings, calls, faults of node, database and addresses,
/// restarts and steps of the clock: of one debt never two payments are alive at the node, and none that was given up; after healing
/// everybody has what was owed less the routing that it bore, each payment under a hash of its own, and the audit is clean.
/// Method: random walks of a world; each property run prints its seed when it fails.
/// </summary>
public sealed class PayoutLawsTests
{
    private const int WalksMax = 25;
    private const int HealingCallsMax = 100;

    private enum Step
    {
        Pay = 0,
        PayNow,
        Earn,
        Withdraw,
        WithdrawHalf,
        Redirect,
        Step,
        StepFar,
        StepBack,
        StepBackFar,
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
        NodeIsEmpty,
        RefuseCommit,
        LoseCommit,
        SameInvoice,
        OtherAmount,
    }

    private static Comparer<Digest> ByText { get; } =
        Comparer<Digest>.Create((left, right) => string.CompareOrdinal(left.ToString(), right.ToString()));

    [Fact]
    public void Pay_AnyInterleaving_PaysEverybodyWhatIsOwedAndNobodyTwice()
    {
        // A third of the first payments is held and a third refused, since a refund is mostly made once. Half of all steps are
        // calls, so that faults meet payments; half of a walk is about one debt.
        Gen<Step> steps = Gen.Frequency(
            (14, Gen.Constant(Step.Pay)),
            (3, Gen.Constant(Step.Earn)),
            (3, Gen.Constant(Step.Withdraw)),
            (4, Gen.Constant(Step.Step)),
            (14, Gen.Elements(Enum.GetValues<Step>())));
        Gen<(long Revenue, (DebtKind Debt, Step Step)[] Steps)> walks =
            from revenue in Gen.Elements(0L, 300L, 40_000L)
            from first in Gen.Elements(Step.Hold, Step.Refuse, Step.Step).ArrayOf(Enum.GetValues<DebtKind>().Length)
            from often in Gen.Elements(Enum.GetValues<DebtKind>())
            from length in Gen.Choose(10, 90)
            from walk in Gen.Zip(Gen.OneOf(Gen.Constant(often), Gen.Elements(Enum.GetValues<DebtKind>())), steps).ArrayOf(length)
            select (revenue, first.Select((step, debt) => ((DebtKind)debt, step)).Concat(walk).ToArray());
        Prop.ForAll(walks.ToArbitrary(), WalkAsync).Check(Config.QuickThrowOnFailure.WithMaxTest(WalksMax));
    }

    private static async Task WalkAsync((long Revenue, (DebtKind Debt, Step Step)[] Steps) walk)
    {
        await using DebtsWorld world = await DebtsWorld.OpenAsync(walk.Revenue);
        foreach ((DebtKind kind, Step step) in walk.Steps)
        {
            await TakeAsync(world, world.Debts[(int)kind], step);
            await RequireBalancedAsync(world);
        }

        await HealAsync(world);
        await RequirePaidAsync(world);
    }

    private static async Task TakeAsync(DebtsWorld world, Debt debt, Step step)
    {
        switch (step)
        {
            case Step.Pay:
                await TryAsync(world, () => world.Grain(debt).PayAsync());
                break;
            case Step.PayNow:
                await TryAsync(world, () => world.Grain(debt).PayNowAsync());
                break;
            case Step.Earn when !debt.IsRefund:
                await world.EarnAsync(debt, 2_000, revenueMsat: 60);
                break;
            case Step.Withdraw or Step.WithdrawHalf when !debt.IsRefund:
                await TryAsync(world, () => world.WithdrawAsync(debt, isHalf: step == Step.WithdrawHalf));
                break;
            case Step.Redirect when debt.Kind == DebtKind.RefundByInvoice:
                await world.RedirectAsync(debt);
                break;
            case Step.RestartHub:
                await world.RestartAsync();
                break;
            case Step.RestartNode:
                await world.RestartNodeAsync();
                break;
            case Step.RefuseCommit:
                world.Database.RefuseAfter(0);
                break;
            case Step.LoseCommit:
                world.Database.LoseAnswerAfter(0);
                break;
            case Step.SameInvoice:
                world.GivesTheSameInvoice = true;
                break;
            case Step.OtherAmount:
                world.GivesAnotherAmount = true;
                break;
            case Step.Step or Step.StepFar or Step.StepBack or Step.StepBackFar:
                world.Clock.Advance(step switch
                {
                    Step.Step => TimeSpan.FromSeconds(3),
                    Step.StepFar => TimeSpan.FromHours(5),
                    Step.StepBack => TimeSpan.FromMinutes(-10),
                    _ => TimeSpan.FromHours(-7),
                });
                break;
            default:
                await TakeAtNodeAsync(world, debt, step);
                break;
        }
    }

    private static async Task TakeAtNodeAsync(DebtsWorld world, Debt debt, Step step)
    {
        switch (step)
        {
            case Step.NodeDown or Step.NodeUp:
                world.Node.IsDown = step == Step.NodeDown;
                world.Node.SpendableMsat = null;
                break;
            case Step.NodeIsEmpty:
                world.Node.SpendableMsat = 0;
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
            case Step.DearRoute:
                world.Node.DearRoutes = 1;
                break;
            case Step.Hold:
                await world.Network.HoldNextAsync(debt.Wallet.Name, 1);
                break;
            case Step.Refuse:
                await world.Network.RefuseNextAsync(debt.Wallet.Name, 1);
                break;
            case Step.SettleHeld or Step.FailHeld:
                await ResolveHeldAsync(world, debt, settles: step == Step.SettleHeld);
                break;
            default:
                break;
        }
    }

    /// <summary>A call that dies takes its hub with it.</summary>
    private static async Task TryAsync(DebtsWorld world, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (HubDiedException)
        {
            await world.RestartAsync();
        }
        catch (LedgerUnavailableException)
        {
            // The next activation loads what is stored.
        }
    }

    private static async Task ResolveHeldAsync(DebtsWorld world, Debt debt, bool settles)
    {
        foreach (Digest hash in (await debt.PayoutsAsync(world.Ledger)).Select(payout => payout.PaymentHash).OfType<Digest>())
        {
            _ = settles ? await world.Network.SettleHeldAsync(hash) : await world.Network.FailHeldAsync(hash);
        }
    }

    private static async Task RequireBalancedAsync(DebtsWorld world)
    {
        Payment[] alive =
        [
            .. (await world.Network.Hub.ListPaymentsAsync(10_000))
                .Where(payment => payment.Status is PaymentStatus.Pending or PaymentStatus.Succeeded),
        ];
        foreach (Debt debt in world.Debts)
        {
            LedgerAccount account = await debt.AccountAsync(world.Ledger);
            IReadOnlyList<PayoutRecord> payouts = await debt.PayoutsAsync(world.Ledger);
            Digest[] booked = [.. HashesOf(payouts, PayoutStatus.Succeeded)];
            Digest[] open = [.. HashesOf(payouts, PayoutStatus.Intended, PayoutStatus.Sent)];
            Digest[] sent = [.. payouts.Select(payout => payout.PaymentHash).OfType<Digest>()];
            Digest[] live = [.. alive.Select(payment => payment.PaymentHash).Where(hash => sent.Contains(hash) && !booked.Contains(hash))];

            Assert.True(live.Length <= 1, $"{debt.Kind}: {live.Length} payments are alive at once.");
            Assert.True(live.All(open.Contains), $"{debt.Kind}: a payment is alive that was given up.");
            Assert.InRange(payouts.Count(IsOpen), 0, 1);
            Assert.Equal(booked.Length, booked.Distinct().Count());
            Assert.Equal(debt.EarnedMsat, debt.PaidMsat(account) + account.DebitsPending.Value + account.Available.Value);
            Assert.InRange(await debt.ReceivedMsatAsync(), AmountOf(payouts), debt.EarnedMsat);
        }
    }

    /// <summary>Nothing fails any more, time passes, and everybody is called until nothing moves.</summary>
    private static async Task HealAsync(DebtsWorld world)
    {
        (world.Node.IsDown, world.Node.SpendableMsat, world.Node.DearRoutes) = (false, null, 0);
        foreach (Debt debt in world.Debts)
        {
            await world.Network.HoldNextAsync(debt.Wallet.Name, 0);
            await world.Network.RefuseNextAsync(debt.Wallet.Name, 0);
            for (int call = 0; call < HealingCallsMax; call++)
            {
                await ResolveHeldAsync(world, debt, settles: true);
                if (debt.Kind == DebtKind.RefundByInvoice)
                {
                    await world.RedirectAsync(debt);
                }

                await TryAsync(world, () => world.Grain(debt).PayAsync());
                if (debt.Kind == DebtKind.PayeeWhoWithdraws)
                {
                    await TryAsync(world, () => world.WithdrawAsync(debt, isHalf: false));
                    await TryAsync(world, () => world.Grain(debt).PayAsync());
                }

                LedgerAccount account = await debt.AccountAsync(world.Ledger);
                if (account.DebitsPending.IsZero && account.Available.IsZero)
                {
                    break;
                }

                world.Clock.Advance(TimeSpan.FromMinutes(90));
            }
        }
    }

    private static async Task RequirePaidAsync(DebtsWorld world)
    {
        var all = new List<PayoutRecord>();
        foreach (Debt debt in world.Debts)
        {
            LedgerAccount account = await debt.AccountAsync(world.Ledger);
            IReadOnlyList<PayoutRecord> paid = [.. (await debt.PayoutsAsync(world.Ledger)).Where(IsPaid)];
            long bears = debt.PaidMsat(account) - AmountOf(paid);
            string what = $"{debt.Kind}: {account.Available} left, {account.DebitsPending} pending, {bears} msat borne.";

            // What is left is less than anybody pays a route for: dust of a refund, less than the threshold of a payee.
            Assert.True(account.DebitsPending.IsZero && IsTooLittle(debt, account.Available), what);
            Assert.Equal(debt.EarnedMsat, debt.PaidMsat(account) + account.Available.Value);
            Assert.Equal(AmountOf(paid), await debt.ReceivedMsatAsync());
            Assert.True(bears >= 0 && bears <= paid.Sum(payout => payout.FeePaid.Value), what);
            all.AddRange(paid);
        }

        Payment[] sent =
            [.. (await world.Network.Hub.ListPaymentsAsync(10_000)).Where(payment => payment.Status == PaymentStatus.Succeeded)];
        long spent = world.FundsMsat - (await world.Network.Hub.GetBalanceAsync()).Spendable.Value;
        Assert.Equal(
            all.Select(payout => payout.PaymentHash!.Value).Order(ByText), sent.Select(payment => payment.PaymentHash).Order(ByText));
        Assert.Equal(all.Count, all.Select(payout => payout.PaymentHash).Distinct().Count());
        Assert.Equal(spent, all.Sum(payout => payout.Amount.Value + payout.FeePaid.Value));
        Assert.Empty(world.Audit().Checks.Where(check => !check.IsPassed).Select(check => $"{check.Name}: {check.Detail}"));
    }

    private static bool IsTooLittle(Debt debt, Msat left) => debt.IsRefund
        ? PayoutPolicy.Default.DecideRefund(left, Msat.Max, RouteExperience.None, Msat.Zero) is null
        : left < PayoutTerms.Default.Threshold;

    private static IEnumerable<Digest> HashesOf(IEnumerable<PayoutRecord> payouts, params PayoutStatus[] statuses) =>
        payouts.Where(payout => statuses.Contains(payout.Status)).Select(payout => payout.PaymentHash).OfType<Digest>();

    private static long AmountOf(IEnumerable<PayoutRecord> payouts) => payouts.Where(IsPaid).Sum(payout => payout.Amount.Value);

    private static bool IsPaid(PayoutRecord payout) => payout.Status == PayoutStatus.Succeeded;

    private static bool IsOpen(PayoutRecord payout) => payout.Status is PayoutStatus.Intended or PayoutStatus.Sent or PayoutStatus.Parked;
}
