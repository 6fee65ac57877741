using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Checks;
using SeederMesh.Lightning.Eclair;
using SeederMesh.Lightning.Tests.Rest;

namespace SeederMesh.Lightning.Tests.Eclair;

/// <summary>Goal: Eclair's wire: forms only, parts of payments, answers that say "check logs". Method: a stand-in that knows each call's fields.</summary>
public sealed partial class EclairNodeTests : IAsyncLifetime
{
    private static readonly byte[] payeeKey = Digest.Of("payee"u8).ToArray();
    private static readonly Preimage preimage = new(Digest.Of("preimage"u8).Span);
    private static readonly Digest hash = preimage.PaymentHash;
    private static readonly NodeId own = Secp256k1.PublicKey(payeeKey);

    private static readonly string[] sending = ["maxAttempts", "maxFeeFlatSat", "maxFeePct", "externalId", "blocking", "pathFindingExperimentName", "timeoutSeconds"];
    private static readonly string[] listing = ["from", "to", "count", "skip"];

    private static readonly Dictionary<string, string[]> known = new(StringComparer.Ordinal)
    {
        ["POST getinfo"] = [],
        ["POST usablebalances"] = [],
        ["POST onchainbalance"] = [],
        ["POST createinvoice"] = ["description", "descriptionHash", "amountMsat", "expireIn", "fallbackAddress", "paymentPreimage", "privateChannelIds"],
        ["POST getreceivedinfo"] = ["paymentHash", "invoice"],
        ["POST listreceivedpayments"] = listing,
        ["POST listinvoices"] = listing,
        ["POST audit"] = listing,
        ["POST payinvoice"] = ["invoice", "amountMsat", .. sending],
        ["POST payoffer"] = ["offer", "amountMsat", "quantity", "connectDirectly", .. sending],
        ["POST getsentinfo"] = ["paymentHash", "id", "offer"],
        ["POST parseinvoice"] = ["invoice"],
        ["POST parseoffer"] = ["offer"],
    };

    private readonly ManualClock clock = new();
    private FakeRestNode daemon = null!;
    private EclairNode node = null!;

    public async ValueTask InitializeAsync()
    {
        daemon = await FakeRestNode.StartAsync(
            known, "ws", text => $$"""{"error":"{{text}}" }""", "The requested resource could not be found.");
        daemon.On("POST getinfo", $$"""
            {"version":"0.11.0","nodeId":"{{own}}","alias":"alice","color":"#000102","features":{"activated":{"keysend":"optional"} },
             "network":"regtest","blockHeight":9999,"publicAddresses":[],"instanceId":"01234567-0123-4567-89ab-0123456789ab"}
            """);
        daemon.On("POST getreceivedinfo", """{"error":"Not found"}""", 404);
        daemon.On("POST getsentinfo", "[]");
        node = Connect(FakeRestNode.Password);
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        await daemon.DisposeAsync();
    }

    [Fact]
    public async Task GetInfoAsync_Answer_IsRead()
    {
        NodeInfo info = await node.GetInfoAsync();
        Assert.Equal(("eclair", own, "alice", "regtest", 9_999L), (info.Implementation, info.NodeId, info.Alias, info.Network, info.BlockHeight!.Value));
        Assert.Equal(NodeFeatures.FeeLimit | NodeFeatures.OffersInOneStep | NodeFeatures.ReceivesKeysend, info.Features);
        daemon.On("POST getinfo", $$"""{"nodeId":"{{own}}","network":"mainnet","features":{"activated":{} } }""");
        info = await node.GetInfoAsync();
        Assert.True(info.IsRealMoney);
        Assert.False(info.Features.HasFlag(NodeFeatures.ReceivesKeysend));
    }

