using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.Phoenixd;

/// <summary>phoenixd (0.5 or later) over its HTTP interface.</summary>
/// <remarks>
/// Connection string: <c>type=phoenixd;server=http://127.0.0.1:9740;password=TEXT</c>, with the <c>http-password</c> of
/// phoenix.conf; the limited-access password makes and watches invoices, and cannot pay.
/// phoenixd counts in whole satoshi: it makes no invoice over a fraction of one, and rounds what came in down. What came in is
/// told without what phoenixd took for liquidity, and with what it keeps as fee credit. It has no keysend, and pays
/// offers in one step only. Its routing fee is fixed (4 sat and 0.4%), so that a lower limit is refused before anything is sent.
/// Source: phoenixd's API. Thread safe.
/// </remarks>
public sealed partial class PhoenixdNode : ILightningNode
{
    private const int DescriptionLengthMax = 128;
    private const int PageSize = 1_000;
    private const int PagesMax = 1_000;

    private static readonly TimeSpan answerTime = TimeSpan.FromSeconds(30);

    // phoenixd stores a payment before it tells of it; two that arrive together may be stored in either order.
    private static readonly TimeSpan watchOverlap = TimeSpan.FromMinutes(1);

    private readonly NodeHttp http;
    private readonly TimeProvider clock;
    private readonly SemaphoreSlim making = new(1, 1);
    private string? network;

    private PhoenixdNode(NodeHttp http, TimeProvider clock) => (this.http, this.clock) = (http, clock);

    /// <summary>The node of a connection string; nothing is connected yet.</summary>
    /// <exception cref="ArgumentException">The certificate's file cannot be read; the message names the key.</exception>
    internal static PhoenixdNode Connect(LightningConnectionString parsed, TimeProvider clock) => new(
        new NodeHttp("phoenixd", parsed["server"], ServerTrust.Of(parsed), NodeCredentials.Basic(parsed["password"])), clock);

