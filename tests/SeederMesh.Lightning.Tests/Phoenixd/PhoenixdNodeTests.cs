using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Checks;
using SeederMesh.Lightning.Phoenixd;
using SeederMesh.Lightning.Tests.Rest;

namespace SeederMesh.Lightning.Tests.Phoenixd;

/// <summary>Goal: phoenixd's wire: whole satoshi, no fee limit, failures that answer 200. Method: a stand-in that knows each call's fields.</summary>
public sealed partial class PhoenixdNodeTests : IAsyncLifetime
{
    private static readonly byte[] payeeKey = Digest.Of("payee"u8).ToArray();
    private static readonly Preimage preimage = new(Digest.Of("preimage"u8).Span);
    private static readonly Digest hash = preimage.PaymentHash;
    private static readonly NodeId own = Secp256k1.PublicKey(payeeKey);

    private static readonly Dictionary<string, string[]> known = new(StringComparer.Ordinal)
    {
        ["GET getinfo"] = [],
        ["GET getbalance"] = [],
        ["POST createinvoice"] = ["amountSat", "description", "descriptionHash", "expirySeconds", "externalId", "webhookUrl"],
        ["GET payments/incoming"] = ["from", "to", "limit", "offset", "all", "externalId"],
        ["GET payments/incoming/*"] = [],
        ["GET payments/outgoing"] = ["from", "to", "limit", "offset", "all"],
        ["GET payments/outgoingbyhash/*"] = [],
        ["POST payinvoice"] = ["invoice", "amountSat", "sendAll"],
        ["POST payoffer"] = ["offer", "amountSat", "sendAll", "message"],
        ["POST decodeinvoice"] = ["invoice"],
        ["POST decodeoffer"] = ["offer"],
    };

    private readonly ManualClock clock = new();
    private FakeRestNode daemon = null!;
    private PhoenixdNode node = null!;

    public async ValueTask InitializeAsync()
    {
        daemon = await FakeRestNode.StartAsync(known, "websocket", text => text, "Unknown endpoint (check api doc)");
        daemon.FullAccessOnly.UnionWith(["POST payinvoice", "POST payoffer"]);
        daemon.On("GET getinfo", $$"""
            {"nodeId":"{{own}}","channels":[{"state":"Normal","balanceSat":1000,"inboundLiquiditySat":500,"capacitySat":1500}],
             "chain":"mainnet","blockHeight":900000,"version":"0.6.2"}
            """);
        Lists("incoming");
        daemon.On($"GET payments/outgoingbyhash/{hash}", "Not found", 404);
        node = Connect(FakeRestNode.Password);
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        await daemon.DisposeAsync();
    }

