using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.Eclair;

/// <summary>Eclair (0.10 or later) over its HTTP interface.</summary>
/// <remarks>
/// Connection string: <c>type=eclair;server=http://127.0.0.1:8080;password=TEXT</c>, with <c>eclair.api.password</c>.
/// Eclair keeps no labels: its invoices are found by payment hash, and <see cref="Invoice.Label"/> is empty. An invoice's
/// preimage is derived
/// from the password and the label (HMAC-SHA-256), so that the same label meets the same invoice. Eclair's keysend draws its
/// own preimage, and its offers are paid in one step: neither can be repeated safely, so that the first is refused and the second is
/// for people only.
/// Source: Eclair's API. Thread safe.
/// </remarks>
public sealed partial class EclairNode : ILightningNode
{
    private const int PageSize = 1_000;
    private const int PagesMax = 1_000;

    private static readonly TimeSpan answerTime = TimeSpan.FromSeconds(30);

    // The longest that an invoice can be paid: Eclair lists received payments by when their invoice was made.
    private static readonly TimeSpan invoiceAgeMax = TimeSpan.FromDays(366);
    private static readonly TimeSpan recentAge = TimeSpan.FromDays(2);
    private static readonly TimeSpan lookAtAllEvery = TimeSpan.FromMinutes(15);

    // Eclair drops events when many come at once; the next look at everything finds what was dropped.
    private static readonly TimeSpan watchOverlap = TimeSpan.FromHours(1);

    private readonly NodeHttp http;
    private readonly TimeProvider clock;
    private readonly byte[] labelKey;
    private string? network;

    private EclairNode(NodeHttp http, TimeProvider clock, string password)
    {
        (this.http, this.clock) = (http, clock);
        labelKey = SHA256.HashData(Encoding.UTF8.GetBytes("seedermesh/eclair/" + password));
    }

    /// <summary>The node of a connection string; nothing is connected yet.</summary>
    /// <exception cref="ArgumentException">The certificate's file cannot be read; the message names the key.</exception>
    internal static EclairNode Connect(LightningConnectionString parsed, TimeProvider clock) => new(
        new NodeHttp("Eclair", parsed["server"], ServerTrust.Of(parsed), NodeCredentials.Basic(parsed["password"])),
        clock,
        parsed["password"]);

