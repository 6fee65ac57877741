using System.Security.Cryptography;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Checks;
using SeederMesh.Lightning.CoreLightning;

namespace SeederMesh.Lightning.Tests.CoreLightning;

/// <summary>
/// Goal: the adapter against real nodes, to the msat. Method: only where SEEDERMESH_TEST_CLIGHTNING names the sockets of two nodes,
/// "PAYER|PAYEE", with money at the payer, on a test network, with a node between them that asks a fee.
/// </summary>
public sealed class RealCoreLightningTests : IAsyncLifetime
{
    private static readonly string[] sockets = (Environment.GetEnvironmentVariable("SEEDERMESH_TEST_CLIGHTNING") ?? "").Split('|');
    private static readonly Msat maxFee = Msat.FromSatoshi(10);

    private CoreLightningNode payer = null!;
    private CoreLightningNode payee = null!;
    private NodeInfo payeeInfo = null!;

    public static bool HasNodes => sockets.Length == 2;

    public async ValueTask InitializeAsync()
    {
        if (!HasNodes)
        {
            return;
        }

        (payer, payee) = (new CoreLightningNode(sockets[0]), new CoreLightningNode(sockets[1]));
        payeeInfo = await payee.GetInfoAsync();
        Assert.False(payeeInfo.IsRealMoney, "these tests pay, and are not for real money");
    }

    public async ValueTask DisposeAsync()
    {
        if (HasNodes)
        {
            await payer.DisposeAsync();
            await payee.DisposeAsync();
        }
    }

    [Fact(Skip = "SEEDERMESH_TEST_CLIGHTNING names no nodes", SkipUnless = nameof(HasNodes))]
    public async Task Check_OfBothNodes_Passes()
    {
        foreach (ILightningNode node in (ILightningNode[])[payer, payee])
        {
            IReadOnlyList<CheckRow> rows = await NodeCheck.RunAsync(node, TimeProvider.System);
            Assert.DoesNotContain(rows, row => row.Verdict is CheckVerdict.Failed or CheckVerdict.Skipped);
        }
    }

    [Fact(Skip = "SEEDERMESH_TEST_CLIGHTNING names no nodes", SkipUnless = nameof(HasNodes))]
    public async Task Invoice_MadeTwiceWithAnyText_IsOneInvoice()
    {
        InvoiceRequest request = new(Label(), Msat.From(1_234_567), "tea + 'cake' \"<ü>\" \\ 🎵\n&") { Expiry = TimeSpan.FromMinutes(5) };
        Invoice made = (await payee.CreateInvoiceAsync(request)).Required();
        InvoiceResult again = await payee.CreateInvoiceAsync(request);
        Assert.Equal((InvoiceResultStatus.AlreadyExists, made.Bolt11), (again.Status, again.Invoice!.Bolt11));
        Assert.Equal(InvoiceResultStatus.LabelConflict, (await payee.CreateInvoiceAsync(request with { Amount = Msat.From(1) })).Status);
        Assert.Equal(made.PaymentHash, (await payee.LookUpInvoiceAsync(made.PaymentHash))!.PaymentHash);
        Assert.Contains(await payee.ListInvoicesAsync(10), invoice => invoice.PaymentHash == made.PaymentHash);
        DecodedRequest decoded = await payer.DecodeAsync(made.Bolt11);
        Assert.Equal((Msat.From(1_234_567), "regtest", payeeInfo.NodeId), (decoded.Amount!.Value, decoded.Network, decoded.Payee!));
        string text = new('x', 5_000);
        Invoice hashed = (await payee.CreateInvoiceAsync(new InvoiceRequest(Label(), Msat.From(1), text) { HashDescription = true })).Required();
        Assert.Equal(Digest.Of(System.Text.Encoding.UTF8.GetBytes(text)), PaymentRequests.Decode(hashed.Bolt11).DescriptionHash);
    }

