using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Lightning.Tests.Embedded;

/// <summary>Goal: play money moves as Lightning money does, and the books are always true. Method: a real file, real invoices, scripted failures.</summary>
public sealed class EmbeddedNetworkTests : IAsyncLifetime
{
    private const string AliceToken = "a11ce0000000000000000000000000a1";
    private const string BobToken = "b0b00000000000000000000000000b0b";

    private static readonly Msat feeMax = Msat.From(10_000);

    private readonly TemporaryFolder folder = new();
    private readonly ManualClock clock = new();
    private EmbeddedNetwork network = null!;
    private EmbeddedNode alice = null!;
    private EmbeddedNode bob = null!;

    private string DatabasePath => folder.File("lightning.db");

    public async ValueTask InitializeAsync()
    {
        await OpenAsync();
        Assert.Equal(OpenWalletResult.Opened, await network.OpenWalletAsync("alice", AliceToken, Msat.FromSatoshi(100_000)));
        Assert.Equal(OpenWalletResult.Opened, await network.OpenWalletAsync("bob", BobToken, Msat.FromSatoshi(100_000)));
        alice = await network.NodeAsync("alice");
        bob = await network.NodeAsync("bob");
    }

    public async ValueTask DisposeAsync()
    {
        await network.DisposeAsync();
        EmbeddedNetworkAudit audit = EmbeddedNetworkAudit.Run(DatabasePath);
        folder.Dispose();
        Assert.Empty(audit.Findings);
    }

    [Fact]
    public async Task PayAsync_InvoiceOfWalletOverTwoHops_MovesAmountAndFee()
    {
        Msat before = (await network.Hub.GetBalanceAsync()).Spendable;
        Invoice invoice = await InvoiceAsync(bob, 1_000_000);

        Payment payment = await network.Hub.PayAsync(new PayRequest(invoice.Bolt11, feeMax));

        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        Assert.Equal(Msat.From(101), payment.Fee); // base 1 msat and 100 ppm of 1,000,000 msat, one forwarding node
        Assert.Equal(invoice.PaymentHash, payment.Preimage!.Value.PaymentHash);
        Assert.Equal(before.Less(Msat.From(1_000_101)), (await network.Hub.GetBalanceAsync()).Spendable);
        Assert.Equal(Msat.From(101_000_000), (await bob.GetBalanceAsync()).Spendable);
        Assert.Equal(InvoiceStatus.Settled, (await bob.LookUpInvoiceAsync(invoice.PaymentHash))!.Status);
    }