    [Fact]
    public async Task GetInfoAsync_Mainnet_IsRealMoneyWithoutKeysend()
    {
        NodeInfo info = await node.GetInfoAsync();

        Assert.Equal((own, "bitcoin", 900_000L, NodeFeatures.OffersInOneStep), (info.NodeId, info.Network, info.BlockHeight!.Value, info.Features));
        Assert.True(info.IsRealMoney);
        Assert.Null(info.Warning);
        daemon.On("GET getinfo", $$"""{"nodeId":"{{own}}","channels":[],"chain":"testnet3","version":"0.6.2"}""");
        info = await node.GetInfoAsync();
        Assert.Equal(("testnet", false), (info.Network, info.IsRealMoney));
        Assert.Contains("no channel", info.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetInfoAsync_WrongPasswordOrNobodyThere_NamesTheKeyAndNotTheSecret()
    {
        await using PhoenixdNode stranger = Connect("wrong horse");
        LightningNodeException refused = await Assert.ThrowsAsync<LightningNodeException>(() => stranger.GetInfoAsync());
        Assert.Equal(NodeFault.WrongCredentials, refused.Fault);
        Assert.Contains("key password", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong horse", refused.Message, StringComparison.Ordinal);
        await using ILightningNode nobody = LightningNodes.Connect("type=phoenixd;server=http://127.0.0.1:1;password=x");
        LightningNodeException away = await Assert.ThrowsAsync<LightningNodeException>(() => nobody.GetInfoAsync());
        Assert.Equal(NodeFault.Unreachable, away.Fault);
        Assert.Contains("key server", away.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetBalanceAsync_Channels_AreAddedUp()
    {
        daemon.On("GET getbalance", """{"balanceSat":998,"feeCreditSat":7}""");
        Assert.Equal(new NodeBalance(Msat.FromSatoshi(998), Msat.FromSatoshi(500), Msat.Zero), await node.GetBalanceAsync());
    }

    [Fact]
    public async Task CreateInvoiceAsync_NewLabel_IsMadeUnderIt()
    {
        daemon.On("POST createinvoice", $$"""{"amountSat":5,"paymentHash":"{{hash}}","serialized":"{{Invoice(5_000)}}"}""");

        InvoiceResult made = await node.CreateInvoiceAsync(
            new InvoiceRequest("channel-1", Msat.From(5_000), "tea & «cake»") { Expiry = TimeSpan.FromSeconds(90.2) });

        Assert.Equal((InvoiceResultStatus.Created, hash, "channel-1"), (made.Status, made.Invoice!.PaymentHash, made.Invoice.Label));
        IReadOnlyDictionary<string, string> fields = daemon.FieldsOf("POST createinvoice");
        Assert.Equal(("5", "91", "channel-1", "tea & «cake»"), (fields["amountSat"], fields["expirySeconds"], fields["externalId"], fields["description"]));
    }

    [Theory]
    [InlineData(5_000, "tea", InvoiceResultStatus.AlreadyExists)]
    [InlineData(6_000, "tea", InvoiceResultStatus.LabelConflict)]
    [InlineData(5_000, "beer", InvoiceResultStatus.LabelConflict)]
    public async Task CreateInvoiceAsync_KnownLabel_IsNotMadeAgain(long msat, string description, InvoiceResultStatus expected)
    {
        Lists("incoming", Incoming(hash, "channel-1", paidAt: null));
        Assert.Equal(expected, (await node.CreateInvoiceAsync(new InvoiceRequest("channel-1", Msat.From(msat), description))).Status);
        Assert.Equal(0, daemon.CountOf("POST createinvoice"));
    }

    [Fact]
    public async Task CreateInvoiceAsync_FractionOfASatoshiOrLongText_IsRefusedInWords()
    {
        InvoiceResult fraction = await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(1_001), "tea"));
        InvoiceResult text = await node.CreateInvoiceAsync(new InvoiceRequest("b", Msat.From(1_000), new string('x', 129)));
        Assert.Equal((InvoiceResultStatus.Refused, InvoiceResultStatus.Refused), (fraction.Status, text.Status));
        Assert.Contains("whole satoshi", fraction.Reason, StringComparison.Ordinal);
        Assert.Contains("128", text.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateInvoiceAsync_AnswerLost_IsUnknownAndTheSameAfterwards()
    {
        daemon.Calls["POST createinvoice"] = _ => (0, "");
        InvoiceRequest request = new("channel-1", Msat.From(5_000), "tea");
        Assert.Equal(InvoiceResultStatus.Unknown, (await node.CreateInvoiceAsync(request)).Status);
        Lists("incoming", Incoming(hash, "channel-1", paidAt: null));
        Assert.Equal((InvoiceResultStatus.AlreadyExists, 1), ((await node.CreateInvoiceAsync(request)).Status, daemon.CountOf("POST createinvoice")));
    }

    [Fact]
    public async Task WatchInvoicesAsync_ToldBySocket_GivesEachOnceInOrder()
    {
        Digest second = Digest.Of("second"u8);
        Lists("incoming", Incoming(second, "b", 2_000), Incoming(hash, "a", 1_000), Incoming(Digest.Of("open"u8), "c", null));
        using CancellationTokenSource stop = new();
        await using IAsyncEnumerator<SettledInvoice> watch = node.WatchInvoicesAsync(0, stop.Token).GetAsyncEnumerator(stop.Token);

        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((1_000L, hash, "a", Msat.FromSatoshi(5)), (watch.Current.Cursor, watch.Current.PaymentHash, watch.Current.Label, watch.Current.Received));
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((2_000L, second), (watch.Current.Cursor, watch.Current.PaymentHash));
        ValueTask<bool> next = watch.MoveNextAsync();
        await daemon.ListenedToAsync();
        Digest third = Digest.Of("third"u8);
        Lists("incoming", Incoming(third, "d", 2_000), Incoming(second, "b", 2_000), Incoming(hash, "a", 1_000));
        await daemon.TellAsync($$"""{"type":"payment_received","amountSat":5,"paymentHash":"{{third}}","timestamp":2000}""");
        Assert.True(await next);
        Assert.Equal(third, watch.Current.PaymentHash);
        next = watch.MoveNextAsync();
        daemon.DropSockets();
        Assert.Equal(NodeFault.Unreachable, (await Assert.ThrowsAsync<LightningNodeException>(async () => await next)).Fault);
    }

    [Fact]
    public async Task WatchInvoicesAsync_FromACursor_MissesNothingThatWasStoredLate()
    {
        clock.Advance(TimeSpan.FromDays(1));
        long cursor = clock.GetUtcNow().AddSeconds(-5).ToUnixTimeMilliseconds();
        Lists("incoming", Incoming(hash, "a", cursor - 1), Incoming(Digest.Of("old"u8), "b", cursor - 60_001));
        await using IAsyncEnumerator<SettledInvoice> watch = node.WatchInvoicesAsync(cursor).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((hash, cursor), (watch.Current.PaymentHash, watch.Current.Cursor));
        Assert.Equal($"{cursor - 60_000}", daemon.FieldsOf("GET payments/incoming")["from"]);
    }

    [Fact]
    public async Task WatchInvoicesAsync_WithoutWebSocket_LooksAgainAfterAWhile()
    {
        daemon.LacksWebSocket = true;
        await using IAsyncEnumerator<SettledInvoice> watch = node.WatchInvoicesAsync(0).GetAsyncEnumerator();
        Task<bool> next = watch.MoveNextAsync().AsTask();
        Lists("incoming", Incoming(hash, "a", 1_000));
        Assert.True(await clock.PassAsync(next));
        Assert.Equal(hash, watch.Current.PaymentHash);
    }

    [Fact]
    public async Task WatchInvoicesAsync_OnChainReceiptsInAPage_HideNothingBehindThem()
    {
        string?[] rows = [Incoming(hash, "a", 2_000), .. Enumerable.Repeat<string?>(null, 1_000), Incoming(Digest.Of("old"u8), "b", 1_000)];
        Lists("incoming", rows);
        await using IAsyncEnumerator<SettledInvoice> watch = node.WatchInvoicesAsync(0).GetAsyncEnumerator();

        Assert.True(await watch.MoveNextAsync());

        Assert.Equal(Digest.Of("old"u8), watch.Current.PaymentHash);
    }

    [Fact]
    public async Task Lists_Entries_AreReadNewestFirst()
    {
        Lists("incoming", Incoming(hash, "a", 1_500));
        daemon.On($"GET payments/incoming/{hash}", Incoming(hash, "a", 1_500));
        daemon.On($"GET payments/incoming/{own.ToString()[..64]}", "Not found", 404);
        Lists(
            "outgoing",
            Outgoing(false, 0, null, created: 5),
            """{"type":"outgoing_payment","subType":"splice_out","isPaid":true,"sent":5,"fees":0,"createdAt":7}""",
            Outgoing(true, 1, 9, created: 6));

        Invoice invoice = Assert.Single(await node.ListInvoicesAsync(10));
        Assert.Equal((InvoiceStatus.Settled, Msat.FromSatoshi(5), preimage), (invoice.Status, invoice.Received, invoice.Preimage!.Value));
        Assert.Equal(invoice, await node.LookUpInvoiceAsync(hash));
        Assert.Null(await node.LookUpInvoiceAsync(new Digest(own.ToArray().AsSpan(0, 32))));
        Assert.Equal([PaymentStatus.Succeeded, PaymentStatus.Pending], (await node.ListPaymentsAsync(5)).Select(payment => payment.Status));
    }

    [Fact]
    public async Task Check_OfASoundNode_FailsNothing()
    {
        daemon.On("GET getbalance", """{"balanceSat":998,"feeCreditSat":0}""");
        daemon.On("POST createinvoice", $$"""{"amountSat":1,"paymentHash":"{{hash}}","serialized":"{{Invoice(1_000)}}"}""");
        string made = Incoming(hash, "check", paidAt: null).Replace("\"requestedSat\":5", "\"requestedSat\":1", StringComparison.Ordinal);
        daemon.Calls["GET payments/incoming"] = fields => (200, fields.ContainsKey("externalId") || fields.GetValueOrDefault("offset") != "0" ? "[]" : $"[{made}]");
        daemon.On($"GET payments/incoming/{hash}", made);
        Lists("outgoing");
        daemon.On("POST decodeinvoice", "{}");

        IReadOnlyList<CheckRow> rows = await NodeCheck.RunAsync(node, clock);

        Assert.DoesNotContain(rows, row => row.Verdict is CheckVerdict.Failed or CheckVerdict.Skipped);
        Assert.Equal(["keysend", "BOLT 12"], rows.Where(row => row.Verdict == CheckVerdict.Limited).Select(row => row.Name));
        Assert.Equal(0, daemon.CountOf("POST payinvoice"));
    }

    [Fact]
    public async Task DecodeAsync_Invoice_IsReadWhenPhoenixdReadsItToo()
    {
        daemon.On("POST decodeinvoice", "{}");
        Assert.Equal(Msat.From(1_234), (await node.DecodeAsync(Invoice(1_234))).Amount);
        daemon.On("POST decodeinvoice", "Parameter invoice couldn't be parsed", 400);
        Assert.Contains("couldn't be parsed", (await node.DecodeAsync("lnbc1")).Error, StringComparison.Ordinal);
    }

    private PhoenixdNode Connect(string password)
    {
        Assert.True(LightningConnectionString.TryParse($"type=phoenixd;server={daemon.Server};password={password}", out LightningConnectionString? parsed, out _));
        return PhoenixdNode.Connect(parsed, clock);
    }

    private void Lists(string which, params string?[] rows) => daemon.Lists($"GET payments/{which}", "limit", "offset", rows);

    private void Pays(string answer, string? books) => daemon.Calls["POST payinvoice"] = _ =>
    {
        if (books is not null)
        {
            daemon.On($"GET payments/outgoingbyhash/{hash}", books);
        }

        return (200, answer);
    };

    private void Books(string books)
    {
        string? entry = books switch
        {
            "paid" => Outgoing(true, 4_004, 2_000),
            "pending" => Outgoing(false, 0, null),
            "failed" => Outgoing(false, 0, 2_000),
            _ => null,
        };
        daemon.On($"GET payments/outgoingbyhash/{hash}", entry ?? "Not found", entry is null ? 404 : 200);
    }

    private string Outgoing(bool paid, long fees, long? completed, long? asks = 1_000, long created = 1_000) =>
        $$"""
        {"type":"outgoing_payment","subType":"lightning","paymentId":"f0","paymentHash":"{{hash}}",{{(paid ? $"\"preimage\":\"{preimage}\"," : "")}}
         "isPaid":{{(paid ? "true" : "false")}},"sent":5,"fees":{{fees}},"invoice":"{{Invoice(asks)}}",
         {{(completed is { } at ? $"\"completedAt\":{at}," : "")}}"createdAt":{{created}}}
        """;

    private string Incoming(Digest paymentHash, string label, long? paidAt) =>
        $$"""
        {"type":"incoming_payment","subType":"lightning","paymentHash":"{{paymentHash}}","preimage":"{{preimage}}","externalId":"{{label}}",
         "description":"tea","invoice":"{{Invoice(5_000)}}","isPaid":{{(paidAt is null ? "false" : "true")}},"isExpired":false,"requestedSat":5,
         "receivedSat":{{(paidAt is null ? 0 : 5)}},"fees":0,{{(paidAt is { } at ? $"\"completedAt\":{at}," : "")}}"createdAt":500}
        """;

    private string Invoice(long? msat, string prefix = "bc") => new Bolt11Draft
    {
        Prefix = prefix,
        Amount = msat is { } amount ? Msat.From(amount) : null,
        CreatedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        PaymentHash = hash,
        PaymentSecret = Digest.Of("secret"u8),
        Description = "tea",
        Expiry = TimeSpan.FromDays(1),
    }.Sign(payeeKey);
}
