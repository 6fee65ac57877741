using System.Globalization;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.Lnd;

/// <summary>LND (0.15 or later) over its REST interface.</summary>
/// <remarks>
/// Connection string: <c>type=lnd-rest;server=https://HOST:8080;macaroon=HEX</c> and so on, see
/// <see cref="LightningConnectionString"/>.
/// LND keeps no labels: its invoices are found by payment hash, and <see cref="Invoice.Label"/> is empty. An invoice's
/// preimage is derived from the
/// macaroon and the label (HMAC-SHA-256), so that the same label meets the same invoice; without a macaroon LND draws
/// it and repeats are new invoices.
/// The macaroon needs info:read, offchain:read, onchain:read, invoices:read, invoices:write, and offchain:write to pay.
/// Source: LND's API reference. Thread safe.
/// </remarks>
public sealed partial class LndNode : ILightningNode
{
    private const int PageSize = 1_000;

    private static readonly TimeSpan answerTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan firstInvoiceEvery = TimeSpan.FromSeconds(2);

    // LND refuses a macaroon with the status of any other error (500): what it says is all that tells them apart.
    private static readonly string[] refusalsOfMacaroons = ["macaroon", "permission denied", "verification failed", "not satisfied"];

    private readonly NodeHttp http;
    private readonly TimeProvider clock;
    private readonly byte[] labelKey;

    // Connects to nothing yet; the first call does. LND may run without macaroons.
    private LndNode(string server, string? macaroonHex, ServerTrust trust, TimeProvider clock)
    {
        this.clock = clock;
        http = new NodeHttp("LND", server, trust, new NodeCredentials("macaroon", "Grpc-Metadata-macaroon", macaroonHex)
        {
            RefusedWith = refusalsOfMacaroons,
        });
        labelKey = macaroonHex is null ? [] : SHA256.HashData(Encoding.ASCII.GetBytes("seedermesh/lnd/" + macaroonHex.ToLowerInvariant()));
    }

    /// <summary>The node of a connection string; reads the macaroon's and the certificate's file.</summary>
    /// <exception cref="ArgumentException">A file cannot be read; the message names the key.</exception>
    internal static LndNode Connect(LightningConnectionString parsed, TimeProvider clock)
    {
        string? macaroon = parsed.Find("macaroon")
            ?? (parsed.Find("macaroonfilepath") is { } path ? Convert.ToHexStringLower(ServerTrust.Read("macaroonfilepath", path)) : null);
        return new LndNode(parsed["server"], macaroon, ServerTrust.Of(parsed), clock);
    }

