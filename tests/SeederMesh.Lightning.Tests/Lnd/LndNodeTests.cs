using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Lnd;

namespace SeederMesh.Lightning.Tests.Lnd;

/// <summary>Goal: LND's REST wire: strings for numbers, base64 for bytes, streams of results, refusals of all kinds under one
/// status. Method: a stand-in over TLS that demands what LND demands.</summary>
public sealed partial class LndNodeTests : IAsyncLifetime
{
    private static readonly byte[] payeeKey = Digest.Of("payee"u8).ToArray();
    private static readonly Preimage preimage = new(Digest.Of("preimage"u8).Span);
    private static readonly Digest hash = preimage.PaymentHash;
    private static readonly NodeId payee = Secp256k1.PublicKey(payeeKey);
    private static readonly string track =
        "GET /v2/router/track/" + Convert.ToBase64String(hash.Span).Replace('+', '-').Replace('/', '_');

    private readonly TemporaryFolder folder = new();
    private readonly ManualClock clock = new();
    private FakeLnd lnd = null!;
    private LndNode node = null!;

    public async ValueTask InitializeAsync()
    {
        lnd = await FakeLnd.StartAsync();
        Assert.True(LightningConnectionString.TryParse(
            $"type=lnd-rest;server={lnd.Server};macaroon={FakeLnd.Macaroon};certthumbprint={lnd.Thumbprint}",
            out LightningConnectionString? parsed,
            out _));
        node = LndNode.Connect(parsed, clock);
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        await lnd.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task GetInfoAsync_PinnedCertificate_IsRead()
    {
        lnd.Answers("GET /v1/getinfo", $$"""{"identity_pubkey":"{{payee}}","alias":"lnd","version":"0.19.0-beta","chains":[{"chain":"bitcoin","network":"regtest"}]}""");

        NodeInfo info = await node.GetInfoAsync();

        Assert.Equal((payee, "regtest", "0.19.0-beta"), (info.NodeId, info.Network, info.Version));
    }

    [Fact]
    public async Task GetInfoAsync_OtherCertificateOrMacaroon_SaysWhichKey()
    {
        lnd.Answers("GET /v1/getinfo", $$"""{"identity_pubkey":"{{payee}}"}""");
        await using ILightningNode pinned = Connect("certthumbprint=" + new string('0', 64));
        await using ILightningNode unpinned = Connect("");
        await using ILightningNode stranger = LightningNodes.Connect($"type=lnd-rest;server={lnd.Server};macaroon=00;allowinsecure=true");
        await using ILightningNode nobody = LightningNodes.Connect($"type=lnd-rest;server={lnd.Server};allowinsecure=true");

        LightningNodeException wrong = await Assert.ThrowsAsync<LightningNodeException>(() => pinned.GetInfoAsync());
        Assert.Equal(NodeFault.WrongCertificate, wrong.Fault);
        Assert.Contains("another certificate than the one that certthumbprint", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(NodeFault.WrongCertificate, (await Assert.ThrowsAsync<LightningNodeException>(() => unpinned.GetInfoAsync())).Fault);
        foreach (ILightningNode refused in (ILightningNode[])[stranger, nobody])
        {
            LightningNodeException fault = await Assert.ThrowsAsync<LightningNodeException>(() => refused.GetInfoAsync());
            Assert.Equal(NodeFault.WrongCredentials, fault.Fault);
            Assert.Contains("key macaroon", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Connect_Files_AreReadOrNamed()
    {
        lnd.Answers("GET /v1/getinfo", $$"""{"identity_pubkey":"{{payee}}"}""");
        await File.WriteAllBytesAsync(folder.File("admin.macaroon"), Convert.FromHexString(FakeLnd.Macaroon));
        await File.WriteAllTextAsync(folder.File("tls.cert"), lnd.CertificatePem);
        string macaroon = $"macaroonfilepath={folder.File("admin.macaroon")}";
        await using ILightningNode files = LightningNodes.Connect($"type=lnd-rest;server={lnd.Server};{macaroon};certfilepath={folder.File("tls.cert")}");

        Assert.Equal(payee, (await files.GetInfoAsync()).NodeId);
        Assert.Contains("macaroonfilepath", Assert.Throws<ArgumentException>(
            () => LightningNodes.Connect($"type=lnd-rest;server={lnd.Server};macaroonfilepath=/none")).Message, StringComparison.Ordinal);
        Assert.Contains("certfilepath", Assert.Throws<ArgumentException>(
            () => LightningNodes.Connect($"type=lnd-rest;server={lnd.Server};{macaroon};certfilepath={folder.File("admin.macaroon")}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetBalanceAsync_Channels_AreCountedWithoutWhatHasToStay()
    {
        lnd.Answers("GET /v1/channels", """
            {"channels":[
              {"active":true,"local_balance":"100000","remote_balance":"60000","commit_fee":"500","commit_weight":"1116","fee_per_kw":"253",
               "initiator":true,"local_constraints":{"chan_reserve_sat":"1600"},"remote_constraints":{"chan_reserve_sat":"1600"}},
              {"active":true,"local_balance":"1000","remote_balance":"50000","commit_fee":"500","commit_weight":"1116","fee_per_kw":"253",
               "initiator":false,"local_constraints":{"chan_reserve_sat":"1600"},"remote_constraints":{"chan_reserve_sat":"354"}}]}
            """);
        lnd.Answers("GET /v1/balance/blockchain", """{"total_balance":"12","confirmed_balance":"9","unconfirmed_balance":"3"}""");

        // 100,000 - 1,600 - (2 x 253 x 1,288 / 1,000 - 500); (60,000 - 1,600) + (50,000 - 354 - (651 - 500))
        Assert.Equal(
            new NodeBalance(Msat.FromSatoshi(98_249), Msat.FromSatoshi(107_895), Msat.FromSatoshi(9)), await node.GetBalanceAsync());
    }

    [Fact]
    public async Task GetBalanceAsync_RightMissing_NamesTheMacaroonAndTheCall()
    {
        lnd.Answers("GET /v1/channels", """{"channels":[]}""");
        lnd.Rights.Remove("onchain:read");

        LightningNodeException refused = await Assert.ThrowsAsync<LightningNodeException>(() => node.GetBalanceAsync());

        Assert.Equal(NodeFault.WrongCredentials, refused.Fault);
        Assert.Contains("v1/balance/blockchain (key macaroon)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("permission denied", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateInvoiceAsync_SameLabel_SendsTheSamePreimageAndFindsTheInvoice()
    {
        List<string> preimages = [];
        lnd.Routes["POST /v1/invoices"] = http =>
        {
            string sent = JsonDocument.Parse(lnd.Bodies[^1]).RootElement.GetProperty("r_preimage").GetString()!;
            bool known = preimages.Contains(sent);
            preimages.Add(sent);
            Digest paymentHash = new Preimage(Convert.FromBase64String(sent)).PaymentHash;
            lnd.Answers($"GET /v1/invoice/{paymentHash}", InvoiceJson("OPEN", paymentHash, 0));
            return known
                ? FakeLnd.RefuseAsync(http, 2, "invoice with payment hash already exists")
                : FakeLnd.WriteAsync(http, 200, $$"""{"r_hash":"{{Convert.ToBase64String(paymentHash.Span)}}","payment_request":"lnbcrt1","add_index":"1"}""");
        };

        InvoiceResult first = await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(1_234), "tea"));
        InvoiceResult again = await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(1_234), "tea"));
        InvoiceResult other = await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(1_235), "tea"));
        await node.CreateInvoiceAsync(new InvoiceRequest("b", null, "tea") { HashDescription = true });

        Assert.Equal(
            (InvoiceResultStatus.Created, InvoiceResultStatus.AlreadyExists, InvoiceResultStatus.LabelConflict),
            (first.Status, again.Status, other.Status));
        Assert.Equal(first.Invoice, again.Invoice);
        Assert.Equal((1, true), (preimages.Take(3).Distinct(StringComparer.Ordinal).Count(), preimages[3] != preimages[0]));
        Assert.Contains("\"value_msat\":\"1234\"", lnd.Bodies[0], StringComparison.Ordinal);
        Assert.Contains("\"description_hash\":\"" + Convert.ToBase64String(SHA256.HashData("tea"u8)).Replace("+", "\\u002B", StringComparison.Ordinal), lnd.Bodies[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateInvoiceAsync_KnownButNotFoundNow_IsUnknown()
    {
        lnd.Refuses("POST /v1/invoices", 2, "invoice with payment hash already exists");
        lnd.Rights.Remove("invoices:read");

        Assert.Equal(InvoiceResultStatus.Unknown, (await node.CreateInvoiceAsync(new InvoiceRequest("a", Msat.From(1_234), "tea"))).Status);
    }

    [Fact]
    public async Task WatchInvoicesAsync_FromTheBeginning_ListsThenFollows()
    {
        string opened = "";
        lnd.Routes["GET /v1/invoices/subscribe"] = async http =>
        {
            opened = http.Request.QueryString.Value!;
            await FakeLnd.LineAsync(http, $$"""{"result":{{InvoiceJson("OPEN", hash, 0)}}}""");
            await FakeLnd.LineAsync(http, $$"""{"result":{{InvoiceJson("SETTLED", hash, 2)}}}"""); // listed already
            await FakeLnd.LineAsync(http, $$"""{"result":{{InvoiceJson("SETTLED", hash, 3)}}}""");
        };
        lnd.Answers("GET /v1/invoices", $$"""{"invoices":[{{InvoiceJson("SETTLED", hash, 2)}},{{InvoiceJson("OPEN", hash, 0)}},{{InvoiceJson("SETTLED", hash, 1)}}],"last_index_offset":"3"}""");

        List<long> seen = [];
        LightningNodeException ended = await Assert.ThrowsAsync<LightningNodeException>(async () =>
        {
            await foreach (SettledInvoice settled in node.WatchInvoicesAsync(0))
            {
                seen.Add(settled.Cursor);
                Assert.Equal((Msat.From(1_200), hash), (settled.Received, settled.PaymentHash));
            }
        });

        Assert.Equal([1L, 2L, 3L], seen);
        Assert.Equal((NodeFault.Unreachable, "?settle_index=2"), (ended.Fault, opened));
    }

    // LND sends not even the head of its answer before the next invoice.
    [Fact]
    public async Task WatchInvoicesAsync_SilentSubscription_HoldsBackNothingThatSettled()
    {
        lnd.Refuses("GET /v1/invoices/subscribe", 1, "LND would not answer now");
        lnd.Answers("GET /v1/invoices", """{"invoices":[],"last_index_offset":"0"}""");
        await using IAsyncEnumerator<SettledInvoice> watch = node.WatchInvoicesAsync(0).GetAsyncEnumerator();
        Task<bool> next = watch.MoveNextAsync().AsTask();
        lnd.Answers("GET /v1/invoices", $$"""{"invoices":[{{InvoiceJson("SETTLED", hash, 0)}},{{InvoiceJson("SETTLED", hash, 1, isKeysend: true)}}],"last_index_offset":"2"}""");

        Assert.True(await clock.PassAsync(next));

        Assert.Equal((1L, hash, $"keysend-{hash}"), (watch.Current.Cursor, watch.Current.PaymentHash, watch.Current.Label));
    }

    [Fact]
    public async Task ListAndDecode_Answers_AreRead()
    {
        lnd.Answers("GET /v1/invoices", $$"""{"invoices":[{{InvoiceJson("OPEN", hash, 0)}},{{InvoiceJson("SETTLED", hash, 4)}}]}""");
        lnd.Answers("GET /v1/payments", $$"""{"payments":[{{UpdateBody("FAILED", "FAILURE_REASON_NO_ROUTE")}},{{UpdateBody("SUCCEEDED", "")}}]}""");
        string invoice = Invoice(1_000);
        lnd.Answers($"GET /v1/payreq/{invoice}", $$"""{"destination":"{{payee}}","payment_hash":"{{hash}}","num_msat":"1000","timestamp":"1700000000","expiry":"60","description":"tea"}""");

        Assert.Equal([InvoiceStatus.Settled, InvoiceStatus.Open], (await node.ListInvoicesAsync(2)).Select(found => found.Status));
        Assert.Equal([PaymentStatus.Succeeded, PaymentStatus.Failed], (await node.ListPaymentsAsync(2)).Select(found => found.Status));
        DecodedRequest decoded = await node.DecodeAsync(invoice);
        Assert.Equal((payee, Msat.From(1_000), "regtest", 1_700_000_060L), (decoded.Payee!, decoded.Amount!.Value, decoded.Network, decoded.ExpiresAt!.Value.ToUnixTimeSeconds()));
        Assert.NotNull((await node.DecodeAsync("nonsense")).Error);
        Assert.Null(await node.LookUpInvoiceAsync(Digest.Of("none"u8)));
    }

    private ILightningNode Connect(string trust) =>
        LightningNodes.Connect($"type=lnd-rest;server={lnd.Server};macaroon={FakeLnd.Macaroon};{trust}");

    private void Tracks(string? status)
    {
        if (status == "gone")
        {
            lnd.Refuses(track, 14, "transport is closing");
        }
        else if (status is not null)
        {
            lnd.Routes[track] = http => FakeLnd.LineAsync(http, Update(status, "FAILURE_REASON_NO_ROUTE"));
        }
    }

    private static string Update(string status, string reason = "FAILURE_REASON_NONE") => $$"""{"result":{{UpdateBody(status, reason)}}}""";

    private static string UpdateBody(string status, string reason) =>
        $$"""{"payment_hash":"{{hash}}","value_msat":"1000","fee_msat":"3","payment_preimage":"{{preimage}}","status":"{{status}}","failure_reason":"{{reason}}","creation_time_ns":"1700000000000000000"}""";

    private static string InvoiceJson(string state, Digest paymentHash, int settleIndex, bool isKeysend = false) =>
        $$"""{"is_keysend":{{(isKeysend ? "true" : "false")}},"memo":"tea","r_hash":"{{Convert.ToBase64String(paymentHash.Span)}}","value_msat":"1234","state":"{{state}}","amt_paid_msat":"1200","settle_index":"{{settleIndex}}","creation_date":"1700000000","expiry":"3600","settle_date":"1700000001","payment_request":"lnbcrt1"}""";

    private static string Invoice(long? msat) => new Bolt11Draft
    {
        Prefix = "bcrt",
        Amount = msat is { } amount ? Msat.From(amount) : null,
        CreatedAt = DateTimeOffset.UnixEpoch,
        PaymentHash = hash,
        PaymentSecret = Digest.Of("secret"u8),
        Description = "tea",
    }.Sign(payeeKey);
}