    /// <inheritdoc/>
    public async Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default)
    {
        JsonElement info = await AskAsync("getinfo", cancellation);
        network = NetworkName(JsonFields.Text(info, "chain") ?? "");
        return new NodeInfo(
            "phoenixd",
            JsonFields.Text(info, "version") ?? "",
            JsonFields.Node(info, "nodeId") ?? throw PhoenixdReader.Malformed("getinfo", "nodeId"),
            "",
            network,
            NodeFeatures.OffersInOneStep)
        {
            BlockHeight = JsonFields.Number(info, "blockHeight"),
            Warning = JsonFields.Items(info, "channels").Any() ? null : "phoenixd has no channel yet: receive enough for one; smaller "
                + "payments become fee credit, which cannot be spent.",
        };
    }

    /// <inheritdoc/>
    public async Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default)
    {
        JsonElement balance = await AskAsync("getbalance", cancellation);
        JsonElement info = await AskAsync("getinfo", cancellation);
        return new NodeBalance(
            PhoenixdReader.Satoshi(balance, "balanceSat") ?? throw PhoenixdReader.Malformed("getbalance", "balanceSat"),
            JsonFields.Items(info, "channels").Aggregate(
                Msat.Zero, (sum, channel) => sum + (PhoenixdReader.Satoshi(channel, "inboundLiquiditySat") ?? Msat.Zero)),
            Msat.Zero);
    }

    /// <inheritdoc/>
    public async Task<InvoiceResult> CreateInvoiceAsync(InvoiceRequest request, CancellationToken cancellation = default)
    {
        string? defect = request.Defect();
        if (defect is not null)
        {
            return new InvoiceResult(InvoiceResultStatus.InvalidRequest, null, defect);
        }

        if (request.Amount is { } amount && amount.Value % 1_000 != 0)
        {
            return new InvoiceResult(
                InvoiceResultStatus.Refused, null, $"phoenixd makes invoices over whole satoshi only, not over {amount.Value} msat.");
        }

        if (!request.HashDescription && request.Description.Length > DescriptionLengthMax)
        {
            return new InvoiceResult(
                InvoiceResultStatus.Refused, null, $"phoenixd takes descriptions of at most {DescriptionLengthMax} characters.");
        }

        // One at a time: phoenixd does not refuse an externalId that it knows.
        await making.WaitAsync(cancellation);
        try
        {
            return await FindByLabelAsync(request, cancellation) ?? await MakeAsync(request, cancellation);
        }
        catch (NodeRefusedException refused)
        {
            return new InvoiceResult(InvoiceResultStatus.Refused, null, Said(refused));
        }
        catch (Exception lost) when (lost is NodeLostException or LightningNodeException)
        {
            return new InvoiceResult(InvoiceResultStatus.Unknown, null, lost.Message);
        }
        finally
        {
            making.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>The cursor is a time: payments of the minute before the cursor come again after a restart.</remarks>
    public IAsyncEnumerable<SettledInvoice> WatchInvoicesAsync(
        long afterCursor, CancellationToken cancellation = default) =>
        new SettlementWatch(
            token => http.OpenEventsAsync("websocket", token), ListSettledAsync, watchOverlap, clock).RunAsync(afterCursor, cancellation);

    /// <inheritdoc/>
    public async Task<Invoice?> LookUpInvoiceAsync(Digest paymentHash, CancellationToken cancellation = default) =>
        await NodeAnswers.FindAsync(
            () => http.SendAsync(HttpMethod.Get, $"payments/incoming/{paymentHash}", null, answerTime, cancellation),
            IsNotFound,
            Said) is { } found ? PhoenixdReader.Invoice(found) : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default)
    {
        List<Invoice> invoices = [];
        await foreach (JsonElement listed in PagesAsync("incoming?all=true", cancellation))
        {
            invoices.Add(PhoenixdReader.Invoice(listed));
            if (invoices.Count == limit)
            {
                break;
            }
        }

        return invoices;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default)
    {
        // phoenixd lists what went out in no order of time, so that the newest are found only among all.
        List<Payment> payments = [];
        await foreach (JsonElement listed in PagesAsync("outgoing?all=true", cancellation))
        {
            if (PhoenixdReader.IsLightning(listed))
            {
                payments.Add(PhoenixdReader.Payment(listed));
            }
        }

        return [.. payments.OrderByDescending(payment => payment.CreatedAt).Take(limit)];
    }

    /// <inheritdoc/>
    public Task<DecodedRequest> DecodeAsync(string text, CancellationToken cancellation = default) => NodeAnswers.DecodeAsync(
        kind => http.SendAsync(HttpMethod.Post, $"decode{kind}", NodeAnswers.Form((kind, text)), answerTime, cancellation), text, Said);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        http.Dispose();
        making.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<InvoiceResult?> FindByLabelAsync(InvoiceRequest request, CancellationToken cancellation)
    {
        JsonElement found = await http.SendAsync(
            HttpMethod.Get,
            $"payments/incoming?all=true&limit=1&externalId={Uri.EscapeDataString(request.Label)}",
            null,
            answerTime,
            cancellation);
        Invoice? known = JsonFields.Items(found).Select(PhoenixdReader.Invoice).FirstOrDefault();
        return known is null ? null
            : known.Amount == request.Amount && (request.HashDescription || known.Description == request.Description)
                ? new InvoiceResult(InvoiceResultStatus.AlreadyExists, known, "")
                : new InvoiceResult(
                    InvoiceResultStatus.LabelConflict, null, $"The label '{request.Label}' has an invoice with other terms.");
    }

    private async Task<InvoiceResult> MakeAsync(InvoiceRequest request, CancellationToken cancellation)
    {
        List<(string Name, string Value)> fields =
        [
            ("externalId", request.Label),
            ("expirySeconds", Number((long)Math.Ceiling(request.Expiry.TotalSeconds))),
            request.HashDescription
                ? ("descriptionHash", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Description))))
                : ("description", request.Description),
        ];
        if (request.Amount is { } amount)
        {
            fields.Add(("amountSat", Number(amount.Value / 1_000)));
        }

        JsonElement made = await http.SendAsync(HttpMethod.Post, "createinvoice", NodeAnswers.Form([.. fields]), answerTime, cancellation);
        string text = JsonFields.Text(made, "serialized") ?? throw PhoenixdReader.Malformed("createinvoice", "serialized");
        if (!Bolt11Invoice.TryDecode(text, out Bolt11Invoice? invoice, out string error))
        {
            throw new LightningNodeException(NodeFault.MalformedAnswer, $"phoenixd's invoice cannot be read: {error}");
        }

        return new InvoiceResult(InvoiceResultStatus.Created, new Invoice
        {
            PaymentHash = invoice.PaymentHash,
            Label = request.Label,
            Bolt11 = text,
            Status = InvoiceStatus.Open,
            Amount = request.Amount,
            Description = request.Description,
            ExpiresAt = invoice.ExpiresAt,
        }, "");
    }

    private async Task<IReadOnlyList<SettledInvoice>> ListSettledAsync(DateTimeOffset from, CancellationToken cancellation)
    {
        List<SettledInvoice> settled = [];
        await foreach (JsonElement listed in PagesAsync($"incoming?from={Number(from.ToUnixTimeMilliseconds())}", cancellation))
        {
            if (PhoenixdReader.Settled(listed) is { } one)
            {
                settled.Add(one);
            }
        }

        return settled;
    }

    // A page that is not full is not the last: phoenixd leaves what came in on chain out of a page after it has cut it.
    private async IAsyncEnumerable<JsonElement> PagesAsync(string query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (int page = 0; page < PagesMax; page++)
        {
            bool isEmpty = true;
            foreach (JsonElement item in JsonFields.Items(await AskAsync(
                string.Create(CultureInfo.InvariantCulture, $"payments/{query}&limit={PageSize}&offset={page * PageSize}"), cancellation)))
            {
                isEmpty = false;
                yield return item;
            }

            if (isEmpty)
            {
                yield break;
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

    // phoenixd answers 404 to what it does not find and to paths that it does not know; only the first is an answer.
    private static bool IsNotFound(NodeRefusedException refused) =>
        refused.Status == 404 && !refused.Message.Contains("Unknown endpoint", StringComparison.OrdinalIgnoreCase);

    private static LightningNodeException Unanswered(Exception exception) => NodeAnswers.Unanswered(exception, Said);

    private static string Said(NodeRefusedException refused) =>
        refused.Status == 404 && !IsNotFound(refused)
            ? "phoenixd does not know this call; version 0.5 or later is needed."
            : $"phoenixd says: {refused.Message} ({refused.Status})";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string NetworkName(string chain) => chain switch
    {
        "mainnet" => NodeInfo.Mainnet,
        "testnet3" => "testnet",
        _ => chain,
    };
}
