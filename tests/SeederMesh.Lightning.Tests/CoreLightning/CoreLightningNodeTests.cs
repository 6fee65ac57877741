using System.Text.Json;
using System.Text.Json.Nodes;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.CoreLightning;

namespace SeederMesh.Lightning.Tests.CoreLightning;

/// <summary>Goal: Core Lightning's wire and its traps. Method: a strict stand-in for lightningd on a real unix socket; each trap is a test.</summary>
public sealed partial class CoreLightningNodeTests : IAsyncLifetime
{
    private static readonly byte[] payeeKey = Digest.Of("payee"u8).ToArray();
    private static readonly Preimage preimage = new(Digest.Of("preimage"u8).Span);
    private static readonly string hash = preimage.PaymentHash.ToString();
    private static readonly NodeId payee = Secp256k1.PublicKey(payeeKey);

    private readonly ManualClock clock = new();
    private readonly TemporaryFolder folder = new();
    private FakeLightningd daemon = null!;
    private CoreLightningNode node = null!;

    public ValueTask InitializeAsync()
    {
        daemon = new FakeLightningd(folder.File("rpc"));
        node = new CoreLightningNode("unix://" + daemon.Path, clock);
        daemon.On("listpays", """{"pays":[]}""");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        await daemon.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task GetInfoAsync_Answer_IsRead()
    {
        daemon.On("getinfo", $$"""{"id":"{{payee}}","alias":"SILENT-é","version":"v25.12","network":"regtest","blockheight":110}""");

        NodeInfo info = await node.GetInfoAsync();

        Assert.Equal((payee, "SILENT-é", "regtest", false), (info.NodeId, info.Alias, info.Network, info.IsPlayMoney));
    }

    [Fact]
    public async Task GetBalanceAsync_Channels_CountsWhatCanMoveNow()
    {
        daemon.On("listpeerchannels", """
            {"channels":[
              {"state":"CHANNELD_NORMAL","peer_connected":true,"spendable_msat":1000,"receivable_msat":"2000msat"},
              {"state":"CHANNELD_NORMAL","peer_connected":false,"spendable_msat":7,"receivable_msat":7},
              {"state":"CHANNELD_AWAITING_LOCKIN","peer_connected":true,"spendable_msat":7}]}
            """);
        daemon.On("listfunds", """{"outputs":[{"status":"confirmed","reserved":false,"amount_msat":5},{"status":"unconfirmed","amount_msat":9}],"channels":[]}""");

        Assert.Equal(new NodeBalance(Msat.From(1_000), Msat.From(2_000), Msat.From(5)), await node.GetBalanceAsync());
    }

    // Trap 1: text goes out as raw UTF-8.
    [Fact]
    public async Task CreateInvoiceAsync_TextThatJsonWritersEscape_ArrivesUnchanged()
    {
        const string description = "it's <b> & \"ü\" + 日本 🎵\u0001end";
        string? arrived = null;
        daemon.Methods["invoice"] = parameters =>
        {
            arrived = parameters.GetProperty("description").GetString();
            return Task.FromResult<JsonNode>(new JsonObject { ["payment_hash"] = hash, ["bolt11"] = "lnbcrt1", ["expires_at"] = 1_700_000_000 });
        };

        InvoiceResult result = await node.CreateInvoiceAsync(new InvoiceRequest("label_1-A", null, description));

        Assert.True(result.Status == InvoiceResultStatus.Created, result.Reason);
        Assert.Equal(description.Replace('\u0001', ' '), arrived);
        Assert.Contains("\"amount_msat\":\"any\"", daemon.CallOf("invoice"), StringComparison.Ordinal);
        Assert.DoesNotContain("deschashonly", daemon.CallOf("invoice"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateInvoiceAsync_LongDescription_GoesAsAHashOrNotAtAll()
    {
        daemon.On("invoice", $$"""{"payment_hash":"{{hash}}","bolt11":"lnbcrt1","expires_at":1700000000}""");
        string text = new('x', 640);

        Assert.Equal(InvoiceResultStatus.InvalidRequest, (await node.CreateInvoiceAsync(new InvoiceRequest("a", null, text))).Status);
        Assert.Equal(InvoiceResultStatus.InvalidRequest, (await node.CreateInvoiceAsync(new InvoiceRequest("a b", null, ""))).Status);
        Assert.Empty(daemon.Calls);
        await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(1), text) { HashDescription = true });
        Assert.Contains("\"deschashonly\":true", daemon.CallOf("invoice"), StringComparison.Ordinal);
        Assert.Contains("\"amount_msat\":1,", daemon.CallOf("invoice"), StringComparison.Ordinal);
    }

    // What lightningd gives back has spaces where the text has control characters.
    [Fact]
    public async Task CreateInvoiceAsync_KnownLabelWithANewlineInItsText_IsTheSameInvoice()
    {
        daemon.Fails("invoice", 900, "Duplicate label 'a'");
        daemon.On("listinvoices", $$"""{"invoices":[{"label":"a","payment_hash":"{{hash}}","status":"unpaid","amount_msat":5,"description":"tea  cake"}]}""");
        InvoiceResult made = await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(5), "tea\n\tcake"));
        Assert.Equal(InvoiceResultStatus.AlreadyExists, made.Status);
    }

