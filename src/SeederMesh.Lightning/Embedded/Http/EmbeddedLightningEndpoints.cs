using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Lnurl;

namespace SeederMesh.Lightning.Embedded.Http;

/// <summary>Serves an embedded play-money network over HTTP, so that wallets of other processes are nodes of
/// it.</summary>
/// <remarks>
/// Under the prefix (normally <c>/lightning</c>): <c>POST wallets</c> opens one; everything of a node is under
/// <c>nodes/NAME</c> and needs
/// <c>Authorization: Bearer TOKEN</c>. LNURL-pay (LUD-06, LUD-16, LUD-21) is at <c>/.well-known/lnurlp/NAME</c>,
/// without a token.
/// Errors are RFC 9457 problem details; the outcome of a payment is an answer, not an error. Bodies are at most 64 KiB.
/// </remarks>
public static class EmbeddedLightningEndpoints
{
    /// <summary>Maps the endpoints.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="network">The network that they serve.</param>
    /// <param name="prefix">Where the API lies; begins with a slash.</param>
    /// <param name="others">Finds payees that are no wallets of the network; their names go first. Default: none.</param>
    /// <param name="address">The address under which a caller reached the application. Default: as the caller
    /// says.</param>
    public static IEndpointConventionBuilder MapEmbeddedLightning(
        this IEndpointRouteBuilder endpoints,
        EmbeddedNetwork network,
        string prefix = "/lightning",
        Func<string, CancellationToken, Task<LnurlPayee?>>? others = null,
        Func<HttpContext, Uri>? address = null)
    {
        var server = new LnurlPayServer(
            prefix,
            async (name, cancellation) => (others is null ? null : await others(name, cancellation))
                ?? await EmbeddedPayee.FindAsync(network, name, cancellation),
            address ?? LnurlPayServer.AddressOf);
        server.Map(endpoints);
        RouteGroupBuilder group = endpoints.MapGroup(prefix);
        group.WithMetadata(new RequestSizeLimitAttribute(Wire.BodySizeMax));
        group.MapPost("wallets", (HttpContext http, CancellationToken cancellation) => OpenWalletAsync(http, network, cancellation));
        RouteGroupBuilder node = group.MapGroup("nodes/{name}");
        node.MapGet("", (string name, HttpContext http) => AsNodeAsync(network, name, http, DescribeAsync));
        node.MapPost("invoices", (string name, HttpContext http) => AsNodeAsync(network, name, http, CreateInvoiceAsync));
        node.MapGet("invoices", (string name, int? limit, HttpContext http) => AsNodeAsync(
            network,
            name,
            http,
            async (wallet, cancellation) => Json((await wallet.ListInvoicesAsync(Limit(limit), cancellation)).Select(InvoiceBody.From))));
        node.MapGet("invoices/{hash}", (string name, string hash, HttpContext http) => AsNodeAsync(
            network, name, http, (wallet, cancellation) => FindInvoiceAsync(wallet, hash, cancellation)));
        node.MapGet("settled", (string name, long? after, int? waitSeconds, HttpContext http) => AsNodeAsync(
            network, name, http, (wallet, cancellation) => PollAsync(wallet, after ?? 0, waitSeconds ?? 0, cancellation)));
        node.MapPost("payments", (string name, HttpContext http) => AsNodeAsync(network, name, http, PayAsync));
        node.MapGet("payments", (string name, int? limit, HttpContext http) => AsNodeAsync(
            network,
            name,
            http,
            async (wallet, cancellation) => Json((await wallet.ListPaymentsAsync(Limit(limit), cancellation)).Select(PaymentBody.From))));
        node.MapGet("payments/{hash}", (string name, string hash, HttpContext http) => AsNodeAsync(
            network, name, http, (wallet, cancellation) => FindPaymentAsync(wallet, hash, cancellation)));
        return group;
    }

    private static async Task<IResult> OpenWalletAsync(HttpContext http, EmbeddedNetwork network, CancellationToken cancellation)
    {
        OpenWalletBody? body = await ReadAsync<OpenWalletBody>(http);
        if (body is null || !Wire.TryAmount(body.FundsMsat, out Msat funds))
        {
            return Problem(400, "The body is {name, token, fundsMsat}, with the amount as a string of msat.");
        }

        OpenWalletResult result = await network.OpenWalletAsync(body.Name ?? "", body.Token ?? "", funds, cancellation);
        return result switch
        {
            OpenWalletResult.Opened or OpenWalletResult.AlreadyOpen => Results.Json(
                await BodyAsync((await network.AuthenticateAsync(body.Name!, body.Token!, cancellation))!, cancellation),
                Wire.Json,
                statusCode: result == OpenWalletResult.Opened ? 201 : 200),
            OpenWalletResult.NameTaken => Problem(409, $"The name '{body.Name}' is taken, and its token is another one."),
            OpenWalletResult.FundsAboveFaucet => Problem(422, "The faucet does not give that much play money."),
            OpenWalletResult.NetworkFull => Problem(503, "The play-money network has as many nodes as it takes."),
            _ => Problem(400, "A name has 1 to 32 of a-z 0-9 - _, a token 32 to 128 hexadecimal digits."),
        };
    }

    private static async Task<IResult> DescribeAsync(EmbeddedNode node, CancellationToken cancellation) =>
        Json(await BodyAsync(node, cancellation));

    private static async Task<NodeBody> BodyAsync(EmbeddedNode node, CancellationToken cancellation)
    {
        NodeInfo info = await node.GetInfoAsync(cancellation);
        NodeBalance balance = await node.GetBalanceAsync(cancellation);
        return new NodeBody(
            node.Name, info.NodeId.ToString(), info.Alias, info.Network, Wire.Text(balance.Spendable), Wire.Text(balance.Receivable));
    }

