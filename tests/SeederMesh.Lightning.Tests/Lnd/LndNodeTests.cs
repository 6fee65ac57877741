using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Tests.Lnd;

/// <summary>Goal: LND's REST wire: strings for numbers, base64 for bytes, streams of results. Method: a stand-in over TLS that demands what LND demands.</summary>
public sealed class LndNodeTests : IAsyncLifetime
{
    private const string Macaroon = "0201036c6e64";

    private static readonly byte[] payeeKey = Digest.Of("payee"u8).ToArray();
    private static readonly Preimage preimage = new(Digest.Of("preimage"u8).Span);
    private static readonly Digest hash = preimage.PaymentHash;
    private static readonly NodeId payee = Secp256k1.PublicKey(payeeKey);

    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, Func<HttpContext, Task>> routes = new(StringComparer.Ordinal);
    private readonly List<string> bodies = [];
    private readonly X509Certificate2 certificate = MakeCertificate();
    private WebApplication app = null!;
    private string server = "";
    private ILightningNode node = null!;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            System.Net.IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        app = builder.Build();
        app.Run(ServeAsync);
        await app.StartAsync();
        server = app.Urls.Single();
        node = Connect($"certthumbprint={certificate.GetCertHashString(HashAlgorithmName.SHA256)}");
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        await app.DisposeAsync();
        certificate.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task GetInfoAsync_PinnedCertificate_IsRead()
    {
        Answers("GET /v1/getinfo", $$"""{"identity_pubkey":"{{payee}}","alias":"lnd","version":"0.19.0-beta","chains":[{"chain":"bitcoin","network":"regtest"}]}""");

        NodeInfo info = await node.GetInfoAsync();

        Assert.Equal((payee, "regtest", "0.19.0-beta"), (info.NodeId, info.Network, info.Version));
    }

