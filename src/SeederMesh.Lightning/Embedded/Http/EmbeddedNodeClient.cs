using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Embedded.Http;

/// <summary>A wallet on an embedded play-money network that another process serves
/// (<see cref="EmbeddedLightningEndpoints"/>).</summary>
/// <remarks>Connection string: <c>type=embedded;server=http://HOST:PORT/lightning;node=NAME;token=HEX</c>. Thread
/// safe.</remarks>
public sealed class EmbeddedNodeClient : ILightningNode
{
    private const int AnswerSizeMax = 4 * 1024 * 1024;

    // What a request may take on top of the time that it asks the server to wait.
    private static readonly TimeSpan answerTime = TimeSpan.FromSeconds(30);

    private readonly HttpClient http;
    private readonly string server;
    private readonly string node;
    private readonly string token;

    /// <summary>Connects to nothing yet; the first call does.</summary>
    /// <param name="server">Where the network's API lies, e.g. <c>http://127.0.0.1:8080/lightning</c>.</param>
    /// <param name="node">The wallet's name.</param>
    /// <param name="token">The wallet's secret, hexadecimal.</param>
    public EmbeddedNodeClient(string server, string node, string token)
    {
        this.server = server.TrimEnd('/');
        this.node = node;
        this.token = token;
        http = new HttpClient(Handler())
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = AnswerSizeMax,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>The wallet as a Lightning address (LUD-16), USER@HOST:PORT; null where payers would ask it over another
    /// scheme than the network speaks.</summary>
    public string? LightningAddress =>
        Uri.TryCreate(server, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttps || uri.IsLoopback)
            ? $"{node}@{uri.Authority}"
            : null;

    /// <summary>Opens the wallet on the network, with play money from the operator's faucet. Idempotent.</summary>
    /// <param name="funds">What a new wallet starts with.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="LightningNodeException">The name is taken, the faucet gives less, or the network did not
    /// answer.</exception>
    public async Task OpenWalletAsync(Msat funds, CancellationToken cancellation = default) =>
        await AskAsync<NodeBody>(
            HttpMethod.Post, "wallets", new OpenWalletBody(node, token, Wire.Text(funds)), answerTime, cancellation);

    /// <inheritdoc/>
    public async Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default)
    {
        NodeBody body = await DescribeAsync(cancellation);
        return new NodeInfo(
            "embedded", "1", WireReader.Node(body.NodeId), body.Alias, body.Network,
            NodeFeatures.Keysend | NodeFeatures.FeeLimit | NodeFeatures.ReceivesKeysend);
    }