    [Theory]
    [InlineData(5, "tea", InvoiceResultStatus.AlreadyExists)]
    [InlineData(6, "tea", InvoiceResultStatus.LabelConflict)]
    [InlineData(5, "cake", InvoiceResultStatus.LabelConflict)]
    public async Task CreateInvoiceAsync_LabelExists_IsTheSameOrAConflict(long msat, string description, InvoiceResultStatus expected)
    {
        daemon.Fails("invoice", 900, "Duplicate label 'a'");
        daemon.On("listinvoices", $$"""{"invoices":[{"label":"a","payment_hash":"{{hash}}","status":"unpaid","amount_msat":5,"description":"tea","bolt11":"lnbcrt1","expires_at":1700000000}]}""");

        Assert.Equal(expected, (await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(msat), description))).Status);
    }

    [Fact]
    public async Task WatchInvoicesAsync_TimeOutsAndPayments_ContinueFromTheCursor()
    {
        int calls = 0;
        daemon.Methods["waitanyinvoice"] = parameters => ++calls % 2 == 1
            ? throw new RpcFault(904, "Timed out", null)
            : Task.FromResult<JsonNode>(new JsonObject
            {
                ["label"] = "a",
                ["payment_hash"] = hash,
                ["pay_index"] = parameters.GetProperty("lastpay_index").GetInt64() + 1,
                ["amount_received_msat"] = 1234,
                ["paid_at"] = 1_700_000_000,
            });
        await using IAsyncEnumerator<SettledInvoice> watch = node.WatchInvoicesAsync(41).GetAsyncEnumerator();

        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((42L, Msat.From(1_234), preimage.PaymentHash), (watch.Current.Cursor, watch.Current.Received, watch.Current.PaymentHash));
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(43L, watch.Current.Cursor);
    }

    [Fact]
    public async Task PayAsync_FixedAmount_PrefersXpayAndLeavesTheAmountOut()
    {
        Paid("xpay");

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)) { TimeLimit = TimeSpan.FromSeconds(7) });

        Assert.Equal((PaymentStatus.Succeeded, Msat.From(1_000), Msat.From(3), preimage), (payment.Status, payment.Amount, payment.Fee, payment.Preimage!.Value));
        string call = daemon.CallOf("xpay");
        Assert.Contains("\"maxfee\":50,\"retry_for\":7", call, StringComparison.Ordinal);
        Assert.DoesNotContain("amount_msat", call, StringComparison.Ordinal); // trap 6
    }

    [Fact]
    public async Task PayAsync_AnyAmount_SaysTheAmount()
    {
        Paid("xpay");

        await node.PayAsync(new PayRequest(Invoice(null), Msat.From(50)) { Amount = Msat.From(1_000) });

        Assert.Contains("\"amount_msat\":1000", daemon.CallOf("xpay"), StringComparison.Ordinal);
        Assert.Equal(PaymentFailure.WrongAmount, (await node.PayAsync(new PayRequest(Invoice(null), Msat.From(50)))).Failure);
        Assert.Equal(PaymentFailure.WrongAmount, (await node.PayAsync(new PayRequest(Invoice(5), Msat.From(50)) { Amount = Msat.From(6) })).Failure);
    }

    // Trap 4: pay hangs over what the channels cannot carry, so the balance is asked first.
    [Theory]
    [InlineData(1_000, PaymentStatus.Succeeded, 1)]
    [InlineData(999, PaymentStatus.Failed, 0)]
    public async Task PayAsync_NodeWithoutXpay_AsksTheBalanceAndUsesPay(long spendable, PaymentStatus expected, int pays)
    {
        Paid("pay");
        daemon.On("listpeerchannels", $$"""{"channels":[{"state":"CHANNELD_NORMAL","peer_connected":true,"spendable_msat":{{spendable}}}]}""");
        daemon.On("listfunds", """{"outputs":[]}""");

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)));

        Assert.Equal((expected, pays), (payment.Status, daemon.CountOf("pay")));
        Assert.Equal(expected == PaymentStatus.Failed, payment.Failure == PaymentFailure.InsufficientBalance);
    }

    // code, message -> failure
    [Theory]
    [InlineData(203, "Destination said it doesn't know invoice: incorrect_or_unknown_payment_details", PaymentFailure.RefusedByPayee)]
    [InlineData(205, "Could not find route without excessive fees", PaymentFailure.FeeTooHigh)]
    [InlineData(205, "Failed: Could not find route without excessive cost", PaymentFailure.FeeTooHigh)]
    [InlineData(-32602, "Invalid bolt11 invoice: Prefix bc is not for regtest", PaymentFailure.WrongNetwork)]
    [InlineData(-32602, "Invalid bolt11: bad checksum", PaymentFailure.InvalidInvoice)]
    [InlineData(205, "We could not find a usable set of paths.", PaymentFailure.NoRoute)]
    [InlineData(206, "Route too expensive", PaymentFailure.FeeTooHigh)]
    [InlineData(207, "Invoice expired 5 seconds ago", PaymentFailure.Expired)]
    [InlineData(209, "Failed after 4 attempts", PaymentFailure.NoRoute)]
    [InlineData(209, "Timed out after retry_for", PaymentFailure.TimedOut)]
    [InlineData(210, "Ran out of routes to try after 3 attempts", PaymentFailure.NoRoute)]
    [InlineData(-32602, "invalid parameter", PaymentFailure.RefusedByNode)]
    public async Task PayAsync_ErrorAndNothingOnTheBooks_FailsForItsReason(int code, string message, PaymentFailure expected)
    {
        daemon.Fails("xpay", code, message);

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)));

        Assert.Equal((PaymentStatus.Failed, expected), (payment.Status, payment.Failure));
        Assert.Contains(message, payment.Reason, StringComparison.Ordinal);
    }

    // Traps 2 and 3: whatever the error says, the books say what happened.
    [Theory]
    [InlineData(218, "already paid")]
    [InlineData(-3, "pay: 201 already paid")]
    [InlineData(209, "Failed after 1 attempt")]
    public async Task PayAsync_ErrorButTheBooksSayComplete_Succeeded(int code, string message)
    {
        daemon.Methods["xpay"] = _ =>
        {
            Books("complete");
            throw new RpcFault(code, message, null);
        };

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)));

        Assert.Equal((PaymentStatus.Succeeded, preimage, Msat.From(3)), (payment.Status, payment.Preimage!.Value, payment.Fee));
    }

    [Fact]
    public async Task PayAsync_AlreadyOnTheBooks_IsNotSentAgain()
    {
        Books("complete");
        Assert.Equal(PaymentStatus.Succeeded, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);

        Books("pending");
        Assert.Equal(PaymentStatus.Pending, (await clock.PassAsync(node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50))))).Status);

        // Parts of an xpay have ids that waitsendpay wants and nobody tells: error 208 comes at once.
        daemon.Fails("waitsendpay", 208, "Never attempted payment part 0 for 'hash'");
        int looks = 0;
        daemon.Methods["listpays"] = _ =>
        {
            if (++looks == 4)
            {
                Books("complete");
            }

            return Task.FromResult(JsonNode.Parse(BooksJson("pending"))!);
        };
        Assert.Equal(PaymentStatus.Succeeded, (await clock.PassAsync(node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50))))).Status);
        Assert.Equal(0, daemon.CountOf("xpay"));
    }

    // msat in a connected channel, in one whose peer is away -> failure
    [Theory]
    [InlineData(999, 0, PaymentFailure.InsufficientBalance, "0.999 sat")]
    [InlineData(0, 1_000, PaymentFailure.NodeUnavailable, "not connected")]
    [InlineData(1_000, 0, PaymentFailure.NoRoute, "usable set of paths")]
    public async Task PayAsync_NoPath_IsSomethingElseWhereTheChannelsSaySo(long connected, long away, PaymentFailure expected, string words)
    {
        daemon.Fails("xpay", 205, "Failed: We could not find a usable set of paths.");
        daemon.On("listpeerchannels", $$"""
            {"channels":[{"state":"CHANNELD_NORMAL","peer_connected":true,"spendable_msat":{{connected}}},
             {"state":"CHANNELD_NORMAL","peer_connected":false,"spendable_msat":{{away}}},{"state":"ONCHAIN","spendable_msat":5000}]}
            """);
        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)));
        Assert.Equal((PaymentStatus.Failed, expected), (payment.Status, payment.Failure));
        Assert.Contains(words, payment.Reason, StringComparison.Ordinal);
    }

    // Trap 2: a connection that breaks in flight says nothing about the payment.
    [Theory]
    [InlineData("pending", PaymentStatus.Pending)]
    [InlineData("complete", PaymentStatus.Succeeded)]
    [InlineData("failed", PaymentStatus.Unknown)] // an older attempt's failure, perhaps
    [InlineData(null, PaymentStatus.Unknown)] // the request may still be on its way
    public async Task PayAsync_ConnectionDropped_SaysOnlyWhatTheBooksProve(string? books, PaymentStatus expected)
    {
        daemon.Methods["xpay"] = async _ =>
        {
            Books(books);
            daemon.DropConnections();
            await Task.Delay(Timeout.Infinite);
            return new JsonObject();
        };

        Assert.Equal(expected, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);
    }

    [Fact]
    public async Task PayAsync_NodeGone_IsUnknownBecauseEarlierAttemptsCannotBeSeen()
    {
        await daemon.DisposeAsync();

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)));

        Assert.Equal(PaymentStatus.Unknown, payment.Status);
        Assert.Contains("key server", payment.Reason, StringComparison.Ordinal);
        Assert.Equal(NodeFault.Unreachable, (await Assert.ThrowsAsync<LightningNodeException>(() => node.GetInfoAsync())).Fault);
    }

    [Fact]
    public async Task PayAsync_AnswerWithAForeignPreimage_IsNotBelieved()
    {
        daemon.On("xpay", $$"""{"payment_preimage":"{{new string('0', 64)}}","amount_msat":1000,"amount_sent_msat":1003}""");

        Assert.Equal(PaymentStatus.Unknown, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);
    }

    [Fact]
    public async Task LookUpPaymentAsync_SeveralAttempts_TheFurthestCounts()
    {
        string entry(string status, string rest) => $$"""{"payment_hash":"{{hash}}","status":"{{status}}","created_at":1700000000.25{{rest}}}""";
        daemon.On("listpays", $"{{\"pays\":[{entry("failed", "")},{entry("complete", $",\"preimage\":\"{preimage}\",\"amount_sent_msat\":1003")},{entry("pending", "")}]}}");

        Payment payment = await node.LookUpPaymentAsync(preimage.PaymentHash);

        // The amount is missing, as it is where the invoice was paid by hash alone.
        Assert.Equal((PaymentStatus.Succeeded, preimage, Msat.From(1_003)), (payment.Status, payment.Preimage!.Value, payment.Amount));
        daemon.On("listpays", """{"pays":[]}""");
        Assert.Equal(PaymentStatus.NotFound, (await node.LookUpPaymentAsync(preimage.PaymentHash)).Status);
    }

    [Fact]
    public async Task CallAsync_AnswersOutOfOrder_GoToTheirCallers()
    {
        TaskCompletionSource first = new();
        daemon.Methods["decode"] = async parameters =>
        {
            string text = parameters.GetProperty("string").GetString()!;
            if (text == "slow")
            {
                await first.Task;
            }

            return new JsonObject { ["type"] = text, ["valid"] = true };
        };

        Task<DecodedRequest> slow = node.DecodeAsync("slow");
        DecodedRequest[] quick = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => node.DecodeAsync($"quick-{i}")));
        Assert.False(slow.IsCompleted);
        first.SetResult();

        Assert.All(quick.Index(), entry => Assert.Equal($"quick-{entry.Index}", entry.Item.Kind));
        Assert.Equal("slow", (await slow).Kind);
    }

    [Fact]
    public async Task CallAsync_AfterTheNodeRestarted_ConnectsAgain()
    {
        daemon.On("decode", """{"type":"bolt11 invoice","valid":true}""");
        await node.DecodeAsync("a");
        daemon.DropConnections();

        // The first call may meet the broken connection; the one after it does not.
        try
        {
            await node.DecodeAsync("b");
        }
        catch (LightningNodeException)
        {
            // Unreachable, as it should say.
        }

        Assert.Equal("bolt11 invoice", (await node.DecodeAsync("c")).Kind);
    }

    private static string PaidJson => $$"""{"payment_preimage":"{{preimage}}","amount_msat":1000,"amount_sent_msat":1003,"status":"complete","created_at":1700000000.5}""";

    private void Paid(string method) => daemon.On(method, PaidJson);

    private void Books(string? status) => daemon.On("listpays", BooksJson(status));

    private static string BooksJson(string? status) => status is null
        ? """{"pays":[]}"""
        : $$"""{"pays":[{"payment_hash":"{{hash}}","status":"{{status}}","preimage":"{{preimage}}","amount_msat":1000,"amount_sent_msat":1003,"created_at":1700000000}]}""";

    private void Route()
    {
        daemon.On("getinfo", $$"""{"id":"{{payee}}","blockheight":108}""");
        daemon.On("createonion", """{"onion":"00ff","shared_secrets":["aa","bb"]}""");
        daemon.On("getroute", $$"""
            {"route":[
              {"id":"{{payee}}","channel":"103x2x1","direction":1,"amount_msat":1003,"delay":28,"style":"tlv"},
              {"id":"{{payee}}","channel":"103x1x2","direction":0,"amount_msat":1000,"delay":22,"style":"tlv"}]}
            """);
    }

    private static string Invoice(long? msat) => new Bolt11Draft
    {
        Prefix = "bcrt",
        Amount = msat is { } amount ? Msat.From(amount) : null,
        CreatedAt = DateTimeOffset.UnixEpoch,
        PaymentHash = preimage.PaymentHash,
        PaymentSecret = Digest.Of("secret"u8),
        Description = "tea",
    }.Sign(payeeKey);
}