    [Theory(Skip = "SEEDERMESH_TEST_CLIGHTNING names no nodes", SkipUnless = nameof(HasNodes))]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(33_333_333)]
    public async Task Pay_AnyAmount_ArrivesToTheMsatAndOnce(long msat)
    {
        Invoice invoice = (await payee.CreateInvoiceAsync(new InvoiceRequest(Label(), Msat.From(msat), "tea"))).Required();
        Payment[] payments = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => payer.PayAsync(new PayRequest(invoice.Bolt11, maxFee))));
        Assert.All(payments, payment => Assert.Equal((PaymentStatus.Succeeded, Msat.From(msat)), (payment.Status, payment.Amount)));
        Payment known = await payer.LookUpPaymentAsync(invoice.PaymentHash);
        Assert.Equal((PaymentStatus.Succeeded, payments[0].Fee, payments[0].Preimage), (known.Status, known.Fee, known.Preimage));
        Assert.False(known.Fee.IsZero);
        Invoice settled = (await payee.LookUpInvoiceAsync(invoice.PaymentHash))!;
        Assert.Equal((InvoiceStatus.Settled, Msat.From(msat), known.Preimage), (settled.Status, settled.Received, settled.Preimage));
        Assert.Contains(await payer.ListPaymentsAsync(5), payment => payment.PaymentHash == invoice.PaymentHash);
    }

    [Fact(Skip = "SEEDERMESH_TEST_CLIGHTNING names no nodes", SkipUnless = nameof(HasNodes))]
    public async Task Pay_AmountlessInvoice_TakesTheAmountGiven()
    {
        Invoice invoice = (await payee.CreateInvoiceAsync(new InvoiceRequest(Label(), null, "any"))).Required();
        Assert.Equal(PaymentFailure.WrongAmount, (await payer.PayAsync(new PayRequest(invoice.Bolt11, maxFee))).Failure);
        Payment payment = await payer.PayAsync(new PayRequest(invoice.Bolt11, maxFee) { Amount = Msat.From(4_321) });
        Assert.Equal((PaymentStatus.Succeeded, Msat.From(4_321)), (payment.Status, payment.Amount));
    }

    [Fact(Skip = "SEEDERMESH_TEST_CLIGHTNING names no nodes", SkipUnless = nameof(HasNodes))]
    public async Task Pay_WhatCannotBePaid_FailsWithItsReason()
    {
        NodeBalance balance = await payer.GetBalanceAsync();
        Invoice much = (await payee.CreateInvoiceAsync(
            new InvoiceRequest(Label(), balance.Spendable + Msat.FromSatoshi(1_000_000), "much"))).Required();
        Payment poor = await payer.PayAsync(new PayRequest(much.Bolt11, maxFee) { TimeLimit = TimeSpan.FromSeconds(10) });
        Assert.Equal((PaymentStatus.Failed, PaymentFailure.InsufficientBalance), (poor.Status, poor.Failure));

        Invoice small = (await payee.CreateInvoiceAsync(new InvoiceRequest(Label(), Msat.FromSatoshi(100), "small"))).Required();
        Payment dear = await payer.PayAsync(new PayRequest(small.Bolt11, Msat.From(1)) { TimeLimit = TimeSpan.FromSeconds(10) });
        Assert.Equal((PaymentStatus.Failed, PaymentFailure.FeeTooHigh), (dear.Status, dear.Failure));
        Assert.Equal(PaymentStatus.Succeeded, (await payer.PayAsync(new PayRequest(small.Bolt11, maxFee))).Status);

        Payment foreign = await payer.PayAsync(new PayRequest(Foreign("bc"), maxFee) { TimeLimit = TimeSpan.FromSeconds(10) });
        Assert.Equal((PaymentStatus.Failed, PaymentFailure.WrongNetwork), (foreign.Status, foreign.Failure));
        Payment nowhere = await payer.PayAsync(new PayRequest(Foreign("bcrt"), maxFee) { TimeLimit = TimeSpan.FromSeconds(10) });
        Assert.Equal((PaymentStatus.Failed, PaymentFailure.NoRoute), (nowhere.Status, nowhere.Failure));
    }

    [Fact(Skip = "SEEDERMESH_TEST_CLIGHTNING names no nodes", SkipUnless = nameof(HasNodes))]
    public async Task Keysend_UnderTheCallersPreimage_ArrivesOnceAndIsWatched()
    {
        long cursor = (await payee.ListInvoicesAsync(1_000)).Count(invoice => invoice.Status == InvoiceStatus.Settled);
        KeysendRequest request = new(payeeInfo.NodeId, Msat.From(2_345), new Preimage(RandomNumberGenerator.GetBytes(32)), maxFee);
        Payment sent = await payer.KeysendAsync(request);
        Payment again = await payer.KeysendAsync(request);
        Assert.Equal((PaymentStatus.Succeeded, PaymentStatus.Succeeded), (sent.Status, again.Status));
        Assert.Equal((Msat.From(2_345), request.Preimage, sent.Fee), (again.Amount, again.Preimage!.Value, again.Fee));
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
        int seen = 0;
        await foreach (SettledInvoice settled in payee.WatchInvoicesAsync(Math.Max(0, cursor - 1), patience.Token))
        {
            if (settled.PaymentHash == request.Preimage.PaymentHash)
            {
                Assert.Equal(Msat.From(2_345), settled.Received);
                seen++;
                break;
            }
        }

        Assert.Equal(1, seen);
    }

    [Fact(Skip = "SEEDERMESH_TEST_CLIGHTNING names no nodes", SkipUnless = nameof(HasNodes))]
    public async Task Keysend_ToItself_MovesNothingAndSucceeds()
    {
        KeysendRequest request = new(payeeInfo.NodeId, Msat.From(1_111), new Preimage(RandomNumberGenerator.GetBytes(32)), maxFee);
        Payment sent = await payee.KeysendAsync(request);
        Assert.True(sent.Status == PaymentStatus.Succeeded, sent.Reason);
        Assert.Equal(sent.Preimage, (await payee.KeysendAsync(request)).Preimage);
        Assert.Equal(Msat.From(1_111), (await payee.LookUpInvoiceAsync(request.Preimage.PaymentHash))!.Received);
    }

    [Fact(Skip = "SEEDERMESH_TEST_CLIGHTNING names no nodes", SkipUnless = nameof(HasNodes))]
    public async Task Offer_Fetched_IsPaidUnderTheHashThatWasKnownBefore()
    {
        await using JsonRpcSocket raw = new(sockets[1]);
        JsonElement offer = await raw.CallAsync(
            "offer", new RpcParameters().Add("amount", "any").Add("description", Label()), TimeSpan.FromSeconds(30), default);
        OfferInvoiceResult fetched = await payer.FetchOfferInvoiceAsync(
            new OfferInvoiceRequest(offer.GetProperty("bolt12").GetString()!, Msat.From(7_777)));
        Assert.True(fetched.Invoice is not null, fetched.Reason);
        Payment payment = await payer.PayAsync(new PayRequest(fetched.Invoice, maxFee));
        Assert.Equal((PaymentStatus.Succeeded, fetched.PaymentHash, Msat.From(7_777)), (payment.Status, payment.PaymentHash, payment.Amount));
        Assert.Equal(PaymentStatus.Succeeded, (await payer.LookUpPaymentAsync(fetched.PaymentHash)).Status);
    }

    [Fact(Skip = "SEEDERMESH_TEST_CLIGHTNING names no nodes", SkipUnless = nameof(HasNodes))]
    public async Task Pay_HundredInParallel_AddUpExactly()
    {
        Msat before = (await payee.GetBalanceAsync()).Spendable;
        Invoice[] invoices = await Task.WhenAll(Enumerable.Range(1, 100).Select(async index =>
            (await payee.CreateInvoiceAsync(new InvoiceRequest(Label(), Msat.From(1_000 + index), "many"))).Required()));
        Payment[] payments = await Task.WhenAll(invoices.Select(
            (invoice, index) => index % 3 == 0
                ? payer.KeysendAsync(new KeysendRequest(payeeInfo.NodeId, invoice.Amount!.Value, new Preimage(RandomNumberGenerator.GetBytes(32)), maxFee))
                : payer.PayAsync(new PayRequest(invoice.Bolt11, maxFee))));
        Assert.All(payments, payment => Assert.True(payment.Status == PaymentStatus.Succeeded, payment.Reason));
        Assert.Equal(invoices.Sum(invoice => invoice.Amount!.Value.Value), payments.Sum(payment => payment.Amount.Value));
        long received = 0;
        foreach (Payment payment in payments)
        {
            received += (await payee.LookUpInvoiceAsync(payment.PaymentHash))!.Received.Value;
        }

        Assert.Equal(payments.Sum(payment => payment.Amount.Value), received);
        Assert.True((await payee.GetBalanceAsync()).Spendable > before);
    }

    private static string Label() => "test-" + RandomNumberGenerator.GetHexString(24, lowercase: true);

    private static string Foreign(string prefix) => new Bolt11Draft
    {
        Prefix = prefix,
        Amount = Msat.FromSatoshi(1),
        CreatedAt = DateTimeOffset.UtcNow,
        PaymentHash = new Digest(RandomNumberGenerator.GetBytes(32)),
        PaymentSecret = new Digest(RandomNumberGenerator.GetBytes(32)),
        Description = "elsewhere",
    }.Sign(Digest.Of("nobody"u8).Span);
}