    /// <inheritdoc/>
    public async Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default)
    {
        NodeBody body = await DescribeAsync(cancellation);
        return new NodeBalance(WireReader.Amount(body.SpendableMsat), WireReader.Amount(body.ReceivableMsat), Msat.Zero);
    }

    /// <inheritdoc/>
    public async Task<InvoiceResult> CreateInvoiceAsync(InvoiceRequest request, CancellationToken cancellation = default)
    {
        try
        {
            InvoiceResultBody body = await AskAsync<InvoiceResultBody>(
                HttpMethod.Post,
                $"nodes/{node}/invoices",
                new InvoiceRequestBody(
                    request.Label,
                    request.Amount is { } amount ? Wire.Text(amount) : null,
                    request.Description,
                    request.HashDescription,
                    (long)Math.Ceiling(request.Expiry.TotalSeconds)),
                answerTime,
                cancellation);
            return new InvoiceResult(body.Status, body.Invoice?.ToInvoice(), body.Reason);
        }
        catch (LightningNodeException exception)
        {
            return new InvoiceResult(
                exception.Fault == NodeFault.Refused ? InvoiceResultStatus.Refused : InvoiceResultStatus.Unknown,
                null,
                exception.Message);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SettledInvoice> WatchInvoicesAsync(
        long afterCursor, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (long cursor = afterCursor; ;)
        {
            string path = string.Create(
                CultureInfo.InvariantCulture, $"nodes/{node}/settled?after={cursor}&waitSeconds={Wire.PollWait.TotalSeconds:F0}");
            foreach (SettledBody settled in await AskAsync<SettledBody[]>(
                HttpMethod.Get, path, null, Wire.PollWait + answerTime, cancellation))
            {
                cursor = settled.Cursor;
                yield return settled.ToSettled();
            }
        }
    }

    /// <inheritdoc/>
    public Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default)
    {
        // Read here too, so that the payment hash is known whatever happens to the answer.
        if (!Bolt11Invoice.TryDecode(request.Invoice, out Bolt11Invoice? invoice, out string error))
        {
            return Task.FromResult(Payment.Failed(default, PaymentFailure.InvalidInvoice, $"Not a BOLT 11 invoice: {error}."));
        }

        string? amount = request.Amount is { } given ? Wire.Text(given) : null;
        return PayAsync(
            invoice.PaymentHash,
            new PaymentRequestBody(
                request.Invoice, null, null, amount, Wire.Text(request.MaxFee), (int)request.TimeLimit.TotalSeconds),
            request.TimeLimit,
            cancellation);
    }

    /// <inheritdoc/>
    public Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default) => PayAsync(
        request.Preimage.PaymentHash,
        new PaymentRequestBody(
            null,
            request.Destination.ToString(),
            request.Preimage.ToString(),
            Wire.Text(request.Amount),
            Wire.Text(request.MaxFee),
            (int)request.TimeLimit.TotalSeconds),
        request.TimeLimit,
        cancellation);

    /// <inheritdoc/>
    public Task<OfferInvoiceResult> FetchOfferInvoiceAsync(
        OfferInvoiceRequest request, CancellationToken cancellation = default) =>
        Task.FromResult(new OfferInvoiceResult(
            null, default, Msat.Zero, PaymentFailure.NotSupported, "The play-money network has no BOLT 12 offers."));

    /// <inheritdoc/>
    public async Task<Payment> LookUpPaymentAsync(Digest paymentHash, CancellationToken cancellation = default)
    {
        try
        {
            return (await AskAsync<PaymentBody>(
                HttpMethod.Get, $"nodes/{node}/payments/{paymentHash}", null, answerTime, cancellation)).ToPayment();
        }
        catch (LightningNodeException exception)
        {
            return Payment.Unknown(paymentHash, exception.Message);
        }
    }

    /// <inheritdoc/>
    public async Task<Invoice?> LookUpInvoiceAsync(Digest paymentHash, CancellationToken cancellation = default)
    {
        using HttpResponseMessage response = await SendAsync(
            HttpMethod.Get, $"nodes/{node}/invoices/{paymentHash}", null, answerTime, cancellation);
        return response.StatusCode == HttpStatusCode.NotFound
            ? null
            : (await ReadAsync<InvoiceBody>(response, cancellation)).ToInvoice();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default) =>
    [
        .. (await AskAsync<InvoiceBody[]>(
            HttpMethod.Get,
            string.Create(CultureInfo.InvariantCulture, $"nodes/{node}/invoices?limit={limit}"), null, answerTime, cancellation))
            .Select(body => body.ToInvoice()),
    ];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default) =>
    [
        .. (await AskAsync<PaymentBody[]>(
            HttpMethod.Get,
            string.Create(CultureInfo.InvariantCulture, $"nodes/{node}/payments?limit={limit}"), null, answerTime, cancellation))
            .Select(body => body.ToPayment()),
    ];

    /// <inheritdoc/>
    public Task<DecodedRequest> DecodeAsync(string text, CancellationToken cancellation = default) =>
        Task.FromResult(PaymentRequests.Decode(text));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static SocketsHttpHandler Handler() =>
        new() { AllowAutoRedirect = false, UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };

    private Task<NodeBody> DescribeAsync(CancellationToken cancellation) =>
        AskAsync<NodeBody>(HttpMethod.Get, $"nodes/{node}", null, answerTime, cancellation);

    private async Task<Payment> PayAsync(
        Digest paymentHash, PaymentRequestBody body, TimeSpan timeLimit, CancellationToken cancellation)
    {
        try
        {
            return (await AskAsync<PaymentBody>(
                HttpMethod.Post, $"nodes/{node}/payments", body, timeLimit + answerTime, cancellation)).ToPayment();
        }
        catch (LightningNodeException exception) when (exception.Fault is NodeFault.Refused or NodeFault.WrongCredentials)
        {
            // The server says that it did not take the request on.
            return Payment.Failed(paymentHash, PaymentFailure.RefusedByNode, exception.Message);
        }
        catch (LightningNodeException exception) when (
            exception.InnerException is HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError,
            })
        {
            // No connection was made, so nothing was sent.
            return Payment.Failed(paymentHash, PaymentFailure.NodeUnavailable, exception.Message);
        }
        catch (Exception exception) when (exception is LightningNodeException or OperationCanceledException)
        {
            return Payment.Unknown(paymentHash, exception.Message);
        }
    }

    private async Task<T> AskAsync<T>(
        HttpMethod method, string path, object? body, TimeSpan timeLimit, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await SendAsync(method, path, body, timeLimit, cancellation);
        return await ReadAsync<T>(response, cancellation);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, object? body, TimeSpan timeLimit, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(method, $"{server}/{path}");
        request.Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Wire.Json);
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(timeLimit);
        try
        {
            return await http.SendAsync(request, limited.Token);
        }
        catch (HttpRequestException exception)
        {
            throw new LightningNodeException(
                NodeFault.Unreachable, $"The play-money network at {server} cannot be reached: {exception.Message}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new LightningNodeException(
                NodeFault.TimedOut, $"The play-money network at {server} did not answer in {timeLimit.TotalSeconds:F0} s.", exception);
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellation)
    {
        string text = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            if (response.IsSuccessStatusCode)
            {
                return JsonSerializer.Deserialize<T>(text, Wire.Json) ?? throw new JsonException("The answer is null.");
            }

            using JsonDocument problem = JsonDocument.Parse(text);
            string detail = problem.RootElement.TryGetProperty("detail", out JsonElement said) ? said.ToString() : text;
            NodeFault fault = response.StatusCode switch
            {
                HttpStatusCode.Unauthorized => NodeFault.WrongCredentials,
                >= HttpStatusCode.InternalServerError => NodeFault.Unreachable,
                _ => NodeFault.Refused,
            };
            throw new LightningNodeException(fault, detail);
        }
        catch (JsonException exception)
        {
            throw new LightningNodeException(
                NodeFault.MalformedAnswer,
                $"{server} answered {(int)response.StatusCode} with something that is not of a play-money network; is the path right?",
                exception);
        }
    }
}
