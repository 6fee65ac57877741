using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>
/// A payout that is interrupted at each step, with and without a restart: the payee gets exactly what is owed, once, under one hash.
/// Method: the node dies at a chosen point, and the grain is called until nothing is owed, and then again.
/// </summary>
public sealed class PayoutCrashTests
{
    [Theory]
    [InlineData(Crash.None, false)]
    [InlineData(Crash.None, true)]
    [InlineData(Crash.BeforeSending, false)]
    [InlineData(Crash.BeforeSending, true)]
    [InlineData(Crash.AfterSending, false)]
    [InlineData(Crash.AfterSending, true)]
    [InlineData(Crash.WhileAsking, false)]
    [InlineData(Crash.WhileAsking, true)]
    public Task Pay_InterruptedAtAStep_PaysExactlyOnceUnderOneHash(Crash crash, bool restarts) =>
        PaysOnceAsync(crash, restarts, toOffer: false);

    [Theory]
    [InlineData(Crash.None)]
    [InlineData(Crash.BeforeSending)]
    [InlineData(Crash.AfterSending)]
    public async Task Pay_ToAnOffer_PaysOneInvoiceOfItOnce(Crash crash) =>
        Assert.NotNull((await PaysOnceAsync(crash, restarts: true, toOffer: true)).Invoice);

    private static async Task<PayoutRecord> PaysOnceAsync(Crash crash, bool restarts, bool toOffer)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(toOffer);
        world.Node.Next = crash;
        bool died = false;
        for (int call = 0; call < 20; call++)
        {
            try
            {
                await world.PayAsync();
            }
            catch (InvalidOperationException)
            {
                died = true;
            }

            if (call < 2 && restarts)
            {
                await world.RestartAsync();
            }
        }

        Assert.Equal(crash is Crash.BeforeSending or Crash.AfterSending, died);
        LedgerAccount account = await world.AccountAsync();
        PayoutRecord payout = Assert.Single(await world.PayoutsAsync());
        Assert.Equal(
            (PayoutWorld.OwedMsat, PayoutWorld.OwedMsat, 0L, 1),
            (await world.ReceivedMsatAsync(), account.DebitsPosted.Value, account.DebitsPending.Value, world.Node.Sent));
        Assert.Equal((PayoutStatus.Succeeded, payout.PaymentHash), (payout.Status, Core.Identity.Digest.Of(payout.Preimage!.Value.Span)));
        return payout;
    }
}