    [Fact]
    public async Task PayAsync_SameInvoiceTwice_PaysOnceAndGivesThePreimageAgain()
    {
        Invoice invoice = await InvoiceAsync(bob, 5_000);
        Payment first = await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax));
        Msat after = (await alice.GetBalanceAsync()).Spendable;

        Payment second = await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax));

        Assert.Equal(first, second);
        Assert.Equal(after, (await alice.GetBalanceAsync()).Spendable);
    }

    [Fact]
    public async Task PayAsync_InvoicePaidByAnother_IsRefusedByPayee()
    {
        Invoice invoice = await InvoiceAsync(bob, 5_000);
        await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax));

        Payment payment = await network.Hub.PayAsync(new PayRequest(invoice.Bolt11, feeMax));

        Assert.Equal((PaymentStatus.Failed, PaymentFailure.RefusedByPayee), (payment.Status, payment.Failure));
    }

    // Each row breaks one rule; the order is that of the checks.
    [Theory]
    [InlineData(null, 0, 10_000, 0, false, PaymentFailure.WrongAmount)]
    [InlineData(5_000, 6_000, 10_000, 0, false, PaymentFailure.WrongAmount)]
    [InlineData(5_000, 0, 10_000, 3_600, false, PaymentFailure.Expired)]
    [InlineData(5_000, 0, 10_000, 0, true, PaymentFailure.NodeUnavailable)]
    [InlineData(100_000_001, 0, 100_000, 0, false, PaymentFailure.InsufficientBalance)]
    [InlineData(99_999_999, 0, 100_000, 0, false, PaymentFailure.NoRoute)] // enough without the fee, not with it
    [InlineData(5_000, 0, 0, 0, false, PaymentFailure.FeeTooHigh)]
    public async Task PayAsync_BreaksALimit_FailsWithItsReasonAndMovesNothing(
        int? asked, int given, int feeMaxMsat, int secondsLater, bool offline, PaymentFailure expected)
    {
        Invoice invoice = (await network.Hub.CreateInvoiceAsync(
            new InvoiceRequest("limits", asked is { } msat ? Msat.From(msat) : null, "limits"))).Required();
        clock.Advance(TimeSpan.FromSeconds(secondsLater));
        await network.SetOnlineAsync("alice", !offline);

        Payment payment = await alice.PayAsync(new PayRequest(invoice.Bolt11, Msat.From(feeMaxMsat))
        {
            Amount = given == 0 ? null : Msat.From(given),
        });

        Assert.Equal((PaymentStatus.Failed, expected), (payment.Status, payment.Failure));
        Assert.NotEmpty(payment.Reason);
        Assert.Equal(Msat.FromSatoshi(100_000), (await alice.GetBalanceAsync()).Spendable);
    }

    [Fact]
    public async Task PayAsync_AnyAmountInvoice_TakesTheGivenAmount()
    {
        Invoice invoice = (await bob.CreateInvoiceAsync(new InvoiceRequest("any", null, "tip"))).Required();

        Payment payment = await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax) { Amount = Msat.From(1) });

        Assert.Equal((PaymentStatus.Succeeded, Msat.From(1)), (payment.Status, payment.Amount));
        Assert.Equal(Msat.From(1), (await bob.LookUpInvoiceAsync(invoice.PaymentHash))!.Received);
    }

    [Fact]
    public async Task PayAsync_InvoiceOfBitcoin_IsWrongNetwork()
    {
        // BOLT 11, "Examples": a donation on mainnet.
        const string invoice = "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq"
            + "5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087f"
            + "xdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";

        Payment payment = await alice.PayAsync(new PayRequest(invoice, feeMax) { Amount = Msat.From(1_000) });

        Assert.Equal((PaymentStatus.Failed, PaymentFailure.WrongNetwork), (payment.Status, payment.Failure));
    }

    [Fact]
    public async Task KeysendAsync_KnownNode_ArrivesUnderTheCallersHash()
    {
        NodeId bobId = (await bob.GetInfoAsync()).NodeId;
        Preimage preimage = new(new byte[32].Select((_, i) => (byte)i).ToArray());

        Payment payment = await network.Hub.KeysendAsync(new KeysendRequest(bobId, Msat.From(7_777), preimage, feeMax));

        Assert.Equal((PaymentStatus.Succeeded, preimage), (payment.Status, payment.Preimage!.Value));
        SettledInvoice settled = await FirstAsync(bob, 0);
        Assert.Equal((1L, preimage.PaymentHash, Msat.From(7_777)), (settled.Cursor, settled.PaymentHash, settled.Received));
        Payment again = await network.Hub.KeysendAsync(new KeysendRequest(bobId, Msat.From(7_777), preimage, feeMax));
        Assert.Equal(payment, again);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HoldNextAsync_PaymentHeld_StaysPendingOverARestartThenCompletes(bool settle)
    {
        await network.HoldNextAsync("bob", 1);
        Invoice invoice = await InvoiceAsync(bob, 50_000);

        Payment pending = await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax) { TimeLimit = TimeSpan.Zero });

        Assert.Equal(PaymentStatus.Pending, pending.Status);
        Assert.Empty(EmbeddedNetworkAudit.Run(DatabasePath).Findings);
        Assert.Equal(InvoiceStatus.Held, (await bob.LookUpInvoiceAsync(invoice.PaymentHash))!.Status);
        await RestartAsync();
        Assert.Equal(PaymentStatus.Pending, (await alice.LookUpPaymentAsync(invoice.PaymentHash)).Status);
        Task<Payment> joined = alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax));
        Assert.True(settle
            ? await network.SettleHeldAsync(invoice.PaymentHash)
            : await network.FailHeldAsync(invoice.PaymentHash));

        Payment payment = await joined;
        Assert.Equal(settle ? PaymentStatus.Succeeded : PaymentStatus.Failed, payment.Status);
        Msat alices = (await alice.GetBalanceAsync()).Spendable;
        Assert.Equal(settle, alices < Msat.FromSatoshi(100_000));
        Assert.False(await network.SettleHeldAsync(invoice.PaymentHash));
    }

    [Fact]
    public async Task PayAsync_FailedHoldTriedAgain_Succeeds()
    {
        await network.HoldNextAsync("bob", 1);
        Invoice invoice = await InvoiceAsync(bob, 50_000);
        await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax) { TimeLimit = TimeSpan.Zero });
        await network.FailHeldAsync(invoice.PaymentHash);

        Payment payment = await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax));

        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
    }

    [Fact]
    public async Task LoseNextAnswersAsync_PaymentHappened_IsUnknownThenFound()
    {
        await network.LoseNextAnswersAsync("alice", 1);
        Invoice invoice = await InvoiceAsync(bob, 50_000);

        Payment answer = await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax));

        Assert.Equal(PaymentStatus.Unknown, answer.Status);
        Assert.Equal(PaymentStatus.Succeeded, (await alice.LookUpPaymentAsync(invoice.PaymentHash)).Status);
    }

    [Fact]
    public async Task RefuseNextAsync_OnePayment_RefusesOnlyTheNext()
    {
        await network.RefuseNextAsync("bob", 1);
        Invoice invoice = await InvoiceAsync(bob, 50_000);

        Assert.Equal(PaymentFailure.RefusedByPayee, (await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax))).Failure);
        Assert.Equal(PaymentStatus.Succeeded, (await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax))).Status);
    }

    [Fact]
    public async Task SetUsableAsync_CheapestChannelDead_TakesTheLongerAndDearerWay()
    {
        string router = (await network.ListChannelsAsync()).Single(channel => channel.NodeB == "bob").NodeA;
        long direct = (await network.ListChannelsAsync()).Single(c => c.NodeA == "hub" && c.NodeB == router).Id;
        await network.SetUsableAsync(direct, usable: false);
        Invoice invoice = await InvoiceAsync(bob, 1_000_000);

        Payment payment = await network.Hub.PayAsync(new PayRequest(invoice.Bolt11, feeMax));

        Assert.Equal((PaymentStatus.Succeeded, Msat.From(202)), (payment.Status, payment.Fee)); // two forwarding nodes
    }

    [Fact]
    public async Task SetOnlineAsync_PayeeOffline_HasNoRoute()
    {
        Invoice invoice = await InvoiceAsync(bob, 1_000);
        await network.SetOnlineAsync("bob", online: false);

        Assert.Equal(PaymentFailure.NoRoute, (await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax))).Failure);
    }

    [Fact]
    public async Task LookUpPaymentAsync_HashNeverPaid_IsNotFound() =>
        Assert.Equal(PaymentStatus.NotFound, (await alice.LookUpPaymentAsync(Digest.Of("never"u8))).Status);

    [Fact]
    public async Task CreateInvoiceAsync_SameLabel_IsTheSameInvoiceOrAConflict()
    {
        InvoiceResult first = await bob.CreateInvoiceAsync(new InvoiceRequest("one", Msat.From(5), "tea"));
        InvoiceResult same = await bob.CreateInvoiceAsync(new InvoiceRequest("one", Msat.From(5), "tea"));
        InvoiceResult other = await bob.CreateInvoiceAsync(new InvoiceRequest("one", Msat.From(6), "tea"));

        Assert.Equal(InvoiceResultStatus.Created, first.Status);
        Assert.Equal((InvoiceResultStatus.AlreadyExists, first.Invoice), (same.Status, same.Invoice));
        Assert.Equal(InvoiceResultStatus.LabelConflict, other.Status);
    }

    [Fact]
    public async Task WatchInvoicesAsync_Restart_ContinuesAfterTheStoredCursor()
    {
        foreach (int i in Enumerable.Range(1, 3))
        {
            Invoice invoice = (await bob.CreateInvoiceAsync(new InvoiceRequest($"n{i}", Msat.From(i), "n"))).Required();
            await alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax));
        }

        Assert.Equal("n1", (await FirstAsync(bob, 0)).Label);
        await RestartAsync();
        Assert.Equal(("n3", 3L), ((await FirstAsync(bob, 2)).Label, (await FirstAsync(bob, 2)).Cursor));

        Task<SettledInvoice> next = FirstAsync(bob, 3);
        Assert.False(next.IsCompleted);
        Invoice fourth = (await bob.CreateInvoiceAsync(new InvoiceRequest("n4", Msat.From(4), "n"))).Required();
        await alice.PayAsync(new PayRequest(fourth.Bolt11, feeMax));
        Assert.Equal("n4", (await next).Label);
    }

    // name, token, funds (sat) -> result
    [Theory]
    [InlineData("Alice", AliceToken, 1, OpenWalletResult.InvalidRequest)]
    [InlineData("alice", "short", 1, OpenWalletResult.InvalidRequest)]
    [InlineData("alice", BobToken, 1, OpenWalletResult.NameTaken)]
    [InlineData("hub", BobToken, 1, OpenWalletResult.NameTaken)]
    [InlineData("alice", AliceToken, 200_000_000, OpenWalletResult.AlreadyOpen)]
    [InlineData("carol", AliceToken, 100_000_001, OpenWalletResult.FundsAboveFaucet)]
    [InlineData("carol", AliceToken, 100_000_000, OpenWalletResult.Opened)]
    public async Task OpenWalletAsync_Request_HasItsResult(string name, string token, long funds, OpenWalletResult expected) =>
        Assert.Equal(expected, await network.OpenWalletAsync(name, token, Msat.FromSatoshi(funds)));

    [Fact]
    public async Task AuthenticateAsync_OnlyTheOwnToken_OpensTheNode()
    {
        Assert.Equal("alice", (await network.AuthenticateAsync("alice", AliceToken.ToUpperInvariant()))!.Name);
        Assert.Null(await network.AuthenticateAsync("alice", BobToken));
        Assert.Null(await network.AuthenticateAsync("nobody", BobToken));
    }

    [Fact]
    public async Task GetInfoAsync_AnyNode_SaysPlayMoney()
    {
        NodeInfo info = await alice.GetInfoAsync();
        Invoice invoice = await InvoiceAsync(alice, 1);

        Assert.True(info.IsPlayMoney);
        Assert.Contains("play money", info.Alias, StringComparison.Ordinal);
        Assert.Contains("play money", invoice.Description, StringComparison.Ordinal);
        Assert.StartsWith("lnbcrt", invoice.Bolt11, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PayAsync_ThreeHundredAtOnce_AllSettleAndBooksAreTrue()
    {
        Invoice[] invoices = await Task.WhenAll(Enumerable.Range(0, 300).Select(async i =>
            (await bob.CreateInvoiceAsync(new InvoiceRequest($"burst-{i}", Msat.From(1_000 + i), "burst"))).Required()));

        Payment[] payments = await Task.WhenAll(invoices.Select(invoice =>
            alice.PayAsync(new PayRequest(invoice.Bolt11, feeMax))));

        Assert.All(payments, payment => Assert.Equal(PaymentStatus.Succeeded, payment.Status));
        EmbeddedNetworkAudit audit = EmbeddedNetworkAudit.Run(DatabasePath);
        Assert.Equal((300L, true), (audit.Payments, audit.Holds));
        await RestartAsync();
        Assert.Equal(
            Msat.From(100_000_000 + invoices.Sum(i => i.Amount!.Value.Value)), (await bob.GetBalanceAsync()).Spendable);
    }

    [Fact]
    public async Task OpenAsync_OpenElsewhere_IsRefusedWithTheReason()
    {
        LightningNodeException refused = await Assert.ThrowsAsync<LightningNodeException>(
            () => EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(DatabasePath)));

        Assert.Equal(NodeFault.Refused, refused.Fault);
    }

    private async Task OpenAsync() =>
        network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(DatabasePath) { Seed = new byte[32], Clock = clock });

    private async Task RestartAsync()
    {
        await network.DisposeAsync();
        await OpenAsync();
        alice = await network.NodeAsync("alice");
        bob = await network.NodeAsync("bob");
    }

    private static async Task<Invoice> InvoiceAsync(EmbeddedNode node, long msat) =>
        (await node.CreateInvoiceAsync(new InvoiceRequest("invoice", Msat.From(msat), "a piece"))).Required();

    private static async Task<SettledInvoice> FirstAsync(EmbeddedNode node, long afterCursor)
    {
        await foreach (SettledInvoice settled in node.WatchInvoicesAsync(afterCursor))
        {
            return settled;
        }

        throw new InvalidOperationException("The stream ended.");
    }
}