    [Fact]
    public async Task GetInfoAsync_WrongPassword_NamesTheKeyAndNotTheSecret()
    {
        await using EclairNode stranger = Connect("wrong horse");
        LightningNodeException refused = await Assert.ThrowsAsync<LightningNodeException>(() => stranger.GetInfoAsync());
        Assert.Equal(NodeFault.WrongCredentials, refused.Fault);
        Assert.Contains("key password", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong horse", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetBalanceAsync_Channels_AreAddedUpExactly()
    {
        daemon.On("POST usablebalances", """
            [{"canSend":100000001,"canReceive":20000000,"isPublic":true,"isEnabled":true},{"canSend":2,"canReceive":3,"isPublic":false,"isEnabled":true},
             {"canSend":500,"canReceive":500,"isEnabled":false}]
            """);
        daemon.On("POST onchainbalance", """{"confirmed":1304986456540,"unconfirmed":123}""");
        NodeBalance balance = await node.GetBalanceAsync();
        Assert.Equal(new NodeBalance(Msat.From(100_000_003), Msat.From(20_000_003), Msat.FromSatoshi(1_304_986_456_540)), balance);
    }

    [Fact]
    public async Task CreateInvoiceAsync_SameLabel_AsksForTheSameHash()
    {
        List<string> preimages = [];
        daemon.Calls["POST createinvoice"] = fields =>
        {
            preimages.Add(fields["paymentPreimage"]);
            Assert.Equal(("1234", "60", "tea"), (fields["amountMsat"], fields["expireIn"], fields["description"]));
            Assert.True(Preimage.TryParseHex(fields["paymentPreimage"], out Preimage drawn));
            return (200, InvoiceObject(drawn.PaymentHash));
        };
        InvoiceRequest request = new("channel-1", Msat.From(1_234), "tea") { Expiry = TimeSpan.FromSeconds(60) };
        InvoiceResult made = await node.CreateInvoiceAsync(request);
        Assert.Equal((InvoiceResultStatus.Created, "channel-1", clock.GetUtcNow().AddSeconds(60)), (made.Status, made.Invoice!.Label, made.Invoice.ExpiresAt));

        daemon.On("POST getreceivedinfo", Received(made.Invoice.PaymentHash, "pending"));
        Assert.Equal(InvoiceResultStatus.AlreadyExists, (await node.CreateInvoiceAsync(request)).Status);
        Assert.Equal(InvoiceResultStatus.LabelConflict, (await node.CreateInvoiceAsync(request with { Amount = Msat.From(1) })).Status);
        Assert.Single(preimages);
    }

    [Fact]
    public async Task CreateInvoiceAsync_RefusedBecauseMadeMeanwhile_IsFound()
    {
        daemon.Calls["POST createinvoice"] = fields =>
        {
            Assert.True(Preimage.TryParseHex(fields["paymentPreimage"], out Preimage drawn));
            daemon.On("POST getreceivedinfo", Received(drawn.PaymentHash, "pending"));
            return (500, """{"error":"API call failed: check logs for more details"}""");
        };
        Assert.Equal(InvoiceResultStatus.AlreadyExists, (await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(1_234), "tea"))).Status);
    }

    [Fact]
    public async Task WatchInvoicesAsync_DroppedEvent_IsFoundByTheNextLook()
    {
        Digest second = Digest.Of("second"u8);
        Lists("listreceivedpayments", Received(hash, "received", 10));
        await using IAsyncEnumerator<SettledInvoice> watch = node.WatchInvoicesAsync(0).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((hash, Msat.From(1_200), Time(10)), (watch.Current.PaymentHash, watch.Current.Received, watch.Current.SettledAt));
        ValueTask<bool> next = watch.MoveNextAsync();
        await daemon.ListenedToAsync();

        // It settled before the first one, and its own event never came.
        Lists("listreceivedpayments", Received(hash, "received", 10), Received(second, "received", 9));
        await daemon.TellAsync("""{"type":"channel-state-changed"}""");
        Assert.True(await next);
        Assert.Equal((second, Time(10).ToUnixTimeMilliseconds()), (watch.Current.PaymentHash, watch.Current.Cursor));
    }