    [Fact]
    public async Task GetInfoAsync_OtherCertificateOrMacaroon_SaysWhichKey()
    {
        Answers("GET /v1/getinfo", $$"""{"identity_pubkey":"{{payee}}"}""");
        await using ILightningNode pinned = Connect("certthumbprint=" + new string('0', 64));
        await using ILightningNode unpinned = Connect("");
        await using ILightningNode stranger = LightningNodes.Connect($"type=lnd-rest;server={server};macaroon=00;allowinsecure=true");

        LightningNodeException wrong = await Assert.ThrowsAsync<LightningNodeException>(() => pinned.GetInfoAsync());
        Assert.Equal(NodeFault.WrongCertificate, wrong.Fault);
        Assert.Contains("another certificate than the one that certthumbprint", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(NodeFault.WrongCertificate, (await Assert.ThrowsAsync<LightningNodeException>(() => unpinned.GetInfoAsync())).Fault);
        Assert.Equal(NodeFault.WrongCredentials, (await Assert.ThrowsAsync<LightningNodeException>(() => stranger.GetInfoAsync())).Fault);
    }

    [Fact]
    public async Task Connect_Files_AreReadOrNamed()
    {
        Answers("GET /v1/getinfo", $$"""{"identity_pubkey":"{{payee}}"}""");
        await File.WriteAllBytesAsync(folder.File("admin.macaroon"), Convert.FromHexString(Macaroon));
        await File.WriteAllTextAsync(folder.File("tls.cert"), certificate.ExportCertificatePem());
        string macaroon = $"macaroonfilepath={folder.File("admin.macaroon")}";
        await using ILightningNode files = LightningNodes.Connect($"type=lnd-rest;server={server};{macaroon};certfilepath={folder.File("tls.cert")}");

        Assert.Equal(payee, (await files.GetInfoAsync()).NodeId);
        Assert.Contains("macaroonfilepath", Assert.Throws<ArgumentException>(
            () => LightningNodes.Connect($"type=lnd-rest;server={server};macaroonfilepath=/none")).Message, StringComparison.Ordinal);
        Assert.Contains("certfilepath", Assert.Throws<ArgumentException>(
            () => LightningNodes.Connect($"type=lnd-rest;server={server};{macaroon};certfilepath={folder.File("admin.macaroon")}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetBalanceAsync_Strings_AreAmounts()
    {
        Answers("GET /v1/balance/channels", """{"local_balance":{"sat":"1","msat":"1234"},"remote_balance":{"msat":"5678"}}""");
        Answers("GET /v1/balance/blockchain", """{"confirmed_balance":"9"}""");

        Assert.Equal(new NodeBalance(Msat.From(1_234), Msat.From(5_678), Msat.FromSatoshi(9)), await node.GetBalanceAsync());
    }

    [Fact]
    public async Task CreateInvoiceAsync_SameLabel_SendsTheSamePreimageAndFindsTheInvoice()
    {
        List<string> preimages = [];
        routes["POST /v1/invoices"] = http =>
        {
            string sent = JsonDocument.Parse(bodies[^1]).RootElement.GetProperty("r_preimage").GetString()!;
            bool known = preimages.Contains(sent);
            preimages.Add(sent);
            Digest paymentHash = new Preimage(Convert.FromBase64String(sent)).PaymentHash;
            Answers($"GET /v1/invoice/{paymentHash}", InvoiceJson("OPEN", paymentHash, 0));
            return known
                ? WriteAsync(http, 500, """{"code":2,"message":"invoice with payment hash already exists","details":[]}""")
                : WriteAsync(http, 200, $$"""{"r_hash":"{{Convert.ToBase64String(paymentHash.Span)}}","payment_request":"lnbcrt1","add_index":"1"}""");
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
        Assert.Contains("\"value_msat\":\"1234\"", bodies[0], StringComparison.Ordinal);
        Assert.Contains("\"description_hash\":\"" + Convert.ToBase64String(SHA256.HashData("tea"u8)).Replace("+", "\\u002B", StringComparison.Ordinal), bodies[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WatchInvoicesAsync_FromTheBeginning_ListsThenFollows()
    {
        string opened = "";
        routes["GET /v1/invoices/subscribe"] = async http =>
        {
            opened = http.Request.QueryString.Value!;
            await http.Response.StartAsync();
            await LineAsync(http, $$"""{"result":{{InvoiceJson("OPEN", hash, 0)}}}""");
            await LineAsync(http, $$"""{"result":{{InvoiceJson("SETTLED", hash, 2)}}}"""); // listed already
            await LineAsync(http, $$"""{"result":{{InvoiceJson("SETTLED", hash, 3)}}}""");
        };
        Answers("GET /v1/invoices", $$"""{"invoices":[{{InvoiceJson("SETTLED", hash, 2)}},{{InvoiceJson("OPEN", hash, 0)}},{{InvoiceJson("SETTLED", hash, 1)}}],"last_index_offset":"3"}""");

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
        Assert.Equal((NodeFault.Unreachable, "?settle_index=0"), (ended.Fault, opened));
    }

    [Fact]
    public async Task PayAsync_Succeeded_FollowsTheStreamToItsEnd()
    {
        routes["POST /v2/router/send"] = async http =>
        {
            await LineAsync(http, Update("IN_FLIGHT"));
            await LineAsync(http, Update("SUCCEEDED"));
        };

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)) { TimeLimit = TimeSpan.FromSeconds(7) });

        Assert.Equal((PaymentStatus.Succeeded, preimage, Msat.From(3), Msat.From(1_000)), (payment.Status, payment.Preimage!.Value, payment.Fee, payment.Amount));
        Assert.Contains("\"fee_limit_msat\":\"50\",\"timeout_seconds\":7", bodies[0], StringComparison.Ordinal);
        Assert.DoesNotContain("amt_msat", bodies[0], StringComparison.Ordinal);
        await node.PayAsync(new PayRequest(Invoice(null), Msat.From(50)) { Amount = Msat.From(1_000) });
        Assert.Contains("\"amt_msat\":\"1000\"", bodies[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FAILURE_REASON_TIMEOUT", PaymentFailure.TimedOut)]
    [InlineData("FAILURE_REASON_NO_ROUTE", PaymentFailure.NoRoute)]
    [InlineData("FAILURE_REASON_INCORRECT_PAYMENT_DETAILS", PaymentFailure.RefusedByPayee)]
    [InlineData("FAILURE_REASON_INSUFFICIENT_BALANCE", PaymentFailure.InsufficientBalance)]
    [InlineData("FAILURE_REASON_ERROR", PaymentFailure.RefusedByNode)]
    public async Task PayAsync_Failed_HasItsReason(string reason, PaymentFailure expected)
    {
        routes["POST /v2/router/send"] = http => LineAsync(http, Update("FAILED", reason));

        Payment payment = await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)));

        Assert.Equal((PaymentStatus.Failed, expected), (payment.Status, payment.Failure));
    }

    [Theory]
    [InlineData("invoice is already paid", "SUCCEEDED", PaymentStatus.Succeeded)]
    [InlineData("payment is in transition", "FAILED", PaymentStatus.Failed)]
    public async Task PayAsync_HashKnownToLnd_JoinsThatPayment(string message, string tracked, PaymentStatus expected)
    {
        routes["POST /v2/router/send"] = http => WriteAsync(http, 500, $$"""{"error":{"code":6,"message":"{{message}}"} }""");
        Tracks(tracked);

        Assert.Equal(expected, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);
    }

    // The stream breaks off -> only what tracking proves.
    [Theory]
    [InlineData("IN_FLIGHT", PaymentStatus.Pending)]
    [InlineData("SUCCEEDED", PaymentStatus.Succeeded)]
    [InlineData("FAILED", PaymentStatus.Unknown)]
    [InlineData(null, PaymentStatus.Unknown)]
    public async Task PayAsync_ConnectionBroken_SaysOnlyWhatTrackingProves(string? tracked, PaymentStatus expected)
    {
        routes["POST /v2/router/send"] = async http =>
        {
            await LineAsync(http, Update("IN_FLIGHT"));
            http.Abort();
        };
        Tracks(tracked);

        Assert.Equal(expected, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);
    }

    [Fact]
    public async Task PayAsync_PreimageOfAnotherHash_IsNotBelieved()
    {
        routes["POST /v2/router/send"] = http => LineAsync(http, Update("SUCCEEDED").Replace(preimage.ToString(), new string('0', 64), StringComparison.Ordinal));

        Assert.Equal(PaymentStatus.Unknown, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);
    }

    [Fact]
    public async Task KeysendAsync_CallersPreimage_IsInTheRecordAndTheHash()
    {
        routes["POST /v2/router/send"] = http => LineAsync(http, Update("SUCCEEDED"));

        Payment payment = await node.KeysendAsync(new KeysendRequest(payee, Msat.From(1_000), preimage, Msat.From(5)));

        JsonElement body = JsonDocument.Parse(bodies[0]).RootElement;
        Assert.Equal((PaymentStatus.Succeeded, preimage), (payment.Status, payment.Preimage!.Value));
        Assert.Equal(preimage.ToArray(), body.GetProperty("dest_custom_records").GetProperty("5482373484").GetBytesFromBase64());
        Assert.Equal(hash.ToArray(), body.GetProperty("payment_hash").GetBytesFromBase64());
        Assert.Equal(payee.ToArray(), body.GetProperty("dest").GetBytesFromBase64());
        Assert.Equal(PaymentFailure.WrongAmount, (await node.KeysendAsync(new KeysendRequest(payee, Msat.Zero, preimage, Msat.Zero))).Failure);
    }

    [Theory]
    [InlineData("SUCCEEDED", PaymentStatus.Succeeded)]
    [InlineData("IN_FLIGHT", PaymentStatus.Pending)]
    [InlineData("INITIATED", PaymentStatus.Pending)]
    [InlineData("FAILED", PaymentStatus.Failed)]
    [InlineData(null, PaymentStatus.NotFound)]
    public async Task LookUpPaymentAsync_Tracked_HasItsStatus(string? tracked, PaymentStatus expected)
    {
        Tracks(tracked);

        Assert.Equal(expected, (await node.LookUpPaymentAsync(hash)).Status);
    }

    [Fact]
    public async Task LookUpPaymentAsync_NodeGone_IsUnknown()
    {
        await app.StopAsync();

        Assert.Equal(PaymentStatus.Unknown, (await node.LookUpPaymentAsync(hash)).Status);
        Assert.Equal(PaymentStatus.Unknown, (await node.PayAsync(new PayRequest(Invoice(1_000), Msat.From(50)))).Status);
        Assert.Equal(NodeFault.Unreachable, (await Assert.ThrowsAsync<LightningNodeException>(() => node.GetInfoAsync())).Fault);
        Assert.Equal(InvoiceResultStatus.Unknown, (await node.CreateInvoiceAsync(new InvoiceRequest("a", null, ""))).Status);
    }

    [Fact]
    public async Task ListAndDecode_Answers_AreRead()
    {
        Answers("GET /v1/invoices", $$"""{"invoices":[{{InvoiceJson("OPEN", hash, 0)}},{{InvoiceJson("SETTLED", hash, 4)}}]}""");
        Answers("GET /v1/payments", $$"""{"payments":[{{UpdateBody("FAILED", "FAILURE_REASON_NO_ROUTE")}},{{UpdateBody("SUCCEEDED", "")}}]}""");
        string invoice = Invoice(1_000);
        Answers($"GET /v1/payreq/{invoice}", $$"""{"destination":"{{payee}}","payment_hash":"{{hash}}","num_msat":"1000","timestamp":"1700000000","expiry":"60","description":"tea"}""");

        Assert.Equal([InvoiceStatus.Settled, InvoiceStatus.Open], (await node.ListInvoicesAsync(2)).Select(found => found.Status));
        Assert.Equal([PaymentStatus.Succeeded, PaymentStatus.Failed], (await node.ListPaymentsAsync(2)).Select(found => found.Status));
        DecodedRequest decoded = await node.DecodeAsync(invoice);
        Assert.Equal((payee, Msat.From(1_000), "regtest", 1_700_000_060L), (decoded.Payee!, decoded.Amount!.Value, decoded.Network, decoded.ExpiresAt!.Value.ToUnixTimeSeconds()));
        Assert.NotNull((await node.DecodeAsync("nonsense")).Error);
        Assert.Null(await node.LookUpInvoiceAsync(Digest.Of("none"u8)));
    }

    private ILightningNode Connect(string trust) => LightningNodes.Connect($"type=lnd-rest;server={server};macaroon={Macaroon};{trust}");

    private void Answers(string route, string json) => routes[route] = http => WriteAsync(http, 200, json);

    private void Tracks(string? status) => routes["GET /v2/router/track/" + Convert.ToBase64String(hash.Span).Replace('+', '-').Replace('/', '_')] =
        status is null
            ? http => WriteAsync(http, 404, """{"error":{"code":5,"message":"payment isn't initiated"}}""")
            : http => LineAsync(http, Update(status, "FAILURE_REASON_NO_ROUTE"));

    private async Task ServeAsync(HttpContext http)
    {
        if (http.Request.Headers["Grpc-Metadata-macaroon"] != Macaroon)
        {
            await WriteAsync(http, 401, """{"code":16,"message":"verification failed: signature mismatch after caveat verification"}""");
            return;
        }

        using StreamReader reader = new(http.Request.Body);
        string body = await reader.ReadToEndAsync();
        if (body.Length > 0)
        {
            bodies.Add(body);
        }

        await (routes.TryGetValue($"{http.Request.Method} {http.Request.Path.Value}", out Func<HttpContext, Task>? route)
            ? route(http)
            : WriteAsync(http, 404, """{"code":5,"message":"Not Found","details":[]}"""));
    }

    private static Task WriteAsync(HttpContext http, int status, string json)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(json);
    }

    private static async Task LineAsync(HttpContext http, string json)
    {
        await http.Response.WriteAsync(json + "\n");
        await http.Response.Body.FlushAsync();
    }

    private static string Update(string status, string reason = "FAILURE_REASON_NONE") => $$"""{"result":{{UpdateBody(status, reason)}}}""";

    private static string UpdateBody(string status, string reason) =>
        $$"""{"payment_hash":"{{hash}}","value_msat":"1000","fee_msat":"3","payment_preimage":"{{preimage}}","status":"{{status}}","failure_reason":"{{reason}}","creation_time_ns":"1700000000000000000"}""";

    private static string InvoiceJson(string state, Digest paymentHash, int settleIndex) =>
        $$"""{"memo":"tea","r_hash":"{{Convert.ToBase64String(paymentHash.Span)}}","value_msat":"1234","state":"{{state}}","amt_paid_msat":"1200","settle_index":"{{settleIndex}}","creation_date":"1700000000","expiry":"3600","settle_date":"1700000001","payment_request":"lnbcrt1"}""";

    private static string Invoice(long? msat) => new Bolt11Draft
    {
        Prefix = "bcrt",
        Amount = msat is { } amount ? Msat.From(amount) : null,
        CreatedAt = DateTimeOffset.UnixEpoch,
        PaymentHash = hash,
        PaymentSecret = Digest.Of("secret"u8),
        Description = "tea",
    }.Sign(payeeKey);

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=lnd autogenerated cert", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
