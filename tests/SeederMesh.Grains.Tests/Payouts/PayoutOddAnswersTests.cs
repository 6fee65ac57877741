using SeederMesh.Core.Money;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>Addresses that answer with the wrong invoice, destinations that change while a payment is in flight, and a node that has
/// nothing for a while: each is paid once, and the reason says what is wrong.</summary>
public sealed class PayoutOddAnswersTests
{
    private const string Anna = "lnaddress:anna@example.org";

    // what the address gives for the second payment -> what the reason says
    [Theory]
    [InlineData("the paid one", "used before")]
    [InlineData("one over more", "The invoice asks for")]
    [InlineData("one over any amount", "any amount")]
    [InlineData("no invoice", "cannot be read")]
    public async Task Pay_AnAddressThatGivesTheWrongInvoice_IsNotPaidAndSaysWhy(string given, string reason)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(destination: Anna);
        world.GiveInvoices();
        await world.PayAsync();
        string paid = (await world.PayoutsAsync())[0].Invoice!;
        await world.EarnAsync(PayoutWorld.OwedMsat, revenueMsat: 1_000);
        world.Invoices.Answer = async amount => new FetchedInvoice(
            given switch
            {
                "the paid one" => paid,
                "one over more" => await InvoiceAsync(world.Wallet, amount + Msat.From(1)),
                "one over any amount" => await InvoiceAsync(world.Wallet, amount: null),
                _ => "lnbcrt1",
            },
            "");
        for (int look = 0; look < 3; look++)
        {
            PayReply reply = await world.PayAsync();
            Assert.Contains(reason, reply.Reason, StringComparison.Ordinal);
            world.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal((PayoutWorld.OwedMsat, 1), (await world.ReceivedMsatAsync(), world.Node.Sent));
        world.GiveInvoices("again");
        await world.PayAsync();
        Assert.Equal((2 * PayoutWorld.OwedMsat, 2), (await world.ReceivedMsatAsync(), world.Node.Sent));
        Assert.True(world.Audit().IsPassed);
    }

    // what becomes of the payment in flight -> what reaches the old wallet, and the new one
    [Theory]
    [InlineData(true, PayoutWorld.OwedMsat, 2_000)]
    [InlineData(false, 0, PayoutWorld.OwedMsat + 2_000)]
    public async Task Pay_OfAPayeeThatMovesWhileAPaymentIsInFlight_GoesToOneOfThem(bool settles, long before, long after)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync();
        await world.Network.OpenWalletAsync("elsewhere", new string('b', 64), Msat.Zero);
        EmbeddedNode elsewhere = await world.Network.NodeAsync("elsewhere");
        await world.Network.HoldNextAsync("payee", 1);
        await world.PayAsync();
        await world.NameAsync("keysend:" + (await elsewhere.GetInfoAsync()).NodeId);
        await world.EarnAsync(2_000, revenueMsat: 1_000);
        for (int look = 0; look < 4; look++)
        {
            await world.PayAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(5));
        }

        PayoutRecord held = Assert.Single(await world.PayoutsAsync());
        _ = settles
            ? await world.Network.SettleHeldAsync(held.PaymentHash!.Value)
            : await world.Network.FailHeldAsync(held.PaymentHash!.Value);
        for (int look = 0; look < 4; look++)
        {
            await world.PayAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(5));
        }

        Assert.Equal((before, after), (await world.ReceivedMsatAsync(), (await elsewhere.GetBalanceAsync()).Spendable.Value));
        Assert.True(world.Audit().IsPassed);
    }

    [Theory]
    [InlineData(Paid.PayeeByKeysend)]
    [InlineData(Paid.PayeeByInvoice)]
    [InlineData(Paid.Refund)]
    public async Task Pay_WhileTheNodeHasNothingForAMinute_WaitsWithTheReasonAndCountsNoFailure(Paid paid)
    {
        await using PayoutWorld world = await PayoutWorld.OpenAsync(paid);
        world.Node.SpendableMsat = 0;
        for (int look = 0; look < 12; look++)
        {
            Assert.Contains("outgoing liquidity", (await world.PayAsync()).Reason, StringComparison.Ordinal);
            world.Clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Empty(await world.PayoutsAsync());
        world.Node.SpendableMsat = null;
        await world.PayAsync();
        Assert.Equal((PayoutWorld.OwedMsat, 1), (await world.ReceivedMsatAsync(), world.Node.Sent));
        Assert.True(world.Audit().IsPassed);
    }

    private static async Task<string> InvoiceAsync(EmbeddedNode wallet, Msat? amount) => (await wallet.CreateInvoiceAsync(
        new InvoiceRequest(Guid.NewGuid().ToString("N"), amount, "odd"))).Required().Bolt11;
}