    /// <inheritdoc/>
    public async Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default)
    {
        JsonElement info = await AskAsync("v1/getinfo", cancellation);
        string network = JsonFields.Items(info, "chains").Select(chain => JsonFields.Text(chain, "network")).FirstOrDefault() ?? "";
        return new NodeInfo(
            "lnd",
            JsonFields.Text(info, "version") ?? "",
            NodeId.TryParse(JsonFields.Text(info, "identity_pubkey"), out NodeId? id)
                ? id
                : throw new LightningNodeException(NodeFault.MalformedAnswer, "LND's answer to getinfo has no identity_pubkey."),
            JsonFields.Text(info, "alias") ?? "",
            network == "mainnet" ? NodeInfo.Mainnet : network,
            NodeFeatures.Keysend | NodeFeatures.FeeLimit | (TakesKeysend(info) ? NodeFeatures.ReceivesKeysend : NodeFeatures.None))
        {
            BlockHeight = JsonFields.Find(info, "block_height") is null ? null : LndReader.Number(info, "block_height"),
            Warning = JsonFields.Find(info, "synced_to_chain") is { ValueKind: JsonValueKind.False }
                ? "LND has not caught up with the chain."
                : null,
        };
    }

    /// <inheritdoc/>
    public async Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default)
    {
        // LND's own sum counts channels whose peer is away, and what has to stay in a channel.
        JsonElement channels = await AskAsync("v1/channels?active_only=true", cancellation);
        JsonElement chain = await AskAsync("v1/balance/blockchain", cancellation);
        Msat side(Func<JsonElement, long> usable) => JsonFields.Items(channels, "channels")
            .Aggregate(Msat.Zero, (sum, channel) => sum + Msat.FromSatoshi(Math.Max(0, usable(channel))));
        long satoshi = Math.Max(0, LndReader.Number(chain, "confirmed_balance"));
        return new NodeBalance(side(LndReader.Spendable), side(LndReader.Receivable), Msat.FromSatoshi(satoshi));
    }

    /// <inheritdoc/>
    public async Task<InvoiceResult> CreateInvoiceAsync(InvoiceRequest request, CancellationToken cancellation = default)
    {
        if (request.Defect() is { } defect)
        {
            return new InvoiceResult(InvoiceResultStatus.InvalidRequest, null, defect);
        }

        try
        {
            return await MakeInvoiceAsync(request, cancellation);
        }
        catch (NodeRefusedException refused)
        {
            return new InvoiceResult(InvoiceResultStatus.Refused, null, Said(refused));
        }
        catch (Exception lost) when (lost is NodeLostException or LightningNodeException)
        {
            return new InvoiceResult(InvoiceResultStatus.Unknown, null, lost.Message);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SettledInvoice> WatchInvoicesAsync(
        long afterCursor, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        // LND repeats what settled after a settle_index, but nothing after 0, and its answer to a subscription begins with
        // the next invoice, however long that takes: until one has settled at all, the list is looked at.
        long cursor = afterCursor;
        while (cursor == 0)
        {
            foreach (SettledInvoice settled in await SettledSoFarAsync(cancellation))
            {
                cursor = settled.Cursor;
                yield return settled;
            }

            if (cursor == 0)
            {
                await Task.Delay(firstInvoiceEvery, clock, cancellation);
            }
        }

        using NodeStream live = await SubscribeAsync(cursor, cancellation);
        while (true)
        {
            JsonElement update = await NextUpdateAsync(live, cancellation);
            if (LndReader.IsSettled(update) && LndReader.Number(update, "settle_index") > cursor)
            {
                SettledInvoice settled = LndReader.Settled(update);
                cursor = settled.Cursor;
                yield return settled;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<Invoice?> LookUpInvoiceAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        await NodeAnswers.FindAsync(
            () => http.SendAsync(HttpMethod.Get, $"v1/invoice/{paymentHash}", null, answerTime, cancellation),
            refused => refused.Says("unable to locate invoice") || refused.Says("no existing invoices"),
            Said) is { } found ? LndReader.Invoice(found) : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default)
    {
        JsonElement found = await AskAsync($"v1/invoices?reversed=true&num_max_invoices={limit}", cancellation);
        return [.. JsonFields.Items(found, "invoices").Reverse().Select(LndReader.Invoice)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default)
    {
        JsonElement found = await AskAsync($"v1/payments?include_incomplete=true&reversed=true&max_payments={limit}", cancellation);
        return
        [
            .. JsonFields.Items(found, "payments").Reverse()
                .Select(payment => LndReader.Payment(payment, LndReader.PaymentHash(payment))),
        ];
    }

    /// <inheritdoc/>
    public async Task<DecodedRequest> DecodeAsync(string text, CancellationToken cancellation = default)
    {
        // LND's own decoder knows its own network only; what it says about the rest is an error sentence.
        try
        {
            JsonElement read = await http.SendAsync(
                HttpMethod.Get, $"v1/payreq/{Uri.EscapeDataString(text)}", null, answerTime, cancellation);
            Msat asked = LndReader.Amount(read, "num_msat");
            return new DecodedRequest
            {
                Kind = "bolt11 invoice",
                Network = Bolt11.Bolt11Invoice.TryDecode(text, out Bolt11.Bolt11Invoice? invoice, out _) ? invoice.NetworkName : "",
                Payee = NodeId.TryParse(JsonFields.Text(read, "destination"), out NodeId? payee) ? payee : null,
                Amount = asked.IsZero ? null : asked,
                Description = JsonFields.Text(read, "description"),
                DescriptionHash = Digest.TryParseHex(JsonFields.Text(read, "description_hash"), out Digest described) ? described : null,
                PaymentHash = LndReader.PaymentHash(read),
                ExpiresAt = (LndReader.Time(LndReader.Number(read, "timestamp")) ?? default).AddSeconds(LndReader.Number(read, "expiry")),
            };
        }
        catch (NodeRefusedException refused)
        {
            return new DecodedRequest { Error = Said(refused) };
        }
        catch (NodeLostException lost)
        {
            throw Unanswered(lost);
        }
    }

    /// <inheritdoc/>
    public Task<OfferInvoiceResult> FetchOfferInvoiceAsync(
        OfferInvoiceRequest request, CancellationToken cancellation = default) =>
        Task.FromResult(new OfferInvoiceResult(
            null, default, Msat.Zero, PaymentFailure.NotSupported, "LND has no BOLT 12 offers."));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    // Advertised with accept-keysend, as bit 54 or 55. Source: BLIP 3.
    private static bool TakesKeysend(JsonElement info) =>
        JsonFields.Find(info, "features") is { ValueKind: JsonValueKind.Object } features
        && (features.TryGetProperty("54", out _) || features.TryGetProperty("55", out _));

    private async Task<InvoiceResult> MakeInvoiceAsync(InvoiceRequest request, CancellationToken cancellation)
    {
        byte[]? preimage = labelKey.Length == 0 ? null : HMACSHA256.HashData(labelKey, Encoding.UTF8.GetBytes(request.Label));
        byte[] description = Encoding.UTF8.GetBytes(request.Description);
        Dictionary<string, object?> body = new(StringComparer.Ordinal)
        {
            ["value_msat"] = Number((request.Amount ?? Msat.Zero).Value),
            ["expiry"] = Number((long)Math.Ceiling(request.Expiry.TotalSeconds)),
            [request.HashDescription ? "description_hash" : "memo"] =
                request.HashDescription ? Convert.ToBase64String(SHA256.HashData(description)) : request.Description,
        };
        if (preimage is not null)
        {
            body["r_preimage"] = Convert.ToBase64String(preimage);
        }

        try
        {
            JsonElement made = await http.SendAsync(HttpMethod.Post, "v1/invoices", JsonContent.Create(body), answerTime, cancellation);
            Invoice invoice = await LookUpInvoiceAsync(new Digest(LndReader.Bytes(made, "r_hash")), cancellation)
                ?? throw new LightningNodeException(NodeFault.MalformedAnswer, "LND made an invoice and does not find it.");
            return new InvoiceResult(InvoiceResultStatus.Created, invoice with { Label = request.Label }, "");
        }
        catch (NodeRefusedException refused) when (preimage is not null && refused.Says("already exists"))
        {
            return await KnownInvoiceAsync(request, new Preimage(preimage).PaymentHash, cancellation);
        }
    }

    private async Task<InvoiceResult> KnownInvoiceAsync(InvoiceRequest request, Digest hash, CancellationToken cancellation)
    {
        Invoice? known = await LookUpInvoiceAsync(hash, cancellation);
        bool same = known is not null
            && known.Amount == request.Amount
            && (request.HashDescription || known.Description == request.Description);
        return same
            ? new InvoiceResult(InvoiceResultStatus.AlreadyExists, known! with { Label = request.Label }, "")
            : new InvoiceResult(
                InvoiceResultStatus.LabelConflict, null, $"The label '{request.Label}' has an invoice with other terms.");
    }

    private async Task<NodeStream> SubscribeAsync(long afterCursor, CancellationToken cancellation)
    {
        try
        {
            return await http.OpenStreamAsync(
                HttpMethod.Get,
                string.Create(CultureInfo.InvariantCulture, $"v1/invoices/subscribe?settle_index={afterCursor}"),
                null,
                cancellation);
        }
        catch (Exception exception) when (exception is NodeRefusedException or NodeLostException)
        {
            throw Unanswered(exception);
        }
    }

    private static async Task<JsonElement> NextUpdateAsync(NodeStream live, CancellationToken cancellation)
    {
        try
        {
            return JsonFields.Find(await live.NextAsync(cancellation) ?? default, "result")
                ?? throw new LightningNodeException(NodeFault.Unreachable, "LND ended the stream of invoices.");
        }
        catch (NodeLostException lost)
        {
            throw Unanswered(lost);
        }
    }

    private async Task<List<SettledInvoice>> SettledSoFarAsync(CancellationToken cancellation)
    {
        List<SettledInvoice> settled = [];
        for (long offset = 0; ;)
        {
            JsonElement page = await AskAsync($"v1/invoices?index_offset={offset}&num_max_invoices={PageSize}", cancellation);
            JsonElement[] invoices = [.. JsonFields.Items(page, "invoices")];
            settled.AddRange(invoices.Where(LndReader.IsSettled).Select(LndReader.Settled));
            offset = LndReader.Number(page, "last_index_offset");
            if (invoices.Length < PageSize)
            {
                return [.. settled.OrderBy(invoice => invoice.Cursor)];
            }
        }
    }

    private async Task<JsonElement> AskAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return await http.SendAsync(HttpMethod.Get, path, null, answerTime, cancellation);
        }
        catch (Exception exception) when (exception is NodeRefusedException or NodeLostException)
        {
            throw Unanswered(exception);
        }
    }

    private static LightningNodeException Unanswered(Exception exception) => NodeAnswers.Unanswered(exception, Said);

    // The message stands alone, or in a stream's "error".
    private static string Said(NodeRefusedException refused)
    {
        try
        {
            using JsonDocument body = JsonDocument.Parse(refused.Message);
            JsonElement error = JsonFields.Find(body.RootElement, "error") is { ValueKind: JsonValueKind.Object } inner
                ? inner
                : body.RootElement;
            return $"LND says: {JsonFields.Text(error, "message") ?? refused.Message}";
        }
        catch (JsonException)
        {
            return $"LND says: {refused.Message} ({refused.Status})";
        }
    }
}
