using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Http;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;
using SeederMesh.Lightning;

namespace SeederMesh.Client.Tests.Swarm;

/// <summary>A hub over HTTP on the loopback, with the domain's own channels and no database: what clients are tested against.</summary>
internal sealed class LocalHub : IAsyncDisposable
{
    public static readonly SigningKey Key = SigningKey.FromSeed([.. Enumerable.Repeat((byte)77, 32)]);

    private readonly Lock gate = new();
    private readonly Dictionary<Id128, PaymentChannel> channels = [];
    private readonly Dictionary<Id128, Invoice> invoices = [];
    private readonly Dictionary<Id128, OpenChannelRequest> requests = [];
    private readonly Dictionary<Id128, string> refunds = [];
    private readonly Dictionary<string, SignedManifest> manifests = new(StringComparer.Ordinal);
    private readonly WebApplication application;
    private readonly ILightningNode node;

    private LocalHub(WebApplication application, ILightningNode node)
    {
        (this.application, this.node) = (application, node);
    }

    public string Url { get; private set; } = "";

    /// <summary>While set, every call is answered by 503 before anything is done.</summary>
    public bool IsAway { get; set; }

    /// <summary>While set, the hub takes payments, says that there were none, and gives another invoice to whoever asks again.</summary>
    public bool ForgetsPayments { get; set; }

    /// <summary>The network that it says it is paid on.</summary>
    public string Network { get; set; } = "play money";

    /// <summary>While set, reports are settled and their answers lost.</summary>
    public bool LosesAnswers { get; set; }

    public ConcurrentQueue<(PublicKey Seeder, ReceiptVerdict Verdict, long Bytes)> Verdicts { get; } = new();

    /// <summary>The pieces of accepted receipts, in the order in which they were signed.</summary>
    public ConcurrentQueue<int> Pieces { get; } = new();

    public ConcurrentDictionary<PublicKey, string> Destinations { get; } = new();

    public ConcurrentQueue<string> Calls { get; } = new();

    public static async Task<LocalHub> StartAsync(ILightningNode node, int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        WebApplication web = builder.Build();
        web.Urls.Add($"http://127.0.0.1:{port}");
        var hub = new LocalHub(web, node);
        web.Use(hub.AuthenticateAsync);
        hub.Map();
        await web.StartAsync();
        hub.Url = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return hub;
    }

    public void Register(SignedManifest manifest)
    {
        lock (gate)
        {
            manifests[manifest.Manifest.Torrent.InfohashV2.ToString()] = manifest;
        }
    }

    public T Look<T>(Func<IReadOnlyCollection<PaymentChannel>, T> look)
    {
        lock (gate)
        {
            return look(channels.Values);
        }
    }

    public async ValueTask DisposeAsync() => await application.DisposeAsync();

    private static IResult Problem(int status, string slug, string detail) => Results.Json(
        new JsonObject { ["type"] = "urn:seedermesh:problem:" + slug, ["title"] = slug, ["status"] = status, ["detail"] = detail },
        statusCode: status,
        contentType: "application/problem+json");

    private async Task AuthenticateAsync(HttpContext context, RequestDelegate next)
    {
        Calls.Enqueue($"{context.Request.Method} {context.Request.Path}");
        if (IsAway)
        {
            context.Response.StatusCode = 503;
            return;
        }

        if (!HttpMethods.IsGet(context.Request.Method))
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            byte[] bytes = body.ToArray();
            context.Items["body"] = bytes;
            HttpSignatureVerification verification = HttpSignature.Verify(
                new HttpRequestTarget(context.Request.Method, context.Request.Host.Value!, context.Request.Path.Value!),
                Digest.Of(bytes),
                context.Request.Headers["Content-Digest"],
                context.Request.Headers["Signature-Input"],
                context.Request.Headers["Signature"],
                DateTimeOffset.UtcNow.ToUnixTimeSeconds());
            if (verification.Result != HttpSignatureResult.Verified)
            {
                await Problem(401, "signature-invalid", verification.Message).ExecuteAsync(context);
                return;
            }

            context.Items["key"] = verification.Key;
        }

