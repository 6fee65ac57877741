using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Embedded.Http;

/// <summary>Makes every wallet of an embedded network payable as <c>NAME@HOST</c>: LUD-06 and LUD-16, with verification
/// (LUD-21).</summary>
internal static class LnurlPayServer
{
    private static readonly TimeSpan invoiceExpiry = TimeSpan.FromMinutes(10);

    public static void Map(IEndpointRouteBuilder endpoints, EmbeddedNetwork network, string prefix)
    {
        endpoints.MapGet("/.well-known/lnurlp/{name}", async (string name, HttpContext http) =>
            await network.FindPayeeAsync(name, http.RequestAborted) is { } payee
                ? await OfferAsync(payee, http, prefix)
                : Error($"There is no wallet '{name}' here."));
        endpoints.MapGet(prefix + "/lnurlp/{name}/callback", async (string name, string? amount, HttpContext http) =>
            await network.FindPayeeAsync(name, http.RequestAborted) is { } payee
                ? await InvoiceAsync(payee, amount, http, prefix)
                : Error($"There is no wallet '{name}' here."));
        endpoints.MapGet(prefix + "/lnurlp/{name}/verify/{hash}", async (string name, string hash, HttpContext http) =>
            Digest.TryParseHex(hash, out Digest paymentHash)
            && await network.FindPayeeAsync(name, http.RequestAborted) is { } payee
            && await payee.LookUpInvoiceAsync(paymentHash, http.RequestAborted) is { } invoice
                ? Json(new
                {
                    status = "OK",
                    settled = invoice.Status == InvoiceStatus.Settled,
                    preimage = invoice.Preimage?.ToString(),
                    pr = invoice.Bolt11,
                })
                : Error("Not found"));
    }

    private static async Task<IResult> OfferAsync(EmbeddedNode payee, HttpContext http, string prefix) => Json(new
    {
        tag = "payRequest",
        callback = Address(http, $"{prefix}/lnurlp/{payee.Name}/callback"),
        minSendable = 1L,
        maxSendable = Math.Max(1L, (await payee.GetBalanceAsync(http.RequestAborted)).Receivable.Value),
        metadata = Metadata(payee, http),
    });

    private static async Task<IResult> InvoiceAsync(EmbeddedNode payee, string? amount, HttpContext http, string prefix)
    {
        if (!long.TryParse(amount, NumberStyles.None, CultureInfo.InvariantCulture, out long msat)
            || !Msat.TryFrom(msat, out Msat asked)
            || asked.IsZero
            || asked > (await payee.GetBalanceAsync(http.RequestAborted)).Receivable)
        {
            return Error("The amount is a number of millisatoshi from minSendable to maxSendable.");
        }

        // The label is not guessable, and the preimage is derived from it under the network's seed.
        InvoiceResult result = await payee.CreateInvoiceAsync(
            new InvoiceRequest("lnurlp-" + RandomNumberGenerator.GetHexString(32, lowercase: true), asked, Metadata(payee, http))
            {
                HashDescription = true,
                Expiry = invoiceExpiry,
            },
            http.RequestAborted);
        return result.Invoice is { } invoice
            ? Json(new
            {
                pr = invoice.Bolt11,
                routes = Array.Empty<string>(),
                disposable = false,
                verify = Address(http, $"{prefix}/lnurlp/{payee.Name}/verify/{invoice.PaymentHash}"),
            })
            : Error(result.Reason);
    }

    private static string Metadata(EmbeddedNode payee, HttpContext http) => JsonSerializer.Serialize(new string[][]
    {
        ["text/plain", $"Pay {payee.Name} ({NodeInfo.PlayMoney})"],
        ["text/identifier", $"{payee.Name}@{http.Request.Host.Value}"],
    });

    private static string Address(HttpContext http, string path) => $"{http.Request.Scheme}://{http.Request.Host.Value}{path}";

    // LUD-01: an error is an ordinary answer with a status field.
    private static IResult Error(string reason) => Json(new { status = "ERROR", reason });

    private static IResult Json<T>(T value) => Results.Json(value, JsonSerializerOptions.Web);
}