    /// <inheritdoc/>
    public async Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default)
    {
        JsonElement info = await AskAsync("getinfo", cancellation);
        string said = JsonFields.Text(info, "network") ?? "";
        network = said == "mainnet" ? NodeInfo.Mainnet : said;
        bool takesKeysend = JsonFields.Find(info, "features") is { } features
            && JsonFields.Find(features, "activated") is { ValueKind: JsonValueKind.Object } activated
            && activated.TryGetProperty("keysend", out _);
        return new NodeInfo(
            "eclair",
            JsonFields.Text(info, "version") ?? "",
            JsonFields.Node(info, "nodeId") ?? throw EclairReader.Malformed("getinfo", "nodeId"),
            JsonFields.Text(info, "alias") ?? "",
            network,
            NodeFeatures.FeeLimit | NodeFeatures.OffersInOneStep | (takesKeysend ? NodeFeatures.ReceivesKeysend : NodeFeatures.None))
        {
            BlockHeight = JsonFields.Number(info, "blockHeight"),
        };
    }

    /// <inheritdoc/>
    public async Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default)
    {
        JsonElement[] channels = [.. JsonFields.Items(await AskAsync("usablebalances", cancellation))];
        Msat side(string name) => channels
            .Where(channel => JsonFields.Find(channel, "isEnabled") is not { ValueKind: JsonValueKind.False })
            .Aggregate(Msat.Zero, (sum, channel) => sum + (EclairReader.Amount(channel, name) ?? Msat.Zero));
        JsonElement chain = await AskAsync("onchainbalance", cancellation);
        long satoshi = Math.Max(0, JsonFields.Number(chain, "confirmed") ?? 0);
        return new NodeBalance(side("canSend"), side("canReceive"), Msat.FromSatoshi(satoshi));
    }

    /// <inheritdoc/>
    public async Task<InvoiceResult> CreateInvoiceAsync(InvoiceRequest request, CancellationToken cancellation = default)
    {
        if (request.Defect() is { } defect)
        {
            return new InvoiceResult(InvoiceResultStatus.InvalidRequest, null, defect);
        }

        Preimage preimage = new(HMACSHA256.HashData(labelKey, Encoding.UTF8.GetBytes(request.Label)));
        try
        {
            // Asked first, because Eclair says no more than "check logs" when it has the hash already.
            return await LookUpInvoiceAsync(preimage.PaymentHash, cancellation) is { } known
                ? Known(request, known)
                : await MakeInvoiceAsync(request, preimage, cancellation);
        }
        catch (Exception lost) when (lost is NodeLostException or LightningNodeException)
        {
            return new InvoiceResult(InvoiceResultStatus.Unknown, null, lost.Message);
        }
    }

    /// <inheritdoc/>
    /// <remarks>The cursor is a time: payments of the hour before the cursor come again after a restart.</remarks>
    public IAsyncEnumerable<SettledInvoice> WatchInvoicesAsync(
        long afterCursor, CancellationToken cancellation = default)
    {
        DateTimeOffset lastLookAtAll = DateTimeOffset.MinValue;
        return new SettlementWatch(token => http.OpenEventsAsync("ws", token), ListAsync, watchOverlap, clock)
            .RunAsync(afterCursor, cancellation);

        async Task<IReadOnlyList<SettledInvoice>> ListAsync(DateTimeOffset from, CancellationToken token)
        {
            DateTimeOffset now = clock.GetUtcNow();
            bool all = now - lastLookAtAll >= lookAtAllEvery;
            lastLookAtAll = all ? now : lastLookAtAll;
            TimeSpan age = all ? invoiceAgeMax : recentAge;
            List<SettledInvoice> settled = [];
            await foreach (JsonElement received in PagesAsync("listreceivedpayments", from - age, token))
            {
                if (EclairReader.Settled(received) is { } one && one.SettledAt >= from)
                {
                    settled.Add(one);
                }
            }

            return settled;
        }
    }

    /// <inheritdoc/>
    public async Task<Invoice?> LookUpInvoiceAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        await NodeAnswers.FindAsync(
            () => http.SendAsync(
                HttpMethod.Post, "getreceivedinfo", NodeAnswers.Form(("paymentHash", paymentHash.ToString())), answerTime, cancellation),
            refused => refused.Status == 404 && refused.Says("\"Not found\""),
            Said) is { } found ? EclairReader.Received(found) : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default)
    {
        // Eclair lists the oldest first, without what became of them: a window that grows finds the newest.
        DateTimeOffset now = clock.GetUtcNow();
        List<Invoice> invoices = [];
        foreach (TimeSpan age in (TimeSpan[])[TimeSpan.FromHours(1), recentAge, invoiceAgeMax])
        {
            DateTimeOffset from = now - age;
            Dictionary<Digest, Invoice> paid = [];
            await foreach (JsonElement received in PagesAsync("listreceivedpayments", from, cancellation))
            {
                Invoice one = EclairReader.Received(received);
                paid[one.PaymentHash] = one;
            }

            invoices.Clear();
            await foreach (JsonElement listed in PagesAsync("listinvoices", from, cancellation))
            {
                if (!EclairReader.IsBolt11(listed))
                {
                    continue;
                }

                Invoice one = EclairReader.Invoice(listed, InvoiceStatus.Open);
                invoices.Add(paid.GetValueOrDefault(one.PaymentHash)
                    ?? one with { Status = one.ExpiresAt <= now ? InvoiceStatus.Expired : InvoiceStatus.Open });
            }

            if (invoices.Count >= limit)
            {
                break;
            }
        }

        invoices.Reverse();
        return [.. invoices.Take(limit)];
    }

    /// <inheritdoc/>
    /// <remarks>Eclair lists what succeeded only, within the last year.</remarks>
    public async Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default)
    {
        DateTimeOffset now = clock.GetUtcNow();
        List<Payment> payments = [];
        foreach (TimeSpan age in (TimeSpan[])[TimeSpan.FromHours(1), recentAge, invoiceAgeMax])
        {
            JsonElement audit = await PostAsync(
                "audit", NodeAnswers.Form(("from", Seconds(now - age)), ("to", Seconds(now.AddDays(1)))), cancellation);
            payments = [.. JsonFields.Items(audit, "sent").Select(sent => EclairReader.Ended(sent, null))];
            if (payments.Count >= limit)
            {
                break;
            }
        }

        return [.. payments.OrderByDescending(payment => payment.CreatedAt).Take(limit)];
    }

    /// <inheritdoc/>
    public Task<DecodedRequest> DecodeAsync(string text, CancellationToken cancellation = default) => NodeAnswers.DecodeAsync(
        kind => http.SendAsync(HttpMethod.Post, $"parse{kind}", NodeAnswers.Form((kind, text)), answerTime, cancellation), text, Said);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<InvoiceResult> MakeInvoiceAsync(InvoiceRequest request, Preimage preimage, CancellationToken cancellation)
    {
        try
        {
            JsonElement made = await http.SendAsync(
                HttpMethod.Post, "createinvoice", InvoiceForm(request, preimage), answerTime, cancellation);
            Invoice invoice = EclairReader.Invoice(made, InvoiceStatus.Open);
            return invoice.PaymentHash != preimage.PaymentHash
                ? throw EclairReader.Malformed("createinvoice", "paymentHash")
                : new InvoiceResult(
                    InvoiceResultStatus.Created, invoice with { Label = request.Label, Description = request.Description }, "");
        }
        catch (NodeRefusedException refused)
        {
            return await LookUpInvoiceAsync(preimage.PaymentHash, cancellation) is { } raced
                ? Known(request, raced)
                : new InvoiceResult(InvoiceResultStatus.Refused, null, Said(refused));
        }
    }

    private static InvoiceResult Known(InvoiceRequest request, Invoice known) =>
        known.Amount == request.Amount && (request.HashDescription || known.Description == request.Description)
            ? new InvoiceResult(InvoiceResultStatus.AlreadyExists, known with { Label = request.Label }, "")
            : new InvoiceResult(
                InvoiceResultStatus.LabelConflict, null, $"The label '{request.Label}' has an invoice with other terms.");

    private static FormUrlEncodedContent InvoiceForm(InvoiceRequest request, Preimage preimage)
    {
        List<(string Name, string Value)> fields =
        [
            ("paymentPreimage", preimage.ToString()),
            ("expireIn", ((long)Math.Ceiling(request.Expiry.TotalSeconds)).ToString(CultureInfo.InvariantCulture)),
            request.HashDescription
                ? ("descriptionHash", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Description))))
                : ("description", request.Description),
        ];
        if (request.Amount is { } amount)
        {
            fields.Add(("amountMsat", Number(amount)));
        }

        return NodeAnswers.Form([.. fields]);
    }

    private async IAsyncEnumerable<JsonElement> PagesAsync(
        string call, DateTimeOffset from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string since = Seconds(from < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : from);
        string until = Seconds(clock.GetUtcNow().AddDays(1));
        for (int page = 0; page < PagesMax; page++)
        {
            JsonElement[] items =
            [
                .. JsonFields.Items(await PostAsync(
                    call,
                    NodeAnswers.Form(
                        ("from", since),
                        ("to", until),
                        ("count", PageSize.ToString(CultureInfo.InvariantCulture)),
                        ("skip", (page * PageSize).ToString(CultureInfo.InvariantCulture))),
                    cancellation)),
            ];
            foreach (JsonElement item in items)
            {
                yield return item;
            }

            // A page that is not full is not the last: Eclair leaves out what it cannot read after it has cut the page.
            if (items.Length == 0)
            {
                yield break;
            }
        }
    }

    private Task<JsonElement> AskAsync(string call, CancellationToken cancellation) => PostAsync(call, NodeAnswers.Form(), cancellation);

    private async Task<JsonElement> PostAsync(string call, HttpContent form, CancellationToken cancellation)
    {
        try
        {
            return await http.SendAsync(HttpMethod.Post, call, form, answerTime, cancellation);
        }
        catch (Exception exception) when (exception is NodeRefusedException or NodeLostException)
        {
            throw Unanswered(exception);
        }
    }

    private static LightningNodeException Unanswered(Exception exception) => NodeAnswers.Unanswered(exception, Said);

    private static string Said(NodeRefusedException refused)
    {
        try
        {
            using JsonDocument read = JsonDocument.Parse(refused.Message);
            return $"Eclair says: {JsonFields.Text(read.RootElement, "error") ?? refused.Message} ({refused.Status})";
        }
        catch (JsonException)
        {
            return $"Eclair says: {refused.Message} ({refused.Status})";
        }
    }

    private static string Number(Msat amount) => amount.Value.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