    private static async Task<IResult> CreateInvoiceAsync(EmbeddedNode node, HttpContext http)
    {
        InvoiceRequestBody? body = await ReadAsync<InvoiceRequestBody>(http);
        Msat amount = default;
        if (body is not { Label: not null, Description: not null, ExpirySeconds: >= 0 and <= 31_536_000 }
            || (body.AmountMsat is not null && !Wire.TryAmount(body.AmountMsat, out amount)))
        {
            return Problem(400, "The body is {label, amountMsat?, description, hashDescription, expirySeconds}.");
        }

        InvoiceResult result = await node.CreateInvoiceAsync(
            new InvoiceRequest(body.Label, body.AmountMsat is null ? null : amount, body.Description)
            {
                HashDescription = body.HashDescription,
                Expiry = TimeSpan.FromSeconds(body.ExpirySeconds),
            },
            http.RequestAborted);
        return Json(new InvoiceResultBody(
            result.Status, result.Invoice is null ? null : InvoiceBody.From(result.Invoice), result.Reason));
    }

    private static async Task<IResult> FindInvoiceAsync(EmbeddedNode node, string hash, CancellationToken cancellation)
    {
        if (!Digest.TryParseHex(hash, out Digest paymentHash))
        {
            return Problem(400, "A payment hash has 64 hexadecimal digits.");
        }

        return await node.LookUpInvoiceAsync(paymentHash, cancellation) is { } invoice
            ? Json(InvoiceBody.From(invoice))
            : Problem(404, "The node has no invoice with this payment hash.");
    }

    private static async Task<IResult> FindPaymentAsync(EmbeddedNode node, string hash, CancellationToken cancellation) =>
        Digest.TryParseHex(hash, out Digest paymentHash)
            ? Json(PaymentBody.From(await node.LookUpPaymentAsync(paymentHash, cancellation)))
            : Problem(400, "A payment hash has 64 hexadecimal digits.");

    private static async Task<IResult> PollAsync(EmbeddedNode node, long after, int waitSeconds, CancellationToken cancellation)
    {
        TimeSpan wait = TimeSpan.FromSeconds(Math.Clamp(waitSeconds, 0, Wire.PollWait.TotalSeconds));
        return Json((await node.PollSettledAsync(after, wait, cancellation)).Select(SettledBody.From));
    }

    private static async Task<IResult> PayAsync(EmbeddedNode node, HttpContext http)
    {
        PaymentRequestBody? body = await ReadAsync<PaymentRequestBody>(http);
        Msat amount = default;
        if (body is not { TimeLimitSeconds: >= 0 and <= 600 }
            || !Wire.TryAmount(body.MaxFeeMsat, out Msat maxFee)
            || (body.AmountMsat is not null && !Wire.TryAmount(body.AmountMsat, out amount)))
        {
            return Problem(400, "The body is {invoice | destination and preimage, amountMsat, maxFeeMsat, timeLimitSeconds}.");
        }

        // A payer that hangs up does not cancel its payment: the money is on its way once the request was read.
        TimeSpan timeLimit = TimeSpan.FromSeconds(body.TimeLimitSeconds);
        if (body.Invoice is not null)
        {
            return Json(PaymentBody.From(await node.PayAsync(
                new PayRequest(body.Invoice, maxFee) { Amount = body.AmountMsat is null ? null : amount, TimeLimit = timeLimit },
                Stopping(http))));
        }

        return NodeId.TryParse(body.Destination, out NodeId? destination) && Preimage.TryParseHex(body.Preimage, out Preimage preimage)
            ? Json(PaymentBody.From(await node.KeysendAsync(
                new KeysendRequest(destination, amount, preimage, maxFee) { TimeLimit = timeLimit }, Stopping(http))))
            : Problem(400, "A keysend needs a destination (66 hexadecimal digits) and a preimage (64 hexadecimal digits).");
    }

    private static Task<IResult> AsNodeAsync(
        EmbeddedNetwork network, string name, HttpContext http, Func<EmbeddedNode, CancellationToken, Task<IResult>> answer) =>
        AsNodeAsync(network, name, http, async (node, context) =>
        {
            // A long poll ends when the host stops, so that stopping does not wait for it.
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted,
                Stopping(context));
            return await answer(node, either.Token);
        });

    private static async Task<IResult> AsNodeAsync(
        EmbeddedNetwork network, string name, HttpContext http, Func<EmbeddedNode, HttpContext, Task<IResult>> answer)
    {
        const string scheme = "Bearer ";
        string header = http.Request.Headers.Authorization.ToString();
        string token = header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? header[scheme.Length..].Trim() : "";
        try
        {
            return await network.AuthenticateAsync(name, token, http.RequestAborted) is { } node
                ? await answer(node, http)
                : Problem(401, $"There is no wallet '{name}' with this token; send Authorization: Bearer TOKEN.");
        }
        catch (LightningNodeException exception)
        {
            return Problem(503, exception.Message);
        }
        catch (OperationCanceledException)
        {
            return Problem(503, "The hub is stopping; ask again.");
        }
    }

    private static CancellationToken Stopping(HttpContext http) =>
        http.RequestServices.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;

    private static async Task<T?> ReadAsync<T>(HttpContext http)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(http.Request.Body, Wire.Json, http.RequestAborted);
        }
        catch (Exception exception) when (exception is JsonException or BadHttpRequestException)
        {
            return null;
        }
    }

    private static int Limit(int? limit) => Math.Clamp(limit ?? 100, 1, 1_000);

    private static IResult Json<T>(T value) => Results.Json(value, Wire.Json);

    private static IResult Problem(int status, string detail) => Results.Problem(detail, statusCode: status);
}