    // Books that cannot be read answer 404 too.
    [Fact]
    public async Task LookUpInvoiceAsync_BooksThatCannotBeRead_AreNoAnswer()
    {
        daemon.On("POST getreceivedinfo", """{"error":"The requested resource could not be found."}""", 404);
        await Assert.ThrowsAsync<LightningNodeException>(() => node.LookUpInvoiceAsync(hash));
        Assert.Equal(InvoiceResultStatus.Unknown, (await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(1_234), "tea"))).Status);
        Assert.Equal(0, daemon.CountOf("POST createinvoice"));
    }

    [Fact]
    public async Task CreateInvoiceAsync_RefusedAndThenSilent_IsUnknown()
    {
        daemon.Calls["POST createinvoice"] = _ =>
        {
            daemon.Calls["POST getreceivedinfo"] = _ => (0, "");
            return (500, """{"error":"API call failed: check logs for more details"}""");
        };
        Assert.Equal(InvoiceResultStatus.Unknown, (await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(1_234), "tea"))).Status);
    }

    // An offer's payment comes without its hash; and a page that is not full is not the last.
    [Fact]
    public async Task WatchInvoicesAsync_OffersAndGaps_HideNothing()
    {
        string offer = $$"""{"invoice":{"records":{} },"paymentPreimage":"{{preimage}}","paymentType":"Blinded","createdAt":{{Moment(0)}},"status":{{Status("received", 9)}} }""";
        Lists("listreceivedpayments", [offer, .. Enumerable.Repeat<string?>(null, 1_000), Received(Digest.Of("late"u8), "received", 10)]);
        Lists("listinvoices", """{"records":{} }""", InvoiceObject(Digest.Of("late"u8)));
        await using IAsyncEnumerator<SettledInvoice> watch = node.WatchInvoicesAsync(0).GetAsyncEnumerator();

        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((hash, Msat.From(1_200)), (watch.Current.PaymentHash, watch.Current.Received));
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(Digest.Of("late"u8), watch.Current.PaymentHash);
        Assert.Equal(Digest.Of("late"u8), Assert.Single(await node.ListInvoicesAsync(5)).PaymentHash);
    }

    [Fact]
    public async Task Lists_OldestFirst_AreTurned()
    {
        Digest second = Digest.Of("second"u8);
        Lists("listinvoices", InvoiceObject(hash), InvoiceObject(second));
        Lists("listreceivedpayments", Received(hash, "received", 10));
        daemon.On("POST audit", $$"""{"sent":[{{Sent(1_000, 3)}}],"received":[],"relayed":[]}""");
        clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal([(second, InvoiceStatus.Expired), (hash, InvoiceStatus.Settled)], (await node.ListInvoicesAsync(2)).Select(invoice => (invoice.PaymentHash, invoice.Status)));
        Assert.Equal(Msat.From(3), Assert.Single(await node.ListPaymentsAsync(5)).Fee);
        daemon.On("POST getreceivedinfo", Received(hash, "received", 10));
        Assert.Equal((InvoiceStatus.Settled, preimage), ((await node.LookUpInvoiceAsync(hash))!.Status, (await node.LookUpInvoiceAsync(hash))!.Preimage!.Value));
    }

    [Fact]
    public async Task Check_OfASoundNode_FailsNothing()
    {
        daemon.On("POST usablebalances", """[{"canSend":100000001,"canReceive":20000000,"isEnabled":true}]""");
        daemon.On("POST onchainbalance", """{"confirmed":1,"unconfirmed":0}""");
        Digest made = default;
        string invoice(Digest paymentHash) => InvoiceObject(paymentHash)
            .Replace("\"lnbcrt1\"", $"\"{InvoiceOver(1_000, paymentHash)}\"", StringComparison.Ordinal)
            .Replace("1234", "1000", StringComparison.Ordinal);
        daemon.Calls["POST createinvoice"] = fields =>
        {
            Assert.True(Preimage.TryParseHex(fields["paymentPreimage"], out Preimage drawn));
            made = drawn.PaymentHash;
            daemon.On("POST getreceivedinfo", Received(made, "pending").Replace("1234", "1000", StringComparison.Ordinal));
            return (200, invoice(made));
        };
        Lists("listreceivedpayments");
        daemon.Calls["POST listinvoices"] = fields => (200, fields["skip"] == "0" ? $"[{invoice(made)}]" : "[]");
        daemon.On("POST audit", """{"sent":[],"received":[],"relayed":[]}""");
        daemon.On("POST parseinvoice", "{}");

        IReadOnlyList<CheckRow> rows = await NodeCheck.RunAsync(node, clock);

        Assert.DoesNotContain(rows, row => row.Verdict is CheckVerdict.Failed or CheckVerdict.Skipped);
        Assert.Equal(["keysend", "BOLT 12"], rows.Where(row => row.Verdict == CheckVerdict.Limited).Select(row => row.Name));
        Assert.Equal(0, daemon.CountOf("POST payinvoice"));
    }

    private void Lists(string call, params string?[] rows) => daemon.Lists($"POST {call}", "count", "skip", rows);

    private EclairNode Connect(string password)
    {
        Assert.True(LightningConnectionString.TryParse($"type=eclair;server={daemon.Server};password={password}", out LightningConnectionString? parsed, out _));
        return EclairNode.Connect(parsed, clock);
    }

    private static DateTimeOffset Time(int seconds) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, 777, TimeSpan.Zero).AddSeconds(seconds);

    private static string Moment(int seconds) => $$"""{"iso":"{{Time(seconds):yyyy-MM-ddTHH:mm:ss.fffZ}}","unix":{{Time(seconds).ToUnixTimeSeconds()}} }""";

    private static string Books(string books) => books == "none" ? "[]" : $"[{Part("1", books)}]";

    private static string Part(string parent, string type)
    {
        string status = type switch
        {
            "sent" => $$"""{"type":"sent","paymentPreimage":"{{preimage}}","feesPaid":5,"route":[],"completedAt":{{Moment(3)}} }""",
            "failed" => $$"""{"type":"failed","failures":[{"failureType":"Local","failureMessage":"route not found","failedRoute":[]}],"completedAt":{{Moment(3)}} }""",
            _ => """{"type":"pending"}""",
        };
        return $$"""{"id":"0","parentId":"{{parent}}","paymentHash":"{{hash}}","paymentType":"Standard","amount":500,"recipientAmount":1000,"recipientNodeId":"{{own}}","createdAt":{{Moment(1)}},"status":{{status}} }""";
    }

    private static string Sent(long msat, long fees) =>
        $$"""{"type":"payment-sent","id":"487da196-a4dc-4b1e-92b4-3e5e905e9f3f","paymentHash":"{{hash}}","paymentPreimage":"{{preimage}}","recipientAmount":{{msat}},"recipientNodeId":"{{own}}","parts":[],"fees":{{fees}},"startedAt":{{Moment(1)}},"settledAt":{{Moment(2)}} }""";

    private static string Received(Digest paymentHash, string type, int at = 0) =>
        $$"""{"invoice":{{InvoiceObject(paymentHash)}},"paymentPreimage":"{{preimage}}","paymentType":"Standard","createdAt":{{Moment(0)}},"status":{{Status(type, at)}} }""";

    private static string Status(string type, int at) =>
        type == "received" ? $$"""{"type":"received","amount":1200,"receivedAt":{{Moment(at)}} }""" : $$"""{"type":"{{type}}" }""";

    private static string InvoiceObject(Digest paymentHash) =>
        $$"""{"prefix":"lnbcrt","timestamp":{{new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()}},"nodeId":"{{own}}","serialized":"lnbcrt1","description":"tea","paymentHash":"{{paymentHash}}","expiry":60,"amount":1234,"features":{"activated":{} },"routingInfo":[] }""";

    private static string Invoice(long? msat) => InvoiceOver(msat, hash);

    private static string InvoiceOver(long? msat, Digest paymentHash) => new Bolt11Draft
    {
        Prefix = "bcrt",
        Amount = msat is { } amount ? Msat.From(amount) : null,
        CreatedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        PaymentHash = paymentHash,
        PaymentSecret = Digest.Of("secret"u8),
        Description = "tea",
        Expiry = TimeSpan.FromDays(1),
    }.Sign(payeeKey);
}