        await next(context);
    }

    private static PublicKey CallerOf(HttpContext context) => (PublicKey)context.Items["key"]!;

    private static JsonNode BodyOf(HttpContext context) => JsonNode.Parse((byte[])context.Items["body"]!)!;

    private static Id128 IdOf(string text) => Id128.TryParseHex(text, out Id128 id) ? id : throw new ArgumentException("not an id", nameof(text));

    private static PublicKey KeyOf(JsonNode? node) => PublicKey.TryParseHex(node!.GetValue<string>(), out PublicKey key) ? key : throw new ArgumentException("not a key", nameof(node));

    private static Digest DigestOf(JsonNode? node) => Digest.TryParseHex(node!.GetValue<string>(), out Digest digest) ? digest : throw new ArgumentException("not a digest", nameof(node));

    private static Msat MsatOf(JsonNode? node) => Msat.From(long.Parse(node!.GetValue<string>()));

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private void Map()
    {
        application.MapGet("/v1/hub", async () => Results.Json(new JsonObject
        {
            ["name"] = "local",
            ["publicKey"] = Key.PublicKey.ToString(),
            ["network"] = Network,
            ["nodeId"] = (await node.GetInfoAsync()).NodeId.ToString(),
        }));
        application.MapGet("/v1/registry/manifests/{infohash}", (string infohash) =>
        {
            lock (gate)
            {
                return manifests.TryGetValue(infohash, out SignedManifest? manifest)
                    ? Results.Bytes(manifest.Bytes.ToArray())
                    : Problem(404, "unknown-manifest", "none");
            }
        });
        application.MapPost("/v1/channels", (Delegate)OpenAsync);
        application.MapGet("/v1/channels/{id}", async (string id) => await AnswerAsync(IdOf(id)));
        application.MapPost("/v1/channels/{id}/grants", Give);
        application.MapPost("/v1/channels/{id}/grants/{grant}/close", CloseGrant);
        application.MapPost("/v1/channels/{id}/close", CloseAsync);
        application.MapPut("/v1/seeders/{key}", (string key, HttpContext context) =>
        {
            Destinations[CallerOf(context)] = BodyOf(context)["destination"]!.GetValue<string>();
            return Results.Json(Seeder(CallerOf(context)));
        });
        application.MapGet("/v1/seeders/{key}", (string key) =>
            Results.Json(Seeder(PublicKey.TryParseHex(key, out PublicKey seeder) ? seeder : default)));
        application.MapPost("/v1/receipts", Report);
    }

    private JsonObject Seeder(PublicKey key)
    {
        lock (gate)
        {
            return new JsonObject
            {
                ["seederKey"] = key.ToString(),
                ["earnedMsat"] = channels.Values.Sum(channel => channel.SettledBy(key).Value).ToString(),
            };
        }
    }

    private async Task<IResult> OpenAsync(HttpContext context)
    {
        JsonNode body = BodyOf(context);
        var request = new OpenChannelRequest(
            KeyOf(body["downloaderKey"]), DigestOf(body["infohash"]), DigestOf(body["manifestDigest"]), MsatOf(body["budgetMsat"]),
            MsatOf(body["maxPricePerMiBMsat"]), body["expiresUnixMs"]!.GetValue<long>(), body["refund"]!.GetValue<string>());
        if (request.DownloaderKey != CallerOf(context))
        {
            return Problem(403, "wrong-key", "not yours");
        }

        SignedManifest manifest;
        lock (gate)
        {
            manifest = manifests[request.Infohash.ToString()];
        }

        ManifestPayment payment = manifest.Manifest.Payment!;
        var terms = new ChannelTerms(
            Key.PublicKey, request.DownloaderKey, request.Infohash, request.ManifestDigest,
            new PricePerMebibyte(payment.PricePerMiB.Value), request.ExpiresUnixMs);
        string label = $"channel-{terms.ChannelId}" + (ForgetsPayments ? $"-{Guid.NewGuid()}" : "");
        Invoice invoice = (await node.CreateInvoiceAsync(new InvoiceRequest(label, request.BudgetMsat, "channel"))).Required();
        lock (gate)
        {
            if (channels.TryAdd(terms.ChannelId, new PaymentChannel(
                terms,
                new SplitPolicy(
                    [.. payment.Payees.Select(payee => new PayeeShare(payee.Id, new BasisPoints(payee.ShareBps)))],
                    new BasisPoints(payment.SeedersBps),
                    new BasisPoints(payment.RegistryBps),
                    new BasisPoints(payment.HubBps)),
                new PieceMap(manifest.Manifest.Torrent),
                ChannelLimits.Default)))
            {
                invoices[terms.ChannelId] = invoice;
                requests[terms.ChannelId] = request;
            }
            else if (ForgetsPayments)
            {
                invoices[terms.ChannelId] = invoice;
            }
        }

        return await AnswerAsync(terms.ChannelId);
    }

    private async Task<IResult> AnswerAsync(Id128 id)
    {
        Invoice invoice;
        lock (gate)
        {
            invoice = invoices[id];
        }

        Invoice? now = await node.LookUpInvoiceAsync(invoice.PaymentHash);
        lock (gate)
        {
            PaymentChannel channel = channels[id];
            if (!ForgetsPayments && channel.Funded.IsZero && now is { Status: InvoiceStatus.Settled })
            {
                channel.Apply(channel.DecideFunding(now.Received));
            }

            return Results.Json(ToJson(channel));
        }
    }

    private JsonObject ToJson(PaymentChannel channel) => new()
    {
        ["channelId"] = channel.Id.ToString(),
        ["state"] = channel.Status.ToString().ToLowerInvariant(),
        ["pricePerMiBMsat"] = channel.Terms.Price.Msat.ToString(),
        ["fundedMsat"] = channel.Funded.Value.ToString(),
        ["reservedMsat"] = channel.Reserved.Value.ToString(),
        ["settledMsat"] = channel.Settled.Value.ToString(),
        ["availableMsat"] = channel.Available.Value.ToString(),
        ["refundedMsat"] = channel.Refunded.Value.ToString(),
        ["invoice"] = invoices[channel.Id].Bolt11,
        ["refunds"] = refunds.TryGetValue(channel.Id, out string? state)
            ? new JsonArray(new JsonObject { ["amountMsat"] = channel.Refunded.Value.ToString(), ["state"] = state })
            : new JsonArray(),
    };

    private IResult Give(string id, HttpContext context)
    {
        JsonNode body = BodyOf(context);
        lock (gate)
        {
            PaymentChannel channel = channels[IdOf(id)];
            if (CallerOf(context) != channel.Terms.Downloader)
            {
                return Problem(403, "wrong-key", "not yours");
            }

            GrantResult result = channel.DecideGrant(
                KeyOf(body["seederKey"]), MsatOf(body["limitMsat"]), body["generation"]!.GetValue<int>(), Now, out Grant? grant);
            if (result == GrantResult.Given)
            {
                channel.Apply(grant!);
            }

            return result switch
            {
                GrantResult.Given or GrantResult.AlreadyGiven => Results.Json(new JsonObject
                {
                    ["grantId"] = grant!.GrantId.ToString(),
                    ["grant"] = Convert.ToBase64String(SignedGrant.Sign(grant, Key).ToBytes()),
                }),
                GrantResult.InsufficientFunds => Problem(402, "insufficient-funds", "not enough is free"),
                _ => Problem(409, "conflict", result.ToString()),
            };
        }
    }

    private IResult CloseGrant(string id, string grant, HttpContext context)
    {
        lock (gate)
        {
            PaymentChannel channel = channels[IdOf(id)];
            CloseGrantResult result = channel.DecideCloseGrant(IdOf(grant), CallerOf(context), Now, out CloseGrantEffect effect);
            if (result is CloseGrantResult.Closed or CloseGrantResult.Closing)
            {
                channel.Apply(effect);
            }
        }

        return Finish(IdOf(id)) ?? Results.Json(new JsonObject { ["grantId"] = grant });
    }

    private async Task<IResult> CloseAsync(string id, HttpContext context)
    {
        lock (gate)
        {
            PaymentChannel channel = channels[IdOf(id)];
            if (channel.DecideClosing(Now) is { } closes)
            {
                channel.ApplyClosing(closes);
            }
        }

        Finish(IdOf(id));
        return await AnswerAsync(IdOf(id));
    }

    private IResult? Finish(Id128 id)
    {
        lock (gate)
        {
            PaymentChannel channel = channels[id];
            if (channel.DecideClosed() is { } closed)
            {
                channel.Apply(closed);
                refunds[id] = "sent";
                _ = RefundAsync(id, closed.Refund);
            }
        }

        return null;
    }

    private async Task RefundAsync(Id128 id, Msat amount)
    {
        Xunit.Assert.True(NodeId.TryParse(requests[id].Refund!.Split(':')[1], out NodeId? destination));
        Payment payment = await node.KeysendAsync(new KeysendRequest(
            destination, amount, new Preimage(Digest.Of(id.ToArray()).Span), Msat.From(10_000)));
        lock (gate)
        {
            refunds[id] = payment.Status == PaymentStatus.Succeeded ? "succeeded" : "failed";
        }
    }

    private IResult Report(HttpContext context)
    {
        Xunit.Assert.True(ReceiptRunCodec.TryReadReport((byte[])context.Items["body"]!, out ImmutableArray<ReceiptRun> runs, out string error), error);
        PublicKey reporter = CallerOf(context);
        var verdicts = new JsonArray();
        lock (gate)
        {
            foreach (ReceiptRun run in runs)
            {
                ReceiptVerdict verdict = Settle(run, reporter, out long settled);
                Verdicts.Enqueue((reporter, verdict, run.Entries.Sum(entry => (long)entry.PieceBytes)));
                (verdict == ReceiptVerdict.Accepted ? run.Entries : []).ToList().ForEach(entry => Pieces.Enqueue(entry.PieceIndex));
                string name = verdict.ToString();
                verdicts.Add(new JsonObject
                {
                    ["grantId"] = run.GrantId.ToString(),
                    ["verdict"] = char.ToLowerInvariant(name[0]) + name[1..],
                    ["settledSequence"] = settled,
                });
            }
        }

        return LosesAnswers ? Results.StatusCode(503) : Results.Json(new JsonObject { ["verdicts"] = verdicts });
    }

    private ReceiptVerdict Settle(ReceiptRun run, PublicKey reporter, out long settled)
    {
        settled = 0;
        PaymentChannel? channel = channels.Values.FirstOrDefault(channel => channel.FindGrant(run.GrantId) is not null);
        if (channel is null)
        {
            return ReceiptVerdict.UnknownGrant;
        }

        ExaminedReport report = channel.Examine([run], reporter, Now, (_, _) => null);
        report.VerifySignatures();
        ReportDecision decision = channel.DecideSettlement(report);
        foreach (Settlement settlement in decision.Settlements)
        {
            channel.Apply(settlement);
        }

        settled = channel.FindGrant(run.GrantId)!.Chain.Sequence;
        return decision.Verdicts[0];
    }
}
